package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/cmd/wavebench/internal/job"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
)

// hill is a small elastic survey with vacuum above its ground.
const hill = `equation: elastic
model:
  spacing: 10
  shape: [30, 40]
  vp: {value: 2, unit: km/s, layers: [{top: 150, value: 2.6}]}
  vs: {ratio: 0.5}
  rho: {relation: gardner}
  topography: -30
time: {dt: 0.002, nt: 160}
sources: {channel: force_z, unit: cells, list: [[6, 10], [6, 30]], wavelet: {type: ricker, freq: 8, peak_time: 0.1}}
receivers: {channels: [vz, vx], unit: cells, line: {from: [5, 0], to: [5, 38], count: 20}}
options: {pml_width: [0, 10, 10, 10], edges: {top: free}}
output: {segy: true, gathers: 1}
`

// TestSummary: what is run, of what models, what is recorded, and what it took, for people and
// for machines.
func TestSummary(t *testing.T) {
	survey := folder(t, hill)
	out := filepath.Join(filepath.Dir(survey), "out")
	code, stdout, stderr := wavebench(t, "run", survey, "-o", out)
	if code != 0 || stderr != "" {
		t.Fatalf("code %d, %s", code, stderr)
	}
	for _, want := range []string{
		"  model    30 x 40 cells of 10 m, 10% of them vacuum\n",
		"           vp 2000 to 2600 m/s (layers)\n",
		"           vs 1000 to 1300 m/s (0.5 times the velocity)\n",
		"           rho 2073 to 2214 kg/m^3 (by relation gardner)\n",
		"1 source (force_z) and 20 receivers (vz, vx) each\n",
		"  method   elastic, float32, accuracy 4",
		" million cells a second, ", " of memory (", " bytes a cell)",
		"  receivers_vz.npy  vz (m/s), [shot][receiver][time] 2 x 20 x 160, float32, ",
		"  receivers_vx.sgy  the same as SEG-Y revision 1",
		"  model_vs.png      the model with sources and receivers\n",
		"  gather_*.png      2 shot gathers\n",
	} {
		if !strings.Contains(strings.Join(strings.Fields(stdout), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("the summary lacks %q:\n%s", want, stdout)
		}
	}
	if strings.Contains(stdout, "batches") || strings.Contains(stdout, "Slower") {
		t.Errorf("the summary says more than there is:\n%s", stdout)
	}

	code, stdout, _ = wavebench(t, "run", survey, "-o", out, "--json")
	var r record.Record
	if err := json.Unmarshal([]byte(stdout), &r); code != 0 || err != nil {
		t.Fatalf("code %d, %v", code, err)
	}
	var names []string
	for _, m := range r.Run.Models {
		names = append(names, m.Name+" "+m.Unit)
	}
	if r.Run.Equation != "elastic" || !slices.Equal(names, []string{"vp m/s", "vs m/s", "rho kg/m^3"}) || r.Run.Models[1].Least != 1000 || r.Run.Models[0].Greatest != 2600 || r.Run.Vacuum != 0.1 {
		t.Errorf("equation %s, models %v, %g vacuum", r.Run.Equation, r.Run.Models, r.Run.Vacuum)
	}
	if c := r.Run.Channels; len(c) != 2 || c[0].Name != "vz" || c[1].Unit != "m/s" || r.Run.Batches != 1 || r.Run.Bytes == 0 || r.Timing.CellsPerSecond == 0 {
		t.Errorf("channels %v, %d batches, %d bytes, %g cells a second", c, r.Run.Batches, r.Run.Bytes, r.Timing.CellsPerSecond)
	}

	r.Run.Batches, r.Run.ShotsAtOnce, r.Run.Shots, r.Run.Slow = 4, 25, 99, []string{"pass 3 of elastic runs as interpreted rows"}
	var b bytes.Buffer
	printResults(&b, out, nil, &r, "")
	for _, want := range []string{"\n99 shots ran in 4 batches of up to 25, as the memory allows.\n", "\nSlower than it could be: pass 3 of elastic runs as interpreted rows.\n", job.RecordName} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the summary lacks %q:\n%s", want, b.String())
		}
	}
}
