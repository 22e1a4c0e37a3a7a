package segy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// file is a File with its traces at hand.
type file struct {
	File
	traces []Trace
	data   [][]float64
}

// done makes the File of what is in f.
func (f *file) done() *File {
	out := f.File
	out.Traces, out.Trace = len(f.traces), func(i int) Trace { return f.traces[i] }
	out.Data = func(i int) []float64 { return f.data[i] }
	return &out
}

// back is what was read, to compare.
func back(f *File) *file {
	out := &file{File: *f}
	for i := range f.Traces {
		out.traces, out.data = append(out.traces, f.Trace(i)), append(out.data, f.Data(i))
	}
	out.Traces, out.Trace, out.Data = 0, nil, nil
	return out
}

// sample is a file of two shots that a round trip keeps to a tenth of a mm.
func sample() *file {
	return &file{File: File{
		Interval: 0.004,
		Delay:    -0.008,
		Samples:  5,
		Sensor:   Vertical,
		Unit:     MetresPerSecond,
		Text:     []string{"Acoustic model [v2] 50% (a|b) ^ ! Zürich", "X positions in metres, {depth} down @ 1 m"},
	}, traces: []Trace{
		{Shot: 7, Channel: 1, CMP: 40, SourceX: 100, SourceY: 200, SourceZ: 10, ReceiverX: 400, ReceiverY: 600,
			ReceiverZ: 12.3467},
		{Shot: 7, Channel: 2, CMP: 41, SourceX: 100, SourceY: 200, SourceZ: 10, ReceiverX: -499.9998, ReceiverY: 1000,
			ReceiverZ: -2.5},
		{Shot: 8, Channel: 1, CMP: 40, SourceZ: -3.25},
	}, data: [][]float64{{0, 1, -2.5, math.MaxFloat32, math.SmallestNonzeroFloat32}, {5, 4, 3, 2, 0.5}, {0, 0, 0, 0, 0}}}
}

// wide is a file that only revision 2.1 holds.
func wide() *file {
	f := sample()
	f.Revision, f.Double, f.Interval = Rev2_1, true, 1.25e-10
	f.traces[0].SourceX, f.traces[0].ReceiverX, f.traces[0].ReceiverZ = 3e9+0.125, -1e-7/3, math.Pi
	f.data[0][3] = -math.MaxFloat64
	return f
}

func TestRoundTrip(t *testing.T) {
	long := wide()
	long.Samples, long.traces, long.data = 70_000, long.traces[:1], long.data[:1]
	long.data[0] = make([]float64, 70_000)
	long.data[0][69_999] = math.Pi
	single := wide()
	infinite := sample() // what took long to compute is kept, whatever it is
	infinite.data[2][4] = math.Inf(-1)
	single.Double, single.data[0][3] = false, 0.25
	for name, c := range map[string]struct {
		f    *file
		size int
	}{
		"revision 1": {sample(), 3600 + 3*(240+4*5)}, "revision 2.1": {wide(), 3600 + 3*(480+8*5)},
		"infinite": {infinite, 3600 + 3*(240+4*5)}, "long": {long, 3600 + 480 + 8*70_000}, "float32": {single, 3600 + 3*(480+4*5)},
	} {
		want := c.f
		var b bytes.Buffer
		if err := Write(t.Context(), &b, want.done()); err != nil {
			t.Fatal(name, err)
		}
		if n := want.done().Size(); b.Len() != c.size || n != int64(c.size) {
			t.Errorf("%s: file has %d bytes, and %d by Size, want %d", name, b.Len(), n, c.size)
		}
		got, err := Read(&b)
		if err != nil {
			t.Fatal(name, err)
		}
		if !reflect.DeepEqual(back(got), want) {
			t.Errorf("%s: got %+v\nwant %+v", name, back(got), want)
		}
	}
}

