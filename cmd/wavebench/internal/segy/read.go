package segy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Read reads a file that Write wrote, for tests: IEEE samples, traces of one
// length, no extended textual headers. It is no reader for files of other
// origin, whose samples, units and header use may differ. A file that it cannot
// read gives ErrFormat; other errors come from r.
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
	f := &File{
		Interval: float64(h.get16(3217)) / 1e6, Samples: int(h.get16(3221)), Double: h.get16(3225) == formatIEEE8,
		Text: decodeText(head),
	}
	wants := map[int]int16{3255: 1, 3501: Rev1.bytes(), 3503: 1, 3505: 0}
	if h.get16(3501) == Rev2_1.bytes() {
		f.Revision, f.Interval, f.Samples = Rev2_1, h.getFloat(3273)/1e6, int(h.get32(3269))
		wants[3501], wants[3507] = Rev2_1.bytes(), 1
	}
	if !f.Double || f.Revision == Rev1 {
		wants[3225] = formatIEEE
	}
	for at, want := range wants {
		if got := h.get16(at); got != want {
			return nil, fmt.Errorf("%w: byte %d holds %d, want %d", ErrFormat, at, got, want)
		}
	}
	if f.Samples < 1 || !(f.Interval > 0) {
		return nil, fmt.Errorf("%w: %d samples every %g s, want more than 0", ErrFormat, f.Samples, f.Interval)
	}
	var traces []Trace
	var data [][]float64
	f.Trace = func(i int) Trace { return traces[i] }
	f.Data = func(i int) []float64 { return data[i] }
	for {
		switch t, samples, err := f.readTrace(r); {
		case err == io.EOF && len(traces) > 0:
			f.Traces = len(traces)
			return f, nil
		case err != nil:
			return nil, fmt.Errorf("trace %d: %w", len(traces), cutShort("it", err))
		default:
			traces, data = append(traces, t), append(data, samples)
		}
	}
}

// readTrace returns io.EOF where r ends before it.
func (f *File) readTrace(r io.Reader) (Trace, []float64, error) {
	h := fields{make([]byte, traceSize), 1}
	if _, err := io.ReadFull(r, h.b); err != nil {
		return Trace{}, nil, err
	}
	if got := h.get16(115); got != short(f.Samples) {
		return Trace{}, nil, fmt.Errorf("%w: it has %d samples, want %d", ErrFormat, got, f.Samples)
	}
	f.Delay, f.Unit = float64(h.get16(109))/1e3, Unit(h.get16(203))
	for f.Sensor = InLine; f.Sensor > SeismicData && f.Sensor.code() != h.get16(29); f.Sensor-- {
	}
	depth, place := divisorOf(h.get16(69)), divisorOf(h.get16(71))
	if depth == 0 || place == 0 {
		return Trace{}, nil, fmt.Errorf("%w: scalars are %d and %d, want 1 or -10 to -10000", ErrFormat, h.get16(69), h.get16(71))
	}
	t := Trace{
		SourceX: float64(h.get32(73)) / place, SourceY: float64(h.get32(77)) / place,
		SourceZ:   float64(int64(h.get32(49))-int64(h.get32(45))) / depth,
		ReceiverX: float64(h.get32(81)) / place, ReceiverY: float64(h.get32(85)) / place,
		ReceiverZ: float64(-int64(h.get32(41))) / depth,
		Shot:      int(h.get32(9)), Channel: int(h.get32(13)), CMP: int(h.get32(21)),
	}
	size := 4
	if f.Revision == Rev2_1 {
		x := fields{make([]byte, traceSize), 1}
		if _, err := io.ReadFull(r, x.b); err != nil {
			return t, nil, noEOF(err)
		}
		if name := x.b[232:]; !bytes.Equal(name, ebcdic("SEG00001")) {
			return t, nil, fmt.Errorf("%w: its second header is named %q, want SEG00001", ErrFormat, decode(name))
		}
		t.SourceX, t.SourceY, t.SourceZ = x.getFloat(97), x.getFloat(105), x.getFloat(57)-x.getFloat(49)
		t.ReceiverX, t.ReceiverY, t.ReceiverZ = x.getFloat(113), x.getFloat(121), 0-x.getFloat(33)
		if f.Double {
			size = 8
		}
	}
	// Grows with what is there: the number of samples may be any.
	data, err := io.ReadAll(io.LimitReader(r, int64(size)*int64(f.Samples)))
	if err == nil && len(data) < size*f.Samples {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return t, nil, err
	}
	samples := make([]float64, f.Samples)
	for i := range samples {
		if size == 8 {
			samples[i] = math.Float64frombits(binary.BigEndian.Uint64(data[8*i:]))
		} else {
			samples[i] = float64(math.Float32frombits(binary.BigEndian.Uint32(data[4*i:])))
		}
	}
	return t, samples, nil
}

// divisorOf undoes scalar; 0 if it did not make s.
func divisorOf(s int16) float64 {
	switch s {
	case 1:
		return 1
	case -10, -100, -1000, -10000:
		return -float64(s)
	}
	return 0
}

// cutShort is the error for a file that ends within the named part.
func cutShort(part string, err error) error {
	if err = noEOF(err); errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %s is cut short", ErrFormat, part)
	}
	return err
}

// noEOF is err where r must not end.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
