package main

import (
	"archive/zip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/d52adeda/wave/cmd/wavebench/internal/verify"
)

// spoil copies a case with the last byte but two of an array changed.
func spoil(t *testing.T, from, to, member string) {
	t.Helper()
	r, err := zip.OpenReader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	for _, m := range r.File {
		in, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if m.Name == member+".npy" {
			data[len(data)-3] ^= 0x10 // of the mantissa of a float64
		}
		out, err := w.Create(m.Name)
		if err == nil {
			_, err = out.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestVerify(t *testing.T) {
	const good = "testdata/reference"
	bad, empty := t.TempDir(), t.TempDir()
	spoil(t, good+"/scalar_1d_wavefields.npz", bad+"/spoiled.npz", "out_receiver_amplitudes")
	if err := os.WriteFile(filepath.Join(bad, "notes.txt"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(empty, "broken.NPZ") // not in a folder that is listed
	for _, c := range []struct {
		args   string
		code   int
		stdout string
		stderr string
	}{
		{good, 0, "cases: 3 compared, 0 failed, 0 skipped, 0 not checked\narrays: 38 compared", ""},
		{good + " --backend cpu --backend eager", 0, "cases: 5 compared, 0 failed, 0 skipped, 0 not checked", ""},
		{good + " --dtype float32", 0, "float32", ""},
		{good + "/acoustic_1d_acc2.npz", 0, "receiver_amplitudes_x", ""},
		{good + "/scalar_1d_wavefields.npz --backend nonesuch", 1, "skipped: ", ""},
		{good + " --backend cpu --backend nonesuch", 1, "nothing was compared on nonesuch: ", ""},
		{good + " --backend cpu --backend cpu:99", 1, "nothing was compared on cpu:99: wave: Options.Backend is", ""},
		{good + "/pieces.npz --backend eager", 1, "nothing was compared on eager: no case runs on a backend", ""},
		{bad, 1, "FAIL: receiver_amplitudes", ""},
		{bad + " " + good, 1, "cases: 4 compared, 1 failed", ""},
		{empty, 1, "", "nothing was compared"},
		{"testdata/small.yaml", 1, "FAIL: ", ""},
		{broken, 1, "", "broken.NPZ"},
	} {
		code, stdout, stderr := wavebench(t, append([]string{"verify"}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%s: code %d, want %d and %q:\n%s%s", c.args, code, c.code, c.stdout+c.stderr, stdout, stderr)
		}
	}
	code, stdout, _ := wavebench(t, "verify", "--json", bad)
	var r verify.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != 1 || r.Failed != 1 || len(r.Rows) != 1 || r.Rows[0].Error == nil || r.Rows[0].Worst != "receiver_amplitudes" {
		t.Errorf("code %d, %v, %s", code, err, stdout)
	}
}
