package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/sbinet/npyio"
)

// A record that ends in the middle of an arrival begins quietly by default, though 4 ms are divided by three, and not
// with the reference's method; the record of either run repeats it.
func TestRecordBeginsQuietly(t *testing.T) {
	dir := t.TempDir()
	survey := filepath.Join(dir, "survey.yaml")
	for options, quiet := range map[string]bool{"": true, "options: {time_pad_frac: 0}\n": false, "options: {time_pad_frac: 0.3}\n": true} {
		text := `model: {shape: [60, 200], value: 1500, spacing: 5}
time: {dt: 0.004, nt: 150}
sources: {unit: cells, list: [[30, 5]], wavelet: {type: ricker, freq: 15}}
receivers: {unit: cells, list: [[30, 150]]}
output: {segy: false, gathers: 0, model: false}
` + options
		if err := os.WriteFile(survey, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		out, again := filepath.Join(dir, "out"), filepath.Join(dir, "again")
		for _, args := range [][]string{{survey, "-o", out}, {filepath.Join(out, "record.json"), "-o", again}} {
			if code, _, stderr := wavebench(t, append([]string{"run", "-q"}, args...)...); code != 0 {
				t.Fatalf("code %d, %s", code, stderr)
			}
		}
		data := read(t, out, "receivers.npy")
		if !bytes.Equal(data, read(t, again, "receivers.npy")) {
			t.Errorf("%q: the repetition differs", options)
		}
		var x []float32
		if err := npyio.Read(bytes.NewReader(data), &x); err != nil {
			t.Fatal(err)
		}
		peak, early := 0.0, 0.0
		for i, v := range x {
			peak = max(peak, math.Abs(float64(v)))
			if i < 80 { // the direct wave takes 0.48 s
				early = max(early, math.Abs(float64(v)))
			}
		}
		if (early < 0.01*peak) != quiet {
			t.Errorf("%q: %g of the peak before the first arrival", options, early/peak)
		}
	}
}
