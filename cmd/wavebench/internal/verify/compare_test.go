package verify

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
)

func TestDifference(t *testing.T) {
	v := func(x ...float64) Values { return Values{[]int{len(x)}, x} }
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		got, want Values
		d         float64
	}{
		{v(1, 2), v(1, 2), 0},
		{v(1, 2.5), v(1, -4), 6.5 / 4},
		{v(0, 1e-3), v(0, 0), 1e-3}, // absolute where all is zero
		{v(nan, 2), v(1, 2), inf},
		{v(1, 2), v(nan, 2), inf},
		{v(inf), v(inf), inf},
		{v(1), v(1, 2), inf},
		{Values{[]int{2, 1}, []float64{1, 2}}, v(1, 2), inf},
		{v(), v(), 0},
	} {
		if d := difference(c.got, c.want); d != c.d {
			t.Errorf("difference(%v, %v) is %v, want %v", c.got, c.want, d, c.d)
		}
	}
}

func TestTolerance(t *testing.T) {
	f64 := map[string]gridfile.Member{"in_v": {DType: "float64"}}
	f32 := map[string]gridfile.Member{"in_v": {DType: "float32"}}
	for _, c := range []struct {
		c      Case
		output string
		dt     array.DType
		want   float64
	}{
		{Case{arrays: f64}, "receiver_amplitudes", array.Float64, 1e-10},
		{Case{arrays: f64}, "receiver_amplitudes", array.Float32, 1e-4},
		{Case{arrays: f32}, "forward", array.Float64, 1e-4},
		{Case{arrays: f64, Meta: Meta{TimeTaper: true}}, "zetay", array.Float64, 5e-6},
		{Case{arrays: f64, Meta: Meta{FreqTaperFrac: 0.1}}, "zetay", array.Float64, 5e-6},
		{Case{arrays: f64, Meta: Meta{TimePadFrac: 0.1}}, "zetay", array.Float64, 1e-10},
		{Case{arrays: f64}, "up_2_0.1_0.2_1", array.Float64, 5e-6},
		{Case{arrays: f64}, "down_2_0.0_0.3_0", array.Float64, 1e-10},
		{Case{arrays: f64}, "hicks_source", array.Float64, 1e-8},
		{Case{arrays: f64}, "hvp_t1_central_difference", array.Float64, 1e-5},
	} {
		if got := c.c.tolerance(c.output, c.dt); got != c.want {
			t.Errorf("tolerance of %s in %v is %v, want %v", c.output, c.dt, got, c.want)
		}
	}
}

func TestOneOrMany(t *testing.T) {
	for text, want := range map[string]oneOrMany{"5": {5}, "[1, null, 3]": {1, wave.ToEdge, 3}, "null": nil} {
		var got oneOrMany
		if err := json.Unmarshal([]byte(text), &got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	var got oneOrMany
	if err := json.Unmarshal([]byte(`"x"`), &got); err == nil {
		t.Errorf("a text gives %v", got)
	}
}
