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
		{name: "half", wavelet: "{type: ricker, freq: 10, peak_time: 0}", want: []string{"49% of the wavelet's energy comes before", "peak_time of 0.15 s"}},
		{name: "half, from zero", wavelet: "{type: gaussian_derivative, freq: 10, peak_time: 0}", want: []string{"50% of the wavelet's energy comes before"}},
		{name: "half gabor", wavelet: "{type: gabor, freq: 10, width: 0.03, peak_time: 0}", want: []string{"before the record begins", "peak_time of 0.12 s"}},
		{name: "short", nt: "160", want: []string{"% of the wavelet's energy comes after the record's end at 0.16 s"}},
		{name: "early burst", wavelet: "{type: tone_burst, freq: 10, cycles: 2, start: -1}", want: []string{"lasts from -1 s to -0.8 s", "begins at 0 s"}},
		{name: "kHz, peak in the record", wavelet: "{type: ricker, freq: 0.015, peak_time: 0.1}", want: []string{"is it in kHz?"}},
		{name: "MHz", wavelet: "{type: ricker, freq: 15e6}", want: []string{"1.5e+07 Hz is above the Nyquist frequency, 500 Hz"}},
		{name: "aliased", wavelet: "{type: gabor, freq: 900}", want: []string{"900 Hz is above the Nyquist frequency"}},
		{name: "zero and late", wavelet: "{type: ricker, freq: 2, amplitude: [0]}", want: []string{"all amplitudes are zero"}},
		{name: "constant", wavelet: "{type: ricker, freq: 0}", options: "options: {pml_freq: 10}", want: []string{"0 Hz is constant"}},
		{name: "gabor of 0 Hz", wavelet: "{type: gabor, freq: 0, width: 0.03}", options: "options: {pml_freq: 10}"},
		{name: "still", model: "{shape: [60, 80], value: 0, spacing: 10}", options: "options: {max_vel: 1500}", want: []string{"model.value: the speed is zero everywhere"}},
		{name: "still below", model: "{shape: [60, 80], value: 1500, spacing: 10, layers: [{top: 590, value: 0}]}", want: []string{"the speed is zero in parts of the model"}},
		{name: "km/s", model: "{shape: [60, 80], value: 1.5, spacing: 0.01}", want: []string{"model.value: 1.5 to 1.5 m/s", "is it in another unit?", "model.unit: km/s"}},
		{name: "mm/s", model: "{shape: [60, 80], value: 1500000, spacing: 10000}", want: []string{"1.5e+06 to 1.5e+06 m/s, want sizes of 100 to 12000"}},
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

// TestAdvice follows what warnings advise until there is nothing to warn of.
func TestAdvice(t *testing.T) {
	const rest = "receivers: {unit: cells, list: [[5, 30]]}\noptions: {dtype: float64}\noutput: {segy: false, gathers: 0, model: false}\n"
	for _, wavelet := range []string{
		"type: ricker, freq: 10, peak_time: 0", "type: gaussian_derivative, freq: 10, peak_time: -0.1",
		"type: gabor, freq: 10, peak_time: 0.01", "type: ormsby, freqs: [4, 8, 12, 16], peak_time: 0",
	} {
		path := folder(t, "model: {shape: [20, 40], value: 1500, spacing: 10}\ntime: {dt: 0.001, nt: 1000}\nsources: {unit: cells, list: [[9, 9]], wavelet: {"+wavelet+"}}\n"+rest)
		_, _, stderr := wavebench(t, "run", "-q", "-o", path+".out", path)
		_, peak, ok := strings.Cut(stderr, "a peak_time of ")
		if !ok {
			t.Errorf("%s: %s", wavelet, stderr)
			continue
		}
		peak, _, _ = strings.Cut(peak, " ")
		before, _, _ := strings.Cut(wavelet, "peak_time")
		path = folder(t, "model: {shape: [20, 40], value: 1500, spacing: 10}\ntime: {dt: 0.001, nt: 1000}\nsources: {unit: cells, list: [[9, 9]], wavelet: {"+before+"peak_time: "+peak+"}}\n"+rest)
		if code, _, stderr := wavebench(t, "run", "-q", "-o", path+".out", path); code != 0 || stderr != "" {
			t.Errorf("%s, then peak_time %s: code %d, %s", wavelet, peak, code, stderr)
		}
	}
}

// What is zero can be repeated from the record, too.
func TestZeroRepeats(t *testing.T) {
	path := folder(t, "model: {shape: [20, 20], value: 0, spacing: 10, layers: [{top: 50, value: 0}]}\ntime: {dt: 0.001, nt: 30}\n"+
		"sources: {unit: cells, list: [[9, 9]], wavelet: {type: ricker, freq: 0}}\nreceivers: {unit: cells, list: [[9, 9]]}\noptions: {max_vel: 1500}\noutput: {segy: false, gathers: 0, model: false}\n")
	out := path + ".out"
	if code, _, stderr := wavebench(t, "run", "-q", "-o", out, path); code != 0 {
		t.Fatal(stderr)
	}
	code, stdout, stderr := wavebench(t, "run", "-o", out+"2", filepath.Join(out, "record.json"))
	if code != 0 || !strings.Contains(stdout, "identical") {
		t.Errorf("code %d, %s%s", code, stdout, stderr)
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

// TestOddModels: each model in a wrong unit is warned of once, and not again as what follows of it.
func TestOddModels(t *testing.T) {
	for edit, want := range map[string][]string{
		"vp: 2, vs: 1, rho: 2100":                                               {"model.vp.unit: km/s would say so", "model.vs.unit: km/s would say so"},
		"vp: 2000, vs: 1, rho: 2100":                                            {"model.vs.unit: km/s would say so"},
		"vp: 2000, vs: 1000, rho: 2.1":                                          {"model.rho.unit: g/cm^3 would say so"},
		"vp: 2000, vs: 2500, rho: 2100":                                         {"want vs below vp"},
		"vp: 2000, vs: 1900, rho: 2100":                                         {"want vp at least 1.155 vs"},
		"lamb: 4, mu: 2, buoyancy: 0.0004":                                      {"model.lamb.unit: kPa, MPa or GPa would say so", "model.mu.unit: kPa, MPa or GPa would say so"},
		"vp: 2000, vs: 1000, rho: 2100":                                         nil,
		"vp: {value: 2, unit: km/s}, vs: 1000, rho: {value: 2.1, unit: g/cm^3}": nil,
	} {
		path := folder(t, "equation: elastic\nmodel: {spacing: 10, shape: [30, 40], "+edit+"}\ntime: {dt: 0.002, nt: 160}\n"+
			"sources: {channel: force_z, unit: cells, list: [[6, 10]], wavelet: {type: ricker, freq: 8, peak_time: 0.1}}\n"+
			"receivers: {channels: [vz, vx], unit: cells, list: [[5, 30]]}\noptions: {pml_width: 10}\noutput: {model: false, gathers: 0}\n")
		code, _, stderr := wavebench(t, "run", "-q", "-o", path+".out", path)
		if n := strings.Count(stderr, "warning: "); code != 0 || n != len(want) {
			t.Errorf("%s: code %d, %d warnings, want %d:\n%s", edit, code, n, len(want), stderr)
		}
		for _, part := range want {
			if !strings.Contains(stderr, part) {
				t.Errorf("%s: %q is not in %s", edit, part, stderr)
			}
		}
	}
}
