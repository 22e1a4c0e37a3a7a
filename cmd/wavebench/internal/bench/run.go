package bench

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
)

// warmUp is how many steps of a case are run before it is measured.
const warmUp = 25

// Run measures all combinations. Rounds go through all cases, and the bandwidth,
// one after the other, so that a machine that slows down slows all. progress, if
// not nil, is told how many of how many runs are done.
//
// Errors name the case that cannot be run; ctx ends it within a second.
func Run(ctx context.Context, o Options, progress func(meter.Reading)) (*Report, error) {
	cases, err := o.Cases()
	if err != nil {
		return nil, err
	}
	r := &Report{Format: Format, Date: time.Now().UTC().Format(time.RFC3339), Versions: record.Build(), Repeat: o.Repeat}
	if r.Machine, err = machine(cases); err != nil {
		return nil, err
	}
	done := func(runs int) {
		if progress != nil {
			progress(meter.Reading{Stage: "measuring", Done: runs, Total: (o.Repeat + 1) * len(cases)})
		}
	}
	done(0)
	samples := make([]samples, len(cases))
	for i, c := range cases { // a case that cannot be run shows before any is measured
		if err := c.fits(); err != nil {
			return nil, fmt.Errorf("%s: %w", c, err)
		}
		if samples[i].least, err = c.counts(); err != nil {
			return nil, fmt.Errorf("%s: %w", c, err)
		}
		t, err := c.measure(ctx, min(c.NT, warmUp))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c, err)
		}
		samples[i].bytesPerCell, samples[i].compile, samples[i].slow = t.result.BytesPerCell, t.result.CompileTime.Seconds(), t.result.Slow
		done(i + 1)
	}
	var arrays *triad
	if slices.ContainsFunc(cases, Case.onHost) {
		if arrays, err = newTriad(triadLength); err != nil {
			return nil, err
		}
	}
	bandwidths := map[int][]float64{} // of triads, by threads
	copies := map[string][]float64{}  // of devices, by backend
	for round := range o.Repeat {
		measured := map[int]bool{} // in this round
		for i, c := range cases {
			if !c.onHost() {
				if len(copies[c.Backend]) <= round {
					b, err := copyBandwidth(ctx, c.Backend, copyBytes)
					if err != nil {
						return nil, fmt.Errorf("%s: %w", c, err)
					}
					copies[c.Backend] = append(copies[c.Backend], b)
				}
			} else if !measured[c.Threads] {
				measured[c.Threads] = true
				b, err := arrays.bandwidth(ctx, c.Threads)
				if err != nil {
					return nil, err
				}
				bandwidths[c.Threads] = append(bandwidths[c.Threads], b)
			}
			runtime.GC() // so that it does not run beside the steps
			t, err := c.measure(ctx, c.NT)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c, err)
			}
			samples[i].add(t)
			done((round+1)*len(cases) + i + 1)
		}
	}
	for i, c := range cases {
		b := bandwidths[c.Threads]
		if !c.onHost() {
			b = copies[c.Backend]
		}
		r.Cases = append(r.Cases, c.row(samples[i], b))
	}
	r.ofScalar()
	return r, nil
}

// samples are the measurements of a case.
type samples struct {
	setup, steps []float64 // s
	bytesPerCell float64   // of the padded grid
	least        counts
	compile      float64 // s, of the first run
	slow         []string
}

func (s *samples) add(t timing) {
	s.setup, s.steps = append(s.setup, t.setup.Seconds()), append(s.steps, t.steps.Seconds())
}

// badCase is the error for a field of a case.
func badCase(c Case, field, got, want string) error {
	return fmt.Errorf("--%s is %q, want %s (%s)", field, got, want, c)
}
