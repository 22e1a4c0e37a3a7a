package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
)

// TestMain lets a test start this binary as wavebench itself.
func TestMain(m *testing.M) {
	if os.Getenv("WAVEBENCH_TEST_CHILD") != "" {
		main()
	}
	os.Exit(m.Run())
}

// wavebench runs a command line in this process.
func wavebench(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(append([]string{"wavebench"}, args...), nil, &out, &err)
	return code, out.String(), err.String()
}

// small returns testdata/small.yaml with parts replaced: old, new, ...
func small(t *testing.T, replace ...string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("%q is not in small.yaml", replace[i])
		}
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	return text
}

// folder writes a survey and its model to a new folder and returns the survey's path.
func folder(t *testing.T, survey string) string {
	t.Helper()
	dir := t.TempDir()
	v := make([]float32, 30*40)
	for i := range v {
		v[i] = 1500 + float32(i/400)*300
	}
	writeNPY(t, filepath.Join(dir, "v.npy"), v, 30, 40)
	path := filepath.Join(dir, "survey.yaml")
	if err := os.WriteFile(path, []byte(survey), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func writeNPY(t *testing.T, path string, v []float32, shape ...int) {
	t.Helper()
	var b bytes.Buffer
	if err := gridfile.WriteNPY(&b, shape, v); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// names lists all files under dir.
func names(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			out = append(out, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return out
}

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		args   string
		code   int
		stdout string
		stderr string
	}{
		{"", 0, "COMMANDS:", ""},
		{"--version", 0, "wavebench version", ""},
		{"version", 0, "wavebench", ""},
		{"version --json", 0, `"go": "go1.`, ""},
		{"rnu", 1, "", `command is "rnu", want one of run, init, devices, verify, sensitivity, bench, version (did you mean "run"?)`},
		{"run", 1, "", "run takes one survey file, got 0"},
		{"run a b", 1, "", "got 2"},
		{"run --otu x a", 1, "", "unknown flag --otu: did you mean --out?"},
		{"run a --zzzzzz", 1, "", "`wavebench run --help` lists the flags"},
		{"run no-such.yaml", 1, "", "no-such.yaml: no such file"},
		{"run testdata", 1, "", "testdata is a folder, want a regular file"},
		{"run testdata/small.yaml --dtype int", 1, "", `--dtype is "int", want float32 or float64`},
		{"run testdata/small.yaml --threads -1", 1, "", "--threads is -1"},
		{"run --help", 0, "SURVEY.yaml | record.json", ""},
		{"verify", 1, "", "got none"},
		{"verify --dtype x .", 1, "", `--dtype is "x"`},
		{"verify no-such-folder", 1, "", "no-such-folder"},
		{"init a b", 1, "", "init takes one file, got 2"},
		{"init -", 0, "# A survey for wavebench.", ""},
		{"devices", 0, "BACKEND", ""},
	} {
		code, stdout, stderr := wavebench(t, strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) || (code == 0) != (stderr == "") {
			t.Errorf("%q: code %d, stdout %q, stderr %q; want %d, %q, %q", c.args, code, stdout, stderr, c.code, c.stdout, c.stderr)
		}
	}
}

// TestFlags gives every flag of every command no value, an empty one, the next
// flag for a value, and two: all are said before any work.
func TestFlags(t *testing.T) {
	survey := small(t, append(noPictures, "file: v.npy", "shape: [30, 40], value: 1500")...)
	t.Chdir(t.TempDir())
	if err := os.WriteFile("-x.yaml", []byte(survey), 0o666); err != nil {
		t.Fatal(err)
	}
	bad := func(want string, args ...string) {
		t.Helper()
		if code, stdout, stderr := wavebench(t, args...); code != 1 || stdout != "" || !strings.HasPrefix(stderr, "wavebench: "+want) {
			t.Errorf("%q: code %d, stdout %q, stderr %q; want %q", args, code, stdout, stderr, want)
		}
	}
	tried := 0
	for _, cmd := range (&app{}).cli().Commands {
		for _, f := range cmd.Flags {
			if _, isBool := f.(*cli.BoolFlag); isBool {
				continue
			}
			tried++
			_, several := f.(*cli.StringSliceFlag)
			for _, name := range f.Names() {
				flag := "--" + name
				if len(name) == 1 {
					flag = "-" + name
				}
				needs := "flag needs an argument: " + flag + " "
				bad(needs, cmd.Name, flag)
				bad(needs, cmd.Name, "-x.yaml", flag)
				bad(needs, cmd.Name, "./-x.yaml", flag)
				bad(needs, cmd.Name, flag+"=", "./-x.yaml")
				bad(needs, cmd.Name, flag, "", "./-x.yaml")
				bad(needs, cmd.Name, flag, "--", "-x.yaml")
				bad(needs, cmd.Name, flag, "--json", "./-x.yaml")
				bad(needs, cmd.Name, "./-x.yaml", flag, "-q")
				if !several {
					twice := "flag " + flag + " is given twice"
					bad(twice, cmd.Name, flag, "1", "./-x.yaml", flag+"=2")
					bad(twice, cmd.Name, "--"+f.Names()[0]+"=1", "./-x.yaml", flag, "-2")
				}
			}
		}
	}
	if tried < 15 {
		t.Errorf("%d flags tried", tried)
	}
	bad("flag provided but not defined: -o", "-o", "x", "run", "./-x.yaml")
	if got := names(t, "."); len(got) != 1 {
		t.Errorf("files %v", got)
	}
	for _, args := range [][]string{
		{"run", "-q", "-o", "a", "--", "-x.yaml"},
		{"run", "-o", "b", "-q", "--threads=1", "--", "-x.yaml"},
		{"run", "./-x.yaml", "--out=-c", "-q"},
		{"--", "run", "-o", "d", "-q", "./-x.yaml"},
	} {
		if code, _, stderr := wavebench(t, args...); code != 0 || stderr != "" {
			t.Errorf("%q: code %d, %s", args, code, stderr)
		}
	}
	for _, dir := range []string{"a", "b", "-c", "d"} {
		if _, err := os.Stat(filepath.Join(dir, "receivers.npy")); err != nil {
			t.Error(err)
		}
	}
}

// faulty panics when it is written to.
type faulty struct{ io.Writer }

func (faulty) Write([]byte) (int, error) { panic("broken") }

func TestPanicBecomesMessage(t *testing.T) {
	var stderr bytes.Buffer
	code := run([]string{"wavebench", "version"}, nil, faulty{}, &stderr)
	if text := stderr.String(); code != exitInternal || !strings.Contains(text, "internal error, please report") || strings.Contains(text, "goroutine") {
		t.Errorf("code %d, stderr %q", code, text)
	}
	t.Setenv("WAVEBENCH_DEBUG", "1")
	stderr.Reset()
	if run([]string{"wavebench", "version"}, nil, faulty{}, &stderr); !strings.Contains(stderr.String(), "goroutine") {
		t.Errorf("no stack with WAVEBENCH_DEBUG in %q", stderr.String())
	}
}
