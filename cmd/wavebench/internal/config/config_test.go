package config

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

const good = `model: {shape: [20, 30], value: 1500, spacing: 10}
time: {dt: 0.001, nt: 50}
sources:
  unit: cells
  list: [[2, 3], [2, 20]]
  wavelet: {type: ricker, freq: 25}
receivers:
  unit: metres
  line: {from: [10, 0], to: [10, 290], step: 20}
options: {accuracy: 4}
`

func TestParse(t *testing.T) {
	s, err := Parse("s.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if s.Time.NT != 50 || s.Sources.Shots != "each" || s.Options.Backend != "cpu" || !s.Output.Receivers || *s.Sources.Wavelet.PeakTime != 0.06 {
		t.Errorf("got %+v", s)
	}
}

// TestRecordReadsBack proves that a survey written as JSON, as in a record, is the
// same survey.
func TestRecordReadsBack(t *testing.T) {
	texts := []string{good}
	files, err := filepath.Glob("../../../../examples/*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	for _, text := range texts {
		s, err := Parse("s.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("s.json", data)
		if err != nil {
			t.Fatalf("%v in\n%s", err, data)
		}
		s.origin, again.origin, s.notes = origin{}, origin{}, nil
		if !reflect.DeepEqual(s, again) {
			t.Errorf("got %+v, want %+v", again, s)
		}
	}
}

// TestBadInput changes the good survey in one place each.
func TestBadInput(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"spacing: 10", "spcing: 10", `s.yaml:1: unknown key "spcing" in model: did you mean "spacing"?`},
		{"accuracy: 4", "acuracy: 4", `s.yaml:10: unknown key "acuracy" in options: did you mean "accuracy"?`},
		{"receivers:", "recievers:", `s.yaml:7: unknown key "recievers" in the survey: did you mean "receivers"?`},
		{"accuracy: 4", "whatsoever: 4", "its keys are backend, dtype"},
		{"accuracy: 4", "accuracy: 3", "s.yaml:10: options.accuracy is 3, want 2, 4, 6 or 8"},
		{"accuracy: 4", "accuracy: four", `options.accuracy is "four", want a whole number`},
		{"accuracy: 4", "accuracy: 4.5", "want a whole number"},
		{"accuracy: 4", "dtype: float16", `options.dtype is "float16", want float32 or float64 (did you mean "float32"?)`},
		{"accuracy: 4", "pml_width: -1", "options.pml_width is -1, want 0 to 1000000 cells"},
		{"accuracy: 4", "pml_width: edge", "options.pml_width is -1"},
		{"accuracy: 4", "time_taper: 1", "want true or false"},
		{"accuracy: 4", "freq_taper_frac: 1", "want a fraction"},
		{"accuracy: 4", "time_pad_frac: .nan", "options.time_pad_frac is NaN"},
		{"accuracy: 4", "max_vel: -1", "options.max_vel is -1"},
		{"accuracy: 4", "threads: -1", "options.threads is -1"},
		{"spacing: 10", "spacing: 0", "s.yaml:1: model.spacing is 0, want a finite number above 0 m"},
		{"spacing: 10", "spacing: -1", "model.spacing is -1"},
		{"spacing: 10", "spacing: .nan", "model.spacing is NaN"},
		{"spacing: 10", "spacing: .inf", "model.spacing is +Inf"},
		{", spacing: 10", "", "model.spacing is missing"},
		{"value: 1500", "value: .nan", "model.value is NaN"},
		{"value: 1500, ", "", "model.file is missing"},
		{"value: 1500", "value: -1", "model.value is -1"},
		{"value: 1500", "value:", "s.yaml:1: model.file is missing"},
		{"spacing: 10", "spacing: 1e-320", "model.spacing is 1e-320"},
		{"value: 1500", "value: 1500, file: x.npy", "model.file is"},
		{"shape: [20, 30], value: 1500", "file: x.bin", "model.shape is missing"},
		{"shape: [20, 30]", "shape: [20, -30]", "model.shape is [20 -30]"},
		{"shape: [20, 30]", "shape: [1000000, 1000000, 1000000]", "at most"},
		{"shape: [20, 30]", "shape: [2, 3, 4, 5]", "1 to 3 extents"},
		{"dt: 0.001", "dt: 0", "s.yaml:2: time.dt is 0"},
		{"dt: 0.001", "dt: .nan", "time.dt is NaN"},
		{"dt: 0.001, ", "", "time.dt is missing"},
		{", nt: 50", "", "time.nt is missing"},
		{"nt: 50", "nt: 50, duration: 1", "not both"},
		{"nt: 50", "nt: 0", "time.nt is 0"},
		{"nt: 50", "duration: 1e-9", "time.duration"},
		{"freq: 25", "freq: -3", "sources.wavelet.freq is -3"},
		{", freq: 25", "", "sources.wavelet.freq is missing"},
		{"freq: 25", "freq: 25, cycles: 3", "no such key for a wavelet of type ricker"},
		{"type: ricker", "type: riker", `did you mean "ricker"?`},
		{"type: ricker, freq: 25", "type: ormsby, freqs: [1, 2, 3]", "four rising frequencies"},
		{"unit: cells", "unit: cell", `did you mean "cells"?`},
		{"  unit: cells\n", "", "sources.unit is missing"},
		{"list: [[2, 3], [2, 20]]", "list: []", "one of list, line and grid"},
		{"list: [[2, 3], [2, 20]]", "list: [[2, .inf]]", "finite coordinates"},
		{"list: [[2, 3], [2, 20]]", "list: 3", "sources.list is"},
		{"list: [[2, 3], [2, 20]]", "grid: {from: [0, 0], to: [1, 1], counts: [1e6, 1e6]}", "at most 1000000 in all"},
		{"step: 20", "count: 1e12", "receivers.line.count is 1000000000000, want 1 to 1000000"},
		{"step: 20", "step: 1e-12", "at most 1000000 positions"},
		{"step: 20", "step: 0", "receivers.line.step is 0"},
		{"step: 20", "step: 20, count: 3", "given both count and step"},
		{"to: [10, 290]", "to: [10]", "want 2 coordinates"},
		{"options: {accuracy: 4}", "options: {accuracy: 4, accuracy: 2}", "s.yaml:10: not valid YAML"},
		{"options: {accuracy: 4}", "options: [1]", "options is a list, want keys"},
		{"options: {accuracy: 4}", "output: {snapshots: {}}", "given neither count nor every"},
		{"options: {accuracy: 4}", "output: {snapshots: {every: -1}}", "output.snapshots.every is -1"},
		{"options: {accuracy: 4}", "a: &x [1]\noptions: *x", `unknown key "a"`},
		{"options: {accuracy: 4}", "options: &x {accuracy: 4}", "a YAML anchor, alias or tag"},
		{"options: {accuracy: 4}", "---\nmodel: {}", "a second YAML document"},
		{"model:", "model", "not valid YAML"},
		{good, "", "s.yaml: empty"},
		{good, "[1, 2]", "the survey is a list"},
		{good, strings.Repeat("[", 100000), "nested too deeply"},
		{good, strings.Repeat("- ", 100000), "nested too deeply"},
		{good, strings.Repeat("#", MaxFile+1), "at most"},
		{"accuracy: 4", "survey_pad: -3", "options.survey_pad is -3"},
	} {
		text := strings.Replace(good, c.from, c.to, 1)
		if text == good {
			t.Errorf("%q is not in the good survey", c.from)
		}
		_, err := Parse("s.yaml", []byte(text))
		var ce *Error
		if !errors.As(err, &ce) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: got %v, want %q", c.to, c.from, err, c.want)
		}
	}
}

