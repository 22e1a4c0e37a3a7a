// Package segy writes seismic traces as SEG-Y revision 1 files, and reads
// back the files it writes. Lengths are in metres, times in seconds.
//
// Byte positions in the comments count from 1 and are those of "SEG Y rev 1
// Data Exchange format", SEG Technical Standards Committee, 2002.
//
// The package imports the standard library and golang.org/x/text's table of
// the EBCDIC character set only.
package segy

import (
	"errors"
	"fmt"
	"math"
)

const (
	textSize   = 3200 // textual file header, bytes 1-3200
	binarySize = 400  // binary file header, bytes 3201-3600
	traceSize  = 240  // trace header

	maxSamples  = math.MaxInt16 // a trace, bytes 3221-3222
	maxInterval = math.MaxInt16 // microseconds, bytes 3217-3218
	formatIEEE  = 5             // four-byte IEEE floating point
	revision1   = 0x0100
)

var (
	// ErrInterval says that the sample interval is not a whole number of
	// microseconds from 1 to 32767.
	ErrInterval = errors.New("bad sample interval")
	// ErrSamples says that traces are empty, differ in length or have more
	// than 32767 samples.
	ErrSamples = errors.New("bad number of samples")
	// ErrValue says that a value is not finite or does not fit its field.
	ErrValue = errors.New("value cannot be stored")
	// ErrFormat says that what is read is not a file of this package.
	ErrFormat = errors.New("malformed SEG-Y file")
)

// Trace is what one receiver recorded of one shot. Positions are in metres;
// Z is depth, positive down.
type Trace struct {
	SourceX, SourceY, SourceZ       float64
	ReceiverX, ReceiverY, ReceiverZ float64

	Shot    int // field record number
	Channel int // trace number within the field record

	Samples []float32 // not copied or changed by Write
}

// Offset is the horizontal distance from source to receiver in metres.
func (t *Trace) Offset() float64 {
	return math.Hypot(t.ReceiverX-t.SourceX, t.ReceiverY-t.SourceY)
}

// File is the content of a SEG-Y file. All traces have as many samples.
type File struct {
	// Interval is the time between samples in seconds: a whole number of
	// microseconds from 1 to 32767, to one part in a million.
	Interval float64
	// Delay is the time of the first sample after the shot in seconds: a whole
	// number of milliseconds from -32768 to 32767.
	Delay float64
	// Text holds up to 38 lines of up to 76 characters for the textual header.
	Text   []string
	Traces []Trace
}

// layout is what the headers of a checked File need to know of all its traces.
type layout struct {
	intervalUS int16
	delayMS    int16
	samples    int
	place      float64 // divisor of coordinates, 1 to 1000
	depth      float64 // divisor of elevations and depths
	perShot    int16   // most traces in a shot, 0 if over 32767
	sorting    int16
}

// Trace sorting codes, bytes 3229-3230.
const (
	sortingAsRecorded   = 1
	sortingCommonSource = 5
)

// check validates f before anything is written.
func (f *File) check() (layout, error) {
	var l layout
	us := f.Interval * 1e6
	if r := math.Round(us); !(r >= 1 && r <= maxInterval && math.Abs(us-r) <= 1e-6*r) {
		return l, fmt.Errorf("%w: sample interval is %g s (%g us), want a whole number of microseconds from 1 to %d",
			ErrInterval, f.Interval, us, maxInterval)
	}
	l.intervalUS = int16(math.Round(us))
	ms := f.Delay * 1e3
	if r := math.Round(ms); !(r >= math.MinInt16 && r <= math.MaxInt16 && math.Abs(ms-r) <= 1e-6*math.Abs(r)) {
		return l, fmt.Errorf("%w: delay is %g s, want a whole number of milliseconds from -32768 to 32767", ErrValue, f.Delay)
	}
	l.delayMS = int16(math.Round(ms))
	if len(f.Traces) == 0 || len(f.Traces) > math.MaxInt32 {
		return l, fmt.Errorf("%w: file has %d traces, want 1 to %d", ErrValue, len(f.Traces), math.MaxInt32)
	}
	l.samples = len(f.Traces[0].Samples)
	if l.samples < 1 || l.samples > maxSamples {
		return l, fmt.Errorf("%w: traces have %d samples, want 1 to %d", ErrSamples, l.samples, maxSamples)
	}
	var place, depth float64 // largest in size
	for i := range f.Traces {
		t := &f.Traces[i]
		if err := t.check(l.samples); err != nil {
			return l, fmt.Errorf("trace %d: %w", i, err)
		}
		place = max(place, math.Abs(t.SourceX), math.Abs(t.SourceY), math.Abs(t.ReceiverX), math.Abs(t.ReceiverY))
		depth = max(depth, math.Abs(t.SourceZ), math.Abs(t.ReceiverZ))
	}
	var err error
	if l.place, err = divisor(place); err != nil {
		return l, fmt.Errorf("horizontal position %w", err)
	}
	if l.depth, err = divisor(depth); err != nil {
		return l, fmt.Errorf("depth %w", err)
	}
	l.perShot, l.sorting = f.gathers()
	return l, nil
}

func (t *Trace) check(samples int) error {
	if len(t.Samples) != samples {
		return fmt.Errorf("%w: it has %d samples, want %d as the first trace", ErrSamples, len(t.Samples), samples)
	}
	for _, n := range []int{t.Shot, t.Channel} {
		if n < math.MinInt32 || n > math.MaxInt32 {
			return fmt.Errorf("%w: shot or channel is %d, want a 32-bit integer", ErrValue, n)
		}
	}
	for _, x := range []float64{t.SourceX, t.SourceY, t.SourceZ, t.ReceiverX, t.ReceiverY, t.ReceiverZ} {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("%w: coordinate is %v, want a finite one", ErrValue, x)
		}
	}
	if d := t.Offset(); !(d <= math.MaxInt32) {
		return fmt.Errorf("%w: offset is %g m, want at most %d", ErrValue, d, math.MaxInt32)
	}
	for i, x := range t.Samples {
		if x-x != 0 {
			return fmt.Errorf("%w: sample %d is %v, want a finite one", ErrValue, i, x)
		}
	}
	return nil
}

// divisor returns the finest of 1/1000, 1/100, 1/10 and 1 m in which the
// largest coordinate fits 32 bits.
func divisor(largest float64) (float64, error) {
	for d := 1000.0; d >= 1; d /= 10 {
		if math.Round(largest*d) <= math.MaxInt32 {
			return d, nil
		}
	}
	return 0, fmt.Errorf("is up to %g m in size: %w, want at most %d m", largest, ErrValue, math.MaxInt32)
}

// gathers returns the most traces that a shot has, as far as 16 bits hold it,
// and how the traces are sorted: by common source if no shot is in two parts.
func (f *File) gathers() (perShot, sorting int16) {
	count := map[int]int{}
	most := 0
	sorting = sortingCommonSource
	for i := range f.Traces {
		shot := f.Traces[i].Shot
		if count[shot] > 0 && f.Traces[i-1].Shot != shot {
			sorting = sortingAsRecorded
		}
		count[shot]++
		most = max(most, count[shot])
	}
	if most > math.MaxInt16 {
		most = 0
	}
	return int16(most), sorting
}
