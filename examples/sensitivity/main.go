// Command sensitivity is the worked example of packages wave and functional: how
// does what receivers record depend on the velocity model? It answers for a square
// anomaly in a medium of two layers, in two independent ways, and compares them:
//
//   - Born modelling (wave.ScalarBorn), which models what the anomaly scatters,
//   - the forward-mode derivative (functional.JVP) of the propagator (wave.Scalar),
//
// and then for three anomalies at once: as a batch of shots, and by vectorizing
// the derivative (functional.VMap).
//
//	go run ./examples/sensitivity -dtype float64 -out pictures
//
// docs/sensitivity.md says when to use which; `wavebench sensitivity` does the same
// for any model and draws the records with axes.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
	"github.com/d52adeda/wave/wavelet"
)

const (
	cells    = 100   // in depth and across
	spacing  = 4.0   // m
	dt       = 0.004 // s; the propagator divides it by 5, for stability
	freq     = 25.0  // Hz
	upper    = 1500.0
	lower    = 2000.0 // m/s, from half of the depth on
	anomaly  = 100.0  // m/s, added to a square of 10 x 10 cells
	receiver = 10     // depth of the source and of the receivers, in cells
)

// names of the anomalies, and by how many cells they are off the centre.
var (
	names  = []string{"centre", "left", "right"}
	shifts = []int{0, -20, 20}
)

func main() {
	log.SetFlags(0)
	dtype := flag.String("dtype", "float64", "compute in float32 or float64")
	out := flag.String("out", "", "draw the records into this folder")
	flag.Parse()
	types := map[string]array.DType{"float32": array.Float32, "float64": array.Float64}
	if types[*dtype] == 0 || flag.NArg() > 0 {
		log.Fatalf("-dtype is %q, want float32 or float64, and no other arguments", *dtype)
	}
	if err := run(types[*dtype], *out); err != nil {
		log.Fatal(err)
	}
}

