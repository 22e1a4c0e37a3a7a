package bench

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/equation"
	"github.com/d52adeda/wave/internal/memory"
	"github.com/d52adeda/wave/wavelet"
)

// EquationNames lists what can be measured.
func EquationNames() []string { return equationNames }

var equations, equationNames = measurable()

func measurable() (byName map[string]*equation.Equation, names []string) {
	byName = map[string]*equation.Equation{}
	for _, e := range []*equation.Equation{equation.Scalar(), equation.Acoustic(), equation.ElasticSpeeds()} {
		for _, e := range []*equation.Equation{e, equation.Born(e)} {
			byName[e.Name], names = e, append(names, e.Name)
		}
	}
	return byName, names
}

// A medium that is faster with depth, of cells of 10 m, eight and more of them a
// wavelength of the fastest waves.
const (
	spacing        = 10.0
	slowest        = 1500.0
	fastest        = 4500.0
	frequency      = slowest / spacing / 8
	mostReceivers  = 100
	firstArrival   = 1.5 / frequency
	shareOfMaximum = 0.99 // of the time step
)

// timing is one measurement, and what the library says of it.
type timing struct {
	setup, steps time.Duration
	result       *wave.Result
}

// measure runs a case once, for nt steps.
func (c Case) measure(ctx context.Context, nt int) (timing, error) {
	c.NT = nt
	survey, err := c.survey()
	if err != nil {
		return timing{}, err
	}
	var first, last time.Time
	o := wave.Options{
		Backend: c.Backend, Accuracy: c.Accuracy, PMLWidth: []int{c.PML}, PMLFreq: frequency,
		Threads: c.Threads, OmitWavefields: true,
		Progress: func(done, _ int) {
			last = time.Now()
			if done == 0 {
				first = last
			}
		},
	}
	e := equations[c.Equation]
	models := wave.Models{}
	for _, m := range e.Models {
		models[m.Name] = c.model(m.Name)
	}
	began := time.Now()
	res, err := wave.Run(ctx, e, models, survey, o)
	if err != nil {
		return timing{}, err
	}
	if res.Steps != nt || res.StepRatio != 1 {
		return timing{}, fmt.Errorf("%d time steps became %d: the time step is too long", nt, res.Steps)
	}
	return timing{first.Sub(began), last.Sub(first), res}, nil
}

func (c Case) dtype() array.DType {
	if c.DType == "float64" {
		return array.Float64
	}
	return array.Float32
}

// fits reports a case whose models and series cannot be had. The library, which is
// given them, counts exactly.
func (c Case) fits() error {
	need := c.valueBytes() * float64(len(equations[c.Equation].Models))
	for _, n := range c.Shape {
		need *= float64(n)
	}
	need += float64(c.Shots) * float64(c.NT) * (float64(1+2*c.receivers())*c.valueBytes() + 8) // amplitudes, also in float64
	if free := float64(memory.Free()); free > 0 && need > free {
		return fmt.Errorf("models and records take %s, want at most %s (what the machine has free): %w", memory.Size(need), memory.Size(free), wave.ErrMemory)
	}
	return nil
}

// receivers returns how many a shot has.
func (c Case) receivers() int { return min(mostReceivers, c.Shape[len(c.Shape)-1]) }

// model returns a model, which changes along the slowest axis.
func (c Case) model(name string) *array.Array {
	layers := make([]float64, c.Shape[0])
	for i := range layers {
		layers[i] = rock(name, slowest+(fastest-slowest)*float64(i)/float64(max(len(layers)-1, 1)))
	}
	if c.dtype() == array.Float64 {
		return array.Of64(layered[float64](layers, c.Shape), c.Shape...)
	}
	return array.Of32(layered[float32](layers, c.Shape), c.Shape...)
}

// rock returns a property of a medium in which the fastest waves have speed v.
func rock(name string, v float64) float64 {
	if of, ok := strings.CutPrefix(name, "d"); ok { // a perturbation
		return 0.01 * rock(of, v)
	}
	switch name {
	case "vs":
		return 0.6 * v
	case "rho":
		return 310 * math.Sqrt(math.Sqrt(v)) // Gardner's relation
	}
	return v
}

func layered[T array.Float](layers []float64, shape []int) []T {
	each := 1
	for _, n := range shape[1:] {
		each *= n
	}
	out := make([]T, len(layers)*each)
	for i, v := range layers {
		layer := out[i*each:][:each]
		for k := range layer {
			layer[k] = T(v)
		}
	}
	return out
}

// survey has a source near the centre for each shot, and a line of receivers.
func (c Case) survey() (wave.Survey, error) {
	h := slices.Repeat([]float64{spacing}, len(c.Shape))
	dt, _ := equation.CFL(1, h, fastest)
	dt *= shareOfMaximum
	w, err := wavelet.Ricker(frequency, c.NT, dt, firstArrival)
	if err != nil {
		return wave.Survey{}, err
	}
	s := wave.Survey{Spacing: h, DT: dt}
	last := len(c.Shape) - 1
	centre := make([]int, len(c.Shape))
	for d, n := range c.Shape {
		centre[d] = n / 2
	}
	moved := func(x int) []int {
		cell := slices.Clone(centre)
		cell[last] = x % c.Shape[last]
		return cell
	}
	var line [][]int
	n := c.receivers()
	for i := range n {
		line = append(line, moved(i*c.Shape[last]/n))
	}
	for shot := range c.Shots {
		s.Sources.Cells = append(s.Sources.Cells, [][]int{moved(centre[last] + shot)})
		s.Receivers.Cells = append(s.Receivers.Cells, line)
	}
	s.Sources.Amplitudes = array.Convert(c.dtype(), slices.Repeat(w, c.Shots), c.Shots, 1, c.NT)
	return s, nil
}
