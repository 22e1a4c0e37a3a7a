package picture

import (
	"fmt"
	"math"
)

// beyond counts the values that a scale cuts.
type beyond struct {
	n, of int
	peak  float64 // the greatest distance from zero among the n
}

func (b *beyond) count(data []float64, lo, hi, unit float64) {
	for _, v := range data {
		if bad(v) {
			continue
		}
		b.of++
		if !(v >= lo && v <= hi) {
			b.n++
			if p := v * unit; math.Abs(p) > math.Abs(b.peak) {
				b.peak = p
			}
		}
	}
}

// note says where the scale ends and what is beyond; nothing if all is inside.
func (b beyond) note(what string, lo, hi float64) string {
	if b.n == 0 {
		return ""
	}
	ends := "±" + short(hi)
	if lo != -hi {
		ends = short(lo) + " and " + short(hi)
	}
	share := "under 0.01"
	if p := 100 * float64(b.n) / float64(b.of); p >= 0.01 {
		share = fmt.Sprintf("%.2g", p)
	}
	return fmt.Sprintf("%s at %s: %s%% of the samples beyond, up to %s", what, ends, share, short(b.peak))
}

// clipped says what the scales of the panels cut off their data.
func (s *sheet) clipped() string {
	var colours, curve beyond
	var text string
	for _, row := range s.rows {
		for _, p := range row {
			if l := p.line; l != nil {
				curve.count(l.data, p.y.last, p.y.first, l.unit)
				text = curve.note("curve cut", p.y.last*l.unit, p.y.first*l.unit)
			} else if p.raster != nil {
				colours.count(p.raster.data, p.raster.tone.lo, p.raster.tone.hi, 1)
			}
		}
	}
	if s.bar != nil {
		text = colours.note("colours clipped", s.bar.tone.lo, s.bar.tone.hi)
	}
	return text
}
