package segy

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// Write writes f to w: textual header, binary header, then the traces with
// samples as big-endian IEEE numbers. Everything but the samples is checked
// first, so that nothing is written if f cannot be stored; such errors wrap
// ErrInterval, ErrSamples or ErrValue. Others come from w and ctx.
//
// In revision 1 coordinates are rounded to 0.1 mm if all fit 32 bits so, else to
// 1 mm, 1 cm, 0.1 m or 1 m; depths likewise; offsets to 1 m. Revision 2.1 has
// them so too, for programs that know no better, and as float64 besides.
// Receivers above the surface have positive elevation; so has the surface at a
// source above it, whose depth is then 0.
func Write(ctx context.Context, w io.Writer, f *File) error {
	if err := write(ctx, w, f); err != nil {
		return fmt.Errorf("segy: %w", err)
	}
	return nil
}

func write(ctx context.Context, w io.Writer, f *File) error {
	l, err := f.check(ctx)
	if err != nil {
		return err
	}
	text, err := encodeText(f.Text, f.Revision)
	if err != nil {
		return err
	}
	if _, err := w.Write(append(text, l.binaryHeader()...)); err != nil {
		return err
	}
	var buf []byte
	fold := map[int]int32{} // traces of a midpoint so far
	return f.each(ctx, func(i int, t *Trace) error {
		samples := f.Data(i)
		if len(samples) != f.Samples {
			return fmt.Errorf("trace %d: %w: it has %d samples, want %d", i, ErrSamples, len(samples), f.Samples)
		}
		if t.CMP != 0 {
			fold[t.CMP]++
		}
		buf = append(buf[:0], l.traceHeader(i, t, fold[t.CMP])...)
		if f.Revision == Rev2_1 {
			buf = append(buf, l.extension(i, t)...)
		}
		for _, x := range samples {
			if f.Double {
				buf = binary.BigEndian.AppendUint64(buf, math.Float64bits(x))
			} else {
				buf = binary.BigEndian.AppendUint32(buf, math.Float32bits(float32(x)))
			}
		}
		_, err := w.Write(buf)
		return err
	})
}

// Size is how many bytes Write writes.
func (f *File) Size() int64 {
	headers, sample := int64(traceSize), int64(4)
	if f.Revision == Rev2_1 {
		headers += traceSize
	}
	if f.Double {
		sample = 8
	}
	return textSize + binarySize + int64(f.Traces)*(headers+sample*int64(f.Samples))
}

// fields is a header addressed as in the standard, by the number of a byte.
type fields struct {
	b     []byte
	first int // number of b[0]
}

func (f fields) put16(at int, v int16) { binary.BigEndian.PutUint16(f.b[at-f.first:], uint16(v)) }
func (f fields) put32(at int, v int32) { binary.BigEndian.PutUint32(f.b[at-f.first:], uint32(v)) }
func (f fields) put64(at int, v int64) { binary.BigEndian.PutUint64(f.b[at-f.first:], uint64(v)) }
func (f fields) putFloat(at int, v float64) {
	binary.BigEndian.PutUint64(f.b[at-f.first:], math.Float64bits(v))
}
func (f fields) get16(at int) int16 { return int16(binary.BigEndian.Uint16(f.b[at-f.first:])) }
func (f fields) get32(at int) int32 { return int32(binary.BigEndian.Uint32(f.b[at-f.first:])) }
func (f fields) getFloat(at int) float64 {
	return math.Float64frombits(binary.BigEndian.Uint64(f.b[at-f.first:]))
}

// short is n if it fits 16 bits, else 0: not given here.
func short(n int) int16 {
	if n > math.MaxInt16 {
		return 0
	}
	return int16(n)
}

// shortInterval is the interval for the 16-bit fields; 0 if it is none for them.
func (l *layout) shortInterval() int16 {
	r := math.Round(l.intervalUS)
	if r > maxInterval || math.Abs(l.intervalUS-r) > 1e-6*r {
		return 0
	}
	return int16(r)
}

// binaryHeader returns bytes 3201-3600 of the file.
func (l *layout) binaryHeader() []byte {
	h := fields{make([]byte, binarySize), textSize + 1}
	h.put32(3205, 1)                   // line number
	h.put32(3209, 1)                   // reel number
	h.put16(3213, short(l.perShot))    // traces an ensemble
	h.put16(3217, l.shortInterval())   // sample interval, us
	h.put16(3219, l.shortInterval())   // the same in the field
	h.put16(3221, short(l.Samples))    // samples a trace
	h.put16(3223, short(l.Samples))    // the same in the field
	h.put16(3225, l.format())          // sample format
	h.put16(3227, short(l.perShot))    // ensemble fold
	h.put16(3229, l.sorting)           // trace sorting
	h.put16(3231, 1)                   // nothing summed
	h.put16(3249, 1)                   // not correlated
	h.put16(3253, 1)                   // amplitudes not changed
	h.put16(3255, 1)                   // metres
	h.put16(3257, l.Sensor.polarity()) // of impulses
	h.put16(3501, l.Revision.bytes())  // revision
	h.put16(3503, 1)                   // all traces have one length
	if l.Revision == Rev2_1 {          // what overrides the shorter fields above
		h.put32(3261, int32(l.perShot))    // traces an ensemble
		h.put32(3269, int32(l.Samples))    // samples a trace
		h.putFloat(3273, l.intervalUS)     // sample interval, us
		h.putFloat(3281, l.intervalUS)     // the same in the field
		h.put32(3289, int32(l.Samples))    // samples in the field
		h.put32(3293, int32(l.perShot))    // ensemble fold
		h.put32(3297, 0x01020304)          // tells the order of bytes
		h.put16(3507, 1)                   // additional headers a trace
		h.put64(3513, int64(l.Traces))     // traces in the file
		h.put64(3521, textSize+binarySize) // where the first begins
	}
	return h.b
}

