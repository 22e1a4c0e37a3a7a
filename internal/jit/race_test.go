//go:build race

package jit

import (
	"strings"
	"testing"
	"time"

	"github.com/d52adeda/wave/internal/testenv"
)

// Two goroutines write the same rows: the race detector says so and ends the process
// with the status that it was told.
func TestOverlapIsReported(t *testing.T) {
	needCode(t)
	for _, what := range []string{"write", "read"} {
		t.Run(what, func(t *testing.T) {
			if !testenv.InChild(t) {
				out, err := testenv.Child(t, "GORACE=halt_on_error=1 exitcode=66")
				if err == nil || err.Error() != "exit status 66" || !strings.Contains(out, "DATA RACE") {
					t.Errorf("%v, want exit status 66 and a data race:\n%s", err, testenv.Tail(out, 20))
				}
				return
			}
			k := &Kernel{}
			out, in := k.AddField(Field{1, 16, 0}), k.AddField(Field{1, 16, 0})
			k.Store(out, k.Add(k.Load(in, 0, 1, 0), k.Const(1)))
			code, err := Compile(k, Options{ISA: Supported()[0]})
			if err != nil {
				t.Fatal(err)
			}
			const nx, ny = 16, 8
			a, b := make([]float32, nx*ny), make([]float32, nx*(ny+1))
			one, err := code.Bind([]Operand{Of(a, 0), Of(b, 0)}, nx, ny, 1)
			if err != nil {
				t.Fatal(err)
			}
			two := one
			if what == "read" { // it writes row 4 of b, which one reads
				if two, err = code.Bind([]Operand{Of(b, 0), Of(make([]float32, nx*(ny+1)), 0)}, nx, ny, 1); err != nil {
					t.Fatal(err)
				}
			}
			done := make(chan bool, 2)
			go func() { one.Run(NewFrame(), 0, nx, 0, 5, 0, 1); done <- true }()
			go func() { two.Run(NewFrame(), 0, nx, 4, 8, 0, 1); done <- true }()
			<-done
			<-done
			time.Sleep(100 * time.Millisecond) // it reports, then ends the process
		})
	}
}
