package shaders_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/internal/testenv"
	"github.com/d52adeda/wave/shaders"
	"github.com/d52adeda/wave/stencil"
)

// programs returns the equations that the checks below go through.
func programs(t *testing.T) map[string]*stencil.Program {
	t.Helper()
	out := map[string]*stencil.Program{}
	for ndim := 1; ndim <= 3; ndim++ {
		for _, accuracy := range []int{4} {
			h := []float64{5, 6, 4.5}[:ndim]
			p := equation.Scalar().Program(ndim, accuracy).Bind(equation.Params(0.0005, h))
			name := fmt.Sprintf("%dd-acc%d", ndim, accuracy)
			out["scalar-"+name] = p
			out["born-"+name] = stencil.JVP(p, []*stencil.Field{p.Field("v")}).Program
			for scaled, nonZero := range map[string]func(*stencil.Field) bool{"": nil, "scaled-": func(*stencil.Field) bool { return true }} {
				pair, err := stencil.Adjoint(p, nonZero, []*stencil.Field{p.Field("v")}, p.Inputs()...)
				if err != nil {
					t.Fatal(err)
				}
				out["forward-"+name], out["reverse-"+scaled+name] = pair.Forward, pair.Reverse
			}
		}
	}
	return out
}

// tool returns the path of a program that a test needs. Without it the test is
// skipped, where that may be.
func tool(t *testing.T, name, debian string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		testenv.Missing(t, fmt.Sprintf("%s is not installed (Debian: apt-get install %s)", name, debian))
	}
	return path
}

// TestSPIRVIsValid has the Khronos validator look at every kernel, as emitted here
// and as compiled from GLSL.
func TestSPIRVIsValid(t *testing.T) {
	validator, compiler := tool(t, "spirv-val", "spirv-tools"), tool(t, "glslc", "glslc")
	for name, p := range programs(t) {
		scalar := strings.HasPrefix(name, "scalar-")
		if testing.Short() && !scalar {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s, err := stencil.NewSchedule(p)
			if err != nil {
				t.Fatal(err)
			}
			m, err := shaders.NewModule(s, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range m.Kernels {
				for _, real := range []shaders.Type{shaders.Float32, shaders.Float64} {
					base := filepath.Join(dir, fmt.Sprintf("%s.%d", k.Name, real))
					write(t, base+".spv", bytes(shaders.SPIRV(k, real, false)))
					run(t, validator, "--target-env", "vulkan1.0", base+".spv")
					if !scalar {
						continue // the printers see nothing new, and the compiler takes long
					}
					write(t, base+".packed.spv", bytes(shaders.SPIRV(k, real, true)))
					run(t, validator, "--target-env", "vulkan1.0", base+".packed.spv")
					write(t, base+".comp", []byte(shaders.GLSL(k, real)))
					run(t, compiler, "--target-env=vulkan1.0", "-o", base+".glsl.spv", base+".comp")
					run(t, validator, "--target-env", "vulkan1.0", base+".glsl.spv")
				}
			}
		})
	}
}

// TestPeakIsValid does the same with the kernel that looks for the greatest value.
func TestPeakIsValid(t *testing.T) {
	validator := tool(t, "spirv-val", "spirv-tools")
	path := filepath.Join(t.TempDir(), "peak.spv")
	for _, real := range []shaders.Type{shaders.Float32, shaders.Float64} {
		write(t, path, bytes(shaders.SPIRVPeak(real)))
		run(t, validator, "--target-env", "vulkan1.0", path)
	}
}

func bytes(words []uint32) (out []byte) {
	for _, w := range words {
		out = binary.LittleEndian.AppendUint32(out, w)
	}
	return out
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", filepath.Base(name), args, err, out)
	}
}
