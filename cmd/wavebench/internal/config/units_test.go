package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
)

// lengths yields k cells of h metres as users and programs write them: as a
// product, a sum, a quotient, and in decimals.
func lengths(h float64, n int, yield func(k int, metres float64)) {
	sum := 0.0
	for k := range n {
		printed, _ := strconv.ParseFloat(strconv.FormatFloat(float64(k)*h, 'g', -1, 64), 64)
		rounded, _ := strconv.ParseFloat(strconv.FormatFloat(float64(k)*h, 'f', 9, 64), 64)
		for _, x := range []float64{float64(k) * h, sum, float64(k) / (1 / h), printed, rounded, h + float64(k-1)*h} {
			yield(k, x)
		}
		sum += h
	}
}

var spacings = []float64{0.1, 0.3, 0.6, 0.7, 0.15, 0.35, 0.0003, 1e-3, 1.0 / 3, 2.0 / 7, 12.5, 7.62, 6.25, 10, 25.4 / 3, math.Pi, 1e4}

// Whatever is written in metres lands on its cell, at the model's last one too, and
// what is meant to be between cells stays there.
func TestMetresBecomeCells(t *testing.T) {
	const n = 3001
	for _, h := range spacings {
		model := Values{Layers: make([]Layer, 1)}
		lengths(h, n, func(k int, x float64) {
			if math.Abs(x/h-float64(k)) > 0.9e-6 { // rounded to nanometres, which is more than the tolerance of small cells
				return
			}
			s := Survey{Sources: Sources{Points: Points{Unit: "metres", List: []Numbers{{x}}}, Wavelet: Wavelet{Amplitude: Numbers{1}}, Shots: "each"}}
			s.Receivers = Receivers{{Points: Points{Unit: "metres", Line: &Line{From: Numbers{x}, To: Numbers{x}, Count: 1}}}}
			g, err := s.Geometry([]int{k + 1}, []float64{h}, nil) // k is the last cell
			if err != nil || g.Sources[0][0][0] != float64(k) || g.Receivers[0][0][0][0] != float64(k) {
				t.Fatalf("%v m in cells of %v m: %v, %v, want cell %d", x, h, err, g, k)
			}
			model.Layers[0].Top = x
			if top := model.TopCells(h, n)[0]; top != k {
				t.Fatalf("layer from %v m, cells of %v m: begins at cell %d, want %d", x, h, top, k)
			}
			s.Perturbations = []Perturbation{{Box: &Box{Unit: "metres", From: Numbers{x}, To: Numbers{x}}}}
			if lo, hi, _, err := s.BoxCells(0, []int{k + 1}, []float64{h}); err != nil || lo[0] != k || hi[0] != k {
				t.Fatalf("box at %v m in cells of %v m: %v, cells %v to %v, want %d", x, h, err, lo, hi, k)
			}
			// Half a cell up from source and receiver is between cells.
			s.Sources.List[0] = Numbers{x + h/2}
			if g, err := s.Geometry([]int{k + 2}, []float64{h}, nil); err != nil || math.Abs(g.Sources[0][0][0]-float64(k)-0.5) > 1e-6 {
				t.Fatalf("%v m in cells of %v m: %v, %v, want cell %d.5", x+h/2, h, err, g, k)
			}
			for _, beyond := range []float64{1e-5, -1e-5} {
				model.Layers[0].Top = (float64(k) + beyond) * h
				if top, want := model.TopCells(h, n+1)[0], k+map[bool]int{true: 1}[beyond > 0]; k > 0 && top != want {
					t.Fatalf("layer from cell %v on, cells of %v m: begins at cell %d, want %d", float64(k)+beyond, h, top, want)
				}
			}
		})
		model.Layers[0].Top = 1e300
		if top := model.TopCells(h, n)[0]; top != n {
			t.Errorf("layer from 1e300 m on begins at cell %d, want none", top)
		}
	}
	for _, x := range []float64{math.NaN(), math.Inf(1), 0.5, 1e15} {
		if got := settle(x); got != x && !math.IsNaN(x) || math.IsNaN(x) != math.IsNaN(got) {
			t.Errorf("settle(%v) is %v", x, got)
		}
	}
}