// TestEncodings reads one survey as editors write it, and refuses what is no text.
func TestEncodings(t *testing.T) {
	wide := func(order binary.AppendByteOrder, text string) []byte {
		var b []byte
		for _, u := range utf16.Encode([]rune(text)) {
			b = order.AppendUint16(b, u)
		}
		return b
	}
	const mark = "\ufeff"
	crlf := strings.ReplaceAll(good, "\n", "\r\n")
	name := strings.Replace(good, "{accuracy: 4}", "{backend: \"Größe 🌊\"}", 1)
	want, err := Parse("s.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	for what, data := range map[string][]byte{
		"mark": []byte(mark + good), "mark, CRLF": []byte(mark + crlf), "CR": []byte(strings.ReplaceAll(good, "\n", "\r")), "latin-1": []byte("# gr\xf6\xdfer\n" + good),
		"UTF-16LE": wide(binary.LittleEndian, mark+good), "UTF-16BE": wide(binary.BigEndian, mark+good), "UTF-16LE, CRLF": wide(binary.LittleEndian, mark+crlf),
		"UTF-16LE without mark": wide(binary.LittleEndian, good), "UTF-16BE without mark": wide(binary.BigEndian, crlf),
		"UTF-16LE beyond 16 bits": wide(binary.LittleEndian, mark+name), "JSON": wide(binary.BigEndian, "\ufeff{\"model\": {\"shape\": [20, 30], \"value\": 1500, \"spacing\": 10}, "+
			`"time": {"dt": 0.001, "nt": 50}, "sources": {"unit": "cells", "list": [[2, 3]], "wavelet": {"type": "ricker", "freq": 25}}, "receivers": {"unit": "cells", "list": [[1, 1]]}}`),
	} {
		s, err := Parse("s.yaml", data)
		if err != nil || !reflect.DeepEqual(s.Model, want.Model) {
			t.Errorf("%s: %v", what, err)
		}
		if err == nil && what == "UTF-16LE beyond 16 bits" && s.Options.Backend != "Größe 🌊" {
			t.Errorf("%s: %q", what, s.Options.Backend)
		}
	}
	for got, data := range map[string]string{
		"is a NumPy file, want a survey":           "\x93NUMPY\x01\x00",
		"is a zip file, such as .npz":              "PK\x03\x04\x14\x00",
		"is a picture":                             "\x89PNG\r\n\x1a\n",
		"is a gzip file":                           "\x1f\x8b\x08",
		"s.yaml:2: is not a text: it has a byte 0": "model:\n\x00\x01",
		"is not a text: it has a byte 0x00":        "\x00\x80\xbb\x44\x00\x80\xbb\x44",
		"is not a text: it has a byte 0x01":        good + "\x01",
		"s.yaml: empty":                            mark,
	} {
		_, err := Parse("s.yaml", []byte(data))
		if err == nil || !strings.Contains(err.Error(), got) || len(err.Error()) > 150 {
			t.Errorf("%.20q: got %v, want %q", data, err, got)
		}
	}
}

