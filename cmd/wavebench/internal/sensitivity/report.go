package sensitivity

import (
	"fmt"
	"math"
	"slices"

	"github.com/d52adeda/wave/array"
)

// What is computed.
const (
	Born      = "born"
	JVP       = "jvp"
	BornBatch = "born_batch"
	VMapJVP   = "vmap_jvp"
)

// Report says how the ways differ and how long each took.
type Report struct {
	DType         string   `json:"dtype"`
	Device        string   `json:"device"` // of Born modelling
	Perturbations []string `json:"perturbations"`
	Shots         int      `json:"shots"`
	Steps         int      `json:"steps"` // internal ones of a run
	// AtEdge names the perturbations that change cells at the edge of the simulated
	// region, where the two ways differ: the propagator continues the model into the
	// PML, Born modelling does not continue the perturbation.
	AtEdge      []string     `json:"at_edge,omitempty"`
	Differences []Difference `json:"differences"`
	Times       []Time       `json:"times"`
}

// Difference compares what two ways give for a perturbation.
type Difference struct {
	Perturbation string  `json:"perturbation"`
	Of           string  `json:"of"`
	And          string  `json:"and"`
	Absolute     float64 `json:"absolute"` // greatest
	Peak         float64 `json:"peak"`     // greatest magnitude of Of
	Relative     float64 `json:"relative"` // Absolute to Peak
	// Tolerance is for Relative; 0: none, since the perturbation is at the edge.
	Tolerance float64 `json:"tolerance"`
}

// Within reports whether the difference is within its tolerance.
func (d Difference) Within() bool { return d.Tolerance == 0 || d.Relative <= d.Tolerance }

// Time is how long a computation took.
type Time struct {
	Of            string  `json:"of"`
	Backend       string  `json:"backend"`
	Perturbations int     `json:"perturbations"`
	Seconds       float64 `json:"seconds"`
	// Share of the work that was done in that time; 1 is all.
	Share float64 `json:"share"`
}

// Whole is the time of all the work, measured or estimated.
func (t Time) Whole() float64 { return t.Seconds / t.Share }

// Passed reports whether all differences are within their tolerances.
func (r *Report) Passed() bool {
	for _, d := range r.Differences {
		if !d.Within() {
			return false
		}
	}
	return true
}

// Time returns the time of a computation.
func (r *Report) Time(of string) (Time, bool) {
	for _, t := range r.Times {
		if t.Of == of {
			return t, true
		}
	}
	return Time{}, false
}

// Faster returns how many times as long VMap(JVP) takes as batched Born modelling.
func (r *Report) Faster() float64 {
	b, _ := r.Time(BornBatch)
	v, _ := r.Time(VMapJVP)
	return v.Whole() / b.Whole()
}

// Tolerance returns how far two ways may differ, relative to the peak, after that many
// steps. A rounding in a step of a wave of angular frequency w grows to 1/(w dt) times itself,
// and n of them add up as their root: sqrt(n)/(w dt), or n^1.5 over the periods in the record.
func Tolerance(dt array.DType, steps int) float64 {
	longer := math.Pow(max(1, float64(steps)/1000), 1.5)
	if dt == array.Float32 {
		return 5e-5 * longer
	}
	return 5e-12 * longer
}

// compare fills in the differences.
func (s *solver) compare() error {
	a := s.answer
	if err := s.difference(0, Born, JVP, a.Born, a.JVP); err != nil {
		return err
	}
	for i := range s.DV {
		if err := s.difference(i, BornBatch, VMapJVP, part(a.BornBatch, i), part(a.VMapJVP, i)); err != nil {
			return err
		}
	}
	return nil
}

// difference compares two arrays that belong to perturbation i.
func (s *solver) difference(i int, of, and string, x, y *array.Array) error {
	d := Difference{Perturbation: s.Names[i], Of: of, And: and}
	if !slices.Contains(s.answer.AtEdge, d.Perturbation) {
		d.Tolerance = Tolerance(s.V.DType(), s.answer.Steps)
	}
	diff := array.Sub(x, y)
	if err := diff.Err(); err != nil {
		return fmt.Errorf("sensitivity: %s and %s cannot be compared: %w", of, and, err)
	}
	if !diff.Finite() {
		return fmt.Errorf("sensitivity: %s or %s of perturbation %q is not finite", of, and, d.Perturbation)
	}
	d.Absolute, d.Peak = greatest(diff), greatest(x)
	if d.Relative = d.Absolute; d.Peak > 0 {
		d.Relative /= d.Peak
	}
	s.answer.Differences = append(s.answer.Differences, d)
	return nil
}

// part returns a[i].
func part(a *array.Array, i int) *array.Array {
	lo, size := make([]int, a.NDim()), a.Shape()
	lo[0], size[0] = i, 1
	return array.Reshape(array.Slice(a, lo, size), size[1:]...)
}

// greatest returns the greatest magnitude.
func greatest(a *array.Array) float64 {
	most := 0.0
	for _, x := range a.Float64s() {
		most = max(most, math.Abs(x))
	}
	return most
}

// atEdge reports whether a perturbation is not zero somewhere on the sides of the
// simulated region that have a PML: widths are begin and end of each dimension.
func atEdge(dv *array.Array, origin, region, widths []int) bool {
	shape := dv.Shape()
	for i, x := range dv.Float64s() {
		if x == 0 {
			continue
		}
		edge, inside := false, true
		for d := len(shape) - 1; d >= 0; d-- {
			c := i%shape[d] - origin[d]
			i /= shape[d]
			inside = inside && c >= 0 && c < region[d]
			edge = edge || c == 0 && widths[2*d] > 0 || c == region[d]-1 && widths[2*d+1] > 0
		}
		if edge && inside {
			return true
		}
	}
	return false
}
