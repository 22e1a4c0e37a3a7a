package job

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/cmd/wavebench/internal/picture"
	"github.com/d52adeda/wave/internal/memory"
)

// frames draws snapshots of one shot while the simulation runs. All share one
// scale, taken from the first frame after the source has fallen silent; earlier
// frames wait for it. After that, a frame costs a byte a pixel of animation.
// Curves, which a scale must not cut, all wait to the end if memory allows.
type frames struct {
	job      *Job
	shot     int
	of       string       // the field
	quantity string       // and what it is
	every    int          // internal steps
	count    int          // frames to come
	pictures map[int]bool // which of them become PNGs
	ready    float64      // time from which on the scale can be taken, s

	spec    picture.SnapshotSpec
	movie   *picture.Animation // nil if not wanted
	waiting []frame
	seen    int
	spent   time.Duration // on all of this
	write   func(name string, fn func(io.Writer) error) error
	// next is told, where several frames are drawn, how many are done, and says
	// whether to go on.
	next func(done, total int) error
}

type frame struct {
	time  float64
	field []float64 // what is shown of it
}

// maxWaiting is the bytes that frames may take while they wait for their scale.
const maxWaiting = 256 << 20

func (j *Job) newFrames() (*frames, error) {
	o := j.Survey.Output.Snapshots
	steps := j.signal.nt * j.ratio
	f := &frames{job: j, shot: o.Shot, of: j.shown, quantity: j.quantity, pictures: map[int]bool{}}
	if f.shot < 0 {
		f.shot = len(j.geometry.Sources) / 2
	}
	if o.Every > 0 {
		inner := j.Survey.Time.DT / float64(j.ratio)
		f.every = int(math.Max(1, math.Round(math.Min(o.Every/inner, float64(steps)))))
		f.count = steps / f.every
	} else {
		f.every = max(1, steps/o.Count)
		f.count = min(o.Count, steps/f.every)
	}
	if f.count > 10_000 {
		return nil, j.Survey.Problem("output.snapshots.every", fmt.Sprintf("%g, which makes %d frames", o.Every, f.count), "at most 10000 frames")
	}
	if free := memory.Free(); o.Animation && free > 0 && f.movieBytes() > free {
		return nil, j.Survey.Problem("output.snapshots", fmt.Sprintf("%d frames, whose animation takes %s", f.count, memory.Size(f.movieBytes())),
			fmt.Sprintf("fewer, or animation false: %s of memory are free", memory.Size(free)))
	}
	for i := range min(o.Pictures, f.count) {
		f.pictures[(2*i+1)*f.count/(2*min(o.Pictures, f.count))] = true
	}
	f.ready = j.signal.ended(j.Survey.Time.DT)
	return f, nil
}

// movieBytes is what the animation takes at its end.
func (f *frames) movieBytes() int64 {
	if !f.job.Survey.Output.Snapshots.Animation {
		return 0
	}
	return int64(f.count) * picture.AnimationFrameBytes
}

// bytes is what all of this takes of memory where so many cells are simulated: copies of
// the field, what is shown of those that wait, of the model and its vacuum, and of the one that is drawn,
// three times, pages, and the animation.
func (f *frames) bytes(cells int) int64 {
	shown := cells
	if n := f.job.model.shape(); len(n) == 3 {
		shown = min(shown, n[0]*n[1]+n[0]*n[2]+n[1]*n[2])
	}
	waiting := f.count
	if len(f.job.model.shape()) > 1 {
		apart := float64(f.every) * f.job.Survey.Time.DT / float64(f.job.ratio) // s
		waiting = int(min(float64(f.count), math.Ceil(f.ready/apart)))
	}
	one := 8 * int64(shown)
	return 2*int64(dtypeOf(f.job.Survey).Size())*int64(cells) + min(one*int64(waiting), maxWaiting) + 5*one + pages + f.movieBytes()
}

// pages is what the pixels of pictures take while they are drawn.
const pages = 24 << 20

// add takes the frame of the callback.
func (f *frames) add(w *wave.Frame) error {
	if f.shot < w.First || f.shot >= w.First+w.Shots || w.Step == 0 || w.Step%f.every != 0 || f.seen+len(f.waiting) >= f.count {
		return nil
	}
	began := time.Now()
	defer func() { f.spent += time.Since(began) }()
	x, err := w.FieldOf(f.of, f.shot, wave.ViewModel)
	if err != nil {
		return err
	}
	if f.spec.Shape == nil {
		if err := f.start(w.Origin, x.Shape()); err != nil {
			return err
		}
	}
	at, err := x.Reader()
	if err != nil {
		return err
	}
	field, err := f.spec.Shown(f.spec.Through, at)
	if err != nil {
		return err
	}
	f.waiting = append(f.waiting, frame{w.Time(), field})
	bytes := 8 * len(field) * len(f.waiting)
	early := w.Time() < f.ready || len(f.spec.Shape) == 1
	if f.spec.Limit == 0 && early && bytes < maxWaiting {
		return nil
	}
	return f.flush()
}

