package array_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// What cannot be done without a transformation cannot be done under one: VMap runs
// its rule before anything has looked at the arguments.
func TestShapesAreCheckedUnderTransformations(t *testing.T) {
	same := func(dst, src []float64) { copy(dst, src) }
	number, row, table := array.Of64([]float64{2}), ramp(3), ramp(2, 3)
	for name, c := range map[string]struct {
		x *array.Array
		f func(x *array.Array) *array.Array
	}{
		"Slice":              {row, func(x *array.Array) *array.Array { return array.Slice(x, []int{2}, []int{2}) }},
		"Slice axes":         {row, func(x *array.Array) *array.Array { return array.Slice(x, nil, nil) }},
		"Reshape":            {row, func(x *array.Array) *array.Array { return array.Reshape(x, 2) }},
		"Expand":             {row, func(x *array.Array) *array.Array { return array.Expand(x, 4) }},
		"Transpose":          {table, func(x *array.Array) *array.Array { return array.Transpose(x, 0, 0) }},
		"Transpose number":   {number, func(x *array.Array) *array.Array { return array.Transpose(x, -1) }},
		"Assemble":           {row, func(x *array.Array) *array.Array { return array.Assemble(array.Float64, []int{2}, [][]int{{0}}, x) }},
		"Assemble places":    {row, func(x *array.Array) *array.Array { return array.Assemble(array.Float64, []int{9}, nil, x) }},
		"Assemble place":     {row, func(x *array.Array) *array.Array { return array.Assemble(array.Float64, []int{9}, [][]int{nil}, x) }},
		"SumProd":            {row, func(x *array.Array) *array.Array { return array.Add(x, ramp(2)) }},
		"SumProd axes":       {row, func(x *array.Array) *array.Array { return array.Mul(ramp(3, 3), x) }},
		"SumTo":              {row, func(x *array.Array) *array.Array { return array.SumTo(x, 2) }},
		"SumTo axes":         {table, func(x *array.Array) *array.Array { return array.SumTo(x, 1) }},
		"Tap":                {row, func(x *array.Array) *array.Array { return array.Tap(x, []int{1}, []int{3}, [][]int{{0}}, []float64{1}) }},
		"Tap weights":        {row, func(x *array.Array) *array.Array { return array.Tap(x, []int{0}, []int{3}, [][]int{{0}}, nil) }},
		"Take cell":          {table, func(x *array.Array) *array.Array { return array.Take(x, [][]int{{0}, {3}}) }},
		"Take rows":          {table, func(x *array.Array) *array.Array { return array.Take(x, [][]int{{0}}) }},
		"Take nothing":       {table, func(x *array.Array) *array.Array { return array.Take(x, nil) }},
		"Take number":        {number, func(x *array.Array) *array.Array { return array.Take(x, [][]int{{0}}) }},
		"AddAt cell":         {table, func(x *array.Array) *array.Array { return array.AddAt(x, [][]int{{0}, {3}}, ramp(2, 1)) }},
		"AddAt number":       {number, func(x *array.Array) *array.Array { return array.AddAt(x, [][]int{{0}}, ramp(1, 1)) }},
		"AddAt shape":        {table, func(x *array.Array) *array.Array { return array.AddAt(x, [][]int{{0}, {1}}, ramp(2)) }},
		"AddAt number to it": {number, func(x *array.Array) *array.Array { return array.AddAt(ramp(2, 3), [][]int{{0}, {1}}, x) }},
		"AddAt rows":         {table, func(x *array.Array) *array.Array { return array.AddAt(ramp(4, 3), [][]int{{0, 1, 2}, {0, 1, 2}}, x) }},
		"PadEdge":            {row, func(x *array.Array) *array.Array { return array.PadEdge(x, []int{-1}, []int{0}) }},
		"PadEdge axes":       {row, func(x *array.Array) *array.Array { return array.PadEdge(x, nil, []int{1}) }},
		"Stack":              {row, func(x *array.Array) *array.Array { return array.Stack(x, ramp(2)) }},
		"LinearRows of number": {number, func(x *array.Array) *array.Array {
			return array.LinearRows(x, 1, array.RowMap{Forward: same, Transpose: same})
		}},
		"LinearRows": {row, func(x *array.Array) *array.Array {
			return array.LinearRows(x, -1, array.RowMap{Forward: same, Transpose: same})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f := func(x *array.Array) (*array.Array, error) { y := c.f(x); return y, y.Err() }
			check := func(how string, _ *array.Array, err error) {
				t.Helper()
				if !errors.Is(err, array.ErrShape) {
					t.Errorf("%s: got %v, want ErrShape", how, err)
				}
			}
			stack := func(n int) *array.Array {
				return array.Expand(array.Reshape(c.x, slices.Insert(c.x.Shape(), 0, 1)...), slices.Insert(c.x.Shape(), 0, n)...)
			}
			y, err := f(c.x)
			check("plain", y, err)
			for _, n := range []int{1, 2, 3} { // as many as there are rows, or not
				y, err = functional.VMap(f)(stack(n))
				check("VMap", y, err)
				y, err = functional.VMap(functional.VMap(f))(array.Reshape(stack(n), slices.Insert(stack(n).Shape(), 0, 1)...))
				check("VMap(VMap)", y, err)
			}
			_, y, err = functional.JVP(f, c.x, c.x)
			check("JVP", y, err)
			y, _, err = functional.VJP(f, c.x)
			check("VJP", y, err)
			y, err = functional.VMap(func(x *array.Array) (*array.Array, error) {
				_, dy, err := functional.JVP(f, x, x)
				return dy, err
			})(stack(2))
			check("VMap(JVP)", y, err)
		})
	}
}