func TestGeometry(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     string
		sources  [][][]float64 // if want is empty
		traces   int
	}{
		{"", "", "", [][][]float64{{{2, 3}}, {{2, 20}}}, 15},
		{"list: [[2, 3], [2, 20]]", "list: [[2, 3], [2, 20]]\n  shots: together", "", [][][]float64{{{2, 3}, {2, 20}}}, 15},
		{"unit: cells\n  list: [[2, 3], [2, 20]]", "unit: metres\n  list: [[20.00000001, 25]]", "", [][][]float64{{{2, 2.5}}}, 15},
		{"unit: cells\n  list: [[2, 3], [2, 20]]", "unit: metres\n  snap: true\n  list: [[21, 26]]", "", [][][]float64{{{2, 3}}}, 15},
		{"list: [[2, 3], [2, 20]]", "grid: {from: [1, 2], to: [1, 4], counts: [1, 3]}", "", [][][]float64{{{1, 2}}, {{1, 3}}, {{1, 4}}}, 15},
		{"list: [[2, 3], [2, 20]]", "line: {from: [0, 0], to: [0, 9.5], step: 4}", "", [][][]float64{{{0, 0}}, {{0, 4}}, {{0, 8}}}, 15},
		{"from: [10, 0], to: [10, 290], step: 20}", "from: [0, -20], to: [0, 40], count: 2}\n  relative: true", "", [][][]float64{{{2, 3}}, {{2, 20}}}, 2},
		{"from: [10, 0], to: [10, 290], step: 20}", "from: [0, -40], to: [0, 40], count: 2}\n  relative: true", "s.yaml:9: receivers.line, number 0 of shot 0, is outside the model, at [20, -10] m, want x from 0 to 290 metres", nil, 0},
		{"[2, 20]]", "[2, 30]]", "s.yaml:5: sources.list[1] is outside the model, at cell [2, 30], want x from 0 to 29 cells", nil, 0},
		{"[2, 20]]", "[2]]", "s.yaml:5: sources.list[1] is of 1 coordinates, want 2", nil, 0},
		{"freq: 25", "freq: 25, amplitude: [1, 2, 3]", "one for each of the 2 sources", nil, 0},
		{"from: [10, 0], to: [10, 290]", "from: [10], to: [290]", "receivers.line is of 1 coordinates", nil, 0},
	} {
		s, err := Parse("s.yaml", []byte(strings.Replace(good, c.from, c.to, 1)))
		if err != nil {
			t.Errorf("%s: %v", c.to, err)
			continue
		}
		g, err := s.Geometry([]int{20, 30}, []float64{10, 10}, nil)
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %v, want %q", c.to, err, c.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.to, err)
			continue
		}
		if !reflect.DeepEqual(g.Sources, c.sources) || len(g.Receivers[0]) != len(g.Sources) || len(g.Receivers[0][0]) != c.traces {
			t.Errorf("%s: sources %v and %d receivers, want %v and %d", c.to, g.Sources, len(g.Receivers[0]), c.sources, c.traces)
		}
	}
}

