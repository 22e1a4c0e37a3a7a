//go:build cgo && linux && (amd64 || arm64)

package vulkan

import (
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/internal/testenv"
	"github.com/d52adeda/wave/shaders"
)

// The GLSL that package shaders prints and the SPIR-V that it emits are two accounts of
// one kernel: compiled by glslc, the first gives the same results.
func TestGLSLAgrees(t *testing.T) {
	need(t)
	if _, err := exec.LookPath("glslc"); err != nil {
		testenv.Missing(t, err)
	}
	t.Cleanup(func() { emit = shaders.SPIRV })
	compiled := 0
	glsl := func(k *shaders.Kernel, real shaders.Type, packed bool) []uint32 {
		if packed {
			t.Fatal("GLSL does not pack profiles")
		}
		compiled++
		return compileGLSL(t, shaders.GLSL(k, real))
	}
	tolerance := map[array.DType]float64{array.Float32: 2e-5, array.Float64: 1e-13} // both round, in their own order
	for _, c := range []problem{
		{[]int{60}, false, 2, 1, 11, array.Float64},
		{[]int{24, 30}, true, 2, 2, 11, array.Float32},
		{[]int{12, 13, 14}, false, 2, 1, 7, array.Float64},
	} {
		p := c.plan(t)
		d := openDevice(t, func(l *limits) { l.bindings = 256 })
		emit = shaders.SPIRV
		want := solve(t, d, p)
		emit = glsl
		for name, got := range solve(t, d, p) {
			worst, scale := 0.0, 0.0
			for i, w := range want[name] {
				worst, scale = max(worst, math.Abs(got[i]-w)), max(scale, math.Abs(w))
			}
			if !(worst <= tolerance[c.dtype]*scale) {
				t.Errorf("%d-D: %s differs by %.3g of its greatest value, want at most %.3g", len(c.shape), name, worst/scale, tolerance[c.dtype])
			}
		}
	}
	if compiled == 0 {
		t.Error("no GLSL was compiled")
	}
}

func compileGLSL(t *testing.T, text string) []uint32 {
	t.Helper()
	base := filepath.Join(t.TempDir(), "kernel")
	if err := os.WriteFile(base+".comp", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("glslc", "--target-env=vulkan1.0", "-o", base+".spv", base+".comp").CombinedOutput(); err != nil {
		t.Fatalf("glslc: %v\n%s", err, out)
	}
	code, err := os.ReadFile(base + ".spv")
	if err != nil {
		t.Fatal(err)
	}
	var words []uint32
	for ; len(code) >= 4; code = code[4:] {
		words = append(words, binary.LittleEndian.Uint32(code))
	}
	return words
}
