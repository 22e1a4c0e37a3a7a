package equation

import (
	"fmt"
	"math"
	"testing"

	"github.com/d52adeda/wave/stencil"
)

// TestOrder checks the order of accuracy of the derivatives of a smooth function
// that varies along every axis.
func TestOrder(t *testing.T) {
	for ndim := 1; ndim <= 3; ndim++ {
		for dim := range ndim {
			for accuracy := 2; accuracy <= 8; accuracy += 2 {
				g := Grid{ndim, accuracy}
				for _, d := range []struct {
					name  string
					tap   func(int, stencil.Expr) stencil.Expr
					exact float64 // of sin(x+0.4) along dim
				}{{"D1", g.D1, math.Cos(0.4)}, {"D2", g.D2, -math.Sin(0.4)}} {
					err := func(h float64) float64 {
						return math.Abs(derivative(t, ndim, dim, accuracy, h, d.tap) - d.exact)
					}
					if slope := math.Log2(err(0.2) / err(0.1)); math.Abs(slope-float64(accuracy)) > 0.1 {
						t.Errorf("%s along axis %d of %d, accuracy %d: order %.3f", d.name, dim, ndim, accuracy, slope)
					}
				}
			}
		}
	}
}

// derivative applies a tap along dim to sin(x+0.4) at x = 0. The function also
// grows along the other axes, where the spacing is another.
func derivative(t *testing.T, ndim, dim, accuracy int, h float64, tap func(int, stencil.Expr) stencil.Expr) float64 {
	t.Helper()
	u, out := &stencil.Field{Name: "u"}, &stencil.Field{Name: "out", Kind: stencil.State}
	spacing := []float64{3, 5, 7}[:ndim]
	spacing[dim] = h
	p := (&stencil.Program{NDim: ndim, Body: []stencil.Stmt{stencil.Update{{Dst: out, RHS: tap(dim, u.At())}}}}).Bind(Params(1, spacing))
	shape := []int{1, 1, 1}[:ndim]
	l, err := stencil.NewLayout(p, shape, make([][2]int, ndim))
	if err != nil {
		t.Fatal(err)
	}
	if l.Halo != accuracy/2 {
		t.Fatalf("halo %d, want %d", l.Halo, accuracy/2)
	}
	cells, inner := 1, 1
	for d, n := range l.Shape {
		cells *= n
		if d > dim {
			inner *= n
		}
	}
	data := make([]float64, cells)
	for c := range data {
		x := c/inner%l.Shape[dim] - l.Halo
		other := float64(c - (cells-1)/2 - x*inner) // 0 on the line through the middle
		data[c] = math.Sin(float64(x)*h+0.4) + other
	}
	in := stencil.Interpreter{Program: p, Layout: l, Data: map[*stencil.Field][]float64{u: data}}
	in.Step()
	return in.Data[out][(cells-1)/2]
}

func TestFirstDerivative(t *testing.T) {
	for accuracy := 2; accuracy <= 8; accuracy += 2 {
		t.Run(fmt.Sprint(accuracy), func(t *testing.T) {
			const n, h = 20, 0.1
			f := make([]float64, n)
			for i := range f {
				f[i] = math.Pow(float64(i)*h, float64(accuracy)) // exact up to this degree
			}
			for i, got := range FirstDerivative(f, h, accuracy) {
				want := float64(accuracy) * math.Pow(float64(i)*h, float64(accuracy)-1)
				if i < accuracy/2 || i >= n-accuracy/2 {
					want = 0
				}
				if math.Abs(got-want) > 1e-10*(1+want) {
					t.Errorf("sample %d: got %g, want %g", i, got, want)
				}
			}
			for i, got := range FirstDerivative(f[:accuracy], h, accuracy) {
				if got != 0 {
					t.Errorf("too short for the stencil: sample %d is %g, want 0", i, got)
				}
			}
		})
	}
}
