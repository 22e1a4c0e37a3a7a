package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sbinet/npyio"
)

// made holds the models, which take a while to compute.
var made = sync.OnceValue(models)

// TestCommitted compares the files of the repository with what the generator
// makes now, byte for byte.
func TestCommitted(t *testing.T) {
	total := 0
	for _, m := range made() {
		got, err := os.ReadFile(filepath.Join("..", m.name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, m.npy()) {
			t.Errorf("%s differs from what the generator makes: run it again (see main.go)", m.name)
		}
		total += len(got)
	}
	if total > 3_100_000 {
		t.Errorf("the files hold %d bytes, want at most 3100000", total)
	}
}

// TestFacts checks shape, range and decoding, and that README.md states them.
func TestFacts(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		name     string
		axes     string
		shape    []int
		step     int
		min, max float32
	}{
		{"salt2d.npy", "z, x", []int{300, 700}, 10, 1500, 4500},
		{"salt2d_smooth.npy", "z, x", []int{300, 700}, 10, 1500, 4488},
		{"body3d.npy", "z, y, x", []int{48, 56, 64}, 15, 1579.7, 4500},
		{"layers1d.npy", "z", []int{400}, 5, 1500, 3800},
		{"coast2d.npy", "z, x", []int{220, 600}, 5, 2648, 4473},
		{"coast2d_ground.npy", "x", []int{600}, 5, -85.5, 115.4},
		{"ore3d.npy", "z, y, x", []int{48, 64, 64}, 20, 2700, 4300},
	} {
		m := made()[i]
		if m.name != want.name || !slices.Equal(m.shape, want.shape) {
			t.Errorf("model %d is %s %v, want %s %v", i, m.name, m.shape, want.name, want.shape)
		}
		if lo, hi := slices.Min(m.v), slices.Max(m.v); lo != want.min || hi != want.max {
			t.Errorf("%s: values from %g to %g, want %g to %g", m.name, lo, hi, want.min, want.max)
		}
		for j, v := range m.v {
			if v > 4600 || v < 1450 && m.name != "coast2d_ground.npy" || round(float64(v)) != v {
				t.Fatalf("%s: v[%d] = %g, want a multiple of 0.1 within 1450 and 4600", m.name, j, v)
			}
		}

		r, err := npyio.NewReader(bytes.NewReader(m.npy()))
		if err != nil {
			t.Fatal(err)
		}
		var v []float32
		if m.whole {
			var whole []int16
			err = r.Read(&whole)
			for _, x := range whole {
				v = append(v, float32(x))
			}
		} else {
			err = r.Read(&v)
		}
		if err != nil {
			t.Fatal(err)
		}
		if d := r.Header.Descr; !slices.Equal(d.Shape, m.shape) || d.Type != m.descr() || d.Fortran || !slices.Equal(v, m.v) {
			t.Errorf("%s: npyio reads %+v, or other values, want shape %v and %s", m.name, r.Header, m.shape, m.descr())
		}

		cells := strings.ReplaceAll(strings.Trim(fmt.Sprint(want.shape), "[]"), " ", " x ")
		row := fmt.Sprintf("| `%s` | %s | %s | %d | %.1f | %.1f |", want.name, want.axes, cells, want.step, want.min, want.max)
		if !strings.Contains(string(readme), row) {
			t.Errorf("README.md lacks the row %s", row)
		}
	}
}

// TestSection checks the geology of the salt section column by column.
func TestSection(t *testing.T) {
	m := made()[0]
	nz, nx := m.shape[0], m.shape[1]
	var salty, overhangs, gassy int
	for j := range nx {
		column := make([]float32, nz)
		for i := range column {
			column[i] = m.v[i*nx+j]
		}
		floor := slices.IndexFunc(column, func(v float32) bool { return v != water })
		if floor < 20 || floor > 35 || slices.Contains(column[floor:], water) {
			t.Errorf("column %d: water ends at row %d, or comes again; want it on top of rows 20 to 35 only", j, floor)
		}
		hasSalt, overhang := false, false
		for i := floor; i < nz; i++ {
			hasSalt = hasSalt || column[i] == salt
			// Sediment is slower than 4000 m/s, basement faster.
			overhang = overhang || column[i-1] == salt && column[i] < 4000
			if column[i] == gas {
				gassy++
			}
		}
		if hasSalt {
			salty++
		}
		if overhang {
			overhangs++
		}
	}
	if salty < 300 || overhangs < 60 {
		t.Errorf("%d columns hold salt and %d have sediment under it, want 300 and 60 at least", salty, overhangs)
	}
	if gassy < 100 || gassy > 600 {
		t.Errorf("%d cells hold gas, want 100 to 600", gassy)
	}
	for _, j := range []int{0, nx - 1} {
		if v := m.v[(nz-1)*nx+j]; v < 4050 || v > 4400 {
			t.Errorf("bottom of column %d is %g m/s, want basement of 4050 to 4400", j, v)
		}
	}
}

