package hicks

import "math"

// kaiserB holds the window's shape parameter for half widths 1 to 10: Hicks (2002), table 1, monopole, greatest wavenumber
// 2 pi/3 a cell.
var kaiserB = [maxHalfWidth]float64{0, 1.84, 3.04, 4.14, 5.26, 6.40, 7.51, 8.56, 9.56, 10.64}

// monopole is the windowed sinc at x cells from the location, |x| <= r.
func monopole(x float64, r int) float64 {
	return sinc(x) * kaiser(x, r)
}

// dipole is the derivative of the sinc with respect to the location, so minus that with respect to x, times the same window
// (Hicks's dipole). It has the monopole's shape parameter: over wavenumbers up to 2 pi/3 the greatest error of the
// derivative is smaller with it than with Hicks's own dipole table for most half widths (0.040 against 0.057 a cell for 4;
// not for 2, 7 and 8). On a cell the outermost weights are halved, the mean of the limits from either side: they then cancel
// for a constant field, and half width 1 is the central difference.
func dipole(x float64, r int) float64 {
	w := -sincDerivative(x) * kaiser(x, r)
	if math.Abs(x) == float64(r) {
		w /= 2
	}
	return w
}

// sinc is sin(pi x)/(pi x).
func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func sincDerivative(x float64) float64 {
	if math.Abs(x) < 1e-2 { // the difference below would cancel: Taylor series instead
		q := math.Pi * math.Pi * x * x
		return -math.Pi * math.Pi * x / 3 * (1 - q/10*(1-q/28*(1-q/54)))
	}
	return (math.Cos(math.Pi*x) - sinc(x)) / x
}

// kaiser is Kaiser's window I0(b sqrt(1-(x/r)^2))/I0(b).
func kaiser(x float64, r int) float64 {
	b, y := kaiserB[r-1], x/float64(r)
	return besselI0(b*math.Sqrt(max(0, 1-y*y))) / besselI0(b)
}

// besselI0 is the modified Bessel function of order zero for 0 <= x <= 15, by its power series (Abramowitz and Stegun
// 9.6.12): all terms are positive, so nothing cancels. Terms are added from the smallest.
func besselI0(x float64) float64 {
	const terms = 45 // the next is below 1e-17 of the sum at x = 15
	q, sum := x*x/4, 1.0
	for k := terms; k > 0; k-- {
		sum = 1 + sum*q/float64(k*k)
	}
	return sum
}