// A line with a step counts its last position when that is at its end, to rounding,
// and relative receivers add to their source.
func TestStepsAndOffsets(t *testing.T) {
	for _, h := range spacings {
		lengths(h, 1500, func(k int, x float64) {
			if k == 0 || k > 60 && k%23 > 0 || math.Abs(x/h-float64(k)) > 0.9e-6 { // a line takes time by its length
				return
			}
			l := Line{From: Numbers{0, h}, To: Numbers{x, h}, Step: h}
			if p := l.positions(); len(p) != k+1 || p[k][0] != x || p[0][1] != h || p[k][1] != h {
				t.Fatalf("line to %v m by %v m: %d positions, the last at %v, want %d", x, h, len(p), p[len(p)-1], k+1)
			}
			s := Survey{Sources: Sources{Points: Points{Unit: "metres", List: []Numbers{{x}}}, Wavelet: Wavelet{Amplitude: Numbers{1}}, Shots: "each"}}
			s.Receivers = Receivers{{Points: Points{Unit: "metres", List: []Numbers{{-x}, {x}, {-h / 3}}}, Relative: true}}
			g, err := s.Geometry([]int{2*k + 1}, []float64{h}, nil)
			if err != nil || g.Receivers[0][0][0][0] != 0 || g.Receivers[0][0][1][0] != float64(2*k) || math.Abs(g.Receivers[0][0][2][0]-float64(k)+1.0/3) > 1e-6 {
				t.Fatalf("receivers %v m from %v m in cells of %v m: %v, %v", x, x, h, err, g)
			}
			// 3 rounds of a third.
			l = Line{From: Numbers{0}, To: Numbers{1.25 * x}, Step: x / 3}
			if p := l.positions(); len(p) != 4 || math.Abs(p[3][0]-x) > 1e-9*x {
				t.Fatalf("line to %v m by %v m: %v", 1.25*x, x/3, p)
			}
		})
	}
}

// The number of samples in a duration is that of a multiple, to rounding; of others
// it is said.
func TestDurations(t *testing.T) {
	for _, dt := range append([]float64{0.004, 0.0005, 1e-9, 0.00025, 1.0 / 48000}, spacings...) {
		lengths(dt, 2000, func(k int, x float64) {
			if k == 0 || math.Abs(x/dt-float64(k)) > 0.9e-6 {
				return
			}
			r := &report{origin: &origin{file: "s.yaml", lines: map[string]int{"time.dt": 2, "time.duration": 3}}}
			tm := Time{DT: dt, Duration: x}
			if tm.check(r, false); tm.NT != k || len(r.problems)+len(r.notes) > 0 {
				t.Fatalf("%v s by %v s: %d samples, %v, %v, want %d", x, dt, tm.NT, r.problems, r.notes, k)
			}
			tm = Time{DT: dt, Duration: x + 0.375*dt}
			if tm.check(r, false); tm.NT != k || len(r.notes) != 1 || r.notes[0].Line != 3 || !strings.Contains(r.notes[0].Text, fmt.Sprintf("the run is of %d samples", k)) {
				t.Fatalf("%v s by %v s: %d samples, %v, want %d and a note", x+0.375*dt, dt, tm.NT, r.notes, k)
			}
		})
	}
	s, err := Parse("s.yaml", []byte(strings.Replace(good, "nt: 50", "duration: 0.0504", 1)))
	if err != nil || len(s.Notes()) != 1 || s.Notes()[0].String() != "s.yaml:2: time.duration: 0.0504 s is not a multiple of time.dt, 0.001 s: the run is of 50 samples, 0.05 s" {
		t.Errorf("%v, notes %v", err, s.Notes())
	}
}