func TestSmooth(t *testing.T) {
	// Water over two columns of one sediment: nothing to smooth, nothing leaks.
	in := model{shape: []int{3, 2}, v: []float32{water, water, 2000, water, 2000, 2000}}
	if out := smooth(in); !slices.Equal(out.v, in.v) {
		t.Errorf("smooth of a uniform sediment gives %v, want %v", out.v, in.v)
	}
	// The slowness of two equal halves far from the edges is the mean one.
	in = model{shape: []int{401, 1}, v: make([]float32, 401)}
	for i := range in.v {
		in.v[i] = 2000
		if i > 200 {
			in.v[i] = 3000
		}
	}
	out := smooth(in)
	if mean := 0.5/float64(out.v[200]) + 0.5/float64(out.v[201]); math.Abs(1/mean-2400) > 0.1 {
		t.Errorf("smooth at a jump from 2000 to 3000 gives %g, want 2400", 1/mean)
	}
}

func TestFault(t *testing.T) {
	// A 45 degree fault towards +x through the origin, throw 80 m.
	f := fault{slope: 1, throw: 80, reach: 1000}
	for _, c := range []struct{ x, z, wantX, wantZ float64 }{
		{499, 500, 499, 500},                           // footwall
		{500 + 1e-9, 500, 420, 420},                    // hanging wall at the plane
		{1500, 500, 1500 - 80/math.E, 500 - 80/math.E}, // one reach away
	} {
		if x, z := f.restore(c.x, c.z); math.Abs(x-c.wantX) > 1e-6 || math.Abs(z-c.wantZ) > 1e-6 {
			t.Errorf("restore(%g, %g) is %g, %g, want %g, %g", c.x, c.z, x, z, c.wantX, c.wantZ)
		}
	}
	f.tip, f.full = 600, 700
	if x, z := f.restore(900, 500); x != 900 || z != 500 {
		t.Errorf("restore above the tip is %g, %g, want 900, 500", x, z)
	}
}

// TestCoast checks that the land is on the left, the sea on the right and the basement under
// both, and that the fault drops it.
func TestCoast(t *testing.T) {
	vp, ground := coast2d()
	nz, nx := vp.shape[0], vp.shape[1]
	shore := slices.IndexFunc(ground.v, func(e float32) bool { return e < 0 })
	if shore < 300 || shore > 380 || slices.Max(ground.v[shore:]) >= 0 {
		t.Errorf("the sea begins in column %d, and the ground rises to %g m there, want 300 to 380 and below 0", shore, slices.Max(ground.v[shore:]))
	}
	top := func(x int) int { // of the basement
		z := nz - 1
		for ; vp.v[z*nx+x] >= 4300; z-- {
		}
		return z + 1
	}
	for x := range nx {
		if z := top(x); z <= 90 || z >= nz {
			t.Errorf("the basement begins in row %d of column %d", z, x)
		}
		if e := ground.v[x]; e > coastDatum-10 {
			t.Errorf("column %d reaches up to %g m, want 10 m below the model's top at least", x, e)
		}
	}
	if drop := float64(top(400)-top(200)) * coastStep; drop < 250 || drop > 400 {
		t.Errorf("the basement drops by %g m, want 250 to 400", drop)
	}
}

func TestWriteAll(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // the second run replaces the files
		if err := writeAll(dir, made()); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(made()) {
		t.Errorf("folder holds %v, want the models alone", entries)
	}
	err = writeAll(filepath.Join(dir, "absent"), made())
	if err == nil || !strings.HasPrefix(err.Error(), "generate: write salt2d.npy: ") {
		t.Errorf("writing to an absent folder gives %v, want generate: write salt2d.npy: ...", err)
	}
}
