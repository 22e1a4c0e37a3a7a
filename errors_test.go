package wave_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
)

// call is the arguments of Scalar, to be spoilt.
type call struct {
	v *array.Array
	s wave.Survey
	o wave.Options
}

// fine is a call that works: 2 shots of 2 sources and 1 receiver on 12 by 15 cells.
func fine() *call {
	return &call{
		v: constant(array.Float64, 1500, 12, 15),
		s: wave.Survey{
			Spacing: []float64{5, 5}, DT: 0.001,
			Sources: wave.Sources{
				Points:     wave.Points{Cells: [][][]int{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}},
				Amplitudes: array.Of64(slices.Repeat(bump(10), 4), 2, 2, 10),
			},
			Receivers: wave.Receivers{Points: wave.Points{Cells: [][][]int{{{2, 2}}, {{2, 3}}}}},
		},
		o: wave.Options{PMLFreq: 25, PMLWidth: []int{4}},
	}
}

// between replaces the sources' cells by positions.
func (c *call) between(x ...float64) {
	c.s.Sources.Cells = nil
	c.s.Sources.Positions = [][][]float64{{{6, 6}, x}, {{6, 6}, {6, 6}}}
}

// initial gives wavefields to start from, of the model with its PML, cut to shape.
func (c *call) initial(shape ...int) {
	c.s.Initial = wave.Wavefields{"u": array.Zeros(array.Float64, shape...)}
}

