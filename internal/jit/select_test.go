package jit

import (
	"fmt"
	"strings"
	"testing"

	"github.com/d52adeda/wave/internal/testenv"
)

// What Variable says is used where it can be; the reason says so, or why not.
func TestChoose(t *testing.T) {
	best, why := choose("")
	if got := len(Supported()); got != int(best) {
		t.Errorf("%d instruction sets, the best is %v", got, best)
	}
	for want := Generic; want <= AVX512; want++ {
		isa, reason := choose(want.String())
		switch {
		case want <= best && (isa != want || reason != "WAVE_CPU is "+want.String()):
			t.Errorf("%v: chosen %v, %q", want, isa, reason)
		case want > best && (isa != best || !strings.Contains(reason, "not to be had") || !strings.Contains(reason, why)):
			t.Errorf("%v, not to be had: chosen %v, %q", want, isa, reason)
		}
	}
	for _, unknown := range []string{"sse9", "AVX2", "avx", " ", "avx2 ", "0"} {
		isa, reason := choose(unknown)
		if isa != best || !strings.Contains(reason, fmt.Sprintf("WAVE_CPU is %q, want generic, avx2 or avx512", unknown)) || !strings.Contains(reason, why) {
			t.Errorf("%q: chosen %v, %q", unknown, isa, reason)
		}
	}
}

// Selected reads the environment variable.
func TestSelected(t *testing.T) {
	if testenv.InChild(t) {
		isa, why := Selected()
		fmt.Printf("selected %v: %s\n", isa, why)
		return
	}
	for _, value := range []string{"", "generic", "avx2", "avx512", "sse9"} {
		isa, why := choose(value)
		out, err := testenv.Child(t, Variable+"="+value)
		if want := fmt.Sprintf("selected %v: %s\n", isa, why); err != nil || !strings.Contains(out, want) {
			t.Errorf("%s=%s: %v, want %q:\n%s", Variable, value, err, want, out)
		}
	}
}
