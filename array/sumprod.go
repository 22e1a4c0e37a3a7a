package array

import (
	"fmt"
	"slices"
	"sync"

	"github.com/d52adeda/wave/internal/fuse"
	"github.com/d52adeda/wave/internal/rows"
	"github.com/d52adeda/wave/internal/trace"
)

// Term is one term of SumProd: Coeff times the product of the arguments whose
// numbers are in Args (none: the constant Coeff).
type Term struct {
	Coeff float64
	Args  []int
}

// Add returns a + b. Arrays combine as in NumPy when they have as many axes: an
// extent of 1 repeats.
func Add(a, b *Array) *Array { return SumProd([]Term{{1, []int{0}}, {1, []int{1}}}, a, b) }

// Sub returns a - b.
func Sub(a, b *Array) *Array { return SumProd([]Term{{1, []int{0}}, {-1, []int{1}}}, a, b) }

// Mul returns the product element by element.
func Mul(a, b *Array) *Array { return SumProd([]Term{{1, []int{0, 1}}}, a, b) }

// Scale returns c times a.
func Scale(c float64, a *Array) *Array { return SumProd([]Term{{c, []int{0}}}, a) }

// AddConst returns c + a.
func AddConst(c float64, a *Array) *Array { return SumProd([]Term{{1, []int{0}}, {c, nil}}, a) }

// SumProd returns the sum of the terms, element by element, in one pass: the
// arithmetic of a whole update without temporaries. Each term is multiplied left
// to right, and the terms are added in order. The arguments have as many axes
// each; an extent of 1 repeats.
func SumProd(terms []Term, args ...*Array) *Array { return sumProd(nil, terms, args) }

// sumProd is SumProd with a result of the given shape; nil means what the
// arguments' shapes give together.
func sumProd(shape []int, terms []Term, args []*Array) *Array {
	if len(args) == 0 {
		return fail("array: SumProd without arguments: %w", ErrShape)
	}
	for _, t := range terms {
		for _, i := range t.Args {
			if i < 0 || i >= len(args) {
				return fail("array: SumProd: a term has argument %d of %d: %w", i, len(args), ErrShape)
			}
		}
	}
	var room [32]*dense
	if ds, ok := plainAll(room[:0], args); ok {
		return direct("SumProd").result(evalSumProd(shape, terms, ds))
	}
	return dispatch(&sumProdOp{shape, terms}, args...)
}

// sumProdOp is sumProd as a primitive.
type sumProdOp struct {
	shape []int
	terms []Term
}

func (o *sumProdOp) Name() string { return "SumProd" }

func (o *sumProdOp) Eval(x []trace.Value) (trace.Value, error) {
	var room [16]*dense
	return evaluated("SumProd")(evalSumProd(o.shape, o.terms, denses(room[:0], x)))
}

func (o *sumProdOp) JVP(x, dx []trace.Value) (trace.Value, error) {
	d := derivative{}
	for _, t := range o.terms {
		for k, i := range t.Args {
			if dx[i] != nil {
				d.add(t, k, x, dx[i])
			}
		}
	}
	return result(d.sum(o.fullShape(x)))
}

