// Package segy writes seismic traces as SEG-Y files of revision 1 or 2.1, and
// reads back the files it writes. Lengths are in metres, times in seconds.
//
// Byte positions in the comments count from 1 and are those of "SEG Y rev 1
// Data Exchange format", SEG Technical Standards Committee, 2002, and of its
// revisions 2.0 (2017) and 2.1 (2023).
//
// The package imports the standard library and golang.org/x/text's table of
// the EBCDIC character set only.
package segy

import (
	"context"
	"errors"
	"fmt"
	"math"
)

const (
	textSize   = 3200 // textual file header, bytes 1-3200
	binarySize = 400  // binary file header, bytes 3201-3600
	traceSize  = 240  // trace header, and its extension in revision 2.1

	maxSamples  = math.MaxInt16 // a trace, bytes 3221-3222
	maxInterval = math.MaxInt16 // microseconds, bytes 3217-3218
	formatIEEE  = 5             // four-byte IEEE floating point
	formatIEEE8 = 6             // eight-byte IEEE floating point
)

// Revision is the revision of the standard that a file follows.
type Revision int

const (
	// Rev1 is what most programs read. It holds positions as 32-bit whole numbers
	// of 0.1 mm, 1 mm, ... 1 m, offsets as whole metres.
	Rev1 Revision = iota
	// Rev2_1 has a second header for each trace, with float64 positions and
	// interval and 32-bit numbers of samples.
	Rev2_1
)

func (r Revision) String() string {
	if r == Rev2_1 {
		return "2.1"
	}
	return "1"
}

// bytes are those at 3501-3502.
func (r Revision) bytes() int16 {
	if r == Rev2_1 {
		return 0x0201
	}
	return 0x0100
}

var (
	// ErrInterval says that the sample interval is not one that the revision holds.
	ErrInterval = errors.New("bad sample interval")
	// ErrSamples says that traces are empty, differ in length or are longer than
	// the revision allows.
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

	Shot    int // field record and shotpoint number
	Channel int // trace number within the field record
	CMP     int // number of the common midpoint; 0: none
}

// Offset is the horizontal distance from source to receiver in metres. It is
// negative where the receiver lies at the smaller X, or at the smaller Y if they
// are farther apart along Y.
func (t *Trace) Offset() float64 {
	dx, dy := t.ReceiverX-t.SourceX, t.ReceiverY-t.SourceY
	along := dx
	if math.Abs(dy) > math.Abs(dx) {
		along = dy
	}
	return math.Copysign(math.Hypot(dx, dy), along)
}

// Midpoint is where the middle between source and receiver lies.
func (t *Trace) Midpoint() (x, y float64) {
	return t.SourceX + (t.ReceiverX-t.SourceX)/2, t.SourceY + (t.ReceiverY-t.SourceY)/2
}

// File is the content of a SEG-Y file.
type File struct {
	Revision Revision
	// Interval is the time between samples in seconds. Revision 1 takes a whole
	// number of microseconds from 1 to 32767, to one part in a million.
	Interval float64
	// Delay is the time of the first sample after the shot in seconds: a whole
	// number of milliseconds from -32768 to 32767.
	Delay float64
	// Samples is how many each trace has.
	Samples int
	// Sensor and Unit say what the samples are.
	Sensor Sensor
	Unit   Unit
	// Double stores samples as float64 rather than float32, in revision 2.1.
	Double bool
	// Text holds up to 38 lines of up to 76 characters for the textual header.
	Text []string
	// Traces is how many there are; Trace returns that with index i, and is called
	// several times for each.
	Traces int
	Trace  func(i int) Trace
	// Data returns the samples of trace i. Only Write calls it, once for each trace,
	// and has read them before the next call.
	Data func(i int) []float64
}

// layout is what the headers of a checked File need to know of all its traces.
type layout struct {
	*File
	intervalUS float64
	delayMS    int16
	place      float64 // divisor of coordinates, 1 to 10000
	depth      float64 // divisor of elevations and depths
	perShot    int     // most traces in a shot
	sorting    int16
}

// Trace sorting codes, bytes 3229-3230.
const (
	sortingAsRecorded   = 1
	sortingCommonSource = 5
)

// each calls fn with each trace, as long as ctx lasts.
func (f *File) each(ctx context.Context, fn func(i int, t *Trace) error) error {
	const many = 1 << 12 // take no time
	for i := range f.Traces {
		if i%many == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		t := f.Trace(i)
		if err := fn(i, &t); err != nil {
			return err
		}
	}
	return nil
}

