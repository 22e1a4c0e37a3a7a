//go:build !amd64 || noasm

package rows

// vector is false here: the loops of rows.go run, and those below never.
const vector, fused = false, false

func add32(dst, a, b *float32, n int)                                     {}
func scale32(dst, a *float32, n int, s float32)                           {}
func mul32(dst, a, b *float32, n int, s float32)                          {}
func axpy32(dst, y, a *float32, n int, s float32)                         {}
func addMul32(dst, y, a, b *float32, n int, s float32)                    {}
func fma32(dst, a, b, c *float32, n int, s, r float32)                    {}
func fmaScalar32(dst, b, c *float32, n int, s, r float32)                 {}
func pairFMA32(dst, a, b, c *float32, n int, s, q float32)                {}
func peak32(lanes *[8]float32, x *float32, n int)                         {}
func sym32(dst, c *float32, p *[8][]float32, w *[5]float32, n, pairs int) {}
func anti32(dst *float32, p *[8][]float32, w *[5]float32, n, pairs int)   {}
func add64(dst, a, b *float64, n int)                                     {}
func scale64(dst, a *float64, n int, s float64)                           {}
func mul64(dst, a, b *float64, n int, s float64)                          {}
func axpy64(dst, y, a *float64, n int, s float64)                         {}
func addMul64(dst, y, a, b *float64, n int, s float64)                    {}
func fma64(dst, a, b, c *float64, n int, s, r float64)                    {}
func fmaScalar64(dst, b, c *float64, n int, s, r float64)                 {}
func pairFMA64(dst, a, b, c *float64, n int, s, q float64)                {}
func peak64(lanes *[4]float64, x *float64, n int)                         {}
func sym64(dst, c *float64, p *[8][]float64, w *[5]float64, n, pairs int) {}
func anti64(dst *float64, p *[8][]float64, w *[5]float64, n, pairs int)   {}
