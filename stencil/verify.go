package stencil

import (
	"errors"
	"fmt"
	"math"
)

// Verify reports everything that is wrong with a program, joined: what it
// returns nil for, every backend can run (once its parameters are bound).
func (p *Program) Verify() error {
	v := verifier{p: p}
	if v.form(); len(v.errs) > 0 {
		return errors.Join(v.errs...) // the rest would trip over it
	}
	v.fields()
	v.statements()
	v.expressions()
	return errors.Join(v.errs...)
}

type verifier struct {
	p    *Program
	errs []error
}

func (v *verifier) fail(format string, args ...any) {
	v.errs = append(v.errs, fmt.Errorf("stencil: program %s: %s", v.p.Name, fmt.Sprintf(format, args...)))
}

func (v *verifier) fields() {
	byName := map[string]*Field{}
	for _, f := range v.p.Fields() {
		if f.Name == "" || byName[f.Name] != nil {
			v.fail("field name %q is empty or used twice", f.Name)
		}
		byName[f.Name] = f
		if spans := spans(f); !spans && (f.Dim < 0 || f.Dim >= v.p.NDim) {
			v.fail("field %s belongs to dimension %d, want 0 to %d", f.Name, f.Dim, v.p.NDim-1)
		} else if f.Extent < 0 || (spans && f.Extent != 0) || f.Kind == Memory && f.Extent >= Everywhere {
			v.fail("field %s has Extent %d, want 0 or, for a memory field or profile, more", f.Name, f.Extent)
		}
		for d := v.p.NDim; d < 3; d++ {
			if f.Half[d] {
				v.fail("field %s is half a cell off along dimension %d, want 0 to %d", f.Name, d, v.p.NDim-1)
			}
		}
	}
	in, out := v.p.series()
	names := map[string]*Series{}
	for _, s := range append(in, out...) {
		if s.Name == "" || s.Points == "" || (names[s.Name] != nil && names[s.Name] != s) {
			v.fail("series %q (points %q): want both named, and one series a name", s.Name, s.Points)
		}
		names[s.Name] = s
	}
	for _, s := range out {
		for _, t := range in {
			if s == t {
				v.fail("series %s is both injected and recorded", s.Name)
			}
		}
	}
}

// statements checks what is written.
func (v *verifier) statements() {
	write := func(f *Field) {
		if f.Kind == Profile || f.Kind == Model {
			v.fail("%s is written, but it is constant in time", f)
		}
	}
	recorded := map[*Series]bool{}
	for _, s := range v.p.Body {
		switch s := s.(type) {
		case Update:
			for f := range readElsewhere(s) {
				if f.Kind == Tape {
					v.fail("%s is read away from the point", f)
				}
			}
			once := map[*Field]bool{}
			for _, a := range s {
				write(a.Dst)
				if once[a.Dst] {
					v.fail("%s is assigned twice in one Update", a.Dst.Name)
				}
				once[a.Dst] = true
				v.confined(a)
			}
		case Inject:
			write(s.Dst)
			if s.Dst.Kind == Memory || s.Dst.Kind == Tape {
				v.fail("Inject into %s, want a wavefield that spans the grid", s.Dst)
			}
			if dependsOn(map[*Field]*Field{s.Dst: s.Dst}, s.Coeff) {
				v.fail("Inject into %s with a coefficient that reads it: want one of other fields", s.Dst.Name)
			}
			for d := v.p.NDim; d < 3; d++ {
				if s.Off[d] != 0 {
					v.fail("Inject into %s at %v in %d dimensions", s.Dst.Name, s.Off, v.p.NDim)
				}
			}
			v.pointwise("Inject", s.Coeff)
		case Record:
			if recorded[s.To] {
				v.fail("series %s is recorded twice in a step", s.To.Name)
			}
			recorded[s.To] = true
			v.pointwise("Record", s.X)
		}
	}
}

// confined checks that a memory field stays zero outside its PML.
func (v *verifier) confined(a Assign) {
	if a.Dst.Kind != Memory {
		return
	}
	if n := extent(a.RHS, a.Dst.Dim); n == Everywhere {
		v.fail("memory field %s does not vanish outside the PML of dimension %d: want every term times a profile of it", a.Dst.Name, a.Dst.Dim)
	} else if n > a.Dst.Extent {
		v.fail("memory field %s can be non-zero %d cells beyond the PML of dimension %d, want at most its Extent, %d", a.Dst.Name, n, a.Dst.Dim, a.Dst.Extent)
	}
}

// pointwise checks an expression that is evaluated at single points.
func (v *verifier) pointwise(where string, x Expr) {
	walk(func(e Expr) {
		if l, ok := e.(Load); ok && !spans(l.Field) {
			v.fail("%s reads %s, a %s; want fields that span the grid", where, l.Field.Name, l.Field.Kind)
		}
	}, x)
}

func (v *verifier) expressions() {
	written := written(v.p.Body...)
	inTap := map[Expr]bool{} // holds a Tap
	v.p.walk(func(e Expr) {
		for _, c := range children(e) {
			inTap[e] = inTap[e] || inTap[c]
		}
		switch e := e.(type) {
		case Load:
			if k := e.Field.Kind; (k == State || k == Memory) && written[e.Field] == nil {
				v.fail("%s is read, but not written", e.Field)
			} else if k == Tape && written[e.Field] != nil {
				v.fail("%s is written and read; want one of it in a program", e.Field)
			}
			for d := v.p.NDim; d < 3; d++ {
				if e.Off[d] != 0 {
					v.fail("%s is read at %v in %d dimensions", e.Field.Name, e.Off, v.p.NDim)
				}
			}
		case *Sum:
			if len(e.Terms) == 0 {
				v.fail("an empty sum")
			}
		case *Prod:
			if len(e.Factors) == 0 {
				v.fail("an empty product")
			}
		case *Tap:
			if len(e.Off) == 0 || len(e.Off) != len(e.W) {
				v.fail("a Tap has %d offsets and %d weights, want as many, at least one", len(e.Off), len(e.W))
			}
			if inTap[e.X] {
				v.fail("a Tap within a Tap: assign the inner one to a field in an Update before")
			}
			inTap[e] = true
			for _, w := range e.W {
				v.finite(w)
			}
		case Const:
			v.finite(float64(e))
		}
	})
}

func (v *verifier) finite(x float64) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		v.fail("a constant is %g, want a finite number", x)
	}
}