// A receiver at smaller X, or at smaller Y on a line along Y, has a negative offset.
func TestOffset(t *testing.T) {
	for _, c := range []struct{ rx, ry, want float64 }{
		{5, -2, 5}, {-2, 5, 5}, {4, -3, -5}, {-3, -2, -5}, {1, -4, -5}, {1.5, -4, -math.Hypot(0.5, 5)}, {1, 1, 0},
	} {
		tr := Trace{SourceX: 1, SourceY: 1, ReceiverX: c.rx, ReceiverY: c.ry, ReceiverZ: 100}
		if tr.Offset() != c.want {
			t.Errorf("receiver at %g, %g: offset is %v, want %v: horizontal, with a sign", c.rx, c.ry, tr.Offset(), c.want)
		}
	}
}

// Coordinates are rounded, not cut.
func TestRounding(t *testing.T) {
	f := sample()
	tr := &f.traces[0]
	tr.SourceX, tr.SourceY, tr.SourceZ, tr.ReceiverZ = 0.00006, -0.00006, 0.00016, -0.00014
	var b bytes.Buffer
	if err := Write(t.Context(), &b, f.done()); err != nil {
		t.Fatal(err)
	}
	got, err := Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	if g := got.Trace(0); g.SourceX != 0.0001 || g.SourceY != -0.0001 || g.SourceZ != 0.0002 || g.ReceiverZ != -0.0001 {
		t.Errorf("source is at %v, %v, %v, receiver at depth %v", g.SourceX, g.SourceY, g.SourceZ, g.ReceiverZ)
	}
}

// Seventy-one receivers, one every step from x on, at depth z.
func line(x, step, z float64) *file {
	f := &file{File: File{Interval: 1e-6, Samples: 1}}
	for i := range 71 {
		f.traces = append(f.traces, Trace{Shot: 1, Channel: i, SourceX: x, SourceZ: z, ReceiverX: x + float64(i)*step, ReceiverZ: z})
	}
	return f
}

