package verify

import (
	"context"
	"fmt"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
)

// scalar computes the forward outputs of a scalar case. The worked example calls
// its record "forward", the functional case "primal".
func scalar(ctx context.Context, c *Case, e env) (map[string]Values, error) {
	v, err := c.array("in_v", e.dtype)
	if err != nil {
		return nil, err
	}
	res, err := runScalar(ctx, c, e, v)
	if err != nil {
		return nil, err
	}
	arrays := map[string]*array.Array{
		"receiver_amplitudes": res.Receivers,
		"wavefield_nt":        res.Wavefields.Current,
		"wavefield_ntm1":      res.Wavefields.Previous,
	}
	for _, alias := range []string{"forward", "primal"} {
		arrays[alias] = res.Receivers
	}
	addMemory(arrays, res.Wavefields, "")
	out, err := c.pick(arrays)
	if err != nil {
		return nil, err
	}
	return out, c.checkRatio(res)
}

// addMemory adds the PML memory fields of w under their names in the reference.
func addMemory(arrays map[string]*array.Array, w wave.Wavefields, suffix string) {
	for d, axis := range axes(len(w.Psi)) {
		arrays["psi"+axis+suffix], arrays["zeta"+axis+suffix] = w.Psi[d], w.Zeta[d]
	}
}

// pick reads those of the arrays that the case has an expectation of.
func (c *Case) pick(arrays map[string]*array.Array) (map[string]Values, error) {
	out := map[string]Values{}
	for name, a := range arrays {
		if a == nil || !c.has("out_"+name) {
			continue
		}
		v, err := ofArray(a)
		if err != nil {
			return nil, err
		}
		out[name] = v
	}
	return out, nil
}

// checkRatio compares the number of internal steps a sample.
func (c *Case) checkRatio(res *wave.Result) error {
	if want := c.Meta.StepRatio; want > 0 && want != res.StepRatio {
		return fmt.Errorf("verify: %d internal steps a sample, want %d", res.StepRatio, want)
	}
	return nil
}

// runScalar runs the scalar propagator on the case with the model v.
func runScalar(ctx context.Context, c *Case, e env, v *array.Array) (*wave.Result, error) {
	s, o, err := c.problem(e)
	if err != nil {
		return nil, err
	}
	return wave.Scalar(ctx, v, s, o)
}

// problem is the case's survey and options.
func (c *Case) problem(e env) (s wave.Survey, o wave.Options, err error) {
	m := c.Meta
	s = wave.Survey{Spacing: m.GridSpacing, DT: m.DT, Origin: m.Origin}
	for name, cells := range map[string]*[][][]int{
		"in_source_locations": &s.Sources.Cells, "in_receiver_locations": &s.Receivers.Cells, "in_bg_receiver_locations": &s.Background.Cells,
	} {
		if *cells, err = c.cells(name); err != nil {
			return s, o, err
		}
	}
	if s.Sources.Amplitudes, err = c.array("in_source_amplitudes", e.dtype); err != nil {
		return s, o, err
	}
	if s.Sources.Amplitudes == nil {
		s.NT = m.NT
	}
	if s.Initial, err = c.initial(e.dtype); err != nil {
		return s, o, err
	}
	o = wave.Options{
		Backend: e.backend, PMLWidth: m.PMLWidth, SurveyPad: m.SurveyPad,
		FreqTaperFrac: m.FreqTaperFrac, TimePadFrac: &m.TimePadFrac, TimeTaper: m.TimeTaper,
	}
	if m.Accuracy != nil {
		o.Accuracy = *m.Accuracy
	}
	if m.PMLFreq != nil {
		o.PMLFreq = *m.PMLFreq
	}
	if m.MaxVel != nil {
		o.MaxVel = *m.MaxVel
	}
	return s, o, nil
}

// initial returns the state that a case starts from; nil if it starts at rest.
func (c *Case) initial(dt array.DType) (*wave.Wavefields, error) {
	w := &wave.Wavefields{}
	any := false
	get := func(name string) (a *array.Array, err error) {
		a, err = c.array("in_"+name, dt)
		any = any || a != nil
		return a, err
	}
	var err error
	if w.Current, err = get("wavefield_0"); err != nil {
		return nil, err
	}
	if w.Previous, err = get("wavefield_m1"); err != nil {
		return nil, err
	}
	for _, axis := range axes(len(c.Meta.GridSpacing)) {
		psi, err := get("psi" + axis + "_m1")
		if err != nil {
			return nil, err
		}
		zeta, err := get("zeta" + axis + "_m1")
		if err != nil {
			return nil, err
		}
		w.Psi, w.Zeta = append(w.Psi, psi), append(w.Zeta, zeta)
	}
	if !any {
		return nil, nil
	}
	return w, nil
}

// axes are the reference's names of axes, slowest first.
func axes(ndim int) []string { return []string{"z", "y", "x"}[3-ndim:] }
