package stencil_test

import (
	"fmt"
	"testing"

	. "github.com/d52adeda/wave/stencil"
)

func TestText(t *testing.T) {
	u := state("u")
	for _, test := range []struct {
		e    Expr
		want string
	}{
		{Const(-0.25), "-0.25"},
		{Const(1. / 3), "0.333333"},
		{Param("dt"), "dt"},
		{u.At(), "u"},
		{Load{Field: u, Off: Offset{1, 0, -2}}, "u[+1,+0,-2]"},
		{Add(u.At(), Const(1)), "(u + 1)"},
		{Mul(u.At(), Add(u.At(), u.At())), "u*(u + u)"},
		{diff(2, -1, u.At(), -0.5, 0, 0.5), "tap{-0.5[+0,+0,-1] 0 0.5[+0,+0,+1]}(u)"},
		{Named("t", Add(u.At(), u.At())), "t"},
		{nil, "<nil>"},
	} {
		if got := Text(test.e); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

// Example states the equation of a string, u” = c^2 u_xx, as a user would.
func Example() {
	c, u, um1 := &Field{Name: "c"}, &Field{Name: "u", Kind: State}, &Field{Name: "um1", Kind: State}
	bend := Named("bend", &Tap{Off: []Offset{{}, Along(0, 1), Along(0, -1)}, W: []float64{-2, 1, 1}, X: u.At()})
	p := &Program{Name: "string", NDim: 1, Body: []Stmt{
		Record{To: &Series{Name: "r", Points: "receiver"}, X: u.At()},
		Update{
			{Dst: u, RHS: Add(Mul(Const(2), u.At()), Neg(um1.At()), Mul(Param("dt2"), c.At(), c.At(), bend))},
			{Dst: um1, RHS: u.At()},
		},
		Inject{Dst: u, Coeff: Const(1), From: &Series{Name: "f", Points: "source"}},
	}}
	if err := p.Verify(); err != nil {
		fmt.Println(err)
	}
	fmt.Print(p.Bind(map[string]float64{"dt2": 0.25}))
	pair, err := Adjoint(p, nil, []*Field{c})
	if err != nil {
		fmt.Println(err)
	}
	fmt.Print(pair.Forward)
	fmt.Print(pair.Reverse)
	// Output:
	// string (1-D):
	//   record r = u
	//     let bend = tap{-2 1[+1,+0,+0] 1[-1,+0,+0]}(u)
	//   u' = (2*u + -1*um1 + 0.25*c*c*bend)
	//   um1' = u
	//   inject u += 1 * f
	// string_fwd (1-D):
	//   record r = u
	//     let bend = tap{-2 1[+1,+0,+0] 1[-1,+0,+0]}(u)
	//   u' = (2*u + -1*um1 + dt2*c*c*bend)
	//   um1' = u
	//   bend_tape' = bend
	//   inject u += 1 * f
	// string_rev (1-D):
	//     let dbend_bar = dt2*c*c*u_bar
	//   c_bar' = (c_bar + 2*dt2*u_bar*c*bend_tape)
	//   u_bar' = (-1*um1_bar + tap{-2 1[-1,+0,+0] 1[+1,+0,+0]}(dbend_bar) + 2*u_bar)
	//   um1_bar' = u_bar
	//   inject u_bar += 1 * r_bar
}
