package stencil

// extent returns how many cells beyond the PML of dimension dim e can be
// non-zero, from what its profiles and memory fields are declared to be: a
// product is confined if one factor is.
func extent(e Expr, dim int) int {
	memo := map[Expr]int{}
	walk(func(e Expr) {
		n := Everywhere
		switch e := e.(type) {
		case Const:
			if e == 0 {
				n = 0
			}
		case Load:
			if d, ok := e.Field.pmlDim(); ok && d == dim {
				n = e.Field.Extent + abs(e.Off[dim])
			}
		case *Sum:
			n = 0
			for _, x := range e.Terms {
				n = max(n, memo[x])
			}
		case *Prod:
			for _, x := range e.Factors {
				n = min(n, memo[x])
			}
		case *Tap:
			far := 0
			for _, o := range e.Off {
				far = max(far, abs(o[dim]))
			}
			n = min(memo[e.X]+far, Everywhere)
		case *Let:
			n = memo[e.X]
		}
		memo[e] = n
	}, e)
	return memo[e]
}