func TestRounded(t *testing.T) {
	for name, c := range map[string]struct {
		f    *file
		cell float64
		want map[string]Rounding
	}{
		"metres":     {line(100, 5, 20), 5, nil},
		"halves":     {line(100, 2.5, 20), 2.5, map[string]Rounding{"offsets": {"offsets", 1, 0.5, 71, 71}}},
		"not much":   {line(100, 12.5, 20), 12.5, nil},
		"0.4 mm":     {line(0, 0.0004, 0), 0.0004, map[string]Rounding{"offsets": {"offsets", 1, 0.028, 71, 1}}},
		"10 um":      {line(0, 1e-5, 0), 1e-5, map[string]Rounding{"offsets": {"offsets", 1, 7e-4, 71, 1}, "coordinates": {"coordinates", 1e-4, 5e-5, 71, 8}}},
		"far":        {line(3e7, 0.25, 0), 0.25, map[string]Rounding{"offsets": {"offsets", 1, 0.5, 71, 19}, "coordinates": {"coordinates", 0.1, 0.05, 71, 71}}},
		"far, large": {line(3e7, 20, 0), 20, nil},
		"depths":     {line(0, 1, 1e-3/3), 1e-3, map[string]Rounding{"depths": {"depths", 1e-4, 1e-4 / 3, 1, 1}}},
		"2.1":        {func() *file { f := line(0, 1e-5, 0); f.Revision = Rev2_1; return f }(), 1e-5, nil},
	} {
		got, err := c.f.done().Rounded(t.Context(), c.cell)
		if err != nil {
			t.Fatal(name, err)
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
		for _, g := range got {
			w := c.want[g.What]
			if math.Abs(g.Error-w.Error) > 1e-6*w.Unit || math.Abs(g.Unit-w.Unit) > 1e-12 || g.Differ != w.Differ || g.Stored != w.Stored {
				t.Errorf("%s: got %+v, want %+v", name, g, w)
			}
		}
	}
}

func TestInterval(t *testing.T) {
	tenth := 0.1
	for dt, want := range map[float64]int16{
		3 * tenth / 100: 3000, // not the nearest float64 to 0.003
		1e-6:            1, 0.0005: 500, 0.001: 1000, 0.032767: 32767, 0.004 * (1 + 5e-7): 4000,
	} {
		f := sample()
		f.Interval = dt
		var b bytes.Buffer
		if err := Write(t.Context(), &b, f.done()); err != nil {
			t.Errorf("%g s: %v", dt, err)
			continue
		}
		if got := int16(binary.BigEndian.Uint16(b.Bytes()[3216:])); got != want {
			t.Errorf("%g s: interval is %d us, want %d", dt, got, want)
		}
	}
	wrong := []float64{0, math.Copysign(0, -1), -0.004, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64}
	for _, dt := range append([]float64{0.032768, 0.07, 1, 0.00025025, 4e-7, 6e-7, 0.004 * (1 + 2e-6)}, wrong...) {
		f := sample()
		f.Interval = dt
		var b bytes.Buffer
		err := Write(t.Context(), &b, f.done())
		if !errors.Is(err, ErrInterval) || !strings.Contains(err.Error(), "1 to 32767") {
			t.Errorf("%g s: error is %v, want ErrInterval", dt, err)
		}
		if b.Len() != 0 {
			t.Errorf("%g s: %d bytes were written, want none", dt, b.Len())
		}
		f.Revision = Rev2_1
		if _, err := f.done().Rounded(t.Context(), 1); slices.Contains(wrong, dt) != errors.Is(err, ErrInterval) && !math.IsNaN(dt) || math.IsNaN(dt) && err == nil {
			t.Errorf("%g s in revision 2.1: error is %v", dt, err)
		}
	}
}

func TestRefused(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string]struct {
		change func(f *file)
		want   error
		text   string
	}{
		"no traces":         {func(f *file) { f.traces = nil }, ErrValue, "0 traces"},
		"no samples":        {func(f *file) { f.Samples = 0 }, ErrSamples, "0 samples"},
		"many samples":      {func(f *file) { f.Samples = 70_000 }, ErrSamples, "70000 samples, want 1 to 32767"},
		"NaN place":         {func(f *file) { f.traces[1].ReceiverY = nan }, ErrValue, "trace 1"},
		"infinite depth":    {func(f *file) { f.traces[1].SourceZ = inf }, ErrValue, "trace 1"},
		"far away":          {func(f *file) { f.traces[1].SourceX = 3e9; f.traces[1].ReceiverX = 3e9 }, ErrValue, "horizontal"},
		"too deep":          {func(f *file) { f.traces[1].ReceiverZ = -3e9 }, ErrValue, "depth"},
		"long offset":       {func(f *file) { f.traces[1].SourceX = 2e9; f.traces[1].ReceiverX = -2e9 }, ErrValue, "offset"},
		"large shot":        {func(f *file) { f.traces[1].Shot = 1 << 31 }, ErrValue, "2147483648"},
		"large midpoint":    {func(f *file) { f.traces[2].CMP = 1 << 31 }, ErrValue, "trace 2"},
		"float64":           {func(f *file) { f.Double = true }, ErrValue, "float32"},
		"large channel":     {func(f *file) { f.traces[1].Channel = -1<<31 - 1 }, ErrValue, "-2147483649"},
		"odd delay":         {func(f *file) { f.Delay = 0.0005 }, ErrValue, "delay"},
		"long delay":        {func(f *file) { f.Delay = 32.768 }, ErrValue, "delay"},
		"NaN delay":         {func(f *file) { f.Delay = nan }, ErrValue, "delay"},
		"many lines":        {func(f *file) { f.Text = make([]string, 39) }, ErrValue, "39 lines"},
		"long line":         {func(f *file) { f.Text = []string{strings.Repeat("ü", 77)} }, ErrValue, "77 characters"},
		"foreign character": {func(f *file) { f.Text = []string{"", "深"} }, ErrValue, "line 2"},
		"line break":        {func(f *file) { f.Text = []string{"a\nb"} }, ErrValue, "line 1"},
		"not UTF-8":         {func(f *file) { f.Text = []string{"a\xff"} }, ErrValue, "line 1"},
	} {
		f := sample()
		c.change(f)
		var b bytes.Buffer
		err := Write(t.Context(), &b, f.done())
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || !strings.HasPrefix(err.Error(), "segy: ") {
			t.Errorf("%s: error is %v, want %v with %q", name, err, c.want, c.text)
		}
		if b.Len() != 0 {
			t.Errorf("%s: %d bytes were written, want none", name, b.Len())
		}
	}
}

