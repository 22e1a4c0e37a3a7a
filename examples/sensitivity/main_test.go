package main

import (
	"context"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/d52adeda/wave/array"
)

// TestSensitivity runs the example with as many samples as it takes for waves to
// come back from the anomaly; all of them if WAVE_LONG is set.
func TestSensitivity(t *testing.T) {
	nt := 75
	if os.Getenv("WAVE_LONG") != "" {
		nt = 200
	}
	for _, c := range []struct {
		dtype     array.DType
		tolerance float64
	}{{array.Float64, 1e-13}, {array.Float32, 1e-6}} {
		e, err := newExample(c.dtype, nt)
		if err != nil {
			t.Fatal(err)
		}
		made := map[string]*array.Array{}
		for name, make := range map[string]func(context.Context) (*array.Array, error){
			"born": e.born, "jvp": e.jvp, "bornBatch": e.bornBatch, "vmapJVP": e.vmapJVP,
		} {
			if made[name], err = make(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		peak := greatest(made["born"])
		if want := 0.0144; nt == 200 && !(peak > 0.99*want && peak < 1.01*want) || !(peak > want/10) {
			t.Errorf("%v: greatest of what is scattered is %.3g, want %.3g", c.dtype, peak, want)
		}
		if d := greatest(array.Sub(made["born"], made["jvp"])); !(d <= c.tolerance) {
			t.Errorf("%v: Born and JVP differ by %.2g", c.dtype, d)
		}
		for i, name := range names {
			b, j := example(made["bornBatch"], i), example(made["vmapJVP"], i)
			if d := greatest(array.Sub(b, j)); !(d <= c.tolerance) {
				t.Errorf("%v: %s: batched Born and VMap(JVP) differ by %.2g", c.dtype, name, d)
			}
			if d := greatest(array.Sub(b, example(made["born"], 0))); (d == 0) != (i == 0) {
				t.Errorf("%v: %s: the batch differs by %.2g from the centre's record", c.dtype, name, d)
			}
		}

		dir := t.TempDir()
		if err := drawAll(dir, made["born"], made["jvp"], made["bornBatch"], made["vmapJVP"]); err != nil {
			t.Fatal(err)
		}
		for name, rows := range map[string]int{"sensitivity.png": 1, "sensitivity_batch.png": len(names)} {
			f, err := os.Open(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			img, err := png.Decode(f)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := img.Bounds().Dy(), rows*(3*nt+4)-4; got != want {
				t.Errorf("%s is %d pixels high, want %d", name, got, want)
			}
		}
	}
}