var badCalls = []struct {
	name  string
	spoil func(c *call)
	field string // FieldError.Field
	got   string // FieldError.Got contains it
	want  string // FieldError.Want contains it
	is    error  // errors.Is, if not nil
}{
	{"nil model", func(c *call) { c.v = nil }, "model v", "missing", "an array", nil},
	{"zero Array", func(c *call) { c.v = new(array.Array) }, "model v", "unusable", "an array", nil},
	{"model with an error", func(c *call) { c.v = array.Of64(nil, 3) }, "model v", "unusable", "an array", array.ErrShape},
	{"empty model", func(c *call) { c.v = array.Zeros(array.Float64, 0, 15) }, "model v", "of shape [0 15]", "one cell", nil},
	{"empty batch", func(c *call) { c.v = array.Zeros(array.Float64, 0, 12, 15) }, "model v", "of shape [0 12 15]", "one cell", nil},
	{"4-D model", func(c *call) { c.v = array.Zeros(array.Float64, 2, 2, 3, 3) }, "model v", "of shape [2 2 3 3]", "2 extents", nil},
	{"1-D model", func(c *call) { c.v = array.Zeros(array.Float64, 12) }, "model v", "of shape [12]", "2 extents", nil},
	{"scalar model", func(c *call) {
		c.v, c.s = array.Of64([]float64{1}), wave.Survey{Spacing: []float64{5}, DT: 1, NT: 1}
	}, "model v", "of 0", "1, 2 or 3", nil},
	{"model for 3 shots", func(c *call) { c.v = constant(array.Float64, 1500, 3, 12, 15) }, "model v", "of 3 shots", "2, as", nil},
	{"NaN in the model", func(c *call) { c.v = constant(array.Float64, math.NaN(), 12, 15) }, "model v", "NaN", "finite", nil},
	{"infinity in the model", func(c *call) { c.v = constant(array.Float32, math.Inf(-1), 12, 15); c.s = silent() }, "model v", "Inf", "finite", nil},
	{"zero model", func(c *call) { c.v = array.Zeros(array.Float64, 12, 15) }, "model v", "zero everywhere", "above 0", nil},

	{"accuracy 3", func(c *call) { c.o.Accuracy = 3 }, "Options.Accuracy", "3", "2, 4, 6 or 8", nil},
	{"accuracy -2", func(c *call) { c.o.Accuracy = -2 }, "Options.Accuracy", "-2", "2, 4, 6 or 8", nil},
	{"unknown backend", func(c *call) { c.o.Backend = "cup" }, "Options.Backend", `"cup"`, "opened", backend.ErrUnknown},
	{"absent device", func(c *call) { c.o.Backend = "cpu:7" }, "Options.Backend", `"cpu:7"`, "opened", backend.ErrNoDevice},
	{"negative MaxVel", func(c *call) { c.o.MaxVel = -1 }, "Options.MaxVel", "-1", "positive", nil},
	{"NaN MaxVel", func(c *call) { c.o.MaxVel = math.NaN() }, "Options.MaxVel", "NaN", "positive", nil},
	{"infinite PMLFreq", func(c *call) { c.o.PMLFreq = math.Inf(1) }, "Options.PMLFreq", "+Inf", "positive", nil},
	{"negative PMLFreq", func(c *call) { c.o.PMLFreq = -25 }, "Options.PMLFreq", "-25", "positive", nil},
	{"FreqTaperFrac 1", func(c *call) { c.o.FreqTaperFrac = 1 }, "Options.FreqTaperFrac", "1", "less than 1", nil},
	{"NaN TimePadFrac", func(c *call) { c.o.TimePadFrac = new(math.NaN()) }, "Options.TimePadFrac", "NaN", "less than 1", nil},
	{"negative CallbackEvery", func(c *call) { c.o.CallbackEvery = -1 }, "Options.CallbackEvery", "-1", "0 or more", nil},
	{"negative TimeTile", func(c *call) { c.o.TimeTile = -2 }, "Options.TimeTile", "-2", "0 (automatic) or more", nil},
	{"negative Threads", func(c *call) { c.o.Threads = -1 }, "Options.Threads", "-1", "0 or more", nil},
	{"negative PML", func(c *call) { c.o.PMLWidth = []int{-1} }, "Options.PMLWidth", "[-1]", "0 to", nil},
	{"absurd PML", func(c *call) { c.o.PMLWidth = []int{4, 4, 4, 1001} }, "Options.PMLWidth", "1001", "0 to 1000 cells along dimension 1", nil},
	{"greatest PML", func(c *call) { c.o.PMLWidth = []int{math.MaxInt} }, "Options.PMLWidth", fmt.Sprint([]int{math.MaxInt}), "0 to 1000", nil},
	{"three PML widths", func(c *call) { c.o.PMLWidth = []int{1, 2, 3} }, "Options.PMLWidth", "[1 2 3]", "4: begin and end", nil},
	{"three survey pads", func(c *call) { c.o.SurveyPad = []int{1, 2, 3} }, "Options.SurveyPad", "[1 2 3]", "4: begin and end", nil},
	{"survey pad -2", func(c *call) { c.o.SurveyPad = []int{-2} }, "Options.SurveyPad", "[-2]", "ToEdge", nil},
	{"survey pad without locations", func(c *call) { c.s, c.o.SurveyPad = silent(), []int{1} }, "Options.SurveyPad", "[1]", "without sources", nil},

	{"no spacing", func(c *call) { c.s.Spacing = nil }, "Survey.Spacing", "[]", "one value, or 2", nil},
	{"three spacings", func(c *call) { c.s.Spacing = []float64{1, 2, 3} }, "Survey.Spacing", "[1 2 3]", "one value, or 2", nil},
	{"zero spacing", func(c *call) { c.s.Spacing = []float64{0, 5} }, "Survey.Spacing", "[0 5]", "positive", nil},
	{"negative spacing", func(c *call) { c.s.Spacing = []float64{-5} }, "Survey.Spacing", "[-5]", "positive", nil},
	{"NaN spacing", func(c *call) { c.s.Spacing = []float64{5, math.NaN()} }, "Survey.Spacing", "[5 NaN]", "positive", nil},
	{"infinite spacing", func(c *call) { c.s.Spacing = []float64{math.Inf(1)} }, "Survey.Spacing", "[+Inf]", "positive", nil},
	{"tiny spacing", func(c *call) { c.s.Spacing = []float64{1e-200} }, "Survey.Spacing", "[1e-200]", "squares", nil},
	{"zero dt", func(c *call) { c.s.DT = 0 }, "Survey.DT", "0", "finite number other than 0", nil},
	{"NaN dt", func(c *call) { c.s.DT = math.NaN() }, "Survey.DT", "NaN", "finite number other than 0", nil},
	{"infinite dt", func(c *call) { c.s.DT = math.Inf(-1) }, "Survey.DT", "-Inf", "finite number other than 0", nil},
	{"dt far too long", func(c *call) { c.s.DT = 1e30 }, "Survey.DT", "1e+30", "fewer cells", nil},
	{"dt too long", func(c *call) { c.s.DT = 1e6 }, "Survey.DT", "10 samples of 707", "at most", nil},
	{"MaxVel far too high", func(c *call) { c.o.MaxVel = 1e300 }, "Survey.DT", "0.001", "fewer cells", nil},
	{"nt too large", func(c *call) { c.s = silent(); c.s.NT = math.MaxInt }, "Survey.DT", "samples of 1", "at most", nil},
	{"neither nt nor amplitudes", func(c *call) { c.s.Sources = wave.Sources{} }, "Survey.NT", "0", "both are missing", nil},
	{"nt and amplitudes", func(c *call) { c.s.NT = 10 }, "Survey.NT", "10", "0 when", nil},
	{"negative nt", func(c *call) { c.s = silent(); c.s.NT = -3 }, "Survey.NT", "-3", "positive", nil},
	{"sources without amplitudes", func(c *call) { c.s.Sources.Amplitudes, c.s.NT = nil, 10 }, "Survey.Sources.Amplitudes", "missing", "[2][2][time]", nil},
	{"amplitudes without sources", func(c *call) { c.s.Sources.Cells = nil }, "Survey.Sources.Amplitudes", "of shape [2 2 10]", "[2][0][time]", nil},
	{"amplitudes with an error", func(c *call) { c.s.Sources.Amplitudes = array.Of64(nil, 1) }, "Survey.Sources.Amplitudes", "unusable", "an array", array.ErrShape},
	{"2-D amplitudes", func(c *call) { c.s.Sources.Amplitudes = array.Zeros(array.Float64, 2, 10) }, "Survey.Sources.Amplitudes", "of shape [2 10]", "[shot][source][time]", nil},
	{"no samples", func(c *call) { c.s.Sources.Amplitudes = array.Zeros(array.Float64, 2, 2, 0) }, "Survey.Sources.Amplitudes", "of shape [2 2 0]", "at least one sample", nil},
	{"no shots", func(c *call) { c.s.Sources.Amplitudes = array.Zeros(array.Float64, 0, 2, 10) }, "Survey.Sources.Amplitudes", "of 0 shots", "at least 1", nil},
	{"three series for two sources", func(c *call) { c.s.Sources.Amplitudes = array.Zeros(array.Float64, 2, 3, 10) }, "Survey.Sources.Amplitudes", "of shape [2 3 10]", "[2][2][time]", nil},
	{"three shots of amplitudes", func(c *call) { c.s.Sources.Amplitudes = array.Zeros(array.Float64, 3, 2, 10) }, "Survey.Sources", "of 2 shots", "3, as Survey.Sources.Amplitudes has", nil},
	{"float32 amplitudes", func(c *call) { c.s.Sources.Amplitudes = array.Zeros(array.Float32, 2, 2, 10) }, "Survey.Sources.Amplitudes", "of float32", "float64, as the model", array.ErrDType},
	{"NaN amplitudes", func(c *call) { c.s.Sources.Amplitudes = constant(array.Float64, math.NaN(), 2, 2, 10) }, "Survey.Sources.Amplitudes", "NaN", "finite", nil},

	{"source above the model", func(c *call) { c.s.Sources.Cells[1][0][0] = -1 }, "Survey.Sources.Cells[1][0]", "[-1 6]", "[0 0] to [11 14]", wave.ErrOutside},
	{"receiver right of the model", func(c *call) { c.s.Receivers.Cells[0][0][1] = 15 }, "Survey.Receivers.Cells[0][0]", "[2 15]", "[0 0] to [11 14]", wave.ErrOutside},
	{"partly ignored cell", func(c *call) { c.s.Receivers.Cells[0][0][1] = wave.IgnoreLocation }, "Survey.Receivers.Cells[0][0]", "-2147483648", "every coordinate or in none", nil},
	{"partly ignored position", func(c *call) { c.between(6, wave.IgnoreLocation) }, "Survey.Sources.Positions[0][1]", "[6 -2", "every coordinate or in none", nil},
	{"NaN position", func(c *call) { c.between(6, math.NaN()) }, "Survey.Sources.Positions[0][1]", "[6 NaN]", "finite", nil},
	{"position outside", func(c *call) { c.between(6, 14.5) }, "Survey.Sources.Positions[0][1]", "[6 14.5]", "[0 0] to [11 14], the cells of the model", wave.ErrOutside},
	{"position beyond a free surface", func(c *call) { c.between(-1.5, 6); c.o.PMLWidth = []int{0, 4, 4, 4} }, "Survey.Sources.Positions[0][1]", "[-1.5 6]", "[-1 0] to [11 14]", wave.ErrOutside},
	{"position outside the wavefields", func(c *call) { c.between(6, 2.5); c.initial(2, 18, 20); c.s.Origin = []int{0, 3} }, "Survey.Sources.Positions[0][1]", "[6 2.5]", "[0 3] to [9 14], the cells of the initial wavefields", wave.ErrOutside},
	{"position of one coordinate", func(c *call) { c.between(6) }, "Survey.Sources.Positions[0][1]", "[6]", "2 coordinates", nil},
	{"cell of three coordinates", func(c *call) { c.s.Receivers.Cells[1][0] = []int{1, 2, 3} }, "Survey.Receivers.Cells[1][0]", "[1 2 3]", "2 coordinates", nil},
	{"cell of no coordinates", func(c *call) { c.s.Sources.Cells[0][0] = nil }, "Survey.Sources.Cells[0][0]", "[]", "2 coordinates", nil},
	{"five dimensions", func(c *call) { c.s.Sources.Cells[0][0] = make([]int, 5) }, "model v", "of 5", "1, 2 or 3", nil},
	{"cells and positions", func(c *call) { c.s.Receivers.Positions = [][][]float64{{{6, 6}}, {{6, 6}}} }, "Survey.Receivers", "as Positions", "one of the two", nil},
	{"half width with cells", func(c *call) { c.s.Receivers.HalfWidth = 3 }, "Survey.Receivers.Cells", "HalfWidth", "Positions", nil},
	{"half width 11", func(c *call) { c.between(6, 6); c.s.Sources.HalfWidth = 11 }, "Survey.Sources.HalfWidth", "11", "1 to 10", nil},
	{"half width -1", func(c *call) { c.between(6, 6); c.s.Sources.HalfWidth = -1 }, "Survey.Sources.HalfWidth", "-1", "1 to 10", nil},
	{"dipole along a third dimension", func(c *call) { c.between(6, 6); c.s.Sources.Dipole = 3 }, "Survey.Sources.Dipole", "3", "1 to 2", nil},
	{"ragged sources", func(c *call) { c.s.Sources.Cells[1] = c.s.Sources.Cells[1][:1] }, "Survey.Sources", "of 1 points in shot 1", "2, as in shot 0", nil},
	{"ragged receivers", func(c *call) { c.s.Receivers.Cells[0] = nil }, "Survey.Receivers", "of 1 points in shot 1", "0, as in shot 0", nil},
	{"three shots of receivers", func(c *call) { c.s.Receivers.Cells = append(c.s.Receivers.Cells, nil) }, "Survey.Receivers", "of 3 shots", "2, as", nil},

	{"origin without wavefields", func(c *call) { c.s.Origin = []int{0, 0} }, "Survey.Origin", "[0 0]", "nil without Survey.Initial", nil},
	{"survey pad with wavefields", func(c *call) { c.initial(2, 20, 23); c.o.SurveyPad = []int{1} }, "Options.SurveyPad", "[1]", "nil with Survey.Initial", nil},
	{"no wavefields", func(c *call) { c.s.Initial = wave.Wavefields{} }, "Survey.Initial", "empty", "at least one", nil},
	{"wavefields without a shot axis", func(c *call) { c.initial(20, 23) }, "Survey.Initial[u]", "of shape [20 23]", "[shot] and 2 extents", nil},
	{"wavefields of three shots", func(c *call) { c.initial(3, 20, 23) }, "Survey.Initial[u]", "of 3 shots", "2, as", nil},
	{"wavefields larger than the model", func(c *call) { c.initial(2, 21, 23) }, "Survey.Initial[u]", "of shape [2 21 23]", "[12 15] cells", nil},
	{"wavefields of the PML only", func(c *call) { c.initial(2, 8, 23) }, "Survey.Initial[u]", "of shape [2 8 23]", "[12 15] cells", nil},
	{"origin of one index", func(c *call) { c.initial(2, 20, 23); c.s.Origin = []int{0} }, "Survey.Origin", "[0]", "2 indices", nil},
	{"negative origin", func(c *call) { c.initial(2, 18, 20); c.s.Origin = []int{-1, 0} }, "Survey.Initial[u]", "of shape [2 18 20]", "Origin [-1 0]", nil},
	{"origin beyond", func(c *call) { c.initial(2, 18, 20); c.s.Origin = []int{0, math.MaxInt} }, "Survey.Initial[u]", "of shape [2 18 20]", fmt.Sprintf("Origin [0 %d]", math.MaxInt), nil},
	{"source outside the wavefields", func(c *call) { c.initial(2, 18, 20); c.s.Origin = []int{0, 3} }, "Survey.Sources.Cells[0][0]", "[1 2]", "[0 3] to [9 14], the cells of the initial wavefields", wave.ErrOutside},
	{"wavefields of two shapes", func(c *call) {
		c.initial(2, 20, 23)
		c.s.Initial["zeta_x"] = array.Zeros(array.Float64, 2, 20, 22)
	}, "Survey.Initial[zeta_x]", "of shape [2 20 22]", "[2 20 23]", nil},
	{"a wavefield of another equation", func(c *call) {
		c.initial(2, 20, 23)
		c.s.Initial["vz"] = c.s.Initial["u"]
	}, "Survey.Initial[vz]", "given", "only wavefields that equation scalar has: u, um1, psi_z, zeta_z, psi_x, zeta_x", nil},
	{"nil wavefield", func(c *call) { c.s.Initial = wave.Wavefields{"u": nil} }, "Survey.Initial[u]", "unusable", "an array", nil},
	{"float32 wavefields", func(c *call) { c.s.Initial = wave.Wavefields{"um1": array.Zeros(array.Float32, 2, 20, 23)} }, "Survey.Initial[um1]", "of float32", "float64", array.ErrDType},
	{"NaN wavefields", func(c *call) { c.s.Initial = wave.Wavefields{"u": constant(array.Float64, math.NaN(), 2, 20, 23)} }, "Survey.Initial[u]", "NaN", "finite", nil},
	{"wavefields with an error", func(c *call) { c.s.Initial = wave.Wavefields{"u": array.Of64(nil, 3)} }, "Survey.Initial[u]", "unusable", "an array", array.ErrShape},
}