// A trace of the wrong length cannot be seen before it is written.
func TestUneven(t *testing.T) {
	f := sample()
	f.data[1] = f.data[1][:4]
	if err := Write(t.Context(), io.Discard, f.done()); !errors.Is(err, ErrSamples) || !strings.Contains(err.Error(), "trace 1") {
		t.Errorf("error is %v, want ErrSamples with trace 1", err)
	}
}

func TestLargestFits(t *testing.T) {
	f := sample()
	f.Text = slices.Repeat([]string{strings.Repeat("~", 76)}, 38)
	f.traces, f.data = f.traces[:1], f.data[:1]
	f.Samples = 32767
	f.data[0] = make([]float64, 32767)
	f.data[0][32766] = 1
	f.traces[0].Shot, f.traces[0].Channel = math.MaxInt32, math.MinInt32
	f.traces[0].SourceX, f.traces[0].ReceiverX = math.MaxInt32, math.MaxInt32
	f.Interval, f.Delay = 0.032767, -32.768
	var b bytes.Buffer
	if err := Write(t.Context(), &b, f.done()); err != nil {
		t.Fatal(err)
	}
	got, err := Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	if g := back(got); !reflect.DeepEqual(g, f) {
		t.Errorf("what comes back differs: %d lines, %d traces, interval %v, delay %v", len(g.Text), len(g.traces), g.Interval, g.Delay)
	}
}

func TestGathers(t *testing.T) {
	for _, c := range []struct {
		shots            []int
		written, sorting int16
		extended         int
	}{
		{[]int{1, 1, 1, 2, 2}, 3, sortingCommonSource, 3},
		{[]int{1, 2, 1}, 2, sortingAsRecorded, 2},
		{make([]int, 32767), 32767, sortingCommonSource, 32767},
		{make([]int, 32768), 0, sortingCommonSource, 32768},
	} {
		f := &file{File: File{Interval: 1, Samples: 1, Revision: Rev2_1}}
		for _, s := range c.shots {
			f.traces = append(f.traces, Trace{Shot: s})
		}
		l, err := f.done().check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h := fields{l.binaryHeader(), 3201}
		if p, s, x := h.get16(3213), h.get16(3229), h.get32(3261); p != c.written || s != c.sorting || x != int32(c.extended) {
			t.Errorf("%d traces: %d a shot, sorting %d, extended %d; want %d, %d, %d", len(c.shots), p, s, x, c.written, c.sorting, c.extended)
		}
	}
}

// failAfter is a writer that takes n calls, then fails.
type failAfter int

func (n *failAfter) Write(p []byte) (int, error) {
	if *n == 0 {
		return 0, io.ErrClosedPipe
	}
	*n--
	return len(p), nil
}

func TestWriterError(t *testing.T) {
	for n := range 4 { // headers and three traces
		w := failAfter(n)
		if err := Write(t.Context(), &w, sample().done()); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("after %d calls: error is %v, want io.ErrClosedPipe", n, err)
		}
	}
}

