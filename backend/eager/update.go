package eager

import (
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/stencil"
)

// update runs an Update region by region: the terms of a PML are computed where
// they do not vanish, only.
type update struct {
	stmt    stencil.Update
	scripts []*script
	// at[i][k] is where script k puts its part of what stmt[i] assigns.
	at [][][]int
}

func newUpdate(s *stepper, stmt stencil.Update) *update {
	u := &update{stmt: stmt, at: make([][][]int, len(stmt))}
	ndim := s.plan.Layout.NDim
	forms := map[int]stencil.Update{}
	for _, r := range s.plan.Layout.Regions() {
		if forms[r.Kind()] == nil {
			p := &stencil.Program{NDim: ndim, Body: []stencil.Stmt{stmt}}
			forms[r.Kind()] = p.Specialize(r.InPML).Body[0].(stencil.Update)
		}
		sc := &script{s: s, region: r, memo: map[memoKey]value{}}
		for _, a := range forms[r.Kind()] {
			if renames(a) {
				continue
			}
			i := slices.IndexFunc(stmt, func(b stencil.Assign) bool { return b.Dst == a.Dst })
			lo := s.plan.Layout.Box(a.Dst, r)
			u.at[i] = append(u.at[i], append([]int{0}, lo[:ndim]...))
			sc.outputs = append(sc.outputs, output{i, len(u.at[i]) - 1, sc.full(a.RHS)})
		}
		sc.memo = nil
		u.scripts = append(u.scripts, sc)
	}
	return u
}

func (u *update) run(s *stepper, st *state) error {
	parts := make([][]*array.Array, len(u.stmt))
	for i := range parts {
		parts[i] = make([]*array.Array, len(u.at[i]))
	}
	for _, sc := range u.scripts {
		sc.run(st, parts)
	}
	next := make([]*array.Array, len(u.stmt))
	for i, a := range u.stmt {
		if renames(a) {
			next[i] = st.fields[a.RHS.(stencil.Load).Field]
		} else {
			next[i] = array.Assemble(s.plan.DType, s.shape(a.Dst), u.at[i], parts[i]...)
		}
		if err := next[i].Err(); err != nil {
			return err
		}
	}
	for i, a := range u.stmt {
		st.fields[a.Dst] = next[i]
	}
	return nil
}

// renames reports whether an assignment only gives a wavefield another name.
func renames(a stencil.Assign) bool {
	l, ok := a.RHS.(stencil.Load)
	return ok && l.Off == stencil.Offset{} && l.Field.Kind == stencil.State && a.Dst.Kind == stencil.State
}
