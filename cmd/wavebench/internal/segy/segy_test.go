package segy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// sample is a file of two shots that a round trip keeps to the mm.
func sample() *File {
	return &File{
		Interval: 0.004,
		Delay:    -0.008,
		Text:     []string{"Acoustic model [v2] 50% (a|b) ^ ! Zürich", "X positions in metres, {depth} down @ 1 m"},
		Traces: []Trace{
			{Shot: 7, Channel: 1, SourceX: 100, SourceY: 200, SourceZ: 10, ReceiverX: 400, ReceiverY: 600,
				ReceiverZ: 12.346, Samples: []float32{0, 1, -2.5, math.MaxFloat32, math.SmallestNonzeroFloat32}},
			{Shot: 7, Channel: 2, SourceX: 100, SourceY: 200, SourceZ: 10, ReceiverX: -499.999, ReceiverY: 1000,
				ReceiverZ: -2.5, Samples: []float32{5, 4, 3, 2, 0.1}},
			{Shot: 8, Channel: 1, SourceZ: -3.25, Samples: []float32{0, 0, 0, 0, 0}},
		},
	}
}

func TestRoundTrip(t *testing.T) {
	want := sample()
	var b bytes.Buffer
	if err := Write(&b, want); err != nil {
		t.Fatal(err)
	}
	if n := 3600 + 3*(240+4*5); b.Len() != n {
		t.Errorf("file has %d bytes, want %d", b.Len(), n)
	}
	got, err := Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestOffset(t *testing.T) {
	tr := Trace{SourceX: 1, SourceY: 1, ReceiverX: 4, ReceiverY: -3, ReceiverZ: 100}
	if tr.Offset() != 5 {
		t.Errorf("offset is %v, want 5: horizontal", tr.Offset())
	}
}

// Coordinates are rounded, not cut.
func TestRounding(t *testing.T) {
	f := sample()
	tr := &f.Traces[0]
	tr.SourceX, tr.SourceY, tr.SourceZ, tr.ReceiverZ = 0.0006, -0.0006, 0.0016, -0.0014
	var b bytes.Buffer
	if err := Write(&b, f); err != nil {
		t.Fatal(err)
	}
	got, err := Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	if g := got.Traces[0]; g.SourceX != 0.001 || g.SourceY != -0.001 || g.SourceZ != 0.002 || g.ReceiverZ != -0.001 {
		t.Errorf("source is at %v, %v, %v, receiver at depth %v", g.SourceX, g.SourceY, g.SourceZ, g.ReceiverZ)
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
		if err := Write(&b, f); err != nil {
			t.Errorf("%g s: %v", dt, err)
			continue
		}
		if got := int16(binary.BigEndian.Uint16(b.Bytes()[3216:])); got != want {
			t.Errorf("%g s: interval is %d us, want %d", dt, got, want)
		}
	}
	for _, dt := range []float64{
		0, math.Copysign(0, -1), -0.004, 0.032768, 0.07, 1, 0.00025025, 4e-7, 6e-7, 0.004 * (1 + 2e-6),
		math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64,
	} {
		f := sample()
		f.Interval = dt
		var b bytes.Buffer
		err := Write(&b, f)
		if !errors.Is(err, ErrInterval) || !strings.Contains(err.Error(), "1 to 32767") {
			t.Errorf("%g s: error is %v, want ErrInterval", dt, err)
		}
		if b.Len() != 0 {
			t.Errorf("%g s: %d bytes were written, want none", dt, b.Len())
		}
	}
}

func TestRefused(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string]struct {
		change func(f *File)
		want   error
		text   string
	}{
		"no traces":         {func(f *File) { f.Traces = nil }, ErrValue, "0 traces"},
		"no samples":        {func(f *File) { f.Traces = []Trace{{}} }, ErrSamples, "0 samples"},
		"many samples":      {func(f *File) { f.Traces[0].Samples = make([]float32, 32768) }, ErrSamples, "32768"},
		"uneven":            {func(f *File) { f.Traces[1].Samples = make([]float32, 4) }, ErrSamples, "trace 1"},
		"NaN sample":        {func(f *File) { f.Traces[1].Samples[3] = float32(nan) }, ErrValue, "sample 3"},
		"infinite sample":   {func(f *File) { f.Traces[2].Samples[0] = float32(-inf) }, ErrValue, "sample 0"},
		"NaN place":         {func(f *File) { f.Traces[1].ReceiverY = nan }, ErrValue, "trace 1"},
		"infinite depth":    {func(f *File) { f.Traces[1].SourceZ = inf }, ErrValue, "trace 1"},
		"far away":          {func(f *File) { f.Traces[1].SourceX = 3e9; f.Traces[1].ReceiverX = 3e9 }, ErrValue, "horizontal"},
		"too deep":          {func(f *File) { f.Traces[1].ReceiverZ = -3e9 }, ErrValue, "depth"},
		"long offset":       {func(f *File) { f.Traces[1].SourceX = 2e9; f.Traces[1].ReceiverX = -2e9 }, ErrValue, "offset"},
		"large shot":        {func(f *File) { f.Traces[1].Shot = 1 << 31 }, ErrValue, "2147483648"},
		"large channel":     {func(f *File) { f.Traces[1].Channel = -1<<31 - 1 }, ErrValue, "-2147483649"},
		"odd delay":         {func(f *File) { f.Delay = 0.0005 }, ErrValue, "delay"},
		"long delay":        {func(f *File) { f.Delay = 32.768 }, ErrValue, "delay"},
		"NaN delay":         {func(f *File) { f.Delay = nan }, ErrValue, "delay"},
		"many lines":        {func(f *File) { f.Text = make([]string, 39) }, ErrValue, "39 lines"},
		"long line":         {func(f *File) { f.Text = []string{strings.Repeat("ü", 77)} }, ErrValue, "77 characters"},
		"foreign character": {func(f *File) { f.Text = []string{"", "深"} }, ErrValue, "line 2"},
		"line break":        {func(f *File) { f.Text = []string{"a\nb"} }, ErrValue, "line 1"},
		"not UTF-8":         {func(f *File) { f.Text = []string{"a\xff"} }, ErrValue, "line 1"},
	} {
		f := sample()
		c.change(f)
		var b bytes.Buffer
		err := Write(&b, f)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || !strings.HasPrefix(err.Error(), "segy: ") {
			t.Errorf("%s: error is %v, want %v with %q", name, err, c.want, c.text)
		}
		if b.Len() != 0 {
			t.Errorf("%s: %d bytes were written, want none", name, b.Len())
		}
	}
}

