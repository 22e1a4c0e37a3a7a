package jit

import (
	"math"
	"slices"
)

// Term is one term of a Sum: Coeff times the product of Factors, nodes.
type Term struct {
	Coeff   float64
	Factors []int
}

// Sum returns the sum of the terms, mostly as a chain of fused multiply-adds:
//
//   - Terms with the same factors are one.
//   - Values with the same coefficient are added up first, as the taps of a derivative
//     on either side: processors have additions to spare beside multiply-adds.
//   - What takes longest to compute is added last: the rest of the chain need not wait for it.
//   - The chain begins with a value that needs no multiplication, if there is one.
//   - Of a product, what is the same along a row is multiplied first, so that it is
//     computed once a row.
func (k *Kernel) Sum(terms []Term) int {
	terms = k.gather(k.like(terms))
	depths := k.depths()
	slices.SortStableFunc(terms, func(a, b Term) int { return deepest(depths, a.Factors) - deepest(depths, b.Factors) })
	if i := slices.IndexFunc(terms, Term.plain); i > 0 {
		first := terms[i]
		terms = slices.Insert(slices.Delete(terms, i, i+1), 0, first)
	}
	if len(terms) == 0 {
		return k.Const(0)
	}
	if len(terms) > 1 && terms[0].plain() && terms[0].Coeff == -1 && terms[1].Coeff != -1 && len(k.factors(terms[1])) > 1 {
		f := k.factors(terms[1])
		return k.chain(k.FMS(f[0], f[1], terms[0].Factors[0]), terms[2:])
	}
	return k.chain(-1, terms)
}

// depths returns of each node how many operations, one after the other, compute it. What is
// the same along a row is there before: 0.
func (k *Kernel) depths() []int {
	depths := make([]int, len(k.Nodes))
	for i := range k.Nodes { // arguments come first
		if args := k.Nodes[i].args(); args != nil && !k.Uniform(i) {
			depths[i] = 1 + deepest(depths, args)
		}
	}
	return depths
}

func deepest(depths, nodes []int) int {
	d := 0
	for _, i := range nodes {
		d = max(d, depths[i])
	}
	return d
}

// plain reports whether t is a value or its negative.
func (t Term) plain() bool { return len(t.Factors) == 1 && math.Abs(t.Coeff) == 1 }

// like sums up terms that have the same factors, and drops those that are zero.
func (k *Kernel) like(terms []Term) []Term {
	var out []Term
	for _, t := range terms {
		t.Factors = slices.Clone(t.Factors)
		slices.SortStableFunc(t.Factors, func(a, b int) int {
			if u, v := k.Uniform(a), k.Uniform(b); u != v {
				if u {
					return -1
				}
				return 1
			}
			return a - b
		})
		i := slices.IndexFunc(out, func(o Term) bool { return slices.Equal(o.Factors, t.Factors) })
		if i < 0 {
			out = append(out, t)
		} else {
			out[i].Coeff += t.Coeff
		}
	}
	return slices.DeleteFunc(out, func(t Term) bool { return t.Coeff == 0 })
}

// gather makes one term of values that have the same coefficient, up to its sign.
func (k *Kernel) gather(terms []Term) []Term {
	var out []Term
	at := map[float64]int{} // coefficient -> where in out
	for _, t := range terms {
		if len(t.Factors) != 1 || t.plain() || k.Uniform(t.Factors[0]) {
			out = append(out, t)
			continue
		}
		i, ok := at[math.Abs(t.Coeff)]
		switch {
		case !ok:
			at[math.Abs(t.Coeff)] = len(out)
			out = append(out, t)
		case t.Coeff == out[i].Coeff:
			out[i].Factors = []int{k.Add(out[i].Factors[0], t.Factors[0])}
		default:
			out[i].Factors = []int{k.Sub(out[i].Factors[0], t.Factors[0])}
		}
	}
	return out
}

// chain adds the terms to acc, which is -1 if there is nothing yet.
func (k *Kernel) chain(acc int, terms []Term) int {
	for _, t := range terms {
		acc = k.accumulate(acc, t)
	}
	return acc
}

// factors returns one or two nodes whose product a term is, but for a coefficient of -1.
func (k *Kernel) factors(t Term) []int {
	f := t.Factors
	switch {
	case len(f) == 0:
		return []int{k.Const(t.Coeff)}
	case math.Abs(t.Coeff) != 1:
		f = append([]int{k.Const(t.Coeff)}, f...)
	}
	for len(f) > 2 {
		f = append([]int{k.Mul(f[0], f[1])}, f[2:]...)
	}
	return f
}

// accumulate adds a term to acc, which is -1 before the first.
func (k *Kernel) accumulate(acc int, t Term) int {
	f := k.factors(t)
	one, negative := len(f) == 1, t.Coeff == -1 && len(t.Factors) > 0
	switch {
	case acc < 0 && !negative && one:
		return f[0]
	case acc < 0 && !negative:
		return k.Mul(f[0], f[1])
	case acc < 0 && one:
		return k.Mul(k.Const(-1), f[0])
	case acc < 0:
		return k.Mul(k.Mul(k.Const(-1), f[0]), f[1])
	case one && negative:
		return k.Sub(acc, f[0])
	case one:
		return k.Add(acc, f[0])
	case negative:
		return k.FNMA(f[0], f[1], acc)
	}
	return k.FMA(f[0], f[1], acc)
}
