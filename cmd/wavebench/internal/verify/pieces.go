package verify

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/internal/hicks"
	"github.com/d52adeda/wave/internal/resample"
	"github.com/d52adeda/wave/wavelet"
)

// pieces computes the parts of a simulation on their own: PML profiles,
// resampling, the Ricker wavelet, CFL numbers and Hicks weights. What the file
// only states in words (meta's "pml" and "ricker") is repeated here.
func pieces(_ context.Context, c *Case, _ env) (map[string]Values, error) {
	out := map[string]Values{}
	for _, name := range c.outputs() {
		var err error
		switch {
		case strings.HasPrefix(name, "pml_"):
			err = pmlPiece(c, name, out)
		case strings.HasPrefix(name, "up_"), strings.HasPrefix(name, "down_"):
			err = resamplePiece(c, name, out)
		case name == "ricker":
			var w []float64
			w, err = wavelet.Ricker(25, 101, 0.003, 0.07)
			out[name] = Values{[]int{len(w)}, w}
		case name == "hicks_source":
			err = hicksPiece(c, out)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, m := range c.Meta.CFL {
		inner, ratio := equation.CFL(m.DT, m.GridSpacing, m.MaxVel)
		if ratio != m.StepRatio || math.Abs(inner-m.InnerDT) > tolerance64*math.Abs(m.InnerDT) {
			return nil, fmt.Errorf("verify: CFL of dt %v, spacing %v, max_vel %v is %v and ratio %d, want %v and %d", m.DT, m.GridSpacing, m.MaxVel, inner, ratio, m.InnerDT, m.StepRatio)
		}
	}
	return out, nil
}

// pmlPiece computes pml_accN_a, _b and _dbdx.
func pmlPiece(c *Case, name string, out map[string]Values) error {
	var acc int
	var which string
	if n, _ := fmt.Sscanf(strings.Replace(name, "_", " ", -1), "pml acc%d %s", &acc, &which); n != 2 || acc < 2 || acc > 8 {
		return nil // not one of ours: stays not checked
	}
	p := equation.PML{Width: [][2]int{{5, 7}}, Spacing: []float64{5}, DT: 0.0007, MaxVel: 2500, Freq: 25}
	n := 42 + acc
	a, b, db := p.Profile(0, n, acc/2, acc)
	if profile, ok := map[string][]float64{"a": a, "b": b, "dbdx": db}[which]; ok {
		out[name] = Values{c.arrays["out_"+name].Shape, profile}
	}
	return nil
}

// resampled parses up_RATIO_FREQTAPERFRAC_TIMEPADFRAC_TIMETAPER and down_...
func resampled(name string) (p resample.Params, direction string, ok bool) {
	var taper int
	p.TimePadFrac = new(float64)
	n, _ := fmt.Sscanf(strings.ReplaceAll(name, "_", " "), "%s %d %g %g %d", &direction, &p.Ratio, &p.FreqTaperFrac, p.TimePadFrac, &taper)
	p.TimeTaper = taper != 0
	return p, direction, n == 5 && (direction == "up" || direction == "down")
}

// taperedPiece reports whether an output of the pieces went through a taper.
func taperedPiece(name string) bool {
	p, _, ok := resampled(name)
	return ok && (p.FreqTaperFrac > 0 || p.TimeTaper)
}

func resamplePiece(c *Case, name string, out map[string]Values) error {
	p, direction, ok := resampled(name)
	if !ok {
		return nil
	}
	from := "in_signal"
	if direction == "down" {
		from = "out_up" + strings.TrimPrefix(name, "down")
	}
	src, err := c.values(from)
	if err != nil {
		return err
	}
	if len(src.Shape) != 2 {
		return fmt.Errorf("verify: %s has shape %v, want two axes", from, src.Shape)
	}
	rows, n := src.Shape[0], src.Shape[1]
	m := n * p.Ratio
	if direction == "down" {
		m = n / p.Ratio
	}
	dst := Values{[]int{rows, m}, make([]float64, rows*m)}
	for r := range rows {
		to, row := dst.Data[r*m:(r+1)*m], src.Data[r*n:(r+1)*n]
		if direction == "up" {
			err = p.Up(to, row)
		} else {
			err = p.Down(to, row)
		}
		if err != nil {
			return err
		}
	}
	out[name] = dst
	return nil
}

// hicksPiece computes hicks_source and hicks_receiver: amplitudes spread over
// cells, and cells gathered to receivers. Cells are in order of first appearance,
// each location's row-major.
func hicksPiece(c *Case, out map[string]Values) error {
	get := func(name string) (v Values) {
		v, err := c.values(name)
		if err != nil || len(v.Shape) != 3 {
			v.Shape = nil
		}
		return v
	}
	locations, amplitudes, grid := get("in_hicks_locations"), get("in_hicks_amplitudes"), get("in_hicks_grid_receivers")
	if locations.Shape == nil || amplitudes.Shape == nil || grid.Shape == nil || locations.Shape[2] != 2 {
		return fmt.Errorf("verify: %s lacks in_hicks_locations [shot][point][2], in_hicks_amplitudes or in_hicks_grid_receivers", c.Name)
	}
	shots, perShot, nt, cells := locations.Shape[0], locations.Shape[1], amplitudes.Shape[2], grid.Shape[1]
	source := Values{[]int{shots, cells, nt}, make([]float64, shots*cells*nt)}
	receiver := Values{[]int{shots, perShot, nt}, make([]float64, shots*perShot*nt)}
	const far = 1 << 20
	wide := hicks.Axis{High: far, First: -far, Last: 2 * far}
	for shot := range shots {
		index := map[[2]int]int{}
		for i := range perShot {
			row := shot*perShot + i
			entries, err := hicks.Spec{Axes: []hicks.Axis{wide, wide}}.Entries(locations.Data[2*row : 2*row+2])
			if err != nil {
				return err
			}
			for _, e := range entries {
				cell := [2]int(e.Cell)
				if _, seen := index[cell]; !seen {
					index[cell] = len(index)
				}
				if index[cell] >= cells {
					return fmt.Errorf("verify: Hicks weights reach more than %d cells in shot %d", cells, shot)
				}
				at := shot*cells + index[cell]
				for k := range nt {
					source.Data[at*nt+k] += e.Weight * amplitudes.Data[row*nt+k]
					receiver.Data[row*nt+k] += e.Weight * grid.Data[at*nt+k]
				}
			}
		}
	}
	out["hicks_source"] = source
	out["hicks_receiver"] = receiver
	return nil
}
