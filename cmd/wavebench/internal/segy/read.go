package segy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Read reads a file that Write wrote, for tests: revision 1, IEEE samples,
// traces of one length, no extended textual headers. It is no reader for
// files of other origin, whose samples, units and header use may differ. A
// file that it cannot read gives ErrFormat; other errors come from r.
func Read(r io.Reader) (*File, error) {
	f, err := read(r)
	if err != nil {
		return nil, fmt.Errorf("segy: %w", err)
	}
	return f, nil
}

func read(r io.Reader) (*File, error) {
	head := make([]byte, textSize+binarySize)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, cutShort("file header", err)
	}
	h := fields{head, 1}
	for _, c := range []struct {
		name string
		at   int
		want int16
	}{
		{"revision", 3501, revision1}, {"sample format", 3225, formatIEEE}, {"fixed length flag", 3503, 1},
		{"number of extended textual headers", 3505, 0}, {"measurement system", 3255, 1},
	} {
		if got := h.get16(c.at); got != c.want {
			return nil, fmt.Errorf("%w: %s is %d, want %d", ErrFormat, c.name, got, c.want)
		}
	}
	samples := int(h.get16(3221))
	if samples < 1 || h.get16(3217) < 1 {
		return nil, fmt.Errorf("%w: %d samples every %d us, want more than 0", ErrFormat, samples, h.get16(3217))
	}
	f := &File{Interval: float64(h.get16(3217)) / 1e6, Text: decodeText(head)}
	buf := make([]byte, traceSize+4*samples)
	for {
		switch _, err := io.ReadFull(r, buf); {
		case err == io.EOF && len(f.Traces) > 0:
			return f, nil
		case err != nil:
			return nil, cutShort(fmt.Sprintf("trace %d", len(f.Traces)), err)
		}
		t, err := readTrace(buf, samples)
		if err != nil {
			return nil, fmt.Errorf("trace %d: %w", len(f.Traces), err)
		}
		f.Delay = float64(fields{buf, 1}.get16(109)) / 1e3
		f.Traces = append(f.Traces, t)
	}
}

func readTrace(buf []byte, samples int) (Trace, error) {
	h := fields{buf, 1}
	if got := int(h.get16(115)); got != samples {
		return Trace{}, fmt.Errorf("%w: it has %d samples, want %d", ErrFormat, got, samples)
	}
	depth, place := -float64(h.get16(69)), -float64(h.get16(71))
	if depth < 1 || place < 1 {
		return Trace{}, fmt.Errorf("%w: scalars are %g and %g, want negative ones", ErrFormat, -depth, -place)
	}
	t := Trace{
		SourceX: float64(h.get32(73)) / place, SourceY: float64(h.get32(77)) / place,
		SourceZ:   float64(int64(h.get32(49))-int64(h.get32(45))) / depth,
		ReceiverX: float64(h.get32(81)) / place, ReceiverY: float64(h.get32(85)) / place,
		ReceiverZ: float64(-int64(h.get32(41))) / depth,
		Shot:      int(h.get32(9)), Channel: int(h.get32(13)),
		Samples: make([]float32, samples),
	}
	for i := range t.Samples {
		t.Samples[i] = math.Float32frombits(binary.BigEndian.Uint32(buf[traceSize+4*i:]))
	}
	return t, nil
}

// cutShort is the error for a file that ends within the named part.
func cutShort(part string, err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %s is cut short", ErrFormat, part)
	}
	return err
}