func TestLargestFits(t *testing.T) {
	f := sample()
	f.Text = slices.Repeat([]string{strings.Repeat("~", 76)}, 38)
	f.Traces = f.Traces[:1]
	f.Traces[0].Samples = make([]float32, 32767)
	f.Traces[0].Samples[32766] = 1
	f.Traces[0].Shot, f.Traces[0].Channel = math.MaxInt32, math.MinInt32
	f.Traces[0].SourceX, f.Traces[0].ReceiverX = math.MaxInt32, math.MaxInt32
	f.Interval, f.Delay = 0.032767, -32.768
	var b bytes.Buffer
	if err := Write(&b, f); err != nil {
		t.Fatal(err)
	}
	got, err := Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, f) {
		t.Errorf("what comes back differs: %d lines, %d traces, interval %v, delay %v", len(got.Text), len(got.Traces), got.Interval, got.Delay)
	}
}

func TestGathers(t *testing.T) {
	shots := func(n ...int) *File {
		f := &File{}
		for _, s := range n {
			f.Traces = append(f.Traces, Trace{Shot: s})
		}
		return f
	}
	for _, c := range []struct {
		f                *File
		perShot, sorting int16
	}{
		{shots(1, 1, 1, 2, 2), 3, sortingCommonSource},
		{shots(1, 2, 1), 2, sortingAsRecorded},
		{shots(make([]int, 32767)...), 32767, sortingCommonSource},
		{shots(make([]int, 32768)...), 0, sortingCommonSource},
	} {
		if p, s := c.f.gathers(); p != c.perShot || s != c.sorting {
			t.Errorf("%d traces: %d a shot, sorting %d; want %d, %d", len(c.f.Traces), p, s, c.perShot, c.sorting)
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
		if err := Write(&w, sample()); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("after %d calls: error is %v, want io.ErrClosedPipe", n, err)
		}
	}
}

func TestReadMalformed(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, sample()); err != nil {
		t.Fatal(err)
	}
	good := b.Bytes()
	for name, at := range map[string]int{ // byte numbers of 16-bit fields to spoil
		"revision": 3501, "format": 3225, "fixed length": 3503, "extended headers": 3505, "feet": 3255,
		"samples": 3221, "interval": 3217, "trace samples": 3600 + 115, "elevation scalar": 3600 + 69, "scalar": 3600 + 71,
	} {
		bad := slices.Clone(good)
		bad[at-1] ^= 0x80
		if _, err := Read(bytes.NewReader(bad)); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: error is %v, want ErrFormat", name, err)
		}
	}
	const trace = 240 + 4*5
	for n := range good {
		_, err := Read(bytes.NewReader(good[:n]))
		if whole := n > 3600 && (n-3600)%trace == 0; whole != (err == nil) || !whole && !errors.Is(err, ErrFormat) {
			t.Errorf("cut to %d bytes: error is %v", n, err)
		}
	}
	if _, err := Read(io.MultiReader(bytes.NewReader(good[:4000]), errReader{})); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("error is %v, want io.ErrClosedPipe", err)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := Write(&b, sample()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:3700])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, tr := range file.Traces {
			if len(tr.Samples) != len(file.Traces[0].Samples) {
				t.Fatalf("trace has %d samples, the first %d", len(tr.Samples), len(file.Traces[0].Samples))
			}
		}
		if n := 3600 + len(file.Traces)*(240+4*len(file.Traces[0].Samples)); n != len(data) {
			t.Fatalf("read %d bytes of %d", n, len(data))
		}
	})
}
