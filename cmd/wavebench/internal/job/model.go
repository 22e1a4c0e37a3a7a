package job

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/internal/memory"
)

// model is the medium: what the survey's equation is solved in.
type model struct {
	physics  *equation.Equation
	cells    []int
	spacing  []float64       // m, one an axis
	values   equation.Models // of the equation, by name; nil until they are read
	ground   *config.Surface // nil if the survey has no topography
	min, max float64         // speeds, m/s
	ranges   map[string][2]float64
	empty    float64 // part of the cells that are vacuum
	// plausible says that the models that speeds depend on look as if they were in their units.
	plausible bool
}

func (m *model) shape() []int { return m.cells }

// first is the model that stands for the medium where one is shown: the velocity, mostly.
func (m *model) first() *array.Array { return m.values[m.physics.Models[0].Name] }

// reader makes the arrays of a model.
type reader struct {
	*Job
	ctx      context.Context
	free     int64 // bytes that models may take; 0: not known
	place    func(shape []int) error
	progress func(meter.Reading)
	sized    string // the key that the model's shape comes from
}

// readModel makes the model that the survey describes, after all has been checked
// that does not depend on its values: place does, given its shape. free is how many bytes
// the model may take; 0 means that it is not known.
func (j *Job) readModel(ctx context.Context, free int64, place func(shape []int) error, progress func(meter.Reading)) error {
	s := j.Survey
	r := &reader{Job: j, ctx: ctx, free: free, place: place, progress: progress}
	all, values := s.Properties(), map[string]gridfile.Data{}
	var err error
	for _, p := range all { // files first, which say the shape
		if p.Values.File != "" {
			if values[p.Name], err = r.file(p); err != nil {
				return err
			}
		}
	}
	if r.sized == "" {
		if err := r.fit("model.shape", s.Model.Shape); err != nil {
			return err
		}
	}
	for _, p := range all {
		if p.Values.Value != nil {
			if values[p.Name], err = r.layered(p); err != nil {
				return err
			}
		}
	}
	for _, p := range all {
		if p.Values.File == "" && p.Values.Value == nil {
			if values[p.Name], err = r.derived(p, values[s.Base(p.From)]); err != nil {
				return err
			}
		}
	}
	j.model.values = equation.Models{}
	for _, p := range all {
		fillAbove(j.model.ground, p.Name, values[p.Name])
		j.model.values[p.Name] = toArray(dtypeOf(s), values[p.Name])
	}
	if err := j.model.measure(ctx); ctx.Err() != nil {
		return ctx.Err()
	} else if err != nil {
		return s.At("model", err)
	}
	if j.model.max == 0 && s.Options.MaxVel == 0 {
		return j.valueProblem(all[0], "0 "+all[0].Unit+" everywhere", "a velocity above 0 somewhere, or options.max_vel")
	}
	return nil
}

// measure finds the ranges of speeds and, but for vacuum, of the models.
func (m *model) measure(ctx context.Context) (err error) {
	if _, m.max, err = m.physics.Speeds(ctx, m.values); err != nil {
		return err
	}
	void, err := m.void()
	if err != nil {
		return err
	}
	m.ranges, m.plausible = map[string][2]float64{}, true
	for _, p := range m.physics.Models {
		at, err := m.values[p.Name].Reader()
		if err != nil {
			return err
		}
		lo, hi, empty := math.Inf(1), math.Inf(-1), 0
		if err := each(ctx, m.first().Len(), func(i int) bool {
			if void != nil && void(i) != 0 {
				empty++
			} else {
				lo, hi = min(lo, at(i)), max(hi, at(i))
			}
			return true
		}); err != nil {
			return err
		}
		if lo > hi { // nowhere
			lo, hi = 0, 0
		}
		m.ranges[p.Name], m.empty = [2]float64{lo, hi}, float64(empty)/float64(m.first().Len())
		if first := m.physics.Models[0]; p.Unit == first.Unit || first.Unit != "m/s" {
			m.plausible = m.plausible && p.IsPlausible(lo) && p.IsPlausible(hi)
		}
	}
	m.min = m.ranges[m.physics.Models[0].Name][0]
	return nil
}

// fit takes the model's shape from a key, or compares it with what another key has said.
func (r *reader) fit(key string, shape []int) error {
	s := r.Survey
	switch {
	case r.sized == "":
		need := float64(dtypeOf(s).Size() * len(s.Properties()))
		for _, n := range shape {
			need *= float64(n)
		}
		if r.free > 0 && need > float64(r.free) {
			return s.Problem(key, fmt.Sprintf("%v, which takes %s", shape, memory.Size(need)), "a model that fits the "+memory.Size(r.free)+" of free memory")
		}
		r.sized = key
		return r.place(shape)
	case !slices.Equal(shape, r.model.cells):
		return s.Problem(key, fmt.Sprintf("of shape %v", shape), fmt.Sprintf("%v as %s has, or axes in their order", r.model.cells, r.sized))
	}
	return nil
}

