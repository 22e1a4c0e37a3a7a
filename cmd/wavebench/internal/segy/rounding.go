package segy

import (
	"context"
	"fmt"
	"math"
)

// Rounding is what storing whole numbers does to one kind of position.
type Rounding struct {
	What  string  // "coordinates", "depths" or "offsets"
	Unit  float64 // what the numbers count, m
	Error float64 // the largest there is, m
	// Differ is how many different ones the receivers of the first shot have, Stored
	// how many are left.
	Differ, Stored int
}

// Rounded returns which positions revision 1 changes by more than a hundredth of a
// cell, m; of offsets, which follow from the coordinates beside them and are seldom
// whole in three dimensions, by more than a tenth. Revision 2.1 changes none. It
// is an error if Write could not store f, as far as that does not depend on samples: it
// wraps ErrInterval, ErrSamples or ErrValue, or is that of ctx.
func (f *File) Rounded(ctx context.Context, cell float64) ([]Rounding, error) {
	l, err := f.check(ctx)
	if err != nil {
		return nil, fmt.Errorf("segy: %w", err)
	}
	if f.Revision != Rev1 {
		return nil, nil
	}
	places := Rounding{What: "coordinates", Unit: 1 / l.place}
	depths := Rounding{What: "depths", Unit: 1 / l.depth}
	offsets := Rounding{What: "offsets", Unit: 1}
	err = f.each(ctx, func(_ int, t *Trace) error {
		x, y := t.Midpoint()
		places.add(t.SourceX, t.SourceY, t.ReceiverX, t.ReceiverY, x, y)
		depths.add(t.SourceZ, t.ReceiverZ)
		offsets.add(t.Offset())
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []Rounding
	for _, k := range []struct {
		Rounding
		most float64
		of   func(t *Trace) [2]float64
	}{
		{places, cell / 100, func(t *Trace) [2]float64 { return [2]float64{t.ReceiverX, t.ReceiverY} }},
		{depths, cell / 100, func(t *Trace) [2]float64 { return [2]float64{t.ReceiverZ} }},
		{offsets, cell / 10, func(t *Trace) [2]float64 { return [2]float64{t.Offset()} }},
	} {
		if k.Error > k.most {
			k.count(f, k.of)
			out = append(out, k.Rounding)
		}
	}
	return out, nil
}

func (r *Rounding) add(values ...float64) {
	for _, x := range values {
		r.Error = max(r.Error, math.Abs(x-math.Round(x/r.Unit)*r.Unit))
	}
}

func (r *Rounding) count(f *File, of func(t *Trace) [2]float64) {
	differ, stored := map[[2]float64]bool{}, map[[2]float64]bool{}
	shot := f.Trace(0).Shot
	for i := range f.Traces {
		t := f.Trace(i)
		if t.Shot != shot {
			break
		}
		p := of(&t)
		for d := range p { // a millionth apart is the same: positions are products of float64
			p[d] = math.Round(p[d] / r.Unit * 1e6)
		}
		differ[p] = true
		for d := range p {
			p[d] = math.Round(p[d] / 1e6)
		}
		stored[p] = true
	}
	r.Differ, r.Stored = len(differ), len(stored)
}
