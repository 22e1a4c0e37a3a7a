package stencil

import (
	"fmt"
	"slices"
)

// Pair is a program and the adjoint of its derivative, joined by a tape.
//
// Run Forward for the steps 0 ... nt-1 and keep the tape of each, then Reverse for the steps
// nt-1 ... 0, each on the tape of its step: cotangents of what the program records and of its last
// wavefields become those of models, of what it injects, and of its first wavefields.
type Pair struct {
	// Forward is the program; in each step it also writes the tape.
	Forward *Program
	// Reverse is the adjoint of one step. It reads the tape, models, profiles, and what it
	// writes itself; and the series that Forward injects, where their coefficient is
	// differentiated.
	Reverse *Program
	Tape    []*Field    // on the grid
	Points  []PointTape // at points
	// Bar maps each field that the derivative depends on to its cotangent, Series each such
	// series: what Forward records is injected into Reverse, and the reverse. Also is as in
	// Cotangent.
	Bar    map[*Field]*Field
	Series map[*Series]*Series
	Also   map[*Series][]*Series
	// Scale says what the cotangents of some fields are stored times.
	Scale map[*Field]Scale
}

// Adjoint returns p with a tape, and the program that runs backwards over it, for the derivative
// with respect to the fields and injected series given. Taped is what depends on wavefields and
// multiplies a tangent: of a program that is linear in them what multiplies the models' tangents, such
// as the Laplacian. It is stored by the Update that computes it.
//
// Models of which nonZero is true may be part of scales, which make Reverse cheaper: they are zero
// nowhere but beyond the grid (Layout.Beyond). Nil is none.
//
// The adjoint of a program that JVP made gives second derivatives: with cotangents of what the
// tangent records, those of the models are a Hessian's product with the tangent's direction.
//
// The error is Transpose's, or that p has a tape already.
func Adjoint(p *Program, nonZero func(model *Field) bool, wrt []*Field, series ...*Series) (*Pair, error) {
	p = p.Simplify()
	for _, f := range p.Fields() {
		if f.Kind == Tape {
			return nil, fmt.Errorf("stencil: adjoint of %s: it has a tape, %s, want a program without", p.Name, f.Name)
		}
	}
	// Tangents go by the names of what they belong to: their program is not for running.
	lin := newTangent(p, "", wrt, series)
	t := newTaper(p, lin.Dot)
	tangent := &Program{Name: p.Name, NDim: p.NDim}
	out := &Pair{
		Forward: &Program{Name: p.Name + "_fwd", NDim: p.NDim},
		Bar:     map[*Field]*Field{}, Series: map[*Series]*Series{}, Scale: map[*Field]Scale{},
	}
	atPoints := map[*Field]Expr{}
	for _, s := range p.Body {
		stmts, taped := t.tape(s, lin.stmt(s))
		tangent.Body = append(tangent.Body, stmts...)
		before := taped
		if u, ok := s.(Update); ok {
			s, before = slices.Concat(u, taped), nil
		}
		if _, ok := s.(Record); ok {
			for _, a := range taped {
				atPoints[a.Dst] = a.RHS
			}
			taped, before = nil, nil
		}
		if len(before) > 0 {
			out.Forward.Body = append(out.Forward.Body, before)
		}
		out.Forward.Body = append(out.Forward.Body, s)
		for _, a := range taped {
			out.Tape = append(out.Tape, a.Dst)
		}
	}
	out.Forward = out.Forward.Simplify()

	var dots []*Field
	for _, f := range lin.active {
		dots = append(dots, lin.Dot[f])
	}
	var given []*Series
	for _, s := range series {
		given = append(given, lin.Series[s])
	}
	tangent.postponeRecords()
	scale := newScaler(tangent, dots, nonZero)
	cot, err := Transpose(scale.program(), dots, given...)
	if err == nil && scale.renumber(cot) {
		cot, err = Transpose(scale.program(), dots, given...)
	}
	if err != nil {
		return nil, err
	}
	out.Reverse, out.Also = cot.Program, cot.Also
	out.Reverse.Name = p.Name + "_rev"
	for f, d := range lin.Dot {
		out.Bar[f] = cot.Bar[d]
		if x, ok := scale.by[d]; ok {
			out.Scale[f] = x
		}
	}
	for s, d := range lin.Series {
		out.Series[s] = cot.Series[d]
	}
	if len(atPoints) > 0 {
		out.tapeAtPoints(atPoints)
	}
	return out, nil
}

// postponeRecords moves each Record to where what it reads is written next. The transpose then
// injects early, and what reads cotangents away from the point waits for nothing else.
func (p *Program) postponeRecords() {
	for i := len(p.Body) - 1; i >= 0; i-- {
		r, ok := p.Body[i].(Record)
		if !ok {
			continue
		}
		for j := i + 1; j < len(p.Body) && !dependsOn(written(p.Body[j]), r.X); j++ {
			p.Body[j-1], p.Body[j] = p.Body[j], p.Body[j-1]
		}
	}
}
