package stencil_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/d52adeda/wave/stencil"
)

// TestGraph evaluates each region's graph at each of its points: what the
// interpreter computes. Every value is there once, and used.
func TestGraph(t *testing.T) {
	eachEquation(t, func(t *testing.T, e sample, s setting) {
		r := random(t)
		for _, p := range programs(t, e) {
			sched, err := NewSchedule(p)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, r, s.shape, s.pml, p)
			w.fill(p, 1)
			x := newExecutor(t, sched, w)
			for _, op := range sched.Ops {
				u, ok := op.Stmt.(Update)
				if !ok {
					continue
				}
				for f, slot := range op.Slot { // wherever the schedule has them by now
					x.buffers[slot] = w.data[f]
				}
				after := w.clone()
				(&Interpreter{Program: &Program{NDim: p.NDim, Body: []Stmt{u}}, Layout: w.layout, Data: after.data}).Step()
				for _, region := range w.layout.Regions() {
					g, err := NewGraph(op, p.NDim, region.InPML)
					if err != nil {
						t.Fatal(err)
					}
					checkOnce(t, g)
					for c := range w.cells() {
						if !within(region, w.at(c), p.NDim) {
							continue
						}
						values := x.eval(g, c)
						for _, o := range g.Outputs {
							got, want := values[o.Node], after.data[o.Field][c]
							if d := got - want; d > 1e-11 || d < -1e-11 {
								t.Fatalf("%s at %v in region %v: %g, want %g\n%s", o.Field, w.at(c), region, got, want, p)
							}
						}
					}
				}
				w = after
				x.w = w
			}
		}
	})
}

func checkOnce(t *testing.T, g *Graph) {
	t.Helper()
	seen := map[string]bool{}
	used := map[int]bool{}
	for _, o := range g.Outputs {
		used[o.Node] = true
	}
	for i, n := range g.Nodes {
		k := fmt.Sprint(n.Kind, n.Value, n.Slot, n.Off, n.Args, n.W)
		if n.Kind == OpLoad {
			k += n.Field.Name
		}
		if seen[k] {
			t.Errorf("node %d, %+v, is there twice", i, n)
		}
		seen[k] = true
		if n.Kind == OpLoad && n.Field.Kind == Profile && n.Off != Along(n.Field.Dim, n.Off[n.Field.Dim]) {
			t.Errorf("node %d reads %s at %v", i, n.Field, n.Off)
		}
		for _, a := range n.Args {
			if a >= i {
				t.Errorf("node %d needs %d, a later one", i, a)
			}
			used[a] = true
		}
		if len(n.W) > 0 && len(n.W) != len(n.Args) {
			t.Errorf("node %d has %d weights for %d arguments", i, len(n.W), len(n.Args))
		}
	}
	for i := range g.Nodes {
		if !used[i] {
			t.Errorf("node %d, %+v, is not used", i, g.Nodes[i])
		}
	}
}

// TestGraphProfiles checks that a term of one dimension's profiles is one node
// wherever along another dimension a tap needs it.
func TestGraphProfiles(t *testing.T) {
	u, a := state("u"), profile("a", 0, 0)
	p := &Program{NDim: 2, Body: []Stmt{Update{{Dst: u, RHS: diff(1, -1, Mul(Add(Const(1), a.At()), u.At()), 1, 2, 3)}}}}
	s, err := NewSchedule(p)
	if err != nil {
		t.Fatal(err)
	}
	g, err := NewGraph(s.Ops[0], 2, func(int) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	count := map[OpKind]int{}
	for _, n := range g.Nodes {
		count[n.Kind]++
	}
	if count[OpLoad] != 4 || count[OpAdd] != 1 || count[OpMul] != 3 || count[OpLinear] != 1 || count[OpConst] != 1 {
		t.Errorf("nodes by kind %v, want 4 loads, 1 sum, 3 products, 1 tap, 1 constant", count)
	}
}

func TestGraphErrors(t *testing.T) {
	u := state("u")
	p := &Program{NDim: 1, Body: []Stmt{Update{{Dst: u, RHS: Mul(Param("dt"), u.At())}}}}
	s, err := NewSchedule(p)
	if err != nil {
		t.Fatal(err)
	}
	const want = "stencil: parameter dt has no value; Bind it"
	if _, err := NewGraph(s.Ops[0], 1, func(int) bool { return true }); err == nil || err.Error() != want {
		t.Errorf("NewGraph: error %v, want %q", err, want)
	}
	if _, err := NewPointGraph(s.Ops[0], Param("dt")); err == nil || err.Error() != want {
		t.Errorf("NewPointGraph: error %v, want %q", err, want)
	}
}

// TestTime guards against anything that grows out of hand: all that is derived
// from the greatest equation takes milliseconds.
func TestTime(t *testing.T) {
	best := time.Hour
	for range 3 { // the machine may be busy
		start := time.Now()
		for _, p := range programs(t, scalar(3, 8)) {
			p.Reach()
			p.Spread()
			if err := p.Verify(); err != nil {
				t.Fatal(err)
			}
			s, err := NewSchedule(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, op := range s.Ops {
				for kind := range 8 {
					if _, err := NewGraph(op, 3, func(d int) bool { return kind>>d&1 == 1 }); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		best = min(best, time.Since(start))
	}
	limit := 500 * time.Millisecond
	if raceEnabled {
		limit *= 10
	}
	if best > limit {
		t.Errorf("deriving, scheduling and lowering took %v, want at most %v", best, limit)
	}
	t.Log(best)
}
