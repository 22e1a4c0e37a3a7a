package equation

import . "github.com/d52adeda/wave/stencil" //lint:ignore ST1001 equations read as mathematics

// Central finite differences of accuracy 2, 4, 6 or 8 (Fornberg 1988): weights
// of +k minus -k for the first derivative, of the centre and then +-k for the
// second.
var (
	firstWeights = map[int][]float64{
		2: {1. / 2},
		4: {8. / 12, -1. / 12},
		6: {3. / 4, -3. / 20, 1. / 60},
		8: {4. / 5, -1. / 5, 4. / 105, -1. / 280},
	}
	secondWeights = map[int][]float64{
		2: {-2, 1},
		4: {-5. / 2, 4. / 3, -1. / 12},
		6: {-49. / 18, 3. / 2, -3. / 20, 1. / 90},
		8: {-205. / 72, 8. / 5, -1. / 5, 8. / 315, -1. / 560},
	}
)

// D1 returns the first derivative of x along dimension dim (1/m times x).
func (g Grid) D1(dim int, x Expr) Expr {
	t := &Tap{X: x}
	for i, w := range firstWeights[g.Accuracy] {
		t.Off = append(t.Off, Along(dim, i+1), Along(dim, -i-1))
		t.W = append(t.W, w, -w)
	}
	return Mul(Param("rh_"+g.Axes()[dim]), t)
}

// D2 returns the second derivative of x along dimension dim (1/m^2 times x).
func (g Grid) D2(dim int, x Expr) Expr {
	w := secondWeights[g.Accuracy]
	t := &Tap{X: x, Off: []Offset{{}}, W: w[:1:1]}
	for i, w := range w[1:] {
		t.Off = append(t.Off, Along(dim, i+1), Along(dim, -i-1))
		t.W = append(t.W, w, w)
	}
	return Mul(Param("rh2_"+g.Axes()[dim]), t)
}

// FirstDerivative applies the first-derivative stencil to f, sampled at spacing
// h, and leaves the outermost accuracy/2 samples zero.
func FirstDerivative(f []float64, h float64, accuracy int) []float64 {
	out := make([]float64, len(f))
	r := accuracy / 2
	for i := r; i < len(f)-r; i++ {
		for k, w := range firstWeights[accuracy] {
			out[i] += w * (f[i+k+1] - f[i-k-1]) / h
		}
	}
	return out
}
