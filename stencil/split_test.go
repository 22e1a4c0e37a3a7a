package stencil_test

import (
	"slices"
	"testing"

	. "github.com/d52adeda/wave/stencil"
)

// TestSplit checks which assignments come first, and which stay together.
func TestSplit(t *testing.T) {
	a, b, c, d := state("a"), state("b"), state("c"), state("d")
	p := &Program{Name: "p", NDim: 1, Body: []Stmt{Update{
		{Dst: a, RHS: Add(a.At(), b.At())}, // before b
		{Dst: b, RHS: Add(b.At(), c.At())}, // with c
		{Dst: c, RHS: Mul(b.At(), c.At())},
		{Dst: d, RHS: Add(d.At(), a.At())}, // before a
	}}}
	for _, test := range []struct {
		most int
		want []string
	}{{4, []string{"abcd"}}, {3, []string{"da", "bc"}}, {2, []string{"da", "bc"}}, {1, []string{"d", "a", "bc"}}} {
		s, err := NewSchedule(p)
		if err != nil {
			t.Fatal(err)
		}
		s.Split(func(op Op) bool { return len(op.Assigns) <= test.most })
		var got []string
		for _, op := range s.Ops {
			names := ""
			for _, x := range op.Assigns {
				names += x.Field.Name
			}
			got = append(got, names)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("at most %d: %v, want %v", test.most, got, test.want)
		}
	}
}
