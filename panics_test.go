package wave_test

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/internal/testenv"
)

// held is what a process has that a run must give back.
type held struct {
	goroutines, threads int
	heap                uint64
}

func holds() held {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h := held{goroutines: runtime.NumGoroutine(), heap: m.HeapAlloc}
	if tasks, err := os.ReadDir("/proc/self/task"); err == nil {
		h.threads = len(tasks)
	}
	return h
}

// User code that panics, or ends its goroutine as t.FailNow does, ends a run as an
// error does: all that it holds is free, and the panic goes on.
func TestPanicsOfTheCallers(t *testing.T) {
	s := wave.Survey{Spacing: []float64{10}, DT: 0.001, NT: 60}
	s.Receivers.Cells = [][][]int{{{5, 10}}}
	rock := wave.Models{}
	for name, x := range map[string]float64{"vp": 2500, "vs": 1200, "rho": 2200} {
		rock[name] = constant(array.Float32, x, 300, 400)
	}
	places := map[string]func(end func()) wave.Options{
		"callback": func(end func()) wave.Options {
			return wave.Options{PMLFreq: 15, CallbackEvery: 5, Callback: func(f *wave.Frame) error {
				if f.Step == 10 {
					end()
				}
				return nil
			}}
		},
		"callback, elastic": func(end func()) wave.Options {
			return wave.Options{PMLFreq: 15, CallbackEvery: 5, Callback: func(f *wave.Frame) error {
				if f.Step == 10 {
					end()
				}
				return nil
			}}
		},
		"progress at first": func(end func()) wave.Options {
			return wave.Options{PMLFreq: 15, Progress: func(int, int) { end() }}
		},
		"progress at last": func(end func()) wave.Options {
			return wave.Options{PMLFreq: 15, Progress: func(done, total int) {
				if done == total {
					end()
				}
			}}
		},
		"warn": func(end func()) wave.Options {
			return wave.Options{Warn: func(wave.Warning) { end() }} // PMLFreq is not given
		},
	}
	const cycles = 10
	for _, backend := range append(backends[:len(backends):len(backends)], devices(t, array.Float32)...) {
		for place, options := range places {
			eq, models := equation.Scalar(), wave.Models{"v": rock["vp"]}
			if strings.HasSuffix(place, "elastic") {
				eq, models = equation.ElasticSpeeds(), rock
			}
			for _, how := range []string{"panic", "Goexit"} {
				t.Run(backend+"/"+place+"/"+how, func(t *testing.T) {
					cycle := func() {
						var got any
						returned := false
						done := make(chan struct{})
						go func() {
							defer close(done)
							defer func() { got = recover() }()
							o := options(func() {
								if how == "Goexit" {
									runtime.Goexit()
								}
								panic("mine")
							})
							o.Backend = backend
							wave.Run(context.Background(), eq, models, s, o)
							returned = true
						}()
						<-done
						if want := map[string]any{"panic": "mine"}[how]; got != want || returned {
							t.Fatalf("recovered %v, returned %t; want %v and not", got, returned, want)
						}
					}
					cycle() // drivers start what they keep
					before := holds()
					for range cycles {
						cycle()
					}
					// One run's grids are 2 MB at least; threads that drivers start come and go.
					const most = 2 << 20
					var after held
					for wait := time.Millisecond; wait < 30*time.Second; wait *= 2 {
						after = holds()
						if after.goroutines <= before.goroutines && after.threads < before.threads+cycles/2 && after.heap < before.heap+most {
							return
						}
						time.Sleep(wait)
					}
					t.Errorf("after %d of them: %+v, before %+v", cycles, after, before)
				})
			}
		}
	}
}

// What a driver holds outside of Go's heap is free, too.
func TestPanicsLeaveDevicesNothing(t *testing.T) {
	if racing {
		t.Skip("the race detector keeps memory of its own")
	}
	v := constant(array.Float32, 1500, 600, 600)
	s := wave.Survey{Spacing: []float64{10}, DT: 0.001, NT: 60}
	s.Receivers.Cells = [][][]int{{{5, 10}}}
	for _, backend := range devices(t, array.Float32) {
		t.Run(backend, func(t *testing.T) {
			o := wave.Options{Backend: backend, PMLFreq: 15, CallbackEvery: 10, Callback: func(f *wave.Frame) error {
				if f.Step == 10 {
					panic("mine")
				}
				return nil
			}}
			const cycles, each = 10, 2 << 20 // a run's grids are 5 MB at least
			testenv.Settles(t, 4, cycles, cycles*each, func() {
				defer func() { recover() }()
				wave.Scalar(context.Background(), v, s, o)
			})
		})
	}
}