func TestRelativeFollowsSource(t *testing.T) {
	text := strings.Replace(good, "from: [10, 0], to: [10, 290], step: 20}", "from: [0, -20], to: [0, 40], count: 2}\n  relative: true", 1)
	s, err := Parse("s.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	g, err := s.Geometry([]int{20, 30}, []float64{10, 10}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := [][][]float64{{{2, 1}, {2, 7}}, {{2, 18}, {2, 24}}}; !reflect.DeepEqual(g.Receivers[0], want) || !Whole(g.Receivers[0]) {
		t.Errorf("receivers %v, want %v", g.Receivers, want)
	}
}

func TestNearest(t *testing.T) {
	for _, c := range []struct{ word, want string }{{"spcing", "spacing"}, {"nn", "nt"}, {"xyz", ""}, {"", ""}, {"dtyp", "dtype"}} {
		if got := Nearest(c.word, []string{"spacing", "nt", "dtype"}); got != c.want {
			t.Errorf("Nearest(%q) is %q, want %q", c.word, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(elastic))
	f.Add([]byte("\xff\xfem\x00o\x00"))
	f.Add([]byte("a: &a [1]\nb: [*a, *a]\n<<: *a\n"))
	f.Add([]byte("model: {spacing: [1, !!str 2]}\n? [x]\n: |\n  y\n"))
	f.Add([]byte(`{"model": {"file": "x.npy", "spacing": [1e308]}, "time": {"dt": 1e-320, "duration": 1}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("f", data)
		var ce *Error
		if err != nil {
			if !errors.As(err, &ce) || len(ce.Problems) == 0 {
				t.Fatalf("error %v, want an *Error with problems", err)
			}
			_ = err.Error()
			return
		}
		for ndim := 1; ndim <= 3; ndim++ {
			_, _ = s.Emissions(ndim)
			_, _ = s.Records(ndim)
		}
		_ = s.Files()
		ground, err := s.Surface([]int{7, 9}, []float64{10, 5}, make([]float64, 9))
		if err != nil {
			return
		}
		_ = s.Sides(2)
		if g, err := s.Geometry([]int{7, 9}, []float64{10, 5}, ground); err == nil && len(g.Receivers) > 0 && len(g.Sources) != len(g.Receivers[0]) {
			t.Fatalf("%d shots with sources, %d with receivers", len(g.Sources), len(g.Receivers))
		}
		if _, err := json.Marshal(s); err != nil {
			t.Fatalf("a good survey that cannot be written: %v", err)
		}
	})
}

// TestLargeFile bounds the time that the largest files take.
func TestLargeFile(t *testing.T) {
	long := strings.Repeat("[-2, -3], ", MaxFile/64)
	text := strings.Replace(good, "list: [[2, 3], [2, 20]]", "list: ["+long+"]", 1)
	began := time.Now()
	s, err := Parse("s.yaml", []byte(text))
	if err != nil || len(s.Sources.List) != MaxFile/64 {
		t.Fatalf("got %v", err)
	}
	if d := time.Since(began); d > 30*time.Second {
		t.Errorf("parsing took %v", d)
	}
	t.Log(time.Since(began))
}

// TestSlips: what is left out by mistake is not made up.
func TestSlips(t *testing.T) {
	const good = "model: {shape: [20, 30], value: 1500, spacing: 10, layers: [{top: 50, value: 2000}]}\ntime: {dt: 0.001, nt: 100}\n" +
		"sources: {unit: cells, list: [[5, 5]], wavelet: {type: ricker, freq: 15}}\nreceivers: {unit: cells, line: {from: [5, 5], to: [5, 25], step: 5}}\n"
	for _, test := range []struct{ old, new, want string }{
		{"top: 50, ", "", "s.yaml:1: model.layers[0].top is missing"},
		{"top: 50", "top:", "model.layers[0].top is missing"},
		{", value: 2000", "", "model.layers[0].value is missing"},
		{"freq: 15", "freq:", "s.yaml:3: sources.wavelet.freq is missing"},
		{"dt: 0.001", "dt:", "s.yaml:2: time.dt is missing"},
		{"nt: 100", "nt:", "s.yaml:2: time.nt is missing"},
		{"shape: [20, 30], value: 1500", "file: x.npy, member: v", `s.yaml:1: model.member is "v", want it only for a .npz`},
		{"shape: [20, 30], value: 1500", "file: x.npz, big_endian: true", "s.yaml:1: model.big_endian is true"},
		{", step: 5", ", step:", "s.yaml:4: receivers.line is given neither count nor step"},
		{"time: {dt: 0.001, nt: 100}\n", "", "s.yaml:1: time.dt is missing"},
	} {
		_, err := Parse("s.yaml", []byte(strings.Replace(good, test.old, test.new, 1)))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q for %q: got %v, want %q", test.new, test.old, err, test.want)
		}
	}
	s, err := Parse("s.yaml", []byte(strings.Replace(good, "step: 5", "step: 50", 1)))
	if err != nil || len(s.Notes()) != 1 || !strings.Contains(s.Notes()[0].String(), "s.yaml:4: receivers.line.step: 50 is more than the 20 between") {
		t.Errorf("%v, %v", s.Notes(), err)
	}
}

// TestLineEnds: messages name the same line however lines end.
func TestLineEnds(t *testing.T) {
	const text = "model: {shape: [20, 30], value: 1500, spacing: 10} # a comment\n\n# another\ntime: {dt: 0.001, nt: 0}\n" +
		"sources: {unit: cells, list: [[5, 5]], wavelet: {type: ricker, freq: 15}}\nreceivers: {unit: cells, list: [[5, 5]]}\n"
	for _, end := range []string{"\n", "\r\n", "\r"} {
		_, err := Parse("s.yaml", []byte(strings.ReplaceAll(text, "\n", end)))
		if err == nil || !strings.HasPrefix(err.Error(), "s.yaml:4: time.nt is 0") {
			t.Errorf("%q: %v", end, err)
		}
	}
}

// A long text that is no survey is refused at once, whatever its lines look like, and a
// long survey is read.
func TestLongTexts(t *testing.T) {
	repeat := func(line string) string {
		var b strings.Builder
		for i := range 100_000 {
			fmt.Fprintf(&b, line, i)
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"keys": repeat("k%d: 1\n"), "indented": "model:\n" + repeat("  k%d: 1\n"), "of a log": repeat("2026-01-01 10:00 %d: x\n"), "parted": repeat("k%d:\n x: 1\n"),
		"table": repeat("%d, 2, 3\n"), "words": repeat("w%d\n"), "list": repeat("- %d\n"), "one line": "{" + repeat("k%d: 1,") + "}", "brackets": repeat("]k%d: 1\n"),
	} {
		began := time.Now()
		if _, err := Parse("s.yaml", []byte(text)); err == nil || time.Since(began) > time.Minute {
			t.Errorf("%s: %v after %v, want an error at once", name, err, time.Since(began))
		}
	}
	long := strings.Replace(good, "  list: [[2, 3], [2, 20]]\n", "  list:\n"+strings.Repeat("  - [2, 3]\n", 3000), 1)
	long += "perturbations:\n" + strings.Repeat("- name: a%d\n  box:\n    unit: cells\n    from: [1, 1]\n    to: [2, 2]\n    value: 3\n", 3000)
	for i := range 3000 {
		long = strings.Replace(long, "a%d", fmt.Sprint("a", i), 1)
	}
	s, err := Parse("s.yaml", []byte(long))
	if err != nil || len(s.Sources.List) != 3000 || len(s.Perturbations) != 3000 {
		t.Errorf("a long survey: %v", err)
	}
}

// TestReplaceModel: a flag's model brings its own shape, unless it is raw.
func TestReplaceModel(t *testing.T) {
	for path, want := range map[string]string{"m.npy": "", "m.npz": "", "m.bin": "model.dtype is missing"} {
		s, err := Parse("s.yaml", []byte(good))
		if err != nil {
			t.Fatal(err)
		}
		key, err := s.ReplaceModel(path, "--model")
		if err != nil {
			if want == "" || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", path, err, want)
			}
		} else if want != "" || key != "model.file" || s.Model.File != path || s.Model.Value != nil || s.Model.Shape != nil {
			t.Errorf("%s: %+v, want an error %q", path, s.Model, want)
		}
	}
}
