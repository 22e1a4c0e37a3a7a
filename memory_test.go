package wave_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/equation"
)

// TestMemoryEstimate compares Result.Bytes with the heap: with what is alive
// during the steps and has to be beside the results, and with all that is ever
// allocated. The eager backend's temporaries come and go, so that the latter says
// little there.
func TestMemoryEstimate(t *testing.T) {
	eachBackend(t, func(t *testing.T, backend string, dt array.DType) {
		for _, c := range []struct {
			eq    *equation.Equation
			shape []int
			shots int
			omit  bool
		}{
			{equation.Scalar(), []int{300, 200}, 1, false}, {equation.Scalar(), []int{300, 200}, 3, true}, {equation.Scalar(), []int{40, 50, 30}, 3, false}, {equation.Scalar(), []int{40, 50, 30}, 1, true},
			{equation.Acoustic(), []int{300, 200}, 3, false}, {equation.Acoustic(), []int{40, 50, 30}, 1, false}, {equation.Acoustic(), []int{40, 50, 30}, 2, true},
			{equation.ElasticSpeeds(), []int{300, 200}, 3, false}, {equation.ElasticSpeeds(), []int{40, 50, 30}, 1, false}, {equation.ElasticSpeeds(), []int{40, 50, 30}, 2, true},
			{equation.Born(equation.Acoustic()), []int{40, 50, 30}, 1, true},
		} {
			o := wave.Options{Backend: backend, PMLWidth: []int{8}, PMLFreq: 25, OmitWavefields: c.omit}
			t.Run(fmt.Sprintf("%s, %v, %d shots, omit %v", c.eq.Name, c.shape, c.shots, c.omit), func(t *testing.T) {
				res, alive, allocated := heap(t, c.eq, dt, c.shape, c.shots, o)
				got := float64(res.Bytes)
				least, most := 0.95*alive, 1.25*allocated // rows may be filled up
				if backend == "eager" {
					most = 8 * alive
				}
				t.Logf("Bytes is %.2f MB, of %.2f alive and %.2f allocated", got/1e6, alive/1e6, allocated/1e6)
				if got < least || got > most {
					t.Errorf("Bytes is %.2f MB, want %.2f to %.2f", got/1e6, least/1e6, most/1e6)
				}
			})
		}
	})
}

// heap runs a survey and returns the bytes alive at the end of its steps with its
// results, and all that were allocated.
func heap(t *testing.T, eq *equation.Equation, dt array.DType, shape []int, shots int, o wave.Options) (res *wave.Result, alive, allocated float64) {
	s := wave.Survey{Spacing: []float64{10}, DT: 0.0008}
	s.Sources.Amplitudes = array.Zeros(dt, shots, 1, 10)
	for range shots {
		var centre []int
		for _, n := range shape {
			centre = append(centre, n/2)
		}
		s.Sources.Cells = append(s.Sources.Cells, [][]int{centre})
		s.Receivers.Cells = append(s.Receivers.Cells, [][]int{centre, make([]int, len(shape))})
	}
	return heapOf(t, eq, medium(random(t, 1), eq, dt, 0, shape...), s, o)
}

