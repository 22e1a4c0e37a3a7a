package jit

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// invariant is a value that a loop along a row does not change: a constant, or (spill
// not -1) what is computed once a row or a call.
type invariant struct {
	value float64
	spill int
}

// keep gives invariants registers of their own, the next ones.
func (g *generator) keep(list []invariant) {
	for _, v := range list {
		if v.spill < 0 {
			g.hoist[v.value] = g.nhoist
		} else {
			if g.kept == nil {
				g.kept = map[int]int{}
			}
			g.kept[v.spill] = g.nhoist
		}
		g.nhoist++
	}
}

// mostUsed lists the invariants of a block, the most used first.
func mostUsed(b *block) []invariant {
	spill := map[int]int{}
	for i, n := range b.once {
		spill[n] = i
	}
	count := map[invariant]int{}
	for _, s := range b.steps[ofPoint] {
		if s.node < 0 {
			continue
		}
		for _, a := range b.k.Nodes[s.node].args() {
			if n := &b.k.Nodes[a]; n.Kind == Const {
				count[invariant{n.Value, -1}]++
			} else if i, ok := spill[a]; ok {
				count[invariant{0, i}]++
			}
		}
	}
	out := slices.Collect(maps.Keys(count))
	slices.SortFunc(out, func(a, b invariant) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(a.spill, b.spill), cmp.Compare(a.value, b.value))
	})
	return out
}

// worthKeeping returns the invariants to keep in registers so that the loop has least
// instructions and operands in memory.
func worthKeeping(k *Kernel, o Options) ([]invariant, error) {
	g := newGenerator(k, o)
	block := g.newBlock(o.Shape)
	if o.Cols > 1 {
		block.once = inOrder(g.newBlock(Shape{o.Planes, o.Rows, 1}), block)
	}
	all := mostUsed(block)
	best, least := 0, math.MaxInt
	most := min(len(all), g.nreg-8)
	var err error
	for n := most; n >= 0; n -= max(1, most/6) {
		g := newGenerator(k, o)
		g.keep(all[:n])
		if err = g.body(block, ofPoint, false); err != nil {
			continue
		}
		if cost := g.count + g.spills + g.mems; cost < least {
			best, least = n, cost
		}
	}
	if least == math.MaxInt {
		return nil, err
	}
	return all[:best], nil
}
