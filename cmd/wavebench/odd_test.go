package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOddSurveys: each is warned of once, with its numbers, and runs.
func TestOddSurveys(t *testing.T) {
	const model, wavelet = "{shape: [60, 80], value: 1500, spacing: 10}", "{type: ricker, freq: 10}"
	for _, test := range []struct {
		name, model, nt, wavelet, options string
		want                              []string // in the only warning; nil: none
	}{
		{name: "good"},
		{name: "late", wavelet: "{type: ricker, freq: 2}", want: []string{"sources.wavelet: the wavelet's peak comes at 0.75 s, and the record ends at 0.3 s"}},
		{name: "kHz", wavelet: "{type: ricker, freq: 0.015}", want: []string{"peak comes at 100 s", "0.3 s", "is it in kHz?"}},
		{name: "burst", wavelet: "{type: tone_burst, freq: 15, cycles: 5, start: 2}", want: []string{"lasts from 2 s to 2.333 s", "0.3 s"}},
		{name: "long burst", wavelet: "{type: tone_burst, freq: 10, cycles: 5}", want: []string{"lasts from 0 s to 0.5 s", "0.3 s"}},
		{name: "before", wavelet: "{type: ricker, freq: 10, peak_time: -1}", want: []string{"peak comes at -1 s, before"}},
		{name: "zero", wavelet: "{type: ricker, freq: 10, amplitude: 0}", want: []string{"sources.wavelet: all amplitudes are zero"}},
		{name: "half", wavelet: "{type: ricker, freq: 10, peak_time: 0}", want: []string{"cut at the beginning", "100%"}},
		{name: "short", nt: "160", want: []string{"cut at the end"}},
		{name: "km/s", model: "{shape: [60, 80], value: 1.5, spacing: 0.01}", want: []string{"greatest speed is 1.5 m/s: is it in km/s?"}},
		{name: "mm/s", model: "{shape: [60, 80], value: 1500000, spacing: 10000}", want: []string{"1.5e+06 m/s: is it in mm/s?"}},
		{name: "km", model: "{shape: [60, 80], value: 1500, spacing: 0.01}", nt: "30", wavelet: "{type: ricker, freq: 100}", want: []string{"cells of 0.01 m: is the spacing in km?"}},
		{name: "coarse", wavelet: "{type: ricker, freq: 50}", want: []string{"cells a wavelength at 1500 m/s", "accuracy 8"}},
		{name: "thin", options: "options: {pml_width: 1}", want: []string{"options.pml_width", "1 cell"}},
		{name: "slab", model: "{shape: [1, 80], value: 1500, spacing: [1000, 10]}", want: []string{"[80]"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			or := func(s, otherwise string) string {
				if s == "" {
					return otherwise
				}
				return s
			}
			source := "[20, 40]"
			receivers := "{from: [5, 25], to: [5, 60], count: 15}"
			if test.name == "slab" {
				source, receivers = "[0, 40]", "{from: [0, 25], to: [0, 60], count: 15}"
			}
			path := folder(t, "model: "+or(test.model, model)+"\ntime: {dt: 0.001, nt: "+or(test.nt, "300")+"}\n"+
				"sources: {unit: cells, list: ["+source+"], wavelet: "+or(test.wavelet, wavelet)+"}\n"+
				"receivers: {unit: cells, line: "+receivers+"}\n"+test.options+
				"\noutput: {segy: false, gathers: 0, model: false}\n")
			code, _, stderr := wavebench(t, "run", "-q", "-o", path+".out", path)
			lines := strings.Count(stderr, "warning: ")
			if code != 0 || lines != min(len(test.want), 1) && !strings.Contains(stderr, "internal steps") {
				t.Errorf("code %d, %d warnings:\n%s", code, lines, stderr)
			}
			for _, part := range test.want {
				if !strings.Contains(stderr, part) {
					t.Errorf("%q is not in %s", part, stderr)
				}
			}
		})
	}
}

// A wavelet file of zeros, and a model of zeros, are warned of too.
func TestZeros(t *testing.T) {
	dir := filepath.Dir(folder(t, ""))
	writeNPY(t, filepath.Join(dir, "w.npy"), make([]float32, 300), 300)
	writeNPY(t, filepath.Join(dir, "v.npy"), make([]float32, 400), 20, 20)
	const rest = "receivers: {unit: cells, list: [[5, 5]]}\noutput: {segy: false, gathers: 0, model: false}\n"
	for name, test := range map[string][2]string{
		"wavelet": {"model: {shape: [20, 20], value: 1500, spacing: 10}\ntime: {dt: 0.001}\nsources: {unit: cells, list: [[9, 9]], wavelet: {type: file, file: w.npy, freq: 10}}\n", "all amplitudes are zero"},
		"model":   {"model: {file: v.npy, spacing: 10}\noptions: {max_vel: 1500}\ntime: {dt: 0.001, nt: 300}\nsources: {unit: cells, list: [[9, 9]], wavelet: {type: ricker, freq: 10}}\n", "zero everywhere"},
	} {
		path := filepath.Join(dir, name+".yaml")
		if err := os.WriteFile(path, []byte(test[0]+rest), 0o666); err != nil {
			t.Fatal(err)
		}
		code, _, stderr := wavebench(t, "run", "-q", "-o", path+".out", path)
		if code != 0 || !strings.Contains(stderr, test[1]) || strings.Count(stderr, "warning: ") != 1 {
			t.Errorf("%s: code %d, %s", name, code, stderr)
		}
	}
}
