package record

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
)

// odd are names of files as a user may have them.
var odd = []string{
	"/p/v.npy", "/p/a b.npy", "/p/-v.npy", "/p/new\nline.npy", "/p/\"quoted\" 'so'.npy", "/p/back\\slash.npy", "/p/tab\t.npy", "/p/<&>.npy", "/p/ü🌊.npy",
	"/p/lin\u2028e.npy", "/p/\x01\x7f.npy", "/p/latin-1 \xfc.npy", "/p/\xff\xfe.npy", "/p/~.npy", "/p/#.npy", "/p/a: b.npy", "/p/\ufffd.npy", "/p/%ff.npy", " /p/ blank.npy", "/p/${HOME}.npy",
}

// TestNames proves that every name comes back from a record as it was.
func TestNames(t *testing.T) {
	const text = `{model: {file: v.npy, spacing: 10}, time: {dt: 0.001, nt: 50}, sources: {unit: cells, list: [[2, 3]], wavelet: {type: file, file: w.npy}},
receivers: {unit: cells, list: [[1, 1]]}, perturbations: [{name: a, file: p.npy}, {name: b, file: q.npy}]}`
	for i, name := range odd {
		s, err := config.Parse("s.yaml", []byte(strings.Replace(text, ", nt: 50", "", 1)))
		if err != nil {
			t.Fatal(err)
		}
		r := Record{Format: Format, Survey: s, Outputs: []File{{Path: "a"}}}
		want := map[string]File{}
		for k, f := range s.Files() {
			*f.Name = odd[(i+k)%len(odd)]
			in := File{Key: f.Key, Path: *f.Name, Relative: "../" + *f.Name, Bytes: 1, SHA256: "x"}
			r.Inputs, want[f.Key] = append(r.Inputs, in), in
		}
		if len(want) != 4 {
			t.Fatalf("files %v", want)
		}
		data, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse("r.json", data)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		for _, f := range back.Survey.Files() {
			in, ok := back.Input(f.Key)
			if !ok || in != want[f.Key] || *f.Name != in.Path {
				t.Errorf("%s: file %q, input %+v, want %+v", f.Key, *f.Name, in, want[f.Key])
			}
		}
		back.Forget("model.file")
		if _, ok := back.Input("model.file"); ok || len(back.Inputs) != 3 {
			t.Error("model.file is still there")
		}
	}
}
