package equation

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/sbinet/npyio/npz"
)

// reference was computed by Deepwave 0.0.27; see the README beside it.
const reference = "../internal/resample/testdata/pieces.npz"

func read[T any](t *testing.T, key string) (out []T) {
	t.Helper()
	f, err := npz.Open(reference)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Read(key+".npy", &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestProfileReference(t *testing.T) {
	p := PML{Width: [][2]int{{5, 7}}, Spacing: []float64{5}, DT: 0.0007, MaxVel: 2500, Freq: 25}
	for accuracy := 2; accuracy <= 8; accuracy += 2 {
		a, b, db := p.Profile(0, 42+accuracy, accuracy/2, accuracy)
		p.DT = -p.DT // of either sign
		for name, got := range map[string][]float64{"a": a, "b": b, "dbdx": db} {
			want := read[float64](t, fmt.Sprintf("out_pml_acc%d_%s", accuracy, name))
			if len(got) != len(want) {
				t.Fatalf("accuracy %d: %s has %d values, want %d", accuracy, name, len(got), len(want))
			}
			scale := 0.0
			for _, x := range want {
				scale = max(scale, math.Abs(x))
			}
			if scale == 0 {
				t.Fatalf("accuracy %d: reference %s is zero", accuracy, name)
			}
			for x := range want {
				if !(math.Abs(got[x]-want[x]) <= 1e-12*scale) {
					t.Errorf("accuracy %d: %s[%d] is %.17g, want %.17g", accuracy, name, x, got[x], want[x])
				}
			}
		}
	}
}

// TestProfileZones checks where profiles vanish: what the programs declare.
func TestProfileZones(t *testing.T) {
	const n, halo, accuracy = 40, 4, 4
	for _, width := range [][2]int{{0, 0}, {6, 0}, {0, 5}, {1, 1}, {16, 16}} {
		p := PML{Width: [][2]int{{9, 0}, width}, Spacing: []float64{2, 3}, DT: 0.001, MaxVel: 2000, Freq: 20}
		a, b, db := p.Profile(1, n, halo, accuracy)
		for x := range n {
			near := func(extent int) bool {
				return width[0] > 0 && x < halo+width[0]+extent || width[1] > 0 && x >= n-halo-width[1]-extent
			}
			if (a[x] != 0) != near(0) || (b[x] != 0) != near(0) {
				t.Errorf("width %v: a[%d] is %g, b %g, in the PML: %v", width, x, a[x], b[x], near(0))
			}
			if db[x] != 0 && (!near(accuracy/2) || x < halo || x >= n-halo) {
				t.Errorf("width %v: db[%d] is %g beyond its extent", width, x, db[x])
			}
			if a[x] < 0 || a[x] > 1 || b[x] < -1 || b[x] > 0 {
				t.Errorf("width %v: a[%d] is %g, b %g, want within 0..1 and -1..0", width, x, a[x], b[x])
			}
		}
	}
}

// TestProfileShared checks that one sigma, that of the widest PML in metres, holds
// for the whole grid, and that a profile mirrors.
func TestProfileShared(t *testing.T) {
	wide := PML{Width: [][2]int{{20, 0}, {5, 5}}, Spacing: []float64{4, 2}, DT: 0.001, MaxVel: 2000, Freq: 0}
	a, b, _ := wide.Profile(1, 30, 2, 4)
	for x := range a {
		if y := len(a) - 1 - x; a[x] != a[y] || b[x] != b[y] {
			t.Errorf("a[%d] is %g, its mirror image %g", x, a[x], a[y])
		}
	}
	// Without alpha, a = exp(-sigma dt), sigma = 3 v ln(1000) / (2 * 80 m) at full depth.
	if want := math.Exp(-3 * 2000 * math.Log(1000) / (2 * 80) * 0.001); math.Abs(a[2]-want) > 1e-15 {
		t.Errorf("a is %g at full depth, want %g", a[2], want)
	}
}

func TestCFL(t *testing.T) {
	var meta struct {
		CFL []struct {
			Spacing []float64 `json:"grid_spacing"`
			DT      float64   `json:"dt"`
			MaxVel  float64   `json:"max_vel"`
			Inner   float64   `json:"dt_inner"`
			Ratio   int       `json:"step_ratio"`
		} `json:"cfl"`
	}
	if err := json.Unmarshal(read[uint8](t, "meta"), &meta); err != nil {
		t.Fatal(err)
	}
	if len(meta.CFL) < 18 {
		t.Fatalf("%d cases in the reference, want 18", len(meta.CFL))
	}
	for _, c := range meta.CFL {
		for _, sign := range []float64{1, -1} {
			inner, ratio := CFL(sign*c.DT, c.Spacing, c.MaxVel)
			if ratio != c.Ratio || math.Abs(inner-sign*c.Inner) > 1e-12*c.Inner {
				t.Errorf("CFL(%g, %v, %g) is %g, %d; want %g, %d", sign*c.DT, c.Spacing, c.MaxVel, inner, ratio, sign*c.Inner, c.Ratio)
			}
		}
	}
	if _, ratio := CFL(0.6, []float64{1}, 1); ratio != 1 {
		t.Errorf("at the limit the ratio is %d, want 1", ratio)
	}
	ratios := []int{}
	for _, dt := range []float64{0.61, 1.19, 1.21} {
		_, ratio := CFL(dt, []float64{1}, 1)
		ratios = append(ratios, ratio)
	}
	if !slices.Equal(ratios, []int{2, 2, 3}) {
		t.Errorf("ratios are %v, want [2 2 3]", ratios)
	}
}
