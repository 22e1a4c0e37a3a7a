package job

import (
	"slices"
	"testing"
)

// Layers take the cells from their top on: 0.9 m is three cells of 0.3 m, though
// 3*0.3 is less.
func TestLayers(t *testing.T) {
	j, err := prepare(t, `model: {shape: [6, 2], value: 1500, spacing: 0.3, layers: [{top: 0.9, value: 2000}, {top: 1.21, value: 3000}, {top: 90, value: 1}]}
time: {dt: 0.001, nt: 5}
sources: {unit: cells, list: [[1, 1]], wavelet: {type: ricker, freq: 5}}
receivers: {unit: cells, list: [[1, 1]]}
`, ".", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	want := []float32{1500, 1500, 1500, 1500, 1500, 1500, 2000, 2000, 2000, 2000, 3000, 3000}
	if got, _ := j.model.first().Data32(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