func (l *layout) format() int16 {
	if l.Double {
		return formatIEEE8
	}
	return formatIEEE
}

// scalar is the field that says by what whole numbers are to be divided.
func scalar(divisor float64) int16 {
	if divisor == 1 {
		return 1
	}
	return int16(-divisor)
}

// traceHeader returns the header of t, which comes at index i and is the
// given one of its midpoint, from 1.
func (l *layout) traceHeader(i int, t *Trace, ofCMP int32) []byte {
	whole := func(x float64) int32 {
		if !fits(x) {
			return 0 // the extension has it
		}
		return int32(math.Round(x))
	}
	place := func(x float64) int32 { return whole(x * l.place) }
	depth := func(z float64) int32 { return whole(z * l.depth) }
	x, y := t.Midpoint()
	h := fields{make([]byte, traceSize), 1}
	h.put32(1, int32(i+1))                 // sequence number in the line
	h.put32(5, int32(i+1))                 // the same in the file
	h.put32(9, int32(t.Shot))              // field record
	h.put32(13, int32(t.Channel))          // trace number in the field record
	h.put32(17, int32(t.Shot))             // energy source point
	h.put32(21, int32(t.CMP))              // common midpoint
	h.put32(25, ofCMP)                     // trace number in the midpoint
	h.put16(29, l.Sensor.code())           // what recorded it
	h.put16(31, 1)                         // nothing summed
	h.put16(33, 1)                         // nothing stacked
	h.put16(35, 1)                         // production
	h.put32(37, whole(t.Offset()))         // source to receiver, m: no scalar applies
	h.put32(41, depth(-t.ReceiverZ))       // receiver elevation
	h.put32(45, depth(max(0, -t.SourceZ))) // surface elevation at the source
	h.put32(49, depth(max(0, t.SourceZ)))  // source depth below the surface
	h.put16(69, scalar(l.depth))           // of elevations and depths
	h.put16(71, scalar(l.place))           // of coordinates
	h.put32(73, place(t.SourceX))
	h.put32(77, place(t.SourceY))
	h.put32(81, place(t.ReceiverX))
	h.put32(85, place(t.ReceiverY))
	h.put16(89, 1)                  // coordinates are lengths
	h.put16(109, l.delayMS)         // delay of the first sample, ms
	h.put16(115, short(l.Samples))  // samples
	h.put16(117, l.shortInterval()) // sample interval, us
	h.put16(125, 1)                 // not correlated
	h.put32(181, place(x))          // midpoint
	h.put32(185, place(y))
	h.put32(197, int32(t.Shot)) // shotpoint
	h.put16(201, 1)             // scalar of it
	h.put16(203, int16(l.Unit)) // unit of the samples
	if l.Revision == Rev2_1 {
		copy(h.b[232:], ebcdic("SEG00000"))
	}
	return h.b
}

// extension returns what revision 2.1 calls trace header extension 1; its bytes
// are counted from its own beginning.
func (l *layout) extension(i int, t *Trace) []byte {
	x, y := t.Midpoint()
	h := fields{make([]byte, traceSize), 1}
	h.put64(1, int64(i+1))             // sequence number in the line
	h.put64(9, int64(i+1))             // the same in the file
	h.put64(17, int64(t.Shot))         // field record
	h.put64(25, int64(t.CMP))          // common midpoint
	h.putFloat(33, -t.ReceiverZ)       // receiver elevation
	h.putFloat(49, max(0, -t.SourceZ)) // surface elevation at the source
	h.putFloat(57, max(0, t.SourceZ))  // source depth below the surface
	h.putFloat(97, t.SourceX)
	h.putFloat(105, t.SourceY)
	h.putFloat(113, t.ReceiverX)
	h.putFloat(121, t.ReceiverY)
	h.putFloat(129, t.Offset())
	h.put32(137, int32(l.Samples)) // samples
	h.putFloat(145, l.intervalUS)  // sample interval, us
	h.put16(157, 1)                // additional headers, this one included
	h.putFloat(161, x)             // midpoint
	h.putFloat(169, y)
	copy(h.b[232:], ebcdic("SEG00001"))
	return h.b
}