func TestReadMalformed(t *testing.T) {
	first := map[string]int{ // byte numbers of 16-bit fields to spoil
		"revision": 3501, "format": 3225, "fixed length": 3503, "extended headers": 3505, "feet": 3255,
		"trace samples": 3600 + 115, "elevation scalar": 3600 + 69, "scalar": 3600 + 71,
	}
	for _, c := range []struct {
		f     *file
		trace int // bytes
		more  map[string]int
	}{
		{sample(), 240 + 4*5, map[string]int{"samples": 3221, "interval": 3217}},
		{wide(), 480 + 8*5, map[string]int{"samples": 3269, "interval": 3273, "second headers": 3507, "name": 3600 + 240 + 233}},
	} {
		var b bytes.Buffer
		if err := Write(t.Context(), &b, c.f.done()); err != nil {
			t.Fatal(err)
		}
		good := b.Bytes()
		maps.Copy(c.more, first)
		for name, at := range c.more {
			bad := slices.Clone(good)
			bad[at-1] ^= 0x80
			if _, err := Read(bytes.NewReader(bad)); !errors.Is(err, ErrFormat) {
				t.Errorf("%s: error is %v, want ErrFormat", name, err)
			}
		}
		for n := range good {
			_, err := Read(bytes.NewReader(good[:n]))
			if whole := n > 3600 && (n-3600)%c.trace == 0; whole != (err == nil) || !whole && !errors.Is(err, ErrFormat) {
				t.Errorf("cut to %d bytes: error is %v", n, err)
			}
		}
		if _, err := Read(io.MultiReader(bytes.NewReader(good[:4000]), errReader{})); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("error is %v, want io.ErrClosedPipe", err)
		}
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func FuzzRead(f *testing.F) {
	for _, x := range []*file{sample(), wide()} {
		var b bytes.Buffer
		if err := Write(f.Context(), &b, x.done()); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
		f.Add(b.Bytes()[:3700])
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		size := 240 + 4*file.Samples
		if file.Revision == Rev2_1 {
			size += 240
		}
		if file.Double {
			size += 4 * file.Samples
		}
		for i := range file.Traces {
			if n := len(file.Data(i)); n != file.Samples {
				t.Fatalf("trace has %d samples, want %d", n, file.Samples)
			}
		}
		if n := 3600 + file.Traces*size; n != len(data) {
			t.Fatalf("read %d bytes of %d", n, len(data))
		}
	})
}

// TestSensors: the codes of SEG-Y revision 1 for what recorded traces, and for their unit.
func TestSensors(t *testing.T) {
	for sensor, want := range map[Sensor][2]int16{ // bytes 29-30 and 3257-3258
		SeismicData: {1, 0}, Pressure: {11, 2}, Vertical: {12, 1}, CrossLine: {13, 0}, InLine: {14, 0},
	} {
		for unit, code := range map[Unit]int16{OtherUnit: -1, UnknownUnit: 0, Pascal: 1, MetresPerSecond: 6} {
			f := sample()
			f.Sensor, f.Unit = sensor, unit
			var b bytes.Buffer
			if err := Write(t.Context(), &b, f.done()); err != nil {
				t.Fatal(err)
			}
			trace := fields{b.Bytes()[3600:], 1}
			if got := [2]int16{trace.get16(29), fields{b.Bytes(), 1}.get16(3257)}; got != want || trace.get16(203) != code {
				t.Errorf("sensor %d in unit %d: identification and polarity %v, unit %d", sensor, unit, got, trace.get16(203))
			}
			if r, err := Read(&b); err != nil || r.Sensor != sensor || r.Unit != unit {
				t.Errorf("sensor %d in unit %d reads back as %v, %v", sensor, unit, r, err)
			}
		}
	}
	f := sample()
	f.Sensor = InLine + 1
	if err := Write(t.Context(), io.Discard, f.done()); !errors.Is(err, ErrValue) {
		t.Errorf("an unknown sensor: %v", err)
	}
}
