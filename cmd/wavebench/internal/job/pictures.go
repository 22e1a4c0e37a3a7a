package job

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/picture"
)

// modelFile names the picture of a model, which is said where there are several.
func (j *Job) modelFile(name string) string {
	if len(j.model.physics.Models) > 1 {
		return "model_" + name + ".png"
	}
	return "model.png"
}

// drawModel draws a model with all sources and receivers.
func (j *Job) drawModel(w io.Writer, p config.Property) error {
	title, file := "model", filepath.Base(p.Values.File)
	several := len(j.model.physics.Models) > 1
	switch {
	case several && p.Values.File != "":
		title = p.Name + ", " + file
	case several:
		title = p.Name
	case p.Values.File != "":
		title = file
	}
	name := map[string]string{"v": "velocity", "vp": "P velocity", "vs": "S velocity", "rho": "density"}[p.Name]
	if name == "" {
		name = p.Name
	}
	spec := picture.ModelSpec{
		Title: title, Quantity: quantity(name, p.Unit),
		Grid:    picture.Grid{Shape: j.model.shape(), Spacing: j.model.spacing},
		Overlay: picture.Overlay{Sources: j.distinct(j.geometry.Sources), Receivers: j.distinct(slices.Concat(j.geometry.Receivers...))},
		Through: j.metres(j.geometry.Sources[0][0]),
		Sliced:  true,
	}
	at, err := j.model.values[p.Name].Reader()
	if err != nil {
		return err
	}
	if spec.Data, err = spec.Shown(spec.Through, at); err != nil {
		return err
	}
	void, err := j.model.void()
	if err != nil {
		return err
	}
	// Slices may show a part of the range.
	if r := j.model.ranges[p.Name]; r[0] < r[1] {
		spec.Lo, spec.Hi = r[0], r[1]
	}
	if void != nil {
		if spec.Vacuum, err = spec.Shown(spec.Through, void); err != nil {
			return err
		}
	}
	return picture.Model(w, spec)
}

// void returns a function that is 1 for cells of vacuum and 0 for others; nil if there cannot be any.
func (m *model) void() (func(i int) float64, error) {
	name := m.physics.Vacuum
	switch {
	case name == "" && m.ground == nil:
		return nil, nil
	case name == "": // the field stays zero where the speed is
		name = m.physics.Models[0].Name
	}
	at, err := m.values[name].Reader()
	return func(i int) float64 {
		if at(i) == 0 {
			return 1
		}
		return 0
	}, err
}

// quantity is a name with its unit as pictures have it.
func quantity(name, unit string) string {
	return fmt.Sprintf("%s (%s)", name, strings.NewReplacer("^2", "²", "^3", "³").Replace(unit))
}

// receivers lists those of a shot, of each set.
func (j *Job) receivers(shot int) [][][]float64 {
	var out [][][]float64
	for _, set := range j.geometry.Receivers {
		out = append(out, set[shot])
	}
	return out
}

// distinct returns the positions of all shots in metres, each once.
func (j *Job) distinct(positions [][][]float64) [][]float64 {
	var out [][]float64
	seen := map[[3]float64]bool{}
	for _, shot := range positions {
		for _, p := range shot {
			var key [3]float64
			copy(key[:], p)
			if !seen[key] {
				seen[key] = true
				out = append(out, j.metres(p))
			}
		}
	}
	return out
}

// gatherShots chooses at most n of the shots, evenly: the first and last among them.
func gatherShots(shots, n int) []int {
	n = min(n, shots)
	var out []int
	for i := range n {
		if n == 1 {
			return []int{shots / 2}
		}
		out = append(out, i*(shots-1)/(n-1))
	}
	return out
}

// drawGather draws what a channel has recorded of a shot.
func (j *Job) drawGather(w io.Writer, c config.Record, receivers *array.Array, shot int) error {
	shape := receivers.Shape()
	one := array.Slice(receivers, []int{shot, 0, 0}, []int{1, shape[1], shape[2]})
	if err := one.Err(); err != nil {
		return err
	}
	g := picture.GatherSpec{
		Title:     fmt.Sprintf("shot %d, %s", shot, quantity(c.Name, c.Unit)),
		Data:      one.Float64s(),
		Receivers: shape[1], Samples: shape[2], DT: j.Survey.Time.DT,
		Quantity: quantity(c.Name, c.Unit), Clip: 97.5, // reflections are far weaker than the direct wave
	}
	g.Positions, g.PositionLabel = j.gatherAxis(c.Set, shot)
	return picture.Gather(w, g)
}

// gatherAxis labels a set's receivers of a shot by the coordinate along which they
// advance, if there is one.
func (j *Job) gatherAxis(set, shot int) (x []float64, label string) {
	receivers := j.geometry.Receivers[set][shot]
	if len(receivers) < 2 {
		return nil, ""
	}
	names := map[int][]string{1: {"position (m)"}, 2: {"depth (m)", "x (m)"}, 3: {"depth (m)", "y (m)", "x (m)"}}[len(j.model.spacing)]
	for d := len(names) - 1; d >= 0; d-- {
		x = x[:0]
		for _, p := range receivers {
			x = append(x, p[d]*j.model.spacing[d])
		}
		if j.Survey.Receivers[set].Relative && d == len(names)-1 {
			for i := range x {
				x[i] -= j.geometry.Sources[shot][0][d] * j.model.spacing[d]
			}
			label = "offset (m)"
		} else {
			label = "receiver " + names[d]
		}
		if rises(x) {
			return x, label
		}
		slices.Reverse(x)
		if rises(x) {
			slices.Reverse(x)
			return x, label
		}
	}
	return nil, ""
}

func rises(x []float64) bool {
	for i := range x[1:] {
		if x[i+1] <= x[i] {
			return false
		}
	}
	return true
}
