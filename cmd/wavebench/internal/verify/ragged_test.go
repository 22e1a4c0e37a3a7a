package verify

import (
	"archive/zip"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// ragged makes a case of another one: without the arrays that match a pattern, with arrays without
// values, of a type and a shape, and with meta changed.
func ragged(t *testing.T, from string, without []string, empty map[string]string, change map[string]any) string {
	t.Helper()
	r, err := zip.OpenReader(reference + from + ".npz")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	to := filepath.Join(t.TempDir(), filepath.Base(from)+".npz")
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	put := func(name, header string, values []byte) {
		out, err := w.Create(name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("{%s, 'fortran_order': False, }\n", header)
		npy := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(text)))
		if _, err := out.Write(append(append(npy, text...), values...)); err != nil {
			t.Fatal(err)
		}
	}
	for name, header := range empty {
		put(name, header, nil)
	}
	for _, m := range r.File {
		name := strings.TrimSuffix(m.Name, ".npy")
		drop := empty[name] != ""
		for _, pattern := range without {
			match, err := path.Match(pattern, name)
			if err != nil {
				t.Fatal(err)
			}
			drop = drop || match
		}
		if drop {
			continue
		}
		in, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if name != "meta" {
			out, err := w.Create(m.Name)
			if err == nil {
				_, err = out.Write(data)
			}
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		var meta map[string]any
		if err := json.Unmarshal(data[10+int(binary.LittleEndian.Uint16(data[8:])):], &meta); err != nil {
			t.Fatal(err)
		}
		for key, x := range change {
			if meta[key] = x; x == "absent" {
				delete(meta, key)
			}
		}
		text, err := json.Marshal(meta)
		if err != nil {
			t.Fatal(err)
		}
		put(name, fmt.Sprintf("'descr': '|u1', 'shape': (%d,)", len(text)), text)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return to
}

// Nothing is said of a propagator that is not known.
func TestUnknownPropagator(t *testing.T) {
	x, err := readCase(ragged(t, "scalar_1d_acc4", nil, nil, map[string]any{"propagator": "viscoelastic"}))
	if err != nil {
		t.Fatal(err)
	}
	row := x.verify(context.Background(), x.solver(), independent, 0)
	if row.Verdict != NotChecked || len(row.NotChecked) != 5 || !strings.Contains(row.Reason, "viscoelastic") {
		t.Errorf("%+v", row)
	}
}

// Cases may lack what others have.
func TestRagged(t *testing.T) {
	const at, series = "'descr': '<i8', 'shape': (2, 0, 2)", "'descr': '<f8', 'shape': (2, 0, 30)"
	for _, c := range []struct {
		from    string
		without []string
		empty   map[string]string
		meta    map[string]any
		outputs int // compared
	}{
		{"staggered/acoustic_2d_kinds", nil, map[string]string{
			"in_receiver_locations_p": at, "out_receiver_amplitudes_p": series, "in_source_locations_y": at, "in_source_amplitudes_y": series,
		}, nil, 9},
		{"staggered/elastic_2d_kinds", []string{"*receiver*"}, nil, nil, 13},
		{"staggered/elastic_2d_nosrc", []string{"*receiver*", "out_m*"}, nil, map[string]any{"dt_inner": nil, "step_ratio": "absent", "survey_pad": nil}, 5},
		{"staggered/acoustic_1d_init", []string{"out_p*"}, nil, map[string]any{"pml_width": []int{5, 5}, "pml_freq": "absent"}, 3},
		{"scalar_1d_wavefields", []string{"*receiver*"}, nil, map[string]any{"dt_inner": nil, "step_ratio": nil, "accuracy": "absent"}, 4},
	} {
		t.Run(c.from, func(t *testing.T) {
			x, err := readCase(ragged(t, c.from, c.without, c.empty, c.meta))
			if err != nil {
				t.Fatal(err)
			}
			if v, ok := x.arrays["in_v"]; ok && len(v.Shape) == 1 { // as a model for each shot
				v.Shape = append([]int{1}, v.Shape...)
				x.arrays["in_v"] = v
			}
			for _, b := range []string{"cpu", "eager"} {
				row := x.verify(context.Background(), x.solver(), b, 0)
				if row.Verdict != OK || len(row.Compared) != c.outputs || len(row.NotChecked) > 0 {
					t.Errorf("%s: %s: compared %v, not checked %v: %s", b, row.Verdict, row.Compared, row.NotChecked, row.Reason)
				}
			}
		})
	}
}
