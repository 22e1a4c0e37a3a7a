package jit

import (
	"fmt"
	"os"
	"sync"
)

// Variable is the environment variable that forces an instruction set, for tests.
const Variable = "WAVE_CPU"

// Selected returns the instruction set that the process uses, and why: the best that
// the processor has and for which the system gives executable memory, or what
// Variable says.
var Selected = sync.OnceValues(func() (ISA, string) { return choose(os.Getenv(Variable)) })

// Supported lists the instruction sets that kernels can be compiled for here, the
// best first.
func Supported() []ISA {
	isa, _ := choose("")
	var out []ISA
	for ; isa > Generic; isa-- {
		out = append(out, isa)
	}
	return out
}

func choose(forced string) (ISA, string) {
	isa, why := best()
	if isa > Generic {
		if mem, err := mapExecutable([]byte{0xC3}); err != nil {
			isa, why = Generic, err.Error()
		} else {
			unmap(mem)
		}
	}
	if forced == "" {
		return isa, why
	}
	for want := Generic; want <= AVX512; want++ {
		if want.String() != forced {
			continue
		}
		if want > isa {
			return isa, fmt.Sprintf("%s is %s, which is not to be had: %s", Variable, forced, why)
		}
		return want, fmt.Sprintf("%s is %s", Variable, forced)
	}
	return isa, fmt.Sprintf("%s is %q, want generic, avx2 or avx512: ignored; %s", Variable, forced, why)
}
