package sensitivity

import (
	"context"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
)

// bornBatch models what each perturbation scatters, as a batch of shots.
func (s *solver) bornBatch(ctx context.Context) error {
	o := s.Options
	o.OmitWavefields = true
	return s.timed(Time{Of: BornBatch, Backend: s.backend(), Perturbations: len(s.DV)}, func() error {
		var parts []*array.Array
		for run := range s.runs() {
			from := run * s.chunk()
			o.Progress = s.progress(run, s.runs())
			res, err := s.bornOf(ctx, s.DV[from:min(from+s.chunk(), len(s.DV))], o)
			if err != nil {
				return err
			}
			s.noteRun(res)
			parts = append(parts, res.Records[scattered])
		}
		all := join(parts)
		shape := all.Shape()
		s.answer.BornBatch = array.Reshape(all, len(s.DV), s.shots(), shape[1], shape[2])
		return s.answer.BornBatch.Err()
	})
}

// scattered is the channel of what Born modelling is for.
const scattered = "dpressure"

// bornOf runs every shot with each of some perturbations: [perturbation*shot]...
// The background model is one for all.
func (p *Problem) bornOf(ctx context.Context, dv []*array.Array, o wave.Options) (*wave.Result, error) {
	n, shots := len(dv), p.shots()
	s := p.Survey
	s.Sources.Points = repeatPoints(s.Sources.Points, n)
	s.Receivers = wave.Receivers{Points: repeatPoints(s.Receivers.Points, n), Channels: []string{scattered}}
	s.Sources.Amplitudes = repeat(s.Sources.Amplitudes, 0, n)
	return wave.ScalarBorn(ctx, p.V, repeat(stack(dv), 1, shots), s, o)
}

// repeatPoints returns the points of all shots n times.
func repeatPoints(p wave.Points, n int) wave.Points {
	cells, positions := p.Cells, p.Positions
	p.Cells, p.Positions = nil, nil
	for range n {
		p.Cells, p.Positions = append(p.Cells, cells...), append(p.Positions, positions...)
	}
	return p
}

// repeat repeats a's first axis n times as a whole (axis 0), or each of its
// elements (axis 1).
func repeat(a *array.Array, axis, n int) *array.Array {
	shape := a.Shape()
	first, rest := shape[0], shape[1:]
	from, to := []int{1, first}, []int{n, first}
	if axis == 1 {
		from, to = []int{first, 1}, []int{first, n}
	}
	all := array.Expand(array.Reshape(a, append(from, rest...)...), append(to, rest...)...)
	return array.Reshape(all, append([]int{n * first}, rest...)...)
}

// stack puts arrays of one shape along a new first axis.
func stack(list []*array.Array) *array.Array {
	var parts []*array.Array
	for _, a := range list {
		parts = append(parts, array.Reshape(a, append([]int{1}, a.Shape()...)...))
	}
	return join(parts)
}

// join puts arrays after each other along the first axis.
func join(list []*array.Array) *array.Array {
	shape := list[0].Shape()
	n := 0
	var at [][]int
	for _, a := range list {
		lo := make([]int, len(shape))
		lo[0] = n
		at = append(at, lo)
		n += a.Shape()[0]
	}
	return array.Assemble(list[0].DType(), append([]int{n}, shape[1:]...), at, list...)
}
