package stencil_test

import (
	"math"
	"strings"
	"testing"

	. "github.com/d52adeda/wave/stencil"
)

func TestVerify(t *testing.T) {
	eachEquation(t, func(t *testing.T, e sample, _ setting) { mustVerify(t, e.program) })

	u, w, v := state("u"), state("w"), model("v")
	psi, b, tape := memory("psi", 0), profile("b", 0, 0), &Field{Name: "tape", Kind: Tape}
	f, r := &Series{"f", "source"}, &Series{"r", "receiver"}
	keep := Update{{Dst: u, RHS: u.At()}}
	set := func(f *Field, e Expr) Update { return Update{{Dst: f, RHS: e}} }
	loop := &Sum{Terms: []Expr{u.At(), nil}}
	loop.Terms[1] = &Let{Name: "loop", X: loop}
	one := func(s ...Stmt) *Program { return &Program{Name: "p%d", NDim: 1, Body: s} }

	for _, test := range []struct {
		name string
		p    *Program
		want string
	}{
		{"no dimensions", &Program{Name: "p%d", Body: []Stmt{keep}}, "NDim is 0"},
		{"negative dimensions", &Program{Name: "p%d", NDim: -1, Body: []Stmt{keep}}, "NDim is -1"},
		{"four dimensions", &Program{Name: "p%d", NDim: 4, Body: []Stmt{keep}}, "NDim is 4"},
		{"nil statement", one(nil), "statement 0 is a <nil>"},
		{"pointer statement", one(keep, &Record{r, u.At()}), "statement 1 is a *stencil.Record"},
		{"nil destination", one(set(nil, u.At())), "a field is nil"},
		{"nil field", one(set(u, Load{})), "a field is nil"},
		{"nil series", one(Record{nil, u.At()}), "a series is nil"},
		{"nil source", one(Inject{Dst: u, Coeff: Const(1), From: nil}), "a series is nil"},
		{"nil expression", one(set(u, Add(u.At(), nil))), "missing (nil)"},
		{"nil sum", one(set(u, (*Sum)(nil))), "missing (nil)"},
		{"nil product", one(set(u, (*Prod)(nil))), "missing (nil)"},
		{"nil tap", one(set(u, (*Tap)(nil))), "missing (nil)"},
		{"nil let", one(Record{r, Neg((*Let)(nil))}), "missing (nil)"},
		{"unknown kind", one(set(&Field{Name: "k", Kind: 9}, u.At())), "field k has kind 9"},
		{"cycle", one(set(u, loop)), "contains itself"},

		{"two fields of one name", one(keep, set(state("u"), Const(0))), `name "u" is empty or used twice`},
		{"no name", one(set(state(""), Const(0))), `name "" is empty or used twice`},
		{"dimension of a memory field", one(set(memory("m", 1), Const(0))), "m belongs to dimension 1, want 0 to 0"},
		{"dimension of a profile", one(set(u, Mul(u.At(), profile("a", -1, 0).At()))), "a belongs to dimension -1"},
		{"extent of a state", one(set(&Field{Name: "s", Kind: State, Extent: 1}, Const(0))), "s has Extent 1"},
		{"negative extent", one(set(u, profile("a", 0, -1).At())), "a has Extent -1"},
		{"series without a name", one(keep, Record{&Series{"", "receiver"}, u.At()}), `series "" (points "receiver")`},
		{"series without points", one(keep, Record{&Series{"r", ""}, u.At()}), `series "r" (points "")`},
		{"two series of one name", one(keep, Record{r, u.At()}, Inject{Dst: u, Coeff: Const(1), From: &Series{"r", "source"}}), `series "r"`},
		{"injected and recorded", one(keep, Record{f, u.At()}, Inject{Dst: u, Coeff: Const(1), From: f}), "f is both injected and recorded"},
		{"recorded twice", one(keep, Record{r, u.At()}, Record{r, v.At()}), "r is recorded twice"},

		{"model written", one(set(v, v.At())), "v (model) is written"},
		{"profile written", one(set(b, b.At())), "b (profile) is written"},
		{"model injected", one(Inject{Dst: v, Coeff: Const(1), From: f}), "v (model) is written"},
		{"assigned twice", one(Update{{Dst: u, RHS: u.At()}, {Dst: u, RHS: Const(0)}}), "u is assigned twice"},
		{"memory everywhere", one(keep, set(psi, Add(Mul(b.At(), u.At()), u.At()))), "psi does not vanish outside the PML of dimension 0"},
		{"memory constant", one(set(psi, Const(1))), "psi does not vanish"},
		{"memory of another dimension", &Program{Name: "p%d", NDim: 2, Body: []Stmt{keep, set(psi, Mul(u.At(), profile("c", 1, 0).At()))}}, "psi does not vanish"},
		{"memory that creeps", one(keep, set(psi, Load{psi, Along(0, 1)})), "psi can be non-zero 1 cells beyond the PML of dimension 0, want at most its Extent, 0"},
		{"memory that a tap spreads", one(keep, set(psi, diff(0, -2, Mul(b.At(), u.At()), 1, 1))), "psi can be non-zero 2 cells"},
		{"memory of a wide profile", one(keep, set(psi, Mul(u.At(), profile("c", 0, 3).At()))), "psi can be non-zero 3 cells"},

		{"inject into memory", one(set(psi, Mul(b.At(), psi.At())), Inject{Dst: psi, Coeff: Const(1), From: f}), "Inject into psi (memory), want a wavefield"},
		{"inject into a tape", one(keep, Inject{Dst: tape, Coeff: Const(1), From: f}), "Inject into tape (tape), want a wavefield"},
		{"tape elsewhere", one(set(u, Load{tape, Along(0, 1)})), "tape (tape) is read away from the point"},
		{"tape in a derivative", one(set(u, diff(0, 0, Mul(v.At(), tape.At()), 1, -1))), "tape (tape) is read away from the point"},
		{"tape read and written", one(keep, set(tape, u.At()), Record{r, tape.At()}), "tape (tape) is written and read"},
		{"inject reads its target", one(keep, Inject{Dst: u, Coeff: Mul(v.At(), u.At()), From: f}), "Inject into u with a coefficient that reads it"},
		{"inject beside the grid", one(keep, Inject{Dst: u, Coeff: v.At(), From: f, Off: Along(2, 1)}), "Inject into u at [0 0 1] in 1 dimensions"},
		{"half in a dimension that is not there", one(set(&Field{Name: "h", Kind: State, Half: [3]bool{1: true}}, Const(0))), "h is half a cell off along dimension 1, want 0 to 0"},
		{"memory without bounds", one(keep, set(&Field{Name: "m", Kind: Memory, Extent: Everywhere}, Mul(b.At(), u.At()))), "m has Extent 2147483647"},
		{"dimension of a coefficient", one(set(u, Mul(u.At(), profile("c", 1, Everywhere).At()))), "c belongs to dimension 1"},
		{"record memory", one(set(psi, Mul(b.At(), psi.At())), Record{r, psi.At()}), "Record reads psi"},
		{"record a profile", one(Record{r, b.At()}), "Record reads b"},

		{"unknown state", one(set(u, w.At())), "w (state) is read, but not written"},
		{"unknown memory", one(set(u, psi.At())), "psi (memory) is read, but not"},
		{"offset in a dimension that is not there", one(set(u, Load{u, Along(1, 1)})), "u is read at [0 1 0] in 1 dimensions"},
		{"empty sum", one(set(u, Add())), "an empty sum"},
		{"empty product", one(set(u, Mul())), "an empty product"},
		{"empty tap", one(set(u, &Tap{X: u.At()})), "0 offsets and 0 weights"},
		{"tap without weights", one(set(u, &Tap{Off: []Offset{{}}, X: u.At()})), "1 offsets and 0 weights"},
		{"tap in a tap", one(set(u, diff(0, 0, Named("n", Mul(v.At(), diff(0, 0, u.At(), 1, 2))), 1, 2))), "a Tap within a Tap"},
		{"not a number", one(set(u, Const(math.NaN()))), "a constant is NaN"},
		{"infinite weight", one(set(u, diff(0, 0, u.At(), 1, math.Inf(-1)))), "a constant is -Inf"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.p.Verify()
			if err == nil {
				t.Fatalf("no error, want one with %q", test.want)
			}
			for _, line := range strings.Split(err.Error(), "\n") {
				if !strings.HasPrefix(line, "stencil: program p%d: ") {
					t.Errorf("error %q does not name the program", line)
				}
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q, want one with %q", err, test.want)
			}
		})
	}

	// All that is wrong is reported, not only the first.
	err := one(set(v, w.At()), Record{r, Add(u.At(), b.At())}).Verify()
	for _, want := range []string{"v (model) is written", "Record reads b", "u (state) is read", "w (state) is read"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %q", err, want)
		}
	}
	// What is allowed, though near to the above.
	wide := memory("wide", 0)
	wide.Extent = 2
	mustVerify(t,
		one(set(u, Mul(tape.At(), diff(0, 0, Mul(tape.At(), u.At()), 3)))),
		one(set(u, u.At()), Update{{Dst: u, RHS: u.At()}, {Dst: tape, RHS: diff(0, 0, u.At(), 1, -1)}}),
		one(keep, Inject{Dst: u, Coeff: Load{tape, Along(0, -1)}, From: f, Off: Along(0, 1)}),
		one(keep, set(wide, diff(0, -2, Mul(b.At(), u.At()), 1, 1))),
		one(keep, Inject{Dst: u, Coeff: v.At(), From: f}, Inject{Dst: u, Coeff: Const(1), From: f}),
		one(keep, Inject{Dst: u, Coeff: Load{v, Along(0, 1)}, From: f, Off: Along(0, -3)}, Record{r, diff(0, 0, Mul(v.At(), u.At()), 1, -1)}),
		one(set(u, Mul(profile("c", 0, Everywhere).At(), u.At()))),
		one(set(psi, Mul(Load{b, Along(0, 0)}, Load{psi, Along(0, 1)}))))
}
