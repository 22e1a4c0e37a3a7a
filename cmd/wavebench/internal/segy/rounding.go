package segy

import (
	"fmt"
	"math"
)

// Rounding is what storing whole numbers does to one kind of position.
type Rounding struct {
	What  string  // "coordinates", "depths" or "offsets"
	Unit  float64 // what the numbers count, m
	Error float64 // the largest there is, m
	// Merged is how many different receivers of a shot are stored like another
	// one of it, at most, of Receivers.
	Merged, Receivers int
}

// Rounded returns what revision 1 rounds by more than float64 does; nothing for
// revision 2.1. An error is that of Check.
func (f *File) Rounded() ([]Rounding, error) {
	l, err := f.check()
	if err != nil {
		return nil, fmt.Errorf("segy: %w", err)
	}
	if f.Revision != Rev1 {
		return nil, nil
	}
	kinds := []struct {
		Rounding
		stored func(t *Trace) []float64  // all values
		apart  func(t *Trace) [2]float64 // what tells receivers of a shot apart
	}{
		{Rounding{What: "coordinates", Unit: 1 / l.place}, func(t *Trace) []float64 {
			x, y := t.Midpoint()
			return []float64{t.SourceX, t.SourceY, t.ReceiverX, t.ReceiverY, x, y}
		}, func(t *Trace) [2]float64 { return [2]float64{t.ReceiverX, t.ReceiverY} }},
		{Rounding{What: "depths", Unit: 1 / l.depth}, func(t *Trace) []float64 { return []float64{t.SourceZ, t.ReceiverZ} },
			func(t *Trace) [2]float64 { return [2]float64{t.ReceiverZ} }},
		{Rounding{What: "offsets", Unit: 1}, func(t *Trace) []float64 { return []float64{t.Offset()} },
			func(t *Trace) [2]float64 { return [2]float64{t.Offset()} }},
	}
	var out []Rounding
	for _, k := range kinds {
		for i := range f.Traces {
			t := f.Trace(i)
			for _, x := range k.stored(&t) {
				k.Error = max(k.Error, math.Abs(x-math.Round(x/k.Unit)*k.Unit))
			}
		}
		if k.Error < 1e-6*k.Unit { // positions are products of float64
			continue
		}
		l.merged(&k.Rounding, k.apart)
		out = append(out, k.Rounding)
	}
	return out, nil
}

// merged counts the receivers that storing whole numbers makes one.
func (l *layout) merged(r *Rounding, of func(t *Trace) [2]float64) {
	differ, stored := map[[2]float64]bool{}, map[[2]float64]bool{}
	for i := range l.Traces {
		t := l.Trace(i)
		p := of(&t)
		for d := range p {
			p[d] = math.Round(p[d] / r.Unit * 1e6)
		}
		differ[p] = true
		for d := range p {
			p[d] = math.Round(p[d] / 1e6)
		}
		stored[p] = true
		if last := i+1 == l.Traces; last || l.Trace(i+1).Shot != t.Shot {
			if n := len(differ) - len(stored); n > r.Merged {
				r.Merged, r.Receivers = n, len(differ)
			}
			clear(differ)
			clear(stored)
		}
	}
}
