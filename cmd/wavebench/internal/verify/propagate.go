package verify

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/stencil"
)

// problem is what a case asks the library for.
type problem struct {
	*propagator
	ndim    int
	system  *equation.System
	models  wave.Models
	survey  wave.Survey
	options wave.Options
}

// propagate computes a case's records and wavefields and, where it weighs records, gradients.
func propagate(ctx context.Context, c *Case, e env) (map[string]Values, error) {
	p, err := c.problem(propagators[c.Meta.Propagator], e)
	if err != nil {
		return nil, err
	}
	sim, err := wave.New(ctx, p.Equation, p.models, p.survey, p.options)
	if err != nil {
		return nil, err
	}
	defer sim.Close()
	res, err := sim.Forward(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.checkStep(res); err != nil {
		return nil, err
	}
	arrays := map[string]*array.Array{}
	if c.weighs() {
		if err := c.gradients(ctx, sim, p, e, arrays); err != nil {
			return nil, err
		}
	}
	for _, ch := range p.system.Receivers {
		arrays[p.receiver(ch.Name, p.ndim).amplitudes] = res.Records[ch.Name]
	}
	for name, a := range res.Wavefields {
		_, final := p.field(name, p.ndim)
		arrays[final] = a
	}
	return c.pick(arrays)
}

// run simulates models.
func (p *problem) run(ctx context.Context, models wave.Models) (*wave.Result, error) {
	return wave.Run(ctx, p.Equation, models, p.survey, p.options)
}

// weighs reports whether the case has weights of records, whose sum is a loss.
func (c *Case) weighs() bool {
	for name := range c.arrays {
		if strings.HasPrefix(name, "in_loss_weight") {
			return true
		}
	}
	return false
}

// gradients adds those of the loss: exact_grad_v and so on.
//
// The reference's grad_v and so on, of models, sample the integral over time where a sample takes
// several internal steps; where it takes one they are the exact gradient.
func (c *Case) gradients(ctx context.Context, sim *wave.Simulation, p *problem, e env, arrays map[string]*array.Array) error {
	weights := map[string]*array.Array{} // by channel
	for _, ch := range p.system.Receivers {
		w, err := c.array("in_"+p.receiver(ch.Name, p.ndim).weight, e.dtype)
		if err != nil {
			return err
		}
		if w != nil {
			weights[ch.Name] = w
		}
	}
	g, err := sim.Gradient(ctx, func(map[string]*array.Array) (float64, map[string]*array.Array, error) { return 0, weights, nil })
	if err != nil {
		return err
	}
	for name, a := range g.Models {
		name = p.model(name)
		arrays["exact_grad_"+name] = a
		if g.StepRatio == 1 {
			arrays["grad_"+name] = a
		}
	}
	for name, a := range g.Amplitudes {
		name = p.source(name, p.ndim).amplitudes
		arrays["exact_grad_"+name], arrays["grad_"+name] = a, a
	}
	return nil
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

// checkStep compares the internal time step and how many a sample takes.
func (c *Case) checkStep(res *wave.Result) error {
	if want := c.Meta.StepRatio; want > 0 && want != res.StepRatio {
		return fmt.Errorf("verify: %d internal steps a sample, want %d", res.StepRatio, want)
	}
	if want := c.Meta.InnerDT; want != 0 && !(math.Abs(res.DT-want) <= 1e-12*math.Abs(want)) {
		return fmt.Errorf("verify: an internal time step of %v s, want %v s", res.DT, want)
	}
	return nil
}

// problem reads the case as one of a propagator's.
func (c *Case) problem(of *propagator, e env) (*problem, error) {
	m := c.Meta
	p := &problem{propagator: of, ndim: len(m.GridSpacing), models: wave.Models{}}
	if p.ndim < 1 || p.ndim > 3 {
		return nil, fmt.Errorf("verify: %s: grid_spacing has %d numbers, want 1 to 3", c.Name, p.ndim)
	}
	p.system = of.Write(equation.Grid{NDim: p.ndim, Accuracy: 2})
	p.survey = wave.Survey{Spacing: m.GridSpacing, DT: m.DT, Origin: m.Origin}
	p.options = wave.Options{
		Backend: e.backend, PMLWidth: m.PMLWidth, SurveyPad: m.SurveyPad,
		FreqTaperFrac: m.FreqTaperFrac, TimePadFrac: &m.TimePadFrac, TimeTaper: m.TimeTaper,
	}
	for to, from := range map[*float64]*float64{&p.options.PMLFreq: m.PMLFreq, &p.options.MaxVel: m.MaxVel} {
		if from != nil {
			*to = *from
		}
	}
	if m.Accuracy != nil {
		p.options.Accuracy = *m.Accuracy
	}
	for _, property := range of.Models {
		a, err := c.array("in_"+of.model(property.Name), e.dtype)
		if err != nil {
			return nil, err
		}
		p.models[property.Name] = a
	}
	if err := c.sources(p, e); err != nil {
		return nil, err
	}
	if err := c.receivers(p); err != nil {
		return nil, err
	}
	return p, c.initial(p, e)
}

func (c *Case) sources(p *problem, e env) error {
	s := &p.survey
	s.NT = c.Meta.NT
	for _, ch := range p.system.Sources {
		names := p.source(ch.Name, p.ndim)
		cells, err := c.cells("in_" + names.locations)
		if err != nil {
			return err
		}
		a, err := c.array("in_"+names.amplitudes, e.dtype)
		if err != nil {
			return err
		}
		if a != nil {
			s.NT = 0 // the amplitudes have it
		}
		if a != nil || cells != nil {
			s.MoreSources = append(s.MoreSources, wave.Sources{Points: wave.Points{Cells: cells}, Channel: ch.Name, Amplitudes: a})
		}
	}
	return nil
}

func (c *Case) receivers(p *problem) error {
	for _, ch := range p.system.Receivers {
		cells, err := c.cells("in_" + p.receiver(ch.Name, p.ndim).locations)
		if err != nil {
			return err
		}
		if cells != nil {
			p.survey.MoreReceivers = append(p.survey.MoreReceivers, wave.Receivers{Points: wave.Points{Cells: cells}, Channels: []string{ch.Name}})
		}
	}
	return nil
}

// initial reads the state that a case starts from; nil if it starts at rest.
func (c *Case) initial(p *problem, e env) error {
	for _, f := range p.system.Program.Fields() {
		if f.Kind != stencil.State && f.Kind != stencil.Memory {
			continue
		}
		initial, _ := p.field(f.Name, p.ndim)
		a, err := c.array("in_"+initial, e.dtype)
		if err != nil {
			return err
		}
		if a == nil {
			continue
		}
		if p.survey.Initial == nil {
			p.survey.Initial = wave.Wavefields{}
		}
		p.survey.Initial[f.Name] = a
	}
	return nil
}