func TestElementTypesAreCheckedUnderTransformations(t *testing.T) {
	half := array.Of32([]float32{1, 2, 3}, 3)
	for name, f := range map[string]functional.Func{
		"Mul":   func(x *array.Array) (*array.Array, error) { return array.Mul(x, half), nil },
		"Stack": func(x *array.Array) (*array.Array, error) { return array.Stack(half, x), nil },
		"AddAt": func(x *array.Array) (*array.Array, error) {
			return array.AddAt(half, [][]int{{0}, {0}, {0}}, array.Reshape(x, 3, 1)), nil
		},
		"Assemble": func(x *array.Array) (*array.Array, error) {
			return array.Assemble(array.Float64, []int{6}, [][]int{{0}, {3}}, x, half), nil
		},
		"Assemble into another": func(x *array.Array) (*array.Array, error) {
			return array.Assemble(array.Float32, []int{6}, [][]int{{0}}, x), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			if y, _ := f(ramp(3)); !errors.Is(y.Err(), array.ErrDType) {
				t.Errorf("plain: got %v, want ErrDType", y.Err())
			}
			if _, _, err := functional.JVP(f, ramp(3), ramp(3)); !errors.Is(err, array.ErrDType) {
				t.Errorf("JVP: got %v, want ErrDType", err)
			}
			if _, _, err := functional.VJP(f, ramp(3)); !errors.Is(err, array.ErrDType) {
				t.Errorf("VJP: got %v, want ErrDType", err)
			}
			if _, err := functional.VMap(f)(ramp(2, 3)); !errors.Is(err, array.ErrDType) {
				t.Errorf("VMap: got %v, want ErrDType", err)
			}
		})
	}
}

// Parts that overlap would overwrite each other but not their tangents.
func TestAssembleRefusesOverlap(t *testing.T) {
	f := func(x *array.Array) (*array.Array, error) {
		return array.Assemble(array.Float64, []int{4}, [][]int{{0}, {2}}, x, ramp(2)), nil
	}
	if y, _ := f(ramp(3)); !errors.Is(y.Err(), array.ErrShape) {
		t.Errorf("plain: got %v, want ErrShape", y.Err())
	}
	if _, _, err := functional.JVP(f, ramp(3), ramp(3)); !errors.Is(err, array.ErrShape) {
		t.Errorf("JVP: got %v, want ErrShape", err)
	}
	y := array.Assemble(array.Float64, []int{4}, [][]int{{1}, {1}, {1}}, ramp(2), ramp(0), ramp(0))
	if y.Err() != nil {
		t.Errorf("empty parts overlap nothing, but: %v", y.Err())
	}
}

func TestDerivativesAtSpecialPoints(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     func(x *array.Array) *array.Array
		x     float64
		slope float64
	}{
		{"Pow(x, 0) at 0", power(0), 0, 0},
		{"Pow(x, 1) at 0", power(1), 0, 1},
		{"Pow(x, 2) at 0", power(2), 0, 0},
		{"Pow(x, 3) at 0", power(3), 0, 0},
		{"Abs at 0", array.Abs, 0, 0},
		{"Sign at 0", array.Sign, 0, 0},
		{"Pow(x, 2) below 0", power(2), -3, -6},
	} {
		f := func(x *array.Array) (*array.Array, error) { return c.f(x), nil }
		g, err := functional.Grad(f)(array.Of64([]float64{c.x}))
		if err != nil || g.Float64s()[0] != c.slope {
			t.Errorf("%s: slope %v, %v; want %g", c.name, g.Float64s(), err, c.slope)
		}
	}
}

// Lists that say what an operation does may be used for the next one: a gradient
// taken afterwards is of what has been computed.
func TestListsMayBeReused(t *testing.T) {
	lo, size := []int{0}, []int{1}
	y, pull, err := functional.VJP(func(x *array.Array) (*array.Array, error) {
		out := array.Zeros(array.Float64, 1)
		for i := range 3 {
			lo[0] = i
			out = array.Add(out, array.Scale(float64(i+1), array.Slice(x, lo, size)))
		}
		return out, nil
	}, ramp(3))
	if err != nil || y.Float64s()[0] != 1+4+9 {
		t.Fatalf("got %v, %v; want 14", y.Float64s(), err)
	}
	if g, err := pull(array.Of64([]float64{1}, 1)); err != nil || !slices.Equal(g.Float64s(), []float64{1, 2, 3}) {
		t.Errorf("gradient %v, %v; want 1 2 3", g.Float64s(), err)
	}
}

// ramp returns 1, 2, 3, ...
func ramp(shape ...int) *array.Array {
	x := make([]float64, extent(shape))
	for i := range x {
		x[i] = float64(i + 1)
	}
	return array.Of64(x, shape...)
}

// More axes than there is room for is an error, however they come about.
func TestTooManyAxesUnderVMap(t *testing.T) {
	f := functional.Func(func(x *array.Array) (*array.Array, error) { y := array.Stack(x, x); return y, y.Err() })
	x := ramp(1, 1, 1, 1, 1, 1, 2)
	for range 7 {
		f = functional.VMap(f)
	}
	if y, err := f(x); err != nil || y.NDim() != 8 {
		t.Fatalf("%d axes, %v; want 8", y.NDim(), err)
	}
	constant := array.Zeros(array.Float64, 1)
	f = func(x *array.Array) (*array.Array, error) {
		y := array.Stack(array.Add(array.Reshape(x, 1), constant), constant)
		return y, y.Err()
	}
	for range 7 {
		f = functional.VMap(f)
	}
	if y, err := f(x); !errors.Is(err, array.ErrShape) {
		t.Errorf("9 axes: got %v, %v; want ErrShape", y.Shape(), err)
	}
}
