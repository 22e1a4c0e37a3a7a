package array

import (
	"slices"

	"github.com/d52adeda/wave/internal/rows"
)

// Float is the constraint of element types.
type Float = rows.Float

// maxAxes bounds the axes of an array: shots, three dimensions and what nested
// VMaps put in front.
const maxAxes = 8

// dense is a strided view of numbers in memory. A stride of 0 repeats an element.
// Shape and strides are not changed once it is made, so that views may share them.
type dense struct {
	Array   // the handle of this view, so that one allocation makes both
	dt      DType
	shape   []int
	strides []int
	off     int
	f32     []float32
	f64     []float64
	buf     *buffer // of the pool that the memory comes from, or nil
	ghost   bool    // only what it looks like counts; see ghostOf
	axes    [2 * maxAxes]int
}

func (d *dense) Shape() []int { return d.shape }

// header returns a view without memory yet, of a shape that is copied.
func header(dt DType, shape []int) *dense {
	d := &dense{dt: dt}
	d.Array.v = d
	n := copy(d.axes[:maxAxes], shape)
	d.shape = d.axes[:n:n]
	d.strides = d.axes[maxAxes:][:n:n]
	size := 1
	for i := n - 1; i >= 0; i-- {
		d.strides[i] = size
		size *= shape[i]
	}
	return d
}

// view returns another view of d's memory, of a shape that is copied; strides are
// to be filled in.
func (d *dense) view(shape []int) *dense {
	v := header(d.dt, shape)
	v.off, v.f32, v.f64, v.buf, v.ghost = d.off, d.f32, d.f64, d.buf, d.ghost
	return v
}

// ghostOf returns an array of one number, repeated. Stages compute with ghosts to
// see what they do: operations check shapes, and the common ones leave it at that.
func ghostOf(dt DType, shape []int) *dense {
	d := header(dt, shape)
	clear(d.strides)
	d.ghost = true
	if n, _ := sizeOf(shape); dt == Float32 {
		d.f32 = make([]float32, min(n, 1))
	} else {
		d.f64 = make([]float64, min(n, 1))
	}
	return d
}

// haunted reports whether any of ds is a ghost.
func haunted(ds []*dense) bool {
	return slices.ContainsFunc(ds, func(d *dense) bool { return d.ghost })
}

// newDense returns an array for the result of an operation on like, from the same
// pool; the caller has checked the shape (sizeOf). Its numbers are not set.
func newDense(like *dense, shape []int) (*dense, error) {
	if like.buf == nil {
		return fresh(like.dt, shape)
	}
	d := header(like.dt, shape)
	n, _ := sizeOf(shape)
	return d, d.borrow(like.buf.pool, n, nil)
}

// fresh returns an array of zeros that belongs to no pool; the caller has checked the
// shape.
func fresh(dt DType, shape []int) (*dense, error) {
	d := header(dt, shape)
	n, _ := sizeOf(shape)
	var err error
	if dt == Float32 {
		d.f32, err = numbers[float32](n)
	} else {
		d.f64, err = numbers[float64](n)
	}
	return d, err
}

// borrow gives d the memory of n elements from a pool; see Pool.lend.
func (d *dense) borrow(p *Pool, n int, to *role) error {
	b, err := p.lend(d.dt, n, to)
	if err == nil {
		d.buf, d.f32, d.f64 = b, b.f32, b.f64
	}
	return err
}

// pooled returns the first operand that belongs to a pool, or the first.
func pooled(ds []*dense) *dense {
	for _, d := range ds {
		if d.buf != nil {
			return d
		}
	}
	return ds[0]
}

// newZero is newDense with zeros.
func newZero(like *dense, shape []int) (*dense, error) {
	d, err := newDense(like, shape)
	if d.buf != nil {
		clear(d.f32)
		clear(d.f64)
	}
	return d, err
}

// elems returns the memory behind d.
func elems[T Float](d *dense) []T {
	var z T
	if _, ok := any(z).(float32); ok {
		return any(d.f32).([]T)
	}
	return any(d.f64).([]T)
}

// packed returns the elements of d row-major: its own memory where that is so
// already, else a copy.
func packed[T Float](d *dense) ([]T, error) {
	n, _ := sizeOf(d.shape)
	if n == 0 {
		return nil, nil
	}
	if d.isPacked() {
		return elems[T](d)[d.off : d.off+n : d.off+n], nil
	}
	out, err := numbers[T](n)
	if err == nil {
		flatten[T](out, d)
	}
	return out, err
}

// flatten copies the elements of d, of type T, row-major.
func flatten[T, D Float](out []D, d *dense) {
	src := elems[T](d)
	w := walk(d.shape)
	w.operand(d.strides, d.off)
	n, s, _ := w.start()
	for more := n > 0; more; more = w.next() {
		row := src[w.at[0]:]
		if same, ok := any(row).([]D); ok && s == 1 {
			copy(out[:n], same)
		} else {
			for i := range out[:n] {
				out[i] = D(row[i*s])
			}
		}
		out = out[n:]
	}
	w.done()
}

// isPacked reports whether the elements lie row-major without gaps.
func (d *dense) isPacked() bool {
	size := 1
	for k := len(d.shape) - 1; k >= 0; k-- {
		if d.shape[k] != 1 && d.strides[k] != size {
			return false
		}
		size *= d.shape[k]
	}
	return true
}

// put copies the elements of src to the view dst, of the same shape.
func put[T Float](dst, src *dense) {
	to, from := elems[T](dst), elems[T](src)
	w := walk(src.shape)
	w.operand(dst.strides, dst.off)
	w.operand(src.strides, src.off)
	n, d, s := w.start()
	for ok := n > 0; ok; ok = w.next() {
		if d == 1 && s == 1 {
			copy(to[w.at[0]:w.at[0]+n], from[w.at[1]:w.at[1]+n])
			continue
		}
		for i := range n {
			to[w.at[0]+i*d] = from[w.at[1]+i*s]
		}
	}
	w.done()
}

// lastExtent returns the length of a shape's rows.
func lastExtent(shape []int) int {
	if len(shape) == 0 {
		return 1
	}
	return shape[len(shape)-1]
}