// file reads a property from its file.
func (r *reader) file(p config.Property) (gridfile.Data, error) {
	s, key, v := r.Survey, p.Key+".file", p.Values
	var order []int // of the file's axes in the model
	spec := gridfile.Spec{Member: v.Member, Shape: v.Shape, DType: v.DType, BigEndian: v.BigEndian, Limits: gridfile.Limits{MaxBytes: r.free}}
	spec.Check = func(shape []int) (err error) {
		if n := len(shape); n < 1 || n > 3 {
			return s.Problem(key, fmt.Sprintf("an array of shape %v", shape), "1 to 3 axes")
		}
		if slices.Contains(shape, 0) {
			return s.Problem(key, fmt.Sprintf("an array of shape %v", shape), "at least one cell along every axis")
		}
		if order, err = s.Order(p.Key+".axes", v.Axes, equation.Axes(len(shape))); err != nil {
			return err
		}
		shape = reorder(shape, order)
		if p.Key != "model" && len(s.Model.Shape) > 0 && s.Model.File == "" && !slices.Equal(shape, s.Model.Shape) {
			return s.Problem(key, fmt.Sprintf("of shape %v", shape), fmt.Sprintf("%v as model.shape says", s.Model.Shape))
		}
		return r.fit(key, shape)
	}
	if ext := strings.ToLower(filepath.Ext(v.File)); ext != ".npy" && ext != ".npz" && len(v.Shape) == 0 { // of the model's shape
		spec.Shape = s.Model.Shape
		if r.sized != "" {
			spec.Shape = r.model.cells
		}
		order, err := s.Order(p.Key+".axes", v.Axes, equation.Axes(len(spec.Shape)))
		if err != nil {
			return gridfile.Data{}, err
		}
		if order != nil {
			spec.Shape = reorder(spec.Shape, inverse(order))
		}
	}
	data, err := r.readArray(r.ctx, key, v.File, spec, r.progress)
	if errors.Is(err, gridfile.ErrLimit) && r.free > 0 {
		err = fmt.Errorf("%w (%s of memory are free)", err, memory.Size(r.free))
	}
	if err != nil {
		return gridfile.Data{}, err
	}
	dt := dtypeOf(s)
	if err := inUnit(r.ctx, &p, &data, dt); err != nil {
		return gridfile.Data{}, err
	}
	where := func(i int) []int { return reorder(unravel(i, data.Shape), order) }
	if i := unfit(dt, data.F64, true); i >= 0 {
		return gridfile.Data{}, r.valueProblem(p, fmt.Sprintf("%v %s at cell %v", data.F64[i], p.Unit, where(i)), float32Holds)
	}
	a := toArray(dt, data)
	if a.Err() != nil {
		return gridfile.Data{}, s.At(key, a.Err())
	}
	i, x, err := unwanted(r.ctx, a, p.Least())
	if err != nil {
		return gridfile.Data{}, err
	}
	if i >= 0 {
		return gridfile.Data{}, r.valueProblem(p, fmt.Sprintf("%v %s at cell %v", x, p.Unit, where(i)), wanted(p))
	}
	if order != nil {
		a = array.Transpose(a, inverse(order)...)
	}
	return fromArray(a)
}

// inverse returns the order that undoes another.
func inverse(order []int) []int {
	out := make([]int, len(order))
	for i, d := range order {
		out[d] = i
	}
	return out
}

// reorder returns the numbers of a file's axes in the order of the model's; order is nil where
// they are the same.
func reorder(x, order []int) []int {
	if order == nil {
		return x
	}
	out := make([]int, len(x))
	for i, d := range order {
		out[d] = x[i]
	}
	return out
}

// inUnit puts values of a file into the equation's unit, as float64 if they are wanted so.
func inUnit(ctx context.Context, p *config.Property, d *gridfile.Data, dt array.DType) error {
	if p.Values.Unit == "" || p.Values.Unit == p.Unit {
		return nil
	}
	digits, from := 15, *d
	if d.F32 != nil {
		if digits = 6; dt == array.Float64 {
			d.F32, d.F64 = nil, make([]float64, len(d.F32))
		}
	}
	return each(ctx, max(len(from.F32), len(from.F64)), func(i int) bool {
		set(*d, i, p.SI(value(from, i), digits))
		return true
	})
}

// unwanted returns the first value that is not finite, or below least, and where; -1 if there
// is none.
func unwanted(ctx context.Context, a *array.Array, least float64) (where int, x float64, err error) {
	at, err := a.Reader()
	where = -1
	if err == nil {
		err = each(ctx, a.Len(), func(i int) bool {
			if v := at(i); math.IsNaN(v) || math.IsInf(v, 0) || v < least {
				where, x = i, v
			}
			return where < 0
		})
	}
	return where, x, err
}

