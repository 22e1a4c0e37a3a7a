package main

import "math"

// smooth is a start for inversion: m, which is (z, x), with its slowness
// averaged below the water by a Gaussian of 20 cells, and the water kept.
// Slowness rather than velocity keeps travel times.
func smooth(m model) model {
	const sigma = 20.0
	nz, nx := m.shape[0], m.shape[1]
	// Weight 0 in the water keeps it out of the average.
	slowness, weight := make([]float64, nz*nx), make([]float64, nz*nx)
	for i, v := range m.v {
		if v != water {
			slowness[i], weight[i] = 1/float64(v), 1
		}
	}
	for _, a := range [][]float64{slowness, weight} {
		for i := range nz {
			blur(a[i*nx:], nx, 1, sigma)
		}
		for j := range nx {
			blur(a[j:], nz, nx, sigma)
		}
	}
	out := model{name: "salt2d_smooth.npy", shape: m.shape, v: make([]float32, nz*nx)}
	for i, v := range m.v {
		out.v[i] = v
		if v != water {
			out.v[i] = round(weight[i] / slowness[i])
		}
	}
	return out
}

// blur convolves the n values of a, stride apart, with a Gaussian cut off at
// three sigma. The edges see fewer values: divide by a blurred weight.
func blur(a []float64, n, stride int, sigma float64) {
	r := int(3 * sigma)
	g := make([]float64, r+1)
	for i := range g {
		g[i] = math.Exp(-float64(i*i) / (2 * sigma * sigma))
	}
	in := make([]float64, n)
	for i := range in {
		in[i] = a[i*stride]
	}
	for i := range in {
		sum := 0.0
		for k := max(0, i-r); k <= min(n-1, i+r); k++ {
			sum += in[k] * g[max(i-k, k-i)]
		}
		a[i*stride] = sum
	}
}
