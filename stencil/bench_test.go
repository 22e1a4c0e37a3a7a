package stencil_test

import (
	"testing"

	"github.com/d52adeda/wave/equation"
	. "github.com/d52adeda/wave/stencil"
)

// BenchmarkPlan measures what is done to a large program before its first step.
func BenchmarkPlan(b *testing.B) {
	e := staggered(equation.Elastic(), 3, 8)
	p := e.program
	shape, pml := []int{100, 100, 100}, [][2]int{{20, 20}, {20, 20}, {20, 20}}
	ran := p.Premultiplied()
	schedule, err := NewSchedule(ran)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		do   func() error
	}{
		{"Field", func() error {
			for _, f := range p.Fields() {
				p.Field(f.Name)
			}
			return nil
		}},
		{"Verify", p.Verify},
		{"Simplify", func() error { p.Simplify(); return nil }},
		{"Premultiplied", func() error { p.Premultiplied(); return nil }},
		{"NewLayout", func() error { _, err := NewLayout(p, shape, pml); return err }},
		{"NewSchedule", func() error { _, err := NewSchedule(ran); return err }},
		{"JVP", func() error { JVP(p, e.models); return nil }},
		{"Adjoint", func() error { _, err := Adjoint(p, nil, e.models); return err }},
		{"NewGraph", func() error {
			for _, op := range schedule.Ops {
				if _, err := NewGraph(op, p.NDim, func(int) bool { return true }); err != nil {
					return err
				}
			}
			return nil
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := c.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
