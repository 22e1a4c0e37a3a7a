package hicks

import (
	"math"
	"testing"

	"github.com/sbinet/npyio/npz"
)

// TestReference spreads amplitudes over cells, and gathers receivers from them, as Deepwave did (see the README beside the
// file). It matches cells by the order in which they first appear, since the reference's own list of cells has a fault.
func TestReference(t *testing.T) {
	f, err := npz.Open("../resample/testdata/pieces.npz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	read := func(key string) []float64 {
		var x []float64
		if err := f.Read(key+".npy", &x); err != nil {
			t.Fatal(err)
		}
		return x
	}
	const shots, perShot, nt = 2, 3, 20
	locations, amplitudes := read("in_hicks_locations"), read("in_hicks_amplitudes")
	grid, wantSource, wantReceiver := read("in_hicks_grid_receivers"), read("out_hicks_source"), read("out_hicks_receiver")
	perShotCells := len(wantSource) / shots / nt
	if len(grid) != len(wantSource) || len(wantReceiver) != shots*perShot*nt {
		t.Fatalf("arrays of %d, %d and %d numbers", len(grid), len(wantSource), len(wantReceiver))
	}

	source, receiver := make([]float64, len(wantSource)), make([]float64, len(wantReceiver))
	most := 0
	for shot := range shots {
		index := map[[2]int]int{}
		for i := range perShot {
			row := shot*perShot + i
			for _, e := range entries(t, Spec{Axes: axes([]int{25, 25}, nil, nil)}, locations[2*row:2*row+2]...) {
				cell := [2]int(e.Cell)
				if _, seen := index[cell]; !seen {
					index[cell] = len(index)
				}
				at := shot*perShotCells + index[cell]
				for k := range nt {
					source[at*nt+k] += e.Weight * amplitudes[row*nt+k]
					receiver[row*nt+k] += e.Weight * grid[at*nt+k]
				}
			}
		}
		most = max(most, len(index))
	}
	if most != perShotCells {
		t.Errorf("at most %d cells a shot, want %d", most, perShotCells)
	}
	check := func(what string, got, want []float64) {
		scale := 0.0
		for _, w := range want {
			scale = max(scale, math.Abs(w))
		}
		for i := range want { // the reference's window parameter is in single precision
			if !(math.Abs(got[i]-want[i]) <= 1e-8*scale) {
				t.Errorf("%s[%d] is %v, want %v to 1e-8 of %v", what, i, got[i], want[i], scale)
			}
		}
	}
	check("source", source, wantSource)
	check("receiver", receiver, wantReceiver)
}
