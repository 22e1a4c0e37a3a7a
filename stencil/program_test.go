package stencil_test

import (
	"slices"
	"testing"

	. "github.com/d52adeda/wave/stencil"
)

func names(fields []*Field) []string {
	var out []string
	for _, f := range fields {
		out = append(out, f.Name)
	}
	return out
}

func TestProgram(t *testing.T) {
	p := scalar(1, 4).program
	if got, want := names(p.Fields()), []string{"u", "um1", "psi_x", "zeta_x", "v", "b_x", "db_x", "a_x"}; !slices.Equal(got, want) {
		t.Errorf("Fields() is %v, want %v", got, want)
	}
	if f := p.Field("psi_x"); f == nil || f.Kind != Memory || f.String() != "psi_x (memory)" {
		t.Errorf("Field(psi_x) is %v", f)
	}
	if f := p.Field("none"); f != nil {
		t.Errorf("Field(none) is %v, want nil", f)
	}
	in, out := p.Inputs(), p.Outputs()
	if len(in) != 1 || in[0].Name != "f" || len(out) != 1 || out[0].Name != "r" {
		t.Errorf("Inputs() is %v, Outputs() %v, want f and r", in, out)
	}
}

// TestReach pins reach and spread: the adjoint reads profiles at offsets.
func TestReach(t *testing.T) {
	for accuracy := 2; accuracy <= 8; accuracy += 2 {
		all := programs(t, scalar(2, accuracy))
		for i, want := range []struct{ reach, spread int }{
			{accuracy / 2, accuracy / 2}, {accuracy / 2, accuracy / 2}, {accuracy / 2, accuracy / 2}, {accuracy / 2, accuracy},
		} {
			if r, s := all[i].Reach(), all[i].Spread(); r != want.reach || s != want.spread {
				t.Errorf("%s, accuracy %d: reach %d, spread %d, want %d and %d", all[i].Name, accuracy, r, s, want.reach, want.spread)
			}
		}
	}
	u, m := state("u"), memory("m", 1)
	m.Extent = 2
	p := &Program{NDim: 2, Body: []Stmt{Update{
		{Dst: m, RHS: Mul(profile("b", 1, 0).At(), u.At())},
		{Dst: u, RHS: diff(0, 0, Load{Field: u, Off: Along(0, 2)}, 1, 2)}}}}
	if r, s := p.Reach(), p.Spread(); r != 3 || s != 2 {
		t.Errorf("reach %d, spread %d, want 3 and 2: taps add to loads, written memory counts", r, s)
	}
}

// TestNames checks that derived fields never share a name with what is there.
func TestNames(t *testing.T) {
	u, du, r := state("u"), state("du"), &Series{Name: "r", Points: "receiver"}
	p := &Program{Name: "p", NDim: 1, Body: []Stmt{
		Update{{Dst: u, RHS: Mul(u.At(), du.At())}, {Dst: du, RHS: u.At()}},
		Record{To: r, X: u.At()},
	}}
	for range 3 {
		mustVerify(t, p)
		jvp := JVP(p, []*Field{u})
		if jvp.Dot[u].Name == "du" {
			t.Errorf("the tangent of u is du, a field of the program")
		}
		p = jvp.Program
	}
	mustVerify(t, p)
	if n := len(p.Fields()); n != 16 {
		t.Errorf("the third tangent has %d fields, want 16: %v", n, names(p.Fields()))
	}
}

func TestWithout(t *testing.T) {
	e := acoustic()
	p := e.program
	q := p.Without(func(s *Series) bool { return s.Name != "r_vx" && s.Name != "f_force_z" })
	mustVerify(t, q)
	var names []string
	for _, s := range append(q.Inputs(), q.Outputs()...) {
		names = append(names, s.Name)
	}
	if want := []string{"f_force_z", "r_vx"}; !slices.Equal(names, want) {
		t.Errorf("%v are left, want %v", names, want)
	}
	if len(q.Body) != 4 || len(p.Body) != 9 {
		t.Errorf("%d statements of %d, want 4 of 9", len(q.Body), len(p.Body))
	}
}
