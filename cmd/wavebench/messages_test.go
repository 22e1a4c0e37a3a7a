package main

import (
	"archive/zip"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
)

// inner is what a user of the program should not have to read: names of packages,
// types and fields of Go.
var inner = regexp.MustCompile(`(?:^|[^.\w])(wave|backend|hicks|segy|gridfile|config|job|record|wavelet|array|resample|stencil|userfile|outdir|picture|sensitivity): |\b(Options|Survey)\.|\b(PMLFreq|PMLWidth|MaxVel|SurveyPad|HalfWidth|DT|NT)\b|%!`)

// TestMessages runs bad (or odd) surveys and asks of each message that it says where in
// the survey, in words of the survey.
func TestMessages(t *testing.T) {
	v := "model: {file: v.npy, spacing: 10}"
	receivers := "line: {from: [30, 0], to: [30, 390], step: 10}"
	sources := "line: {from: [4, 10], to: [4, 30], count: 3}"
	ricker := "{type: ricker, freq: 12}"
	for _, c := range []struct {
		name    string
		replace []string
		flags   string
		want    string // from the survey's name on; a pattern
	}{
		// Places of sources and receivers, in the survey's unit and numbers.
		{"footprint", []string{receivers, "line: {from: [6, 50], to: [6, 350], count: 4}"}, "", `:9: receivers.line, number 0, at \[6, 50\] m: interpolation .* as it does for 11 others in all shots, .*snap: true, half_width`},
		{"footprint of a list", []string{receivers, "list: [[100, 100], [50, 5]]"}, "", `:9: receivers.list\[1\] at \[50, 5\] m: .*snap: true`},
		{"footprint of a source", []string{sources, "list: [[4, 10], [0.5, 20.25]]"}, "", `:5: sources.list\[1\] at cell \[0.5, 20.25\]: `},
		{"footprint, relative", []string{receivers, "grid: {from: [-36, 0], to: [-36, 90], counts: [1, 10]}\n  relative: true"}, "", `:9: receivers.grid, number 0 of shot 0, at \[4, 100\] m: `},
		{"outside", []string{"[30, 390]", "[30, 400]"}, "", `:9: receivers.line, number 40, is outside the model, at \[30, 400\] m, want x from 0 to 390 metres`},
		{"outside, relative", []string{receivers, "list: [[0, 0], [0, 150]]\n  relative: true"}, "", `:9: receivers.list\[1\] of shot 2, is outside the model, at \[40, 450\] m, want x`},
		{"source outside", []string{"[4, 30], count", "[4, 40], count"}, "", `:5: sources.line, number 2, is outside the model, at cell \[4, 40\], want x from 0 to 39 cells`},
		// Options.
		{"backend", []string{"pml_width: 10", "backend: cpi"}, "", `:10: options.backend is "cpi", want one of .*did you mean "cpu"`},
		{"device", []string{"pml_width: 10", "backend: cpu:64"}, "", `:10: options.backend is "cpu:64", want`},
		{"PML", []string{"pml_width: 10", "pml_width: 100000"}, "", `:10: options.pml_width is \[.*\], want 0 to 1000 cells along`},
		{"steps", []string{"dt: 0.002", "dt: 2e6", "segy: true", "segy: false", "snapshots: {count: 8, pictures: 2}", "model: true"}, "", `:2: time.dt is 2e\+06`},
		{"unstable", []string{"pml_width: 10", "max_vel: 100", "dt: 0.002", "dt: 0.004"}, "", `:10: options.max_vel: the wavefield .*Likely cause: .*100 m/s`},
		{"max_vel", []string{"pml_width: 10", "max_vel: 2000", "nt: 100", "nt: 4"}, "", `:10: options.max_vel: 2000 m/s is below`},
		{"nyquist", []string{"pml_width: 10", "pml_freq: 300"}, "", `:10: options.pml_freq: 300 Hz is above`},
		{"memory", []string{"nt: 100", "nt: 1000000", "pml_width: 10", "max_vel: 1000000", "segy: true, gathers: 2, snapshots: {count: 8, pictures: 2}", "receivers: false, model: false, gathers: 0"}, "", `:7: receivers: the run needs about .*for 1 of 3 shots: .*options.survey_pad.*fewer receivers or samples`},
		{"many samples", []string{"nt: 100", "nt: 40000"}, "", `:2: time.nt is 40000, want .*segy`},
		{"no device", []string{"pml_width: 10", "backend: cpu:64"}, "", `:10: options.backend is "cpu:64", want one that can be opened: cpu has`},
		{"a layer below", []string{v, "model: {shape: [30, 40], value: 1500, layers: [{top: 300, value: 1600}], spacing: 10}"}, "", `:1: model.layers\[0\].top: 300 m is below the last cell, at 290 m`},
		{"flat list", []string{receivers, "list: [30, 40]"}, "", `:9: receivers.list\[0\] is of 1 coordinates, want 2, one an axis of the model: a position is a list`},
		{"just outside", []string{receivers, "list: [[30, 390.001]]"}, "", `:9: receivers.list\[0\] is outside the model, at \[30, 390.001\] m`},
		{"slow wavelet", []string{"freq: 12", "freq: 1e-320"}, "", `:6: sources.wavelet: peak_time`},
		// Files.
		{"member", []string{"v.npy", "two.npz"}, "", `:1: model.member: which of rho, v\?`},
		{"wrong member", []string{"v.npy", "two.npz, member: vp"}, "", `:1: model.member is "vp", want one of rho, v`},
		{"shape", []string{"v.npy", "v.npy, shape: [40, 30]"}, "", `:1: model.shape is \[40 30\], want \[30 40\] as v.npy has`},
		{"dtype", []string{"v.npy", "v.npy, dtype: float64"}, "", `:1: model.dtype is float64, want float32 as v.npy has`},
		{"float16", []string{"v.npy", "half.npy"}, "", `:1: model.file: .*half.npy: float16 is not read: save it as float32`},
		{"large", []string{"v.npy", "big.npy"}, "", `:1: model.file is big.npy, with 1e\+39 m/s at cell \[0 1\], want .*float32.*options.dtype float64`},
		{"small", []string{"v.npy", "tiny.npy"}, "", `:1: model.file is tiny.npy, with 1e-60 m/s at cell \[0 1\]`},
		{"large value", []string{v, "model: {shape: [30, 40], value: 1e39, spacing: 10}"}, "", `:1: model.value is 1e\+39, want .*float32`},
		{"large layer", []string{v, "model: {shape: [30, 40], value: 1500, layers: [{top: 5, value: 1e40}], spacing: 10}"}, "", `:1: model.layers\[0\].value is 1e\+40, want`},
		{"not finite", []string{"v.npy", "nan.npy"}, "", `:1: model.file is nan.npy, with NaN m/s at cell \[0 1\]`},
		{"one axis", []string{"v.npy", "w.npy"}, "", `:1: model.file|:1: model|:5: sources.line is of 2 coordinates`},
		{"gone", []string{"v.npy", "gone.npy"}, "", `:1: model.file: .*gone.npy`},
		{"no array", []string{"v.npy", "survey.yaml, shape: [3], dtype: float32"}, "", `:1: model.file: .*survey.yaml: the file holds \d+ bytes, want 12`},
		{"wavelet", []string{ricker, "{type: file, file: big.npy}", ", nt: 100", ""}, "", `:6: sources.wavelet`},
		{"large wavelet", []string{ricker, "{type: ricker, freq: 12, amplitude: 1e40}"}, "", `:6: sources.wavelet.amplitude is such that source 0 emits .*, want numbers that float32`},
		{"wavelet member", []string{ricker, "{type: file, file: two.npz}", ", nt: 100", ""}, "", `:6: sources.wavelet.member: which of rho, v\?`},
		// Time.
		{"duration", []string{"nt: 100", "duration: 0.0205"}, "", `:2: time.duration: 0.0205 s is not a multiple of time.dt, 0.002 s: the run is of 10 samples, 0.02 s`},
		// Flags in place of keys.
		{"--backend", nil, "--backend cpi", `--backend is "cpi", want one of`},
		{"--backend device", nil, "-b cpu:64", `--backend is "cpu:64", want`},
		{"--model", nil, "--model half.npy", `--model: .*half.npy: float16 is not read`},
		{"--model of another shape", []string{"v.npy", "v.npy, shape: [30, 40]", "390]", "290]"}, "--model wide.npy", `:5: sources.line, number 2, is outside the model, at cell \[4, 30\], want x from 0 to 29 cells`},
		{"--model gone", nil, "--model gone.npy", `--model: .*gone.npy`},
		{"--model, large", nil, "--model big.npy", `--model is big.npy, with 1e\+39`},
		{"--threads", nil, "--threads -1", `--threads is -1, want 0`},
		{"--dtype", nil, "--dtype int", `--dtype is "int", want float32`},
	} {
		t.Run(c.name, func(t *testing.T) {
			replace := c.replace
			if !strings.Contains(strings.Join(replace, " "), "output") && !strings.Contains(strings.Join(replace, " "), "segy") && c.name != "many samples" {
				replace = append(append([]string{}, replace...), noPictures...)
			}
			survey := folder(t, small(t, replace...))
			dir := filepath.Dir(survey)
			arrays(t, dir)
			args := []string{"run", "-q", survey, "-o", filepath.Join(dir, "out")}
			for _, f := range strings.Fields(c.flags) {
				if strings.HasSuffix(f, ".npy") {
					f = filepath.Join(dir, f)
				}
				args = append(args, f)
			}
			_, _, stderr := wavebench(t, args...)
			where := `(?m)^(wavebench|warning): ` + regexp.QuoteMeta(survey)
			if strings.HasPrefix(c.want, "--") {
				where = `(?m)^wavebench: `
			}
			if ok := regexp.MustCompile(where + c.want).MatchString(stderr); !ok {
				t.Errorf("got\n%swant %s", stderr, c.want)
			}
			text := strings.ReplaceAll(stderr, dir, "")
			if bad := inner.FindString(text); bad != "" {
				t.Errorf("%q in\n%s", bad, stderr)
			}
			for _, line := range strings.Split(strings.TrimSpace(stderr), "\n") {
				if len(line) > 1000 {
					t.Errorf("a line of %d bytes", len(line))
				}
			}
		})
	}
}

