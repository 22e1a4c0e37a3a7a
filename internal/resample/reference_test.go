package resample

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npz"
)

// TestReference compares with every resampled signal that the reference holds.
func TestReference(t *testing.T) {
	f, err := npz.Open("testdata/pieces.npz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	read := func(key string) []float64 {
		var x []float64
		if err := f.Read(key, &x); err != nil {
			t.Fatal(err)
		}
		return x
	}
	const nt = 31
	signal := read("in_signal.npy")
	cases := 0
	for _, key := range f.Keys() {
		options, ok := strings.CutPrefix(strings.TrimSuffix(key, ".npy"), "out_up_")
		if !ok {
			continue
		}
		cases++
		t.Run(options, func(t *testing.T) {
			p := parseOptions(t, options)
			tol := 1e-10
			if p.FreqTaperFrac > 0 || p.TimeTaper {
				tol = 5e-6 // the reference computed its tapers in single precision
			}
			up, down := read(key), read("out_down_"+options+".npy")
			for i := range len(signal) / nt {
				wantUp, wantDown := up[i*nt*p.Ratio:(i+1)*nt*p.Ratio], down[i*nt:(i+1)*nt]
				gotUp, gotDown := make([]float64, nt*p.Ratio), make([]float64, nt)
				if err := p.Up(gotUp, signal[i*nt:(i+1)*nt]); err != nil {
					t.Fatal(err)
				}
				if err := p.Down(gotDown, wantUp); err != nil {
					t.Fatal(err)
				}
				checkClose(t, "up", gotUp, wantUp, tol)
				checkClose(t, "down", gotDown, wantDown, tol)
			}
		})
	}
	if cases != 8 {
		t.Errorf("%d cases in the reference, want 8", cases)
	}
}

// parseOptions reads RATIO_FREQTAPERFRAC_TIMEPADFRAC_TIMETAPER.
func parseOptions(t *testing.T, s string) Params {
	t.Helper()
	var v [4]float64
	for i, field := range strings.Split(s, "_") {
		var err error
		if v[i], err = strconv.ParseFloat(field, 64); err != nil {
			t.Fatal(err)
		}
	}
	return Params{Ratio: int(v[0]), FreqTaperFrac: v[1], TimePadFrac: &v[2], TimeTaper: v[3] == 1}
}

// checkClose allows tol times the largest wanted value.
func checkClose(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if msg := difference(got, want, tol); msg != "" {
		t.Errorf("%s: %s", what, msg)
	}
}

func difference(got, want []float64, tol float64) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d samples, want %d", len(got), len(want))
	}
	scale := 0.0
	for _, w := range want {
		scale = max(scale, math.Abs(w))
	}
	for i := range want {
		if d := math.Abs(got[i] - want[i]); !(d <= tol*scale) {
			return fmt.Sprintf("sample %d is %v, want %v (off by %g of the largest)", i, got[i], want[i], d/scale)
		}
	}
	return ""
}