func (o *sumProdOp) VJP(x []trace.Value, ct trace.Value, want []bool) ([]trace.Value, error) {
	out := make([]trace.Value, len(x))
	for i := range x {
		if !want[i] {
			continue
		}
		d := derivative{}
		for _, t := range o.terms {
			for k, j := range t.Args {
				if j == i {
					d.add(t, k, x, ct)
				}
			}
		}
		if g := d.sum(o.fullShape(x)); g != nil {
			v, err := result(SumTo(g, x[i].Shape()...))
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
	}
	return out, nil
}

func (o *sumProdOp) Batch(n int, x []trace.Value, mapped []bool) (trace.Value, error) {
	var full []int
	if o.shape != nil {
		full = prepend(n, o.shape)
	}
	args := arrays(x)
	for i := range args {
		args[i] = lead(1, args[i], mapped[i])
	}
	return result(sumProd(full, o.terms, args))
}

// Saves: a term's derivative with respect to one factor reads the others.
func (o *sumProdOp) Saves(active []bool) []bool {
	saved := make([]bool, len(active))
	for _, t := range o.terms {
		for k := range t.Args {
			for j, i := range t.Args {
				if j != k && active[t.Args[k]] {
					saved[i] = true
				}
			}
		}
	}
	return saved
}

func (o *sumProdOp) fuse(b *fuse.Builder, x []*fuse.Value, y *dense) *fuse.Value {
	terms := make([]fuse.Term, len(o.terms))
	for i, t := range o.terms {
		terms[i] = fuse.Term(t)
	}
	return b.SumProd(y.shape, terms, x)
}

// fullShape returns the shape of the result; shapes fit.
func (o *sumProdOp) fullShape(x []trace.Value) []int {
	if o.shape != nil {
		return o.shape
	}
	out := slices.Clone(x[0].Shape())
	for _, a := range x[1:] {
		for k, n := range a.Shape() {
			if out[k] == 1 {
				out[k] = n
			}
		}
	}
	return out
}

// derivative gathers the terms of a derivative of a sum of products, and the
// arguments they need.
type derivative struct {
	terms []Term
	args  []trace.Value
}

// add appends term t with its factor k replaced.
func (d *derivative) add(t Term, k int, x []trace.Value, by trace.Value) {
	n := Term{t.Coeff, make([]int, len(t.Args))}
	for j, i := range t.Args {
		if j == k {
			n.Args[j] = d.number(by)
		} else {
			n.Args[j] = d.number(x[i])
		}
	}
	for i := range d.terms { // v*dv + dv*v is 2 v dv
		if sameFactors(d.terms[i].Args, n.Args) {
			d.terms[i].Coeff += n.Coeff
			return
		}
	}
	d.terms = append(d.terms, n)
}

// number returns the number of an argument; the same value has one.
func (d *derivative) number(a trace.Value) int {
	if i := slices.Index(d.args, a); i >= 0 {
		return i
	}
	d.args = append(d.args, a)
	return len(d.args) - 1
}

// sameFactors reports whether two products have the same factors, in any order.
func sameFactors(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for _, x := range a {
		n := 0
		for k := range a {
			if a[k] == x {
				n++
			}
			if b[k] == x {
				n--
			}
		}
		if n != 0 {
			return false
		}
	}
	return true
}

func (d *derivative) sum(shape []int) *Array {
	if len(d.terms) == 0 {
		return nil
	}
	return sumProd(shape, d.terms, arrays(d.args))
}

func evalSumProd(shape []int, terms []Term, ds []*dense) (*dense, error) {
	if err := sameType(ds); err != nil {
		return nil, err
	}
	if shape == nil {
		var room [maxAxes]int
		shape = append(room[:0], ds[0].shape...)
		for _, d := range ds[1:] {
			if len(d.shape) != len(shape) {
				return nil, fmt.Errorf("%v and %v: %w", ds[0].shape, d.shape, ErrShape)
			}
			for k, n := range d.shape {
				if shape[k] == 1 {
					shape[k] = n
				}
			}
		}
	}
	for _, d := range ds {
		if !expandable(d.shape, shape) {
			return nil, fmt.Errorf("%v and %v: %w", shape, d.shape, ErrShape)
		}
	}
	if _, err := sizeOf(shape); err != nil { // small arrays may repeat to a large one
		return nil, fmt.Errorf("a result of %v: %w", shape, err)
	}
	if haunted(ds) {
		return ghostOf(ds[0].dt, shape), nil
	}
	out, err := newDense(pooled(ds), shape)
	if err != nil {
		return nil, err
	}
	if out.dt == Float32 {
		runSumProd[float32](out, terms, ds)
	} else {
		runSumProd[float64](out, terms, ds)
	}
	return out, nil
}

// stretch is how many elements of a row are handled at a time: intermediate
// products of this length stay in the first-level cache.
const stretch = 1024

func runSumProd[T Float](out *dense, terms []Term, args []*dense) {
	w := walk(out.shape)
	for _, a := range args {
		w.repeated(a)
	}
	w.operand(out.strides, 0)
	n, _, _ := w.start()
	s := borrowSummer[T]()
	s.terms, s.mem, s.rows = terms, s.mem[:0], s.rows[:0]
	for _, a := range args {
		s.mem = append(s.mem, elems[T](a))
		s.rows = append(s.rows, nil)
	}
	dst, last := elems[T](out), len(args)
	if n > 0 && n < shortRow && w.outer > 0 {
		s.runBlocks(w, dst)
		n = 0
	}
	for more := n > 0; more; more = w.next() {
		for x := 0; x < n; x += stretch {
			m := min(stretch, n-x)
			for i := range args {
				s.operand(i, w.at[i], w.step[i], x, m)
			}
			s.run(dst[w.at[last]+x:][:m])
		}
	}
	s.done()
	w.done()
}

// summer adds terms over a stretch of a row.
type summer[T Float] struct {
	terms     []Term
	mem, rows [][]T  // by argument
	gathered  [][]T  // room for arguments whose elements lie apart
	follows   []bool // arguments whose rows follow each other
	tmp       []T
}

// shortRow is the length below which rows are put together: a row of its own then
// takes longer to set up than to compute.
const shortRow = 128

// runBlocks sums several short rows at a time, those along the fastest outer axis.
// The result is packed, its rows follow each other; operands of which that is not
// so are gathered.
func (s *summer[T]) runBlocks(w *walker, dst []T) {
	n, last := w.n, len(s.mem)
	s.follows = s.follows[:0]
	for i := range s.mem {
		s.follows = append(s.follows, w.follows(i))
	}
	per := stretch / n // rows in a block
	for more := true; more; {
		count := 0
		begin := w.at[last]
		for ; more && count < per && (count == 0 || w.idx[0] > 0); more = w.next() {
			for i, m := range s.mem {
				at, step := w.at[i], w.step[i]
				switch {
				case s.follows[i]:
					if count == 0 {
						s.rows[i] = m[at:]
					}
				case step == 1:
					copy(s.gather(i)[count*n:], m[at:at+n])
				default:
					g := s.gather(i)[count*n:][:n]
					for k := range g {
						g[k] = m[at+k*step]
					}
				}
			}
			count++
		}
		for i := range s.mem {
			if s.follows[i] {
				s.rows[i] = s.rows[i][:count*n]
			} else {
				s.rows[i] = s.gathered[i][:count*n]
			}
		}
		s.run(dst[begin:][:count*n])
	}
}

// gather returns room for a stretch of argument i.
func (s *summer[T]) gather(i int) []T {
	for len(s.gathered) <= i {
		s.gathered = append(s.gathered, nil)
	}
	if s.gathered[i] == nil {
		s.gathered[i] = make([]T, stretch)
	}
	return s.gathered[i]
}

var summers32, summers64 sync.Pool

// borrowSummer returns a summer, to be given back by done.
func borrowSummer[T Float]() *summer[T] {
	var s *summer[T]
	switch p := any(&s).(type) {
	case **summer[float32]:
		*p, _ = summers32.Get().(*summer[float32])
	case **summer[float64]:
		*p, _ = summers64.Get().(*summer[float64])
	}
	if s == nil {
		s = new(summer[T])
	}
	return s
}

func (s *summer[T]) done() {
	clear(s.mem) // hold on to nobody's numbers
	clear(s.rows)
	switch s := any(s).(type) {
	case *summer[float32]:
		summers32.Put(s)
	case *summer[float64]:
		summers64.Put(s)
	}
}

// operand finds argument i over m elements of a row; one that is the same all
// along has one element.
func (s *summer[T]) operand(i, at, stride, x, m int) {
	switch stride {
	case 1:
		s.rows[i] = s.mem[i][at+x:][:m]
	case 0:
		s.rows[i] = s.mem[i][at:][:1]
	default:
		g := s.gather(i)[:m]
		for k := range g {
			g[k] = s.mem[i][at+(x+k)*stride]
		}
		s.rows[i] = g
	}
}

func (s *summer[T]) run(dst []T) {
	for j, t := range s.terms {
		c := T(t.Coeff)
		var v0, v1 []T // rows yet to be multiplied
		for _, a := range t.Args {
			switch r := s.rows[a]; {
			case len(r) == 1:
				c *= r[0]
			case v0 == nil:
				v0 = r
			case v1 == nil:
				v1 = r
			default:
				if s.tmp == nil {
					s.tmp = make([]T, stretch)
				}
				rows.Mul(s.tmp[:len(dst)], v0, v1, 1)
				v0, v1 = s.tmp[:len(dst)], r
			}
		}
		switch first := j == 0; {
		case v0 == nil && first:
			rows.Fill(dst, c)
		case v0 == nil:
			rows.AddScalar(dst, dst, c)
		case v1 == nil && first && c == 1:
			copy(dst, v0)
		case v1 == nil && first:
			rows.Scale(dst, v0, c)
		case v1 == nil && c == 1:
			rows.Add(dst, dst, v0)
		case v1 == nil:
			rows.Axpy(dst, dst, v0, c)
		case first:
			rows.Mul(dst, v0, v1, c)
		default:
			rows.AddMul(dst, dst, v0, v1, c)
		}
	}
}