// A record that a Windows editor has saved is read; what is no text is named.
func TestRecordEncodings(t *testing.T) {
	survey := folder(t, small(t, append(noPictures, "nt: 100", "nt: 5")...))
	out := survey + ".out"
	if code, _, stderr := wavebench(t, "run", "-q", survey, "-o", out); code != 0 {
		t.Fatal(stderr)
	}
	marked := filepath.Join(out, "marked.json")
	text := "\ufeff" + strings.ReplaceAll(string(read(t, out, "record.json")), "\n", "\r\n")
	if err := os.WriteFile(marked, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := wavebench(t, "run", marked, "-o", out+"2"); code != 0 || !strings.Contains(stdout, "identical") {
		t.Errorf("code %d, %s%s", code, stdout, stderr)
	}
	if code, _, stderr := wavebench(t, "run", filepath.Join(out, "receivers.npy")); code != 1 || !strings.Contains(stderr, "receivers.npy: is a NumPy file, want a survey") {
		t.Errorf("code %d, %s", code, stderr)
	}
}

// arrays writes files that models may be read from.
func arrays(t *testing.T, dir string) {
	t.Helper()
	write := func(name string, fn func(io.Writer) error) {
		f, err := os.Create(filepath.Join(dir, name))
		if err == nil {
			err = fn(f)
		}
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	filled := func(x float64) []float64 {
		v := make([]float64, 1200)
		for i := range v {
			v[i] = 1500
		}
		v[1] = x
		return v
	}
	for name, x := range map[string]float64{"big.npy": 1e39, "tiny.npy": 1e-60, "nan.npy": math.NaN()} {
		write(name, func(w io.Writer) error { return gridfile.WriteNPY(w, []int{30, 40}, filled(x)) })
	}
	write("wide.npy", func(w io.Writer) error { return gridfile.WriteNPY(w, []int{40, 30}, filled(1500)) })
	write("w.npy", func(w io.Writer) error { return gridfile.WriteNPY(w, []int{1200}, filled(1500)) })
	write("half.npy", func(w io.Writer) error { // as NumPy writes float16
		head := "{'descr': '<f2', 'fortran_order': False, 'shape': (30, 40), }"
		head += strings.Repeat(" ", 117-len(head)) + "\n"
		_, err := io.WriteString(w, "\x93NUMPY\x01\x00"+string([]byte{byte(len(head)), 0})+head+strings.Repeat("\x00\x66", 1200))
		return err
	})
	write("two.npz", func(w io.Writer) error {
		z := zip.NewWriter(w)
		for _, name := range []string{"rho.npy", "v.npy"} {
			f, err := z.Create(name)
			if err == nil {
				err = gridfile.WriteNPY(f, []int{30, 40}, filled(1500))
			}
			if err != nil {
				return err
			}
		}
		return z.Close()
	})
}

// stopper interrupts the program when something is printed.
type stopper struct {
	on      string
	seen    strings.Builder
	stopped bool
}

func (s *stopper) Write(p []byte) (int, error) {
	s.seen.Write(p)
	if !s.stopped && strings.Contains(s.seen.String(), s.on) {
		s.stopped = true
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			self.Signal(syscall.SIGINT)
		}
	}
	return len(p), nil
}

// TestWarningsComeFirst stops a run of many minutes when its warning appears.
func TestWarningsComeFirst(t *testing.T) {
	for _, flag := range []string{"", "-q", "--json"} {
		survey := folder(t, small(t, append([]string{"freq: 12", "freq: 60", "nt: 100", "nt: 2000000", "from: [30, 0], to: [30, 390], step: 10", "from: [30, 0], to: [30, 0], count: 1"}, noPictures...)...))
		args := []string{"wavebench", "run", survey, "-o", survey + ".out"}
		if flag != "" {
			args = append(args, flag)
		}
		stderr := &stopper{on: "warning: " + survey + ":1: model.spacing: "}
		began := time.Now()
		code := run(args, nil, io.Discard, stderr)
		if !stderr.stopped || code == exitOK || time.Since(began) > 30*time.Second {
			t.Errorf("%s: code %d after %v: %s", flag, code, time.Since(began), &stderr.seen)
		}
	}
}

// What cannot be written is said without the names of packages.
func TestMessagesOfFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"record.json": `{"wavebench_record": 99, "survey": {}}`, "cut.json": `{"wavebench_record": 1, "survey": `, "bench.json": "{"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"run", filepath.Join(dir, "record.json")}, {"run", filepath.Join(dir, "cut.json")}, {"init", filepath.Join(dir, "no", "x.yaml")},
		{"bench", "--compare", filepath.Join(dir, "bench.json")}, {"verify", dir}, {"version", "x"}, {"devices", "x"}, {"sensitivity", filepath.Join(dir, "record.json")},
	} {
		code, _, stderr := wavebench(t, args...)
		if text := strings.TrimPrefix(stderr, "wavebench: "); code != 1 || text == "" || inner.MatchString(text) || strings.Contains(text, "atomicfile") {
			t.Errorf("%v: code %d: %s", args, code, stderr)
		}
	}
}
