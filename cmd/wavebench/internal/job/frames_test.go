package job

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
)

// growing is a survey of a curve that becomes higher long after the source is
// silent, where the wave enters the slow half.
const growing = `model: {shape: [300], value: 3000, layers: [{top: 1500, value: 900}], spacing: 10}
time: {dt: 0.004, nt: 400}
sources: {unit: metres, list: [[100]], wavelet: {type: gabor, freq: 8}}
receivers: {unit: metres, list: [[200]]}
options: {pml_width: 10, max_vel: 3000}
output: {model: false, gathers: 0, snapshots: {count: 20, pictures: 2, animation: false}}
`

// A curve is never cut: its scale holds all frames, later ones too.
func TestCurvesKeepTheirPeaks(t *testing.T) {
	dir := t.TempDir()
	j, err := prepare(t, growing, dir, filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Run(context.Background(), Hooks{}); err != nil {
		t.Fatal(err)
	}
	early, late := 0.0, 0.0
	o := j.options()
	o.CallbackEvery = j.snapshots.every
	o.Callback = func(w *wave.Frame) error {
		u, err := w.FieldOf("u", 0, wave.ViewModel)
		if err != nil {
			return err
		}
		peak := magnitude(u.Float64s())
		if late = max(late, peak); w.Time() < 0.3 {
			early = max(early, peak)
		}
		return nil
	}
	if _, err := wave.Scalar(context.Background(), j.model.first(), j.survey(), o); err != nil {
		t.Fatal(err)
	}
	if !(late > 1.05*early) {
		t.Fatalf("peak is %g early and %g later, want it to grow", early, late)
	}
	if got := j.snapshots.spec.Limit; math.Abs(got-late) > 1e-6*late {
		t.Errorf("scale ends at %g, want the greatest peak, %g", got, late)
	}
}

// Frames that waited are drawn one by one as long as the context lasts.
func TestDrawingStops(t *testing.T) {
	dir := t.TempDir()
	j, err := prepare(t, growing, dir, filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	drawn := 0
	_, err = j.Run(ctx, Hooks{Progress: func(p meter.Reading) {
		if p.Stage != "drawing" {
			return
		}
		if drawn++; p.Done == 3 {
			cancel()
		}
		if p.Total != 20 {
			t.Errorf("%d frames are drawn together, want all 20", p.Total)
		}
	}})
	if !errors.Is(err, context.Canceled) || drawn != 4 {
		t.Errorf("error %v after %d frames, want Canceled after 4", err, drawn)
	}
}
