package jit

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// again is a random problem with what it gives, to be computed again and again. Only
// what it is bound to keeps its code.
type again struct {
	p      *problem[float32]
	want   [][]float32
	bound  *Bound
	bufs   [][]float32
	frame  *Frame
	rounds int
}

func newAgain(t *testing.T, seed uint64) *again {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 2))
	p := randomProblem[float32](r, false)
	isas := Supported()
	o := randomOptions[float32](r, isas[r.IntN(len(isas))])
	code, err := Compile(p.k, o)
	if err != nil {
		t.Fatal(err)
	}
	a := &again{p: p, want: p.copy(), bufs: p.copy(), frame: NewFrame()}
	Interpret(p.k, a.want, p.at, p.nx, p.ny)
	var ops []Operand
	for i, b := range a.bufs {
		var op Operand
		a.bufs[i], op = operand(o, b, p.at[i])
		ops = append(ops, op)
	}
	if a.bound, err = code.Bind(ops, p.nx, p.ny, 1); err != nil {
		t.Fatal(err)
	}
	return a
}

// round computes once more, and compares every element to the bit.
func (a *again) round() error {
	for i, b := range a.bufs {
		copy(b, a.p.bufs[i])
	}
	a.bound.Run(a.frame, 0, a.p.nx, 0, a.p.ny, 0, 1)
	a.rounds++
	for f := range a.want {
		for i, w := range a.want[f] {
			if !same(a.bufs[f][i], w) {
				return fmt.Errorf("round %d: field %d, element %d: got %v, want %v", a.rounds, f, i, a.bufs[f][i], w)
			}
		}
	}
	return nil
}

// several computes problems in goroutines of their own until it is told to stop.
func several(t *testing.T, first uint64, n int) (stop func()) {
	t.Helper()
	var all []*again
	for i := range n {
		all = append(all, newAgain(t, first+uint64(i)))
	}
	var stopped atomic.Bool
	var wait sync.WaitGroup
	for i, a := range all {
		wait.Go(func() {
			for !stopped.Load() || a.rounds < 3 {
				if err := a.round(); err != nil {
					t.Errorf("seed %d: %v", first+uint64(i), err)
					return
				}
			}
		})
	}
	return func() {
		stopped.Store(true)
		wait.Wait()
	}
}

// Kernels run in several goroutines while the garbage collector works all the time,
// and others allocate: signals for stopping goroutines arrive in generated code, and
// stacks move.
func TestGarbageCollection(t *testing.T) {
	needCode(t)
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	stop := several(t, firstSeed(), 3)
	end := time.Now().Add(time.Duration(count(500, 1500, 30000)) * time.Millisecond)
	keep := make([][]byte, 16)
	var deepen func(n int) int
	deepen = func(n int) int { // a stack that grows and shrinks
		if n == 0 {
			return 0
		}
		return 1 + deepen(n-1)
	}
	cycles := 0
	for ; cycles < 5 || time.Now().Before(end); cycles++ {
		for i := range keep {
			keep[i] = make([]byte, 1+cycles*1237%10000)
			keep[i][0] = byte(i)
		}
		done := make(chan int)
		go func() { done <- deepen(20000) }()
		<-done
		runtime.GC()
	}
	stop()
	runtime.KeepAlive(keep)
	t.Logf("%d cycles", cycles)
}

// Each goroutine has its own rows of the same buffers and its own Frame: no race, and
// the race detector, which is told of what generated code touches, sees none.
func TestDisjointRows(t *testing.T) {
	needCode(t)
	const workers, rounds = 4, 3
	first := firstSeed()
	for seed := first; seed < first+uint64(count(5, 50, 500)); seed++ {
		a := newAgain(t, seed)
		for range rounds {
			for i, b := range a.bufs {
				copy(b, a.p.bufs[i])
			}
			var wait sync.WaitGroup
			for w := range workers {
				wait.Go(func() {
					frame := NewFrame()
					for y := a.p.ny * w / workers; y < a.p.ny*(w+1)/workers; y++ {
						a.bound.Run(frame, 0, a.p.nx, y, y+1, 0, 1)
					}
				})
			}
			wait.Wait()
			for f := range a.want {
				for i, w := range a.want[f] {
					if !same(a.bufs[f][i], w) {
						t.Fatalf("seed %d: field %d, element %d: got %v, want %v", seed, f, i, a.bufs[f][i], w)
					}
				}
			}
		}
	}
}