// start fixes what all pictures share: those of the simulated region, of that shape, which begins
// at the model's cell origin.
func (f *frames) start(origin, shape []int) error {
	j := f.job
	f.spec = picture.SnapshotSpec{
		Title: fmt.Sprintf("shot %d, %s", f.shot, f.quantity), Quantity: f.quantity,
		Grid: picture.Grid{Shape: shape, Spacing: j.model.spacing, Origin: j.metres(positions(origin))},
		Overlay: picture.Overlay{
			Sources:   j.distinct(j.geometry.Sources[f.shot : f.shot+1]),
			Receivers: j.distinct(j.receivers(f.shot)),
		},
		Through: j.metres(j.geometry.Sources[f.shot][0]),
		Sliced:  true,
	}
	part := func(of func(i int) float64) ([]float64, error) { // of the model
		return f.spec.Shown(f.spec.Through, func(i int) float64 { return of(within(i, shape, origin, j.model.cells)) })
	}
	behind := j.model.first() // or what tells bodies of its speed apart
	for _, p := range slices.Backward(j.model.physics.Models) {
		if r := j.model.ranges[p.Name]; r[0] < r[1] {
			behind = j.model.values[p.Name]
		}
	}
	at, err := behind.Reader()
	if err != nil {
		return err
	}
	if f.spec.Backdrop, err = part(at); err != nil {
		return err
	}
	void, err := j.model.void()
	if err != nil || void == nil {
		return err
	}
	f.spec.Vacuum, err = part(void)
	return err
}

// positions are cells as positions.
func positions(cells []int) []float64 {
	out := make([]float64, len(cells))
	for d, x := range cells {
		out[d] = float64(x)
	}
	return out
}

// within returns the row-major index in a whole of element i of a part that begins at origin.
func within(i int, shape, origin, whole []int) int {
	k, stride := 0, 1
	for d := len(shape) - 1; d >= 0; d-- {
		k += (i%shape[d] + origin[d]) * stride
		i, stride = i/shape[d], stride*whole[d]
	}
	return k
}

// flush draws what waits, fixing the scale first if need be.
func (f *frames) flush() error {
	if len(f.waiting) == 0 {
		return nil
	}
	if f.spec.Limit == 0 {
		f.spec.Limit = f.scale()
		if f.job.Survey.Output.Snapshots.Animation {
			m, err := picture.NewAnimation(f.spec, 100*time.Millisecond)
			if err != nil {
				return err
			}
			f.movie = m
		}
	}
	n := len(f.waiting)
	for i, w := range f.waiting {
		if n > 1 {
			if err := f.next(i, n); err != nil {
				return err
			}
		}
		if f.movie != nil {
			if err := f.movie.Add(w.time, w.field); err != nil {
				return err
			}
		}
		if f.pictures[f.seen] {
			spec := f.spec
			spec.Field, spec.Time = w.field, w.time
			if err := f.write(snapshotName(f.seen), func(out io.Writer) error { return picture.Snapshot(out, spec) }); err != nil {
				return err
			}
		}
		f.seen++
	}
	f.waiting = f.waiting[:0]
	if n > 1 {
		return f.next(n, n)
	}
	return nil
}

// finish draws the rest and writes the animation.
func (f *frames) finish() error {
	if err := f.flush(); err != nil || f.movie == nil {
		return err
	}
	return f.write(animationName, f.movie.Encode)
}

const animationName = "animation.gif"

func snapshotName(i int) string { return fmt.Sprintf("snapshots/snapshot_%03d.png", i) }

// names lists all files that may be written.
func (f *frames) names() []string {
	var out []string
	for i := range f.pictures {
		out = append(out, snapshotName(i))
	}
	if f.job.Survey.Output.Snapshots.Animation {
		out = append(out, animationName)
	}
	return out
}

// scale returns the magnitude for the ends of the scale; 1 for fields of zeros.
// Curves get the peak of all that wait. A picture gets a good part of what only one
// sample in 500 of those reached by the wave exceeds in the last one: waves weaken
// as they spread, and the later ones should still be seen.
func (f *frames) scale() float64 {
	if len(f.spec.Shape) == 1 {
		most := 0.0
		for _, w := range f.waiting {
			most = max(most, magnitude(w.field))
		}
		if most == 0 {
			return 1
		}
		return most
	}
	field := f.waiting[len(f.waiting)-1].field
	most := magnitude(field)
	var size []float64
	for _, x := range field {
		if a := math.Abs(x); a > most/1000 && a <= most {
			size = append(size, a)
		}
	}
	if len(size) == 0 {
		return 1
	}
	slices.Sort(size)
	return 0.4 * size[len(size)-1-len(size)/500]
}

// magnitude returns the greatest finite one.
func magnitude(field []float64) float64 {
	most := 0.0
	for _, x := range field {
		if a := math.Abs(x); a > most && !math.IsInf(a, 0) {
			most = a
		}
	}
	return most
}
