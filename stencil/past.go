package stencil

import (
	"maps"
	"slices"
)

// Past is a run of a pair's Forward, point by point, whose tape was kept. As Interpreter is of a
// program, it is the definition of an adjoint that those who run it are tested against.
type Past struct {
	Pair  *Pair
	Tapes []map[*Field][]float64 // of each step
	in    *Interpreter
}

// Interpret advances an Interpreter, which has what Forward needs but no program, by some steps.
// It records into in.Out, which begins empty.
func (c *Pair) Interpret(in *Interpreter, steps int) *Past {
	in.Program, in.Points = c.Forward, maps.Clone(in.Points)
	for _, t := range c.Points {
		in.Points[t.Tape.Points] = in.Points[t.By.Points].Cells()
	}
	past := &Past{Pair: c, in: in}
	for range steps {
		in.Step()
		tape := map[*Field][]float64{}
		for _, f := range c.Tape {
			tape[f] = in.Data[f]
		}
		past.Tapes = append(past.Tapes, tape)
	}
	return past
}

// Back runs Reverse over it. Given are cotangents of wavefields after the last step, zero where they
// are missing, and of what was recorded: [step][point]. It returns those of all fields, of
// wavefields before the first step, and of what was injected.
func (p *Past) Back(bar map[*Field][]float64, records map[*Series][][]float64) (map[*Field][]float64, map[*Series][][]float64) {
	c, in := p.Pair, p.in
	back := &Interpreter{Program: c.Reverse, Layout: in.Layout, Data: map[*Field][]float64{}, Points: in.Points, In: map[*Series][][]float64{}}
	for f, x := range in.Data {
		if f.Kind == Model || f.Kind == Profile {
			back.Data[f] = x
		}
	}
	for f, x := range bar {
		back.Data[c.Bar[f]] = slices.Clone(x)
	}
	p.scale(back.Data, func(x, by float64) float64 { return x * by })
	for s, x := range in.In {
		back.In[s] = backwards(x)
	}
	for s, x := range records {
		back.In[c.Series[s]] = backwards(x)
	}
	for _, t := range c.Points {
		for i, tape := range slices.Backward(in.Out[t.Tape]) {
			by := back.In[t.By][len(p.Tapes)-1-i]
			back.In[t.To] = append(back.In[t.To], in.Points[t.By.Points].Times(tape, by))
		}
	}
	for _, tape := range slices.Backward(p.Tapes) {
		maps.Copy(back.Data, tape)
		back.Step()
	}
	p.scale(back.Data, func(x, by float64) float64 {
		if by == 0 { // beyond the grid
			return 0
		}
		return x / by
	})
	fields, injected := map[*Field][]float64{}, map[*Series][][]float64{}
	for f, bar := range c.Bar {
		fields[f] = back.Data[bar]
	}
	for s, bar := range c.Series {
		if x := back.Out[bar]; x != nil {
			for _, also := range c.Also[bar] {
				for i, row := range back.Out[also] {
					for j, v := range row {
						x[i][j] += v
					}
				}
			}
			injected[s] = backwards(x)
		}
	}
	return fields, injected
}

// scale applies f to scaled cotangents and what they are stored times.
func (p *Past) scale(data map[*Field][]float64, f func(x, by float64) float64) {
	for field, s := range p.Pair.Scale {
		x := data[p.Pair.Bar[field]]
		for i := range x {
			by := s.Number
			for _, m := range s.Models {
				by *= data[m][i]
			}
			x[i] = f(x[i], by)
		}
	}
}

func backwards(x [][]float64) [][]float64 {
	x = slices.Clone(x)
	slices.Reverse(x)
	return x
}
