package picture

import "math"

// ricker is the Ricker wavelet of peak frequency f at time t from its centre.
func ricker(f, t float64) float64 {
	a := math.Pow(math.Pi*f*t, 2)
	return (1 - 2*a) * math.Exp(-a)
}

// layers is a model of ny x nx points whose lower part is faster.
func layers(ny, nx int) []float64 {
	v := make([]float64, ny*nx)
	for i := range v {
		v[i] = 1500
		if y, x := float64(i/nx), float64(i%nx); y > 0.45*float64(ny)+0.08*float64(ny)*math.Sin(5*x/float64(nx)) {
			v[i] = 2600
		}
	}
	return v
}

// ring is a spherical Ricker wave of radius r cells around c.
func ring(shape []int, c []float64, r float64) []float64 {
	n := 1
	for _, m := range shape {
		n *= m
	}
	u := make([]float64, n)
	for i := range u {
		d, k := 0.0, i
		for a := len(shape) - 1; a >= 0; a-- {
			d += math.Pow(float64(k%shape[a])-c[a], 2)
			k /= shape[a]
		}
		u[i] = ricker(0.06, math.Sqrt(d)-r)
	}
	return u
}

// hyperbola is a gather of nr traces 12.5 m apart with a direct wave and two reflections.
func hyperbola(nr, nt int, dt float64) []float64 {
	d := make([]float64, nr*nt)
	for r := range nr {
		x := 12.5 * (float64(r) - float64(nr)/2)
		for t := range nt {
			s := float64(t) * dt
			d[r*nt+t] = 0.003 * (2*ricker(25, s-0.05-math.Abs(x)/1500) +
				ricker(25, s-math.Hypot(0.5, x/1700)) - 0.7*ricker(25, s-math.Hypot(0.9, x/2000)))
		}
	}
	return d
}
