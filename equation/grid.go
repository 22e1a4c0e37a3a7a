package equation

import . "github.com/d52adeda/wave/stencil" //lint:ignore ST1001 equations read as mathematics

// staggeredWeights are those of +k-1/2 minus -k+1/2 for the first derivative half way
// between samples, of accuracy 2, 4, 6 or 8 (Fornberg 1988).
var staggeredWeights = map[int][]float64{
	2: {1},
	4: {9. / 8, -1. / 24},
	6: {75. / 64, -25. / 384, 3. / 640},
	8: {1225. / 1024, -245. / 3072, 49. / 5120, -5. / 7168},
}

// Grid is what a program depends on beside its equation.
type Grid struct {
	NDim     int
	Accuracy int // of derivatives in space: 2, 4, 6 or 8
}

// Axes returns the names of the axes, slowest first.
func (g Grid) Axes() []string { return Axes(g.NDim) }

// System is an equation written down for a grid.
type System struct {
	Program            *Program
	Sources, Receivers []Channel
}

// Plain returns the channel that records a field of the program as it is, if there is one.
func (s *System) Plain(field string) (Channel, bool) {
	for _, stmt := range s.Program.Body {
		r, ok := stmt.(Record)
		if !ok {
			continue
		}
		if x, ok := r.X.(Load); ok && x == (Load{Field: x.Field}) && x.Field.Name == field {
			for _, c := range s.Receivers {
				if c.Series == r.To {
					return c, true
				}
			}
		}
	}
	return Channel{}, false
}

// Channel is a kind of source or receiver.
type Channel struct {
	Name   string
	Unit   string // of amplitudes
	Series *Series
	// Half says along which dimensions it acts half a cell further on than the cell that
	// its points have.
	Half [3]bool
	// Time is when sample t of a source acts and of a receiver is taken, less t, in steps.
	Time float64
	// Mirror is what the field beyond a flat free surface is of its mirror image: 1, -1, or 0
	// where that depends on the surface's direction.
	Mirror int
	// Main says that it is used where none is named.
	Main bool
}

// Writer makes the fields, derivatives and channels of one program on a staggered grid. A
// field is made once: asked for again by its name, it is the same.
type Writer struct {
	Grid
	System
	fields map[string]*Field
}

// NewWriter returns a writer for one program.
func NewWriter(g Grid) *Writer { return &Writer{Grid: g, fields: map[string]*Field{}} }

func (w *Writer) field(f Field, half []int) *Field {
	if old := w.fields[f.Name]; old != nil {
		return old
	}
	for _, d := range half {
		f.Half[d] = true
	}
	w.fields[f.Name] = &f
	return &f
}

// State returns a wavefield, which sits half a cell further on along the dimensions half.
func (w *Writer) State(name string, half ...int) *Field {
	return w.field(Field{Name: name, Kind: State}, half)
}

// Model returns a model of the program, which sits as State says.
func (w *Writer) Model(name string, half ...int) *Field {
	return w.field(Field{Name: name, Kind: Model}, half)
}

// D returns the first derivative of f along dim (1/m times f): half a cell further on than f
// if f is on cells along dim, half a cell back if it is between them.
func (w *Writer) D(dim int, f *Field) Expr {
	t, back := &Tap{X: f.At()}, 0
	if f.Half[dim] {
		back = 1
	}
	for i, c := range staggeredWeights[w.Accuracy] {
		t.Off = append(t.Off, Along(dim, i+1-back), Along(dim, -i-back))
		t.W = append(t.W, c, -c)
	}
	return Mul(Param("rh_"+w.Axes()[dim]), t)
}

// PML returns D(dim, f) as it is where a C-PML stretches the dimension (Komatitsch and Martin
// 2007), and the assignment that advances the memory field of that name:
//
//	m' = a m + b D(f),   value = D(f) + m'
//
// with the profiles that PML.Of gives at the place of the derivative.
func (w *Writer) PML(dim int, f *Field, memory string) (value Expr, advance Assign) {
	axis := w.Axes()[dim]
	half, extent := "", 0
	if !f.Half[dim] {
		half, extent = "h", 1 // counted in cells, the high PML begins half a cell earlier
	}
	m := w.field(Field{Name: memory, Kind: Memory, Dim: dim, Extent: extent, Half: f.Half}, nil)
	m.Half[dim] = !f.Half[dim]
	profile := func(name string) Expr {
		p := w.field(Field{Name: name + half + "_" + axis, Kind: Profile, Dim: dim, Extent: extent}, nil)
		p.Half[dim] = half != ""
		return p.At()
	}
	d := Named("d"+f.Name+"_d"+axis, w.D(dim, f))
	next := Named(memory+"_new", Add(Mul(profile("b"), d), Mul(profile("a"), m.At())))
	return Add(d, next), Assign{Dst: m, RHS: next}
}

// Source returns the statement that adds coeff times a channel's amplitudes to f. A channel
// may act on several fields.
func (w *Writer) Source(c Channel, f *Field, coeff Expr) Stmt {
	for _, old := range w.Sources {
		if old.Name == c.Name {
			return Inject{Dst: f, Coeff: coeff, From: old.Series}
		}
	}
	c.Series, c.Half = &Series{Name: "f_" + c.Name, Points: "source_" + c.Name}, f.Half
	w.Sources = append(w.Sources, c)
	return Inject{Dst: f, Coeff: coeff, From: c.Series}
}

// Receiver returns the statement that records x, which sits half a cell further on along the
// dimensions half.
func (w *Writer) Receiver(c Channel, x Expr, half ...int) Stmt {
	c.Series = &Series{Name: "r_" + c.Name, Points: "receiver_" + c.Name}
	for _, d := range half {
		c.Half[d] = true
	}
	w.Receivers = append(w.Receivers, c)
	return Record{To: c.Series, X: x}
}

// Finish returns what was written, with the statements of a step.
func (w *Writer) Finish(name string, body ...Stmt) *System {
	w.Program = &Program{Name: name, NDim: w.NDim, Body: body}
	return &w.System
}
