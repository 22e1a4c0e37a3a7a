//go:build amd64 && !noasm

package rows

import "golang.org/x/sys/cpu"

// vector says whether the loops in rows_amd64.s run; build with the tag noasm to
// leave them out.
var vector = cpu.X86.HasAVX

// fused says the same of those with fused multiply-adds.
var fused = cpu.X86.HasAVX && cpu.X86.HasFMA

//go:noescape
func add32(dst, a, b *float32, n int)

//go:noescape
func scale32(dst, a *float32, n int, s float32)

//go:noescape
func mul32(dst, a, b *float32, n int, s float32)

//go:noescape
func axpy32(dst, y, a *float32, n int, s float32)

//go:noescape
func addMul32(dst, y, a, b *float32, n int, s float32)

//go:noescape
func fma32(dst, a, b, c *float32, n int, s, r float32)

//go:noescape
func fmaScalar32(dst, b, c *float32, n int, s, r float32)

//go:noescape
func pairFMA32(dst, a, b, c *float32, n int, s, q float32)

//go:noescape
func peak32(lanes *[8]float32, x *float32, n int)

//go:noescape
func sym32(dst, c *float32, p *[8][]float32, w *[5]float32, n, pairs int)

//go:noescape
func anti32(dst *float32, p *[8][]float32, w *[5]float32, n, pairs int)

//go:noescape
func add64(dst, a, b *float64, n int)

//go:noescape
func scale64(dst, a *float64, n int, s float64)

//go:noescape
func mul64(dst, a, b *float64, n int, s float64)

//go:noescape
func axpy64(dst, y, a *float64, n int, s float64)

//go:noescape
func addMul64(dst, y, a, b *float64, n int, s float64)

//go:noescape
func fma64(dst, a, b, c *float64, n int, s, r float64)

//go:noescape
func fmaScalar64(dst, b, c *float64, n int, s, r float64)

//go:noescape
func pairFMA64(dst, a, b, c *float64, n int, s, q float64)

//go:noescape
func peak64(lanes *[4]float64, x *float64, n int)

//go:noescape
func sym64(dst, c *float64, p *[8][]float64, w *[5]float64, n, pairs int)

//go:noescape
func anti64(dst *float64, p *[8][]float64, w *[5]float64, n, pairs int)
