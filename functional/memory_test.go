package functional_test

import (
	"context"
	"os"
	"runtime"

	"runtime/metrics"
	"testing"
	"time"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
	"github.com/d52adeda/wave/wavelet"
)

// peakOf returns the greatest of what measure returns while f runs.
func peakOf(measure func() uint64, f func()) uint64 {
	peak := measure()
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
				peak = max(peak, measure())
			}
		}
	}()
	f()
	close(stop)
	<-done
	return peak
}

// liveHeap returns the bytes that a collection finds in use.
func liveHeap() uint64 {
	runtime.GC()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

// wholeHeap returns the bytes of the heap, garbage included.
func wholeHeap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// gradOfModel computes the gradient of the energy of the data of a square model, n
// cells of 4 m wide, by samples of 4 ms, 5 internal steps each.
func gradOfModel(t *testing.T, n, pml, nt int) {
	t.Helper()
	w, err := wavelet.Ricker(25, nt, 0.004, 0.06)
	noError(t, err)
	var receivers [][]int
	for x := range n {
		receivers = append(receivers, []int{n / 10, x})
	}
	s := wave.Survey{
		Spacing: []float64{4}, DT: 0.004,
		Sources:   wave.Sources{Points: wave.Points{Cells: [][][]int{{{n / 10, n / 2}}}}, Amplitudes: array.Convert(array.Float32, w, 1, 1, nt)},
		Receivers: wave.Receivers{Points: wave.Points{Cells: [][][]int{receivers}}},
	}
	v := make([]float64, n*n)
	for i := range v {
		if v[i] = 1500; i >= n*n/2 {
			v[i] = 2000
		}
	}
	_, err = functional.Grad(func(v *array.Array) (*array.Array, error) {
		res, err := wave.Scalar(context.Background(), v, s, wave.Options{
			Backend: "eager", MaxVel: 2000, PMLFreq: 25, PMLWidth: []int{pml}, OmitWavefields: true,
		})
		if err != nil {
			return nil, err
		}
		if res.StepRatio != 5 {
			t.Errorf("%d internal steps a sample, want 5", res.StepRatio)
		}
		return array.Dot(res.Records["pressure"], res.Records["pressure"]), nil
	})(array.Convert(array.Float32, v, n, n))
	noError(t, err)
}

// Reverse mode must not keep the wavefields of all steps: four times the steps
// should take about twice the memory. A tape of everything has 100 MB here.
func TestMemoryOfGradGrowsSlowerThanSteps(t *testing.T) {
	gradOfModel(t, 30, 4, 4) // what stays allocated afterwards
	var short, long uint64
	for range 5 { // more where the machine is too busy to look at the short run often enough
		for range 3 { // for as many samples as of the other
			short = max(short, peakOf(liveHeap, func() { gradOfModel(t, 30, 4, 16) }))
		}
		if long = peakOf(liveHeap, func() { gradOfModel(t, 30, 4, 64) }); long <= 3*short {
			break
		}
	}
	t.Logf("peak heap: %d kB for 80 internal steps, %d kB for 320", short>>10, long>>10)
	if long > 3*short || long > 25<<20 {
		t.Errorf("peak heap is %d kB for 80 internal steps and %d kB for 320: want less than three times as much, and than 25 MB", short>>10, long>>10)
	}
}

func TestMemoryOfGradOfTheWorkedExample(t *testing.T) {
	if os.Getenv("WAVE_LONG") != "1" {
		t.Skip("takes 10 s or more; runs when WAVE_LONG=1")
	}
	start := time.Now()
	peak := peakOf(wholeHeap, func() { gradOfModel(t, 100, 20, 200) })
	t.Logf("peak heap %d MB in %.1f s", peak>>20, time.Since(start).Seconds())
	if peak > 200<<20 {
		t.Errorf("peak heap is %d MB, want at most 200", peak>>20)
	}
}