// silent is a survey with nothing but a number of samples.
func silent() wave.Survey { return wave.Survey{Spacing: []float64{5, 5}, DT: 0.001, NT: 10} }

func TestBadArguments(t *testing.T) {
	c := fine()
	if res := run(t, c.v, c.s, c.o); len(res.Warnings) > 0 {
		t.Fatalf("the call to be spoilt gives warnings %v", res.Warnings)
	}
	for _, test := range badCalls {
		t.Run(test.name, func(t *testing.T) {
			c := fine()
			test.spoil(c)
			res, err := wave.Scalar(context.Background(), c.v, c.s, c.o)
			var f *wave.FieldError
			if res != nil || !errors.As(err, &f) {
				t.Fatalf("result %v, error %v, want a FieldError", res, err)
			}
			if !strings.HasPrefix(f.Field, test.field) || !strings.Contains(f.Got, test.got) || !strings.Contains(f.Want, test.want) {
				t.Errorf("error is\n%v\nwant field %q, got %q, want %q", err, test.field, test.got, test.want)
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("%v is not %v", err, test.is)
			}
			if text := err.Error(); !strings.HasPrefix(text, "wave: "+f.Field+" is "+f.Got+", want "+f.Want) {
				t.Errorf("text is %q", text)
			}
		})
	}
}

func TestUnknownBackendListsNames(t *testing.T) {
	c := fine()
	c.o.Backend = "cup"
	_, err := wave.Scalar(context.Background(), c.v, c.s, c.o)
	for _, name := range backend.Names() {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v does not list %s", err, name)
		}
	}
}

func TestZeroArguments(t *testing.T) {
	var none context.Context
	for _, call := range []func() (*wave.Result, error){
		func() (*wave.Result, error) {
			return wave.Scalar(context.Background(), nil, wave.Survey{}, wave.Options{})
		},
		func() (*wave.Result, error) {
			return wave.Scalar(context.Background(), constant(array.Float32, 1500, 30), wave.Survey{}, wave.Options{})
		},
		func() (*wave.Result, error) { return wave.Scalar(none, fine().v, fine().s, fine().o) },
	} {
		var f *wave.FieldError
		if res, err := call(); res != nil || !errors.As(err, &f) {
			t.Errorf("result %v, error %v, want a FieldError", res, err)
		}
	}
}
