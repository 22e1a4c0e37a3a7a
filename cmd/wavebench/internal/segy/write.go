package segy

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// Write writes f to w: textual header, binary header, then the traces with
// samples as big-endian IEEE float32. Everything is checked first, so that
// nothing is written if f cannot be stored; such errors wrap ErrInterval,
// ErrSamples or ErrValue. Others come from w.
//
// Coordinates are rounded to 1 mm if all fit 32 bits so, else to 1 cm, 0.1 m
// or 1 m; depths likewise. Receivers above the surface have positive
// elevation; so has the surface at a source above it, whose depth is then 0.
func Write(w io.Writer, f *File) error {
	if err := write(w, f); err != nil {
		return fmt.Errorf("segy: %w", err)
	}
	return nil
}

func write(w io.Writer, f *File) error {
	l, err := f.check()
	if err != nil {
		return err
	}
	text, err := encodeText(f.Text)
	if err != nil {
		return err
	}
	if _, err := w.Write(append(text, l.binaryHeader()...)); err != nil {
		return err
	}
	buf := make([]byte, 0, traceSize+4*l.samples)
	for i := range f.Traces {
		buf = append(buf[:0], l.traceHeader(i, &f.Traces[i])...)
		for _, x := range f.Traces[i].Samples {
			buf = binary.BigEndian.AppendUint32(buf, math.Float32bits(x))
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

// fields is a header addressed as in the standard, by the number of a byte.
type fields struct {
	b     []byte
	first int // number of b[0]
}

func (f fields) put16(at int, v int16) { binary.BigEndian.PutUint16(f.b[at-f.first:], uint16(v)) }
func (f fields) put32(at int, v int32) { binary.BigEndian.PutUint32(f.b[at-f.first:], uint32(v)) }
func (f fields) get16(at int) int16    { return int16(binary.BigEndian.Uint16(f.b[at-f.first:])) }
func (f fields) get32(at int) int32    { return int32(binary.BigEndian.Uint32(f.b[at-f.first:])) }

// binaryHeader returns bytes 3201-3600 of the file.
func (l *layout) binaryHeader() []byte {
	h := fields{make([]byte, binarySize), textSize + 1}
	h.put32(3205, 1)                // line number
	h.put32(3209, 1)                // reel number
	h.put16(3213, l.perShot)        // traces an ensemble
	h.put16(3217, l.intervalUS)     // sample interval, us
	h.put16(3219, l.intervalUS)     // the same in the field
	h.put16(3221, int16(l.samples)) // samples a trace
	h.put16(3223, int16(l.samples)) // the same in the field
	h.put16(3225, formatIEEE)       // sample format
	h.put16(3227, l.perShot)        // ensemble fold
	h.put16(3229, l.sorting)        // trace sorting
	h.put16(3255, 1)                // metres
	h.put16(3501, int16(revision1)) // revision
	h.put16(3503, 1)                // all traces have one length
	return h.b
}

// traceHeader returns the header of t, which comes at index i.
func (l *layout) traceHeader(i int, t *Trace) []byte {
	place := func(x float64) int32 { return int32(math.Round(x * l.place)) }
	depth := func(z float64) int32 { return int32(math.Round(z * l.depth)) }
	h := fields{make([]byte, traceSize), 1}
	h.put32(1, int32(i+1))                     // sequence number in the line
	h.put32(5, int32(i+1))                     // the same in the file
	h.put32(9, int32(t.Shot))                  // field record
	h.put32(13, int32(t.Channel))              // trace number in the field record
	h.put32(17, int32(t.Shot))                 // energy source point
	h.put32(21, int32(t.Shot))                 // ensemble
	h.put32(25, int32(t.Channel))              // trace number in the ensemble
	h.put16(29, 1)                             // seismic data
	h.put16(35, 1)                             // production
	h.put32(37, int32(math.Round(t.Offset()))) // source to receiver, m
	h.put32(41, depth(-t.ReceiverZ))           // receiver elevation
	h.put32(45, depth(max(0, -t.SourceZ)))     // surface elevation at the source
	h.put32(49, depth(max(0, t.SourceZ)))      // source depth below the surface
	h.put16(69, int16(-l.depth))               // scalar of elevations and depths
	h.put16(71, int16(-l.place))               // scalar of coordinates
	h.put32(73, place(t.SourceX))
	h.put32(77, place(t.SourceY))
	h.put32(81, place(t.ReceiverX))
	h.put32(85, place(t.ReceiverY))
	h.put16(89, 1)                 // coordinates are lengths
	h.put16(109, l.delayMS)        // delay of the first sample, ms
	h.put16(115, int16(l.samples)) // samples
	h.put16(117, l.intervalUS)     // sample interval, us
	return h.b
}
