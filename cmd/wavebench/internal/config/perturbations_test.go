package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const perturbed = good + `perturbations:
  - name: a box
    box: {unit: cells, from: [5, 6], to: [7, 6], value: -50}
  - name: a file
    file: d.npz
    member: dv
  - {name: both, file: d.npy, box: {unit: metres, from: [10, 0], to: [20, 39], value: 30}}
`

func TestPerturbations(t *testing.T) {
	s, err := Parse("s.yaml", []byte(perturbed))
	if err != nil {
		t.Fatal(err)
	}
	want := []Perturbation{
		{Name: "a box", Box: &Box{"cells", Numbers{5, 6}, Numbers{7, 6}, -50}},
		{Name: "a file", File: "d.npz", Member: "dv"},
		{Name: "both", File: "d.npy", Box: &Box{"metres", Numbers{10, 0}, Numbers{20, 39}, 30}},
	}
	if !reflect.DeepEqual(s.Perturbations, want) {
		t.Errorf("got %+v", s.Perturbations)
	}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("s.json", data)
	if err != nil || !reflect.DeepEqual(again.Perturbations, want) {
		t.Errorf("read back: %v, %v", again, err)
	}
	for i, want := range []string{"[5 6] [7 6] true", "[] [] false", "[1 0] [2 3] true"} {
		lo, hi, ok, err := s.BoxCells(i, []int{20, 30}, []float64{10, 10})
		if got := fmt.Sprint(lo, hi, ok); err != nil || got != want {
			t.Errorf("cells of perturbation %d are %s, %v, want %s", i, got, err, want)
		}
	}
}

// TestBadPerturbations changes the survey in one place each.
func TestBadPerturbations(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"- name: a box\n   ", "-", "s.yaml:12: perturbations[0].name is missing, want a name"},
		{"name: a file", "name: a box", `s.yaml:14: perturbations[1].name is "a box", want a name that no other perturbation has`},
		{"name: a file", "name: " + strings.Repeat("x", 41), "at most 40 printable characters"},
		{"name: a file", `name: "a\tfile"`, "at most 40 printable characters"},
		{"    box: {unit: cells, from: [5, 6], to: [7, 6], value: -50}\n", "", "perturbations[0].box is missing"},
		{"unit: cells, from: [5", "unit: feet, from: [5", `perturbations[0].box.unit is "feet", want metres or cells`},
		{"unit: cells, from: [5", "from: [5", "perturbations[0].box.unit is missing"},
		{"from: [5, 6], ", "", "perturbations[0].box.from is missing"},
		{"to: [7, 6]", "to: [7]", "perturbations[0].box.to is [7], want 2 coordinates"},
		{"to: [7, 6]", "to: [7, 5]", "perturbations[0].box.to is [7 5], want no coordinate below that of from, [5 6]"},
		{"to: [7, 6]", "to: [7, .nan]", "finite coordinates"},
		{", value: -50", "", "perturbations[0].box.value is missing"},
		{"value: -50", "value: 0", "perturbations[0].box.value is 0"},
		{"value: -50", "value: .inf", "perturbations[0].box.value is +Inf"},
		{"value: -50", "vale: -50", `unknown key "vale" in perturbations[0].box: did you mean "value"?`},
		{"file: d.npz", "file: d.bin", `perturbations[1].file is "d.bin", want a .npy or .npz file`},
		{"    file: d.npz\n", "", "perturbations[1].box is missing"},
		{"file: d.npy, ", "member: x, ", "perturbations[2].member is given, want it only with a file"},
		{"perturbations:\n", "perturbations: 3\nx:\n", "perturbations is \"3\", want a list"},
	} {
		if strings.Count(perturbed, c.from) != 1 {
			t.Fatalf("%q is in the survey %d times", c.from, strings.Count(perturbed, c.from))
		}
		_, err := Parse("s.yaml", []byte(strings.Replace(perturbed, c.from, c.to, 1)))
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.to, err, c.want)
		}
	}
}

func TestBoxOutside(t *testing.T) {
	for _, c := range []struct {
		box  Box
		want string
	}{
		{Box{"cells", Numbers{5, 6}, Numbers{20, 6}, 1}, "perturbations[0].box is outside the model, z from 5 to 20 cells, want within 0 to 19 cells"},
		{Box{"metres", Numbers{-10, 6}, Numbers{20, 6}, 1}, "outside the model, z from -10 to 20 metres, want within 0 to"},
		{Box{"metres", Numbers{12, 10}, Numbers{18, 10}, 1}, "between two cells, z from 12 to 18 metres, want at least one cell"},
		{Box{"cells", Numbers{1, 2, 3}, Numbers{1, 2, 3}, 1}, "perturbations[0].box.from is of 3 coordinates, want 2"},
	} {
		s := &Survey{Perturbations: []Perturbation{{Name: "x", Box: &c.box}}}
		_, _, _, err := s.BoxCells(0, []int{20, 30}, []float64{10, 10})
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.box, err, c.want)
		}
	}
	many := &Survey{Perturbations: slices.Repeat([]Perturbation{{Name: "x"}}, MaxPerturbations+1)}
	r := &report{origin: &many.origin}
	if checkPerturbations(r, many.Perturbations); len(r.problems) != 1 {
		t.Errorf("%d problems with too many perturbations, want 1", len(r.problems))
	}
}
