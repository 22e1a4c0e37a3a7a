package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
)

// Case is a reference file: inputs, outputs, and the other arguments.
type Case struct {
	Name   string
	Meta   Meta
	arrays map[string]gridfile.Member
}

// Meta are the arguments of a case that are not arrays. Absent ones have the
// reference program's defaults.
type Meta struct {
	Propagator    string    `json:"propagator"`
	GridSpacing   []float64 `json:"grid_spacing"`
	DT            float64   `json:"dt"`
	NT            int       `json:"nt"`
	MaxVel        *float64  `json:"max_vel"`
	Accuracy      *int      `json:"accuracy"`
	PMLWidth      oneOrMany `json:"pml_width"`
	PMLFreq       *float64  `json:"pml_freq"`
	SurveyPad     oneOrMany `json:"survey_pad"`
	Origin        []int     `json:"origin"`
	FreqTaperFrac float64   `json:"freq_taper_frac"`
	TimePadFrac   float64   `json:"time_pad_frac"`
	TimeTaper     bool      `json:"time_taper"`
	InnerDT       float64   `json:"dt_inner"`
	StepRatio     int       `json:"step_ratio"`

	CFL []struct { // of the pieces
		GridSpacing []float64 `json:"grid_spacing"`
		DT          float64   `json:"dt"`
		MaxVel      float64   `json:"max_vel"`
		InnerDT     float64   `json:"dt_inner"`
		StepRatio   int       `json:"step_ratio"`
	} `json:"cfl"`
}

// oneOrMany is a number or a list; null stands for "to the edge".
type oneOrMany []int

// UnmarshalJSON implements json.Unmarshaler.
func (o *oneOrMany) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		*o = nil
		return nil
	}
	var list []*int
	if len(b) > 0 && b[0] == '[' {
		if err := json.Unmarshal(b, &list); err != nil {
			return err
		}
	} else {
		var one int
		if err := json.Unmarshal(b, &one); err != nil {
			return err
		}
		list = []*int{&one}
	}
	*o = oneOrMany{}
	for _, n := range list {
		if n == nil {
			*o = append(*o, wave.ToEdge)
		} else {
			*o = append(*o, *n)
		}
	}
	return nil
}

// readCase reads a reference file.
func readCase(path string) (*Case, error) {
	arrays, err := gridfile.ReadAllNPZ(path, gridfile.Limits{})
	if err != nil {
		return nil, err
	}
	c := &Case{Name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), arrays: arrays}
	meta, ok := arrays["meta"]
	if !ok {
		return nil, fmt.Errorf("verify: %s has no array \"meta\", want a reference case", path)
	}
	text, err := meta.Bytes()
	if err == nil {
		err = json.Unmarshal(text, &c.Meta)
	}
	if err != nil {
		return nil, fmt.Errorf("verify: %s: meta: %w", path, err)
	}
	return c, nil
}

// has reports whether the file has an array of that name.
func (c *Case) has(name string) bool { _, ok := c.arrays[name]; return ok }

// outputs are the names of the expected arrays without "out_", sorted.
func (c *Case) outputs() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(c.arrays)) {
		if n, ok := strings.CutPrefix(name, "out_"); ok {
			out = append(out, n)
		}
	}
	return out
}

// dtype is the element type that the case was computed in: float32 if any array
// is.
func (c *Case) dtype() array.DType {
	for _, m := range c.arrays {
		if m.DType == "float32" {
			return array.Float32
		}
	}
	return array.Float64
}

// values returns an array as float64 with its shape, PML memory as the engine has it.
func (c *Case) values(name string) (Values, error) {
	m, ok := c.arrays[name]
	if !ok {
		return Values{}, fmt.Errorf("verify: %s has no array %q", c.Name, name)
	}
	x, err := m.Float64()
	if err != nil {
		return Values{}, fmt.Errorf("verify: %s: %s: %w", c.Name, name, err)
	}
	return c.decayed(name, Values{Shape: m.Shape, Data: x})
}

// array returns an input array with elements of type dt; nil if it is absent.
func (c *Case) array(name string, dt array.DType) (*array.Array, error) {
	if !c.has(name) {
		return nil, nil
	}
	v, err := c.values(name)
	if err != nil {
		return nil, err
	}
	return array.Convert(dt, v.Data, v.Shape...), nil
}

// cells returns locations [shot][point][dimension]; nil if absent.
func (c *Case) cells(name string) ([][][]int, error) {
	m, ok := c.arrays[name]
	if !ok {
		return nil, nil
	}
	x, err := m.Int()
	if err != nil {
		return nil, fmt.Errorf("verify: %s: %s: %w", c.Name, name, err)
	}
	if len(m.Shape) != 3 {
		return nil, fmt.Errorf("verify: %s: %s has shape %v, want [shot][point][dimension]", c.Name, name, m.Shape)
	}
	nd := m.Shape[2]
	out := make([][][]int, m.Shape[0])
	for s := range out {
		out[s] = make([][]int, m.Shape[1])
		for i := range out[s] {
			at := (s*m.Shape[1] + i) * nd
			out[s][i] = x[at : at+nd]
		}
	}
	return out, nil
}