// check validates f before anything is written.
func (f *File) check(ctx context.Context) (*layout, error) {
	l := &layout{File: f, intervalUS: f.Interval * 1e6}
	if err := l.checkSampling(); err != nil {
		return nil, err
	}
	if _, err := encodeText(f.Text, f.Revision); err != nil {
		return nil, err
	}
	if f.Traces < 1 || f.Traces > math.MaxInt32 {
		return nil, fmt.Errorf("%w: file has %d traces, want 1 to %d", ErrValue, f.Traces, math.MaxInt32)
	}
	var place, depth float64 // largest in size
	l.sorting = sortingCommonSource
	earlier := map[int]int{} // traces of the shots that were left
	shot, n := 0, 0          // of the trace before, and how many it has so far
	err := f.each(ctx, func(i int, t *Trace) error {
		if err := t.check(f.Revision); err != nil {
			return fmt.Errorf("trace %d: %w", i, err)
		}
		place = max(place, math.Abs(t.SourceX), math.Abs(t.SourceY), math.Abs(t.ReceiverX), math.Abs(t.ReceiverY))
		depth = max(depth, math.Abs(t.SourceZ), math.Abs(t.ReceiverZ))
		if i > 0 && t.Shot != shot {
			earlier[shot] = n
			if n = earlier[t.Shot]; n > 0 { // in two parts
				l.sorting = sortingAsRecorded
			}
		}
		shot = t.Shot
		n++
		l.perShot = max(l.perShot, n)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if l.place, err = l.divisor(place); err != nil {
		return nil, fmt.Errorf("horizontal position %w", err)
	}
	if l.depth, err = l.divisor(depth); err != nil {
		return nil, fmt.Errorf("depth %w", err)
	}
	return l, nil
}

// CheckSampling refuses an Interval, Delay or number of Samples that Write could not
// store: a part of what Rounded does, for a File without Traces.
func (f *File) CheckSampling() error {
	l := &layout{File: f, intervalUS: f.Interval * 1e6}
	if err := l.checkSampling(); err != nil {
		return fmt.Errorf("segy: %w", err)
	}
	return nil
}

func (l *layout) checkSampling() error {
	most := maxSamples
	if l.Revision == Rev2_1 {
		most = math.MaxInt32
		if us := l.intervalUS; !(us > 0) || math.IsInf(us, 0) {
			return fmt.Errorf("%w: sample interval is %g s, want above 0", ErrInterval, l.Interval)
		}
	} else if r := math.Round(l.intervalUS); !(r >= 1 && r <= maxInterval && math.Abs(l.intervalUS-r) <= 1e-6*r) {
		return fmt.Errorf("%w: sample interval is %g s (%g us), want a whole number of microseconds from 1 to %d",
			ErrInterval, l.Interval, l.intervalUS, maxInterval)
	}
	ms := l.Delay * 1e3
	if r := math.Round(ms); !(r >= math.MinInt16 && r <= math.MaxInt16 && math.Abs(ms-r) <= 1e-6*math.Abs(r)) {
		return fmt.Errorf("%w: delay is %g s, want a whole number of milliseconds from -32768 to 32767", ErrValue, l.Delay)
	}
	l.delayMS = int16(math.Round(ms))
	if l.Samples < 1 || l.Samples > most {
		return fmt.Errorf("%w: traces have %d samples, want 1 to %d", ErrSamples, l.Samples, most)
	}
	if l.Sensor < SeismicData || l.Sensor > InLine {
		return fmt.Errorf("%w: sensor is %d, want SeismicData to InLine", ErrValue, l.Sensor)
	}
	if l.Double && l.Revision != Rev2_1 {
		return fmt.Errorf("%w: samples are float64, want float32 in revision 1", ErrValue)
	}
	return nil
}

func (t *Trace) check(rev Revision) error {
	for _, n := range []int{t.Shot, t.Channel, t.CMP} {
		if n < math.MinInt32 || n > math.MaxInt32 {
			return fmt.Errorf("%w: shot, channel or midpoint is %d, want a 32-bit integer", ErrValue, n)
		}
	}
	for _, x := range []float64{t.SourceX, t.SourceY, t.SourceZ, t.ReceiverX, t.ReceiverY, t.ReceiverZ} {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("%w: coordinate is %v, want a finite one", ErrValue, x)
		}
	}
	if d := math.Abs(t.Offset()); !fits(d) && (rev == Rev1 || math.IsInf(d, 0)) {
		return fmt.Errorf("%w: offset is %g m, want at most %d", ErrValue, d, math.MaxInt32)
	}
	return nil
}

// fits says whether x, rounded, is a 32-bit number.
func fits(x float64) bool { return math.Abs(math.Round(x)) <= math.MaxInt32 }

// divisor returns the finest of 1/10000, 1/1000, 1/100, 1/10 and 1 m in which the
// largest coordinate fits 32 bits.
func (l *layout) divisor(largest float64) (float64, error) {
	for d := 10000.0; d >= 1; d /= 10 {
		if fits(largest * d) {
			return d, nil
		}
	}
	if l.Revision == Rev2_1 { // the extension holds it
		return 1, nil
	}
	return 0, fmt.Errorf("is up to %g m in size: %w, want at most %d m", largest, ErrValue, math.MaxInt32)
}