func wanted(p config.Property) string {
	switch {
	case p.Unit == "m/s":
		return "finite velocities of 0 or more"
	case p.Least() == 0:
		return "finite numbers of 0 " + p.Unit + " or more"
	}
	return "finite numbers"
}

func dtypeOf(s *config.Survey) array.DType {
	if s.Options.DType == "float64" {
		return array.Float64
	}
	return array.Float32
}

// layered makes a property of a value and layers.
func (r *reader) layered(p config.Property) (gridfile.Data, error) {
	s, shape, v := r.Survey, r.model.cells, p.Values
	values := []float64{*v.Value}
	for _, l := range v.Layers {
		values = append(values, l.Value)
	}
	for i, x := range values {
		if values[i] = p.SI(x, 15); unfit(dtypeOf(s), values[i:i+1], true) >= 0 {
			key := p.Key + ".value"
			if i > 0 {
				key = fmt.Sprintf("%s.layers[%d].value", p.Key, i-1)
			}
			return gridfile.Data{}, s.Problem(key, x, float32Holds)
		}
	}
	tops := v.TopCells(r.model.spacing[0], shape[0])
	row := 1 // cells at one depth
	for _, n := range shape[1:] {
		row *= n
	}
	return r.filled(func(i int) float64 {
		x := values[0]
		for k, top := range tops {
			if i/row >= top {
				x = values[1+k]
			}
		}
		return x
	})
}

// derived makes a property that follows from another one.
func (r *reader) derived(p config.Property, of gridfile.Data) (gridfile.Data, error) {
	water := 0.0
	if w := r.Survey.Model.Water; w != nil && w.UpTo != nil && r.Survey.Base(p.From) == r.model.physics.Models[0].Name {
		water = *w.UpTo
	}
	return r.filled(func(i int) float64 { return p.Value(value(of, i), water) })
}

// filled makes a property of the model of its elements.
func (r *reader) filled(value func(i int) float64) (gridfile.Data, error) {
	d, err := fromArray(array.Zeros(dtypeOf(r.Survey), r.model.cells...)) // refuses what is too large
	if err != nil {
		return d, err
	}
	return d, each(r.ctx, max(len(d.F32), len(d.F64)), func(i int) bool {
		set(d, i, value(i))
		return true
	})
}

// fillAbove makes vacuum, where all models are 0, or water of what is above the ground.
func fillAbove(ground *config.Surface, name string, d gridfile.Data) {
	if ground == nil {
		return
	}
	for column, top := range ground.Ground {
		for z := range top {
			x := 0.0
			if z >= ground.Water {
				x = config.OfWater(name)
			}
			set(d, z*len(ground.Ground)+column, x)
		}
	}
}

// readSurface reads the elevations that the survey names and places them in the model.
func (j *Job) readSurface(ctx context.Context, progress func(meter.Reading)) (err error) {
	const key = "model.topography.file"
	s, shape := j.Survey, j.model.cells
	var elevations []float64
	if e := s.Model.Topography; e != nil && e.File != "" {
		var order []int
		check := func(got []int) error {
			if len(got) != len(shape)-1 {
				return s.Problem(key, fmt.Sprintf("an array of shape %v", got), fmt.Sprintf("%v, an elevation for each column of cells", shape[1:]))
			}
			if order, err = s.Order("model.topography.axes", e.Axes, equation.Axes(len(shape))[1:]); err != nil {
				return err
			}
			if got = reorder(got, order); !slices.Equal(got, shape[1:]) {
				return s.Problem(key, fmt.Sprintf("of shape %v", got), fmt.Sprintf("%v, an elevation for each column of cells", shape[1:]))
			}
			return nil
		}
		d, err := j.readArray(ctx, key, e.File, gridfile.Spec{Member: e.Member, Check: check}, progress)
		if err != nil {
			return err
		}
		a := toArray(array.Float64, d)
		if order != nil {
			a = array.Transpose(a, inverse(order)...)
		}
		elevations = a.Float64s()
	}
	j.model.ground, err = s.Surface(shape, j.model.spacing, elevations)
	return err
}

// valueProblem is about values of a property.
func (j *Job) valueProblem(p config.Property, got, want string) error {
	if p.Values.File != "" {
		got = fmt.Sprintf("%s, with %s", filepath.Base(p.Values.File), got)
	}
	return j.Survey.Problem(p.At(), got, want)
}

// unravel returns the indices of a row-major element.
func unravel(i int, shape []int) []int {
	at := make([]int, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		at[d], i = i%shape[d], i/shape[d]
	}
	return at
}
