package equation

import (
	"flag"
	"fmt"
	"slices"
	"testing"

	"github.com/d52adeda/wave/stencil"
)

var update = flag.Bool("update", false, "rewrite the golden listings: go test -update ./equation")

func TestScalar(t *testing.T) {
	for ndim := 1; ndim <= 3; ndim++ {
		for accuracy := 2; accuracy <= 8; accuracy += 2 {
			p := Scalar().Program(ndim, accuracy)
			if err := p.Verify(); err != nil {
				t.Errorf("%d-D, accuracy %d: %v", ndim, accuracy, err)
			}
			if p.Reach() != accuracy/2 {
				t.Errorf("%d-D, accuracy %d: reach %d, want %d", ndim, accuracy, p.Reach(), accuracy/2)
			}
			count := map[stencil.Kind]int{}
			for _, f := range p.Fields() {
				count[f.Kind]++
			}
			if count[stencil.Model] != 1 || count[stencil.State] != 2 || count[stencil.Memory] != 2*ndim || count[stencil.Profile] != 3*ndim {
				t.Errorf("%d-D, accuracy %d: fields by kind %v", ndim, accuracy, count)
			}
			params := Params(0.5, make([]float64, ndim))
			for _, name := range p.Params() {
				if _, ok := params[name]; !ok {
					t.Errorf("%d-D: parameter %s has no value in Params", ndim, name)
				}
			}
			if left := p.Bind(params).Params(); len(left) > 0 {
				t.Errorf("%d-D: parameters %v remain", ndim, left)
			}
		}
	}
}

func TestAxes(t *testing.T) {
	for ndim, want := range [][]string{nil, {"x"}, {"z", "x"}, {"z", "y", "x"}} {
		if got := Axes(ndim); !slices.Equal(got, want) {
			t.Errorf("Axes(%d) is %v, want %v", ndim, got, want)
		}
	}
}

func TestParams(t *testing.T) {
	got := Params(-0.5, []float64{4, 0.25})
	want := map[string]float64{"dt": -0.5, "dt2": 0.25, "rh_z": 0.25, "rh2_z": 0.0625, "rh_x": 4, "rh2_x": 16}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