// run does everything and prints how well the two ways agree.
func run(dtype array.DType, out string) error {
	e, err := newExample(dtype, 200)
	if err != nil {
		return err
	}
	ctx := context.Background()

	born, err := e.born(ctx)
	if err != nil {
		return err
	}
	jvp, err := e.jvp(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("greatest of what is scattered: %.3g\n", greatest(born))
	fmt.Printf("greatest difference of Born and JVP: %.2g\n", greatest(array.Sub(born, jvp)))

	bornBatch, err := e.bornBatch(ctx)
	if err != nil {
		return err
	}
	vmapJVP, err := e.vmapJVP(ctx)
	if err != nil {
		return err
	}
	for i, name := range names {
		fmt.Printf("of batched Born and VMap(JVP), %s: %.2g\n", name, greatest(array.Sub(example(bornBatch, i), example(vmapJVP, i))))
	}
	if out == "" {
		return nil
	}
	return drawAll(out, born, jvp, bornBatch, vmapJVP)
}

// experiment is a model and a survey over it.
type experiment struct {
	v      *array.Array   // speed, m/s, [depth][x]
	dv     []*array.Array // changes of it, m/s, [depth][x]
	survey wave.Survey
}

// newExample returns the experiment, with records of nt samples.
func newExample(dtype array.DType, nt int) (*experiment, error) {
	e := &experiment{}
	v := make([]float64, cells*cells)
	for i := range v {
		v[i] = upper
		if i/cells >= cells/2 {
			v[i] = lower
		}
	}
	e.v = array.Convert(dtype, v, cells, cells)
	for _, shift := range shifts {
		dv := make([]float64, cells*cells)
		for z := cells/2 - 5; z < cells/2+5; z++ {
			for x := cells/2 - 5; x < cells/2+5; x++ {
				dv[z*cells+x+shift] = anomaly
			}
		}
		e.dv = append(e.dv, array.Convert(dtype, dv, cells, cells))
	}

	ricker, err := wavelet.Ricker(freq, nt, dt, 1.5/freq)
	if err != nil {
		return nil, err
	}
	var receivers [][]int
	for x := range cells {
		receivers = append(receivers, []int{receiver, x})
	}
	e.survey = wave.Survey{
		Spacing: []float64{spacing},
		DT:      dt,
		Sources: wave.Sources{
			Points:     wave.Points{Cells: [][][]int{{{receiver, cells / 2}}}}, // [shot][source][z, x]
			Amplitudes: array.Convert(dtype, ricker, 1, 1, nt),                 // [shot][source][time]
		},
		Receivers: wave.Receivers{Points: wave.Points{Cells: [][][]int{receivers}}},
	}
	return e, nil
}

// born models what the first anomaly scatters.
func (e *experiment) born(ctx context.Context) (*array.Array, error) {
	res, err := wave.ScalarBorn(ctx, e.v, e.dv[0], e.survey, wave.Options{PMLFreq: freq})
	if err != nil {
		return nil, err
	}
	return res.Records["dpressure"], nil // [shot][receiver][time]
}

// forward returns the function to differentiate: from a model to the record of it.
// The backend must be one whose operations can be traced, and MaxVel must be given,
// because it sets the time step, which must not depend on what is traced.
func (e *experiment) forward(ctx context.Context) functional.Func {
	return func(v *array.Array) (*array.Array, error) {
		res, err := wave.Scalar(ctx, v, e.survey, wave.Options{Backend: "eager", MaxVel: lower, PMLFreq: freq})
		if err != nil {
			return nil, err
		}
		return res.Records["pressure"], nil
	}
}

// jvp differentiates the record in the direction of the first anomaly.
func (e *experiment) jvp(ctx context.Context) (*array.Array, error) {
	_, scattered, err := functional.JVP(e.forward(ctx), e.v, e.dv[0])
	return scattered, err
}

// bornBatch is born for all anomalies at once: each is a shot, with its own model.
func (e *experiment) bornBatch(ctx context.Context) (*array.Array, error) {
	n := len(e.dv)
	s := e.survey
	s.Sources.Amplitudes = repeat(example(s.Sources.Amplitudes, 0), n)
	s.Sources.Cells, s.Receivers.Cells = nil, nil
	for range n {
		s.Sources.Cells = append(s.Sources.Cells, e.survey.Sources.Cells[0])
		s.Receivers.Cells = append(s.Receivers.Cells, e.survey.Receivers.Cells[0])
	}
	res, err := wave.ScalarBorn(ctx, repeat(e.v, n), e.batch(), s, wave.Options{PMLFreq: freq})
	if err != nil {
		return nil, err
	}
	return res.Records["dpressure"], nil // [anomaly][receiver][time]
}

// vmapJVP is jvp for all anomalies at once.
func (e *experiment) vmapJVP(ctx context.Context) (*array.Array, error) {
	forward := e.forward(ctx)
	jvp := func(dv *array.Array) (*array.Array, error) {
		_, scattered, err := functional.JVP(forward, e.v, dv)
		return scattered, err
	}
	return functional.VMap(jvp)(e.batch()) // [anomaly][shot][receiver][time]
}

// batch returns all anomalies as one array, [anomaly][depth][x].
func (e *experiment) batch() *array.Array {
	last := array.Stack(e.dv...) // [depth][x][anomaly]
	return array.Transpose(last, 2, 0, 1)
}

// repeat returns n copies of a along a new first axis.
func repeat(a *array.Array, n int) *array.Array {
	shape := a.Shape()
	return array.Expand(array.Reshape(a, append([]int{1}, shape...)...), append([]int{n}, shape...)...)
}

// example returns a[i], less any further axes of extent 1 that it begins with.
func example(a *array.Array, i int) *array.Array {
	lo, size := make([]int, a.NDim()), a.Shape()
	lo[0], size[0] = i, 1
	return array.Reshape(array.Slice(a, lo, size), size[len(size)-2:]...)
}

// greatest returns the greatest magnitude, NaN of an array that could not be made.
func greatest(a *array.Array) float64 {
	if a.Err() != nil {
		return math.NaN()
	}
	most := 0.0
	for _, x := range a.Float64s() {
		most = math.Max(most, math.Abs(x))
	}
	return most
}