// Signals of the profiler arrive in generated code, of which the runtime knows
// nothing: it neither crashes nor loses the samples.
func TestProfile(t *testing.T) {
	needCode(t)
	var buf bytes.Buffer
	if err := pprof.StartCPUProfile(&buf); err != nil {
		t.Skip("another profile is being taken: ", err)
	}
	// Long calls: nearly all samples are of generated code.
	k := &Kernel{}
	in, out := k.AddField(Field{1, 0, 0}), k.AddField(Field{1, 0, 0})
	x := k.Load(in, 0, 0, 0)
	for range 100 {
		x = k.FMA(x, k.Const(0.5), x)
	}
	k.Store(out, x)
	code, err := Compile(k, Options{ISA: Supported()[0]})
	if err != nil {
		pprof.StopCPUProfile()
		t.Fatal(err)
	}
	defer code.Close()
	var rounds atomic.Int64
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			const n = 1 << 16
			b := make([]float32, 2*n)
			bound, err := code.Bind([]Operand{Of(b[:n], 0), Of(b[n:], 0)}, n, 1, 1)
			if err != nil {
				t.Error(err)
				return
			}
			frame := NewFrame()
			for begin := time.Now(); time.Since(begin) < 500*time.Millisecond; rounds.Add(1) {
				bound.Run(frame, 0, n, 0, 1, 0, 1)
			}
		})
	}
	wait.Wait()
	pprof.StopCPUProfile()
	samples, err := countSamples(&buf)
	if err != nil {
		t.Fatalf("the profile: %v", err)
	}
	if samples < 3 { // at 100 Hz some 100, on a machine that does nothing else
		t.Errorf("%d samples in %d rounds, want at least 3", samples, rounds.Load())
	}
}

// countSamples adds up the counts of a profile's samples. The format is pprof's
// profile.proto: samples are fields 2, the first of a sample's values (fields 2) is how
// often it was seen.
func countSamples(r io.Reader) (int, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return 0, err
	}
	data, err := io.ReadAll(z)
	if err != nil {
		return 0, err
	}
	total := 0
	err = eachField(data, func(field, _ uint64, sample []byte) error {
		if field != 2 {
			return nil
		}
		var values []uint64
		err := eachField(sample, func(field, value uint64, _ []byte) error {
			if field == 2 {
				values = append(values, value)
			}
			return nil
		})
		if err == nil && len(values) != 2 {
			err = fmt.Errorf("a sample with values %v, want two", values)
		}
		if err == nil {
			total += int(values[0])
		}
		return err
	})
	return total, err
}

// eachField visits the fields of a message: a number, or bytes.
func eachField(message []byte, visit func(field, number uint64, data []byte) error) error {
	for len(message) > 0 {
		key, n := binary.Uvarint(message)
		number, m := binary.Uvarint(message[max(n, 0):])
		if n <= 0 || m <= 0 {
			return fmt.Errorf("no number %d bytes before the end", len(message))
		}
		message = message[n+m:]
		var data []byte
		switch {
		case key&7 == 0:
		case key&7 == 2 && number <= uint64(len(message)):
			data, message = message[:number], message[number:]
		default:
			return fmt.Errorf("field %d of wire type %d, %d of %d bytes", key>>3, key&7, number, len(message))
		}
		if err := visit(key>>3, number, data); err != nil {
			return err
		}
	}
	return nil
}