func heapOf(t *testing.T, eq *equation.Equation, models wave.Models, s wave.Survey, o wave.Options) (res *wave.Result, alive, allocated float64) {
	var before, during, after runtime.MemStats
	o.Progress = func(done, total int) {
		if done == total {
			runtime.GC()
			runtime.ReadMemStats(&during)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&before)
	res, err := wave.Run(context.Background(), eq, models, s, o)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	results := 0
	if !o.OmitWavefields {
		for _, a := range res.Wavefields {
			results += a.Len() * a.DType().Size()
		}
	}
	return res, float64(during.HeapAlloc) - float64(before.HeapAlloc) + float64(results), float64(after.TotalAlloc - before.TotalAlloc)
}

// Sources between cells take a table of their cells and a series each, not one for each
// cell.
func TestMemoryOfFootprints(t *testing.T) {
	eachBackend(t, func(t *testing.T, backend string, dt array.DType) {
		const n, sources, nt, cells = 24, 40, 600, 8 * 8 * 8
		s := wave.Survey{Spacing: []float64{10}, DT: 0.0008}
		s.Sources.Amplitudes = array.Zeros(dt, 1, sources, nt)
		var at [][]float64
		for i := range sources {
			at = append(at, []float64{7.5 + float64(i%10), 7.3 + float64(i/10), 11.4})
		}
		s.Sources.Positions, s.Receivers.Positions = [][][]float64{at}, [][][]float64{at}
		res, alive, _ := heapOf(t, equation.Scalar(), wave.Models{"v": constant(dt, 2000, n, n, n)}, s, wave.Options{Backend: backend, PMLWidth: []int{2}, PMLFreq: 25, OmitWavefields: true})
		got, expanded := float64(res.Bytes), float64(sources*cells*nt*dt.Size())
		if alive > expanded/4 || got < 0.95*alive || got > 4*alive {
			t.Errorf("Bytes is %.2f MB, want about %.2f MB, and that less than a quarter of %.2f MB", got/1e6, alive/1e6, expanded/1e6)
		}
	})
}

// cards is a backend of two devices, one with memory of its own, that do not open.
type cards struct{}

var errCard = errors.New("in use")

func (cards) Devices() []backend.Info {
	return []backend.Info{{Backend: "cards", Name: "card", Apart: true}, {Backend: "cards", Index: 1, Name: "chip"}}
}
func (cards) Open(int) (backend.Device, error) {
	return nil, fmt.Errorf("%w: %w", errCard, backend.ErrNoDevice)
}

// What a device has in memory of its own is not counted against the machine's: a run
// that it alone has to hold gets as far as the device.
func TestMemoryOfDevices(t *testing.T) {
	backend.Register("cards", cards{})
	const shots = 50_000 // of 4 million cells: over 2 TB
	s := wave.Survey{Spacing: []float64{10}, DT: 0.001}
	s.Sources.Amplitudes = array.Zeros(array.Float32, shots, 1, 4)
	for range shots {
		s.Sources.Cells = append(s.Sources.Cells, [][]int{{5, 5}})
	}
	v := constant(array.Float32, 2000, 2000, 2000)
	o := wave.Options{PMLFreq: 25, OmitWavefields: true}
	for name, want := range map[string]error{"cards:card": errCard, "cards:chip": wave.ErrMemory} {
		if want == wave.ErrMemory && runtime.GOOS != "linux" {
			continue // what the machine has free is not known
		}
		o.Backend = name
		if _, err := wave.Scalar(context.Background(), v, s, o); !errors.Is(err, want) {
			t.Errorf("on %s: %v, want %v", name, err, want)
		}
	}
	o.Backend, o.MaxMemory = "cards:card", 1<<40
	if _, err := wave.Scalar(context.Background(), v, s, o); !errors.Is(err, wave.ErrMemory) {
		t.Errorf("with MaxMemory: %v, want %v", err, wave.ErrMemory)
	}
}

// The device holds u, um1 and v in full, and strips of four memory fields in 2-D,
// six in 3-D, two or three of them twice; rows may be filled up.
func TestBytesPerCell(t *testing.T) {
	eachBackend(t, func(t *testing.T, backend string, dt array.DType) {
		for _, shape := range [][]int{{300, 200}, {40, 50, 30}} {
			const pml = 8
			var perShots []float64
			for _, shots := range []int{1, 3} {
				res, _, _ := heap(t, equation.Scalar(), dt, shape, shots, wave.Options{Backend: backend, PMLWidth: []int{pml}, PMLFreq: 25})
				full, strips := 3., 0.
				if shots > 1 {
					full = 2 + 1./float64(shots) // they share v
				}
				for _, n := range shape {
					strips += 2 * pml / float64(n+2*pml)
				}
				size := float64(dt.Size())
				if got, least, most := res.BytesPerCell, size*(full+2*strips), size*1.3*(full+6*strips); got < least || got > most {
					t.Errorf("%v, %d shots: BytesPerCell is %.3g, want %.3g to %.3g", shape, shots, got, least, most)
				}
				perShots = append(perShots, res.BytesPerCell)
			}
			if perShots[1] >= perShots[0] {
				t.Errorf("%v: BytesPerCell is %.3g for one shot and %.3g for three that share a model, want less", shape, perShots[0], perShots[1])
			}
		}
	})
}

// TestMemoryOfDerived: the models of the program are made in the memory that is announced for it.
func TestMemoryOfDerived(t *testing.T) {
	slow(t)
	defer debug.SetGCPercent(debug.SetGCPercent(1)) // what is not used any more is gone soon
	const n = 128                                   // more than a part
	for _, eq := range []*equation.Equation{equation.Acoustic(), equation.ElasticSpeeds(), equation.Born(equation.ElasticSpeeds())} {
		given := medium(random(t, 1), eq, array.Float32, 1, n, n, n)
		least := math.Inf(1)
		for range 2 { // the collector may lag behind
			least = min(least, temporaries(t, eq, given)/(4*n*n*n))
		}
		t.Logf("%s: %.1f grids more than in the end", eq.Name, least)
		if limit := eq.Spare(n*n*n) / (n * n * n); least > limit {
			t.Errorf("%s takes %.1f grids more than it returns, want at most %g", eq.Name, least, limit)
		}
	}
}

// temporaries returns how many bytes were alive while models were derived, beside what is in the end.
func temporaries(t *testing.T, eq *equation.Equation, given wave.Models) float64 {
	t.Helper()
	live := func() float64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	most := 0.0
	stop, done := make(chan bool), make(chan bool)
	runtime.GC()
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				most = max(most, live())
			}
		}
	}()
	out, err := eq.Derived(t.Context(), given, 2)
	close(stop)
	<-done
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	after := live()
	runtime.KeepAlive(out)
	return most - after
}
