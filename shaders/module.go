//go:generate go run ./print -generate

package shaders

import (
	"fmt"
	"slices"

	"github.com/d52adeda/wave/stencil"
)

// Module is a time step as kernels.
type Module struct {
	Name     string
	Schedule *stencil.Schedule
	// Kernels in order. Those with the same Op may run side by side; others wait for
	// the one before.
	Kernels []*Kernel
}

// Work says what a kernel does.
type Work uint8

// The statements.
const (
	Update Work = iota
	Inject
	Record
)

// Kernel is a statement, or what an Update does where certain PMLs are in force.
type Kernel struct {
	Name    string // an identifier, unlike others of the module
	Work    Work
	Op      int             // index in Schedule.Ops
	InPML   [3]bool         // Update: dimensions whose PML is in force
	Series  *stencil.Series // Inject, Record
	Off     stencil.Offset  // Inject: of its cells from the points'
	NDim    int
	Graph   *stencil.Graph // of the values at a cell
	Buffers []Buffer
	Args    []Arg
}

// Buffer is a slot that a kernel uses.
type Buffer struct {
	Slot          int
	Name          string         // an identifier, unlike others of the kernel
	Field         *stencil.Field // whose layout it has
	Reads, Writes bool
}

// Arg is a number that a kernel wants.
type Arg struct {
	Name  string
	value func(*Grid) int
	// Pushed is set for what depends on the points, the step and the tape rather than on the
	// grid: in Vulkan a push constant, so that another survey compiles nothing anew. The step
	// is the last.
	Pushed bool
}

// Tables are the names of what injecting and recording kernels want after Buffers,
// in their order; nil for an Update.
func (k *Kernel) Tables() []string {
	switch k.Work {
	case Inject:
		return []string{"start", "cell", "point", "weight", "series"}
	case Record:
		return []string{"start", "cell", "weight", "series"}
	}
	return nil
}

// NewModule lowers a schedule for a grid with regions of these kinds (bits as in
// stencil.Region.Kind); nil means all there can be.
func NewModule(s *stencil.Schedule, kinds []int) (*Module, error) {
	ndim := s.Program.NDim
	if kinds == nil {
		for k := range 1 << ndim {
			kinds = append(kinds, k)
		}
	}
	m := &Module{Name: identifier(s.Program.Name), Schedule: s}
	for i, op := range s.Ops {
		switch stmt := op.Stmt.(type) {
		case stencil.Update:
			for _, kind := range kinds {
				k, err := newUpdate(op, ndim, i, kind)
				if err != nil {
					return nil, err
				}
				if len(k.Graph.Outputs) > 0 {
					m.Kernels = append(m.Kernels, k)
				}
			}
		case stencil.Inject:
			g, err := stencil.NewPointGraph(op, stmt.Coeff)
			if err != nil {
				return nil, err
			}
			k := &Kernel{Name: fmt.Sprintf("inject%d", i), Work: Inject, Op: i, Series: stmt.From, Off: stmt.Off, NDim: ndim, Graph: g}
			k.finish(op, []stencil.Output{{Field: stmt.Dst, Slot: op.Dst}})
			m.Kernels = append(m.Kernels, k)
		case stencil.Record:
			g, err := stencil.NewPointGraph(op, stmt.X)
			if err != nil {
				return nil, err
			}
			k := &Kernel{Name: fmt.Sprintf("record%d", i), Work: Record, Op: i, Series: stmt.To, NDim: ndim, Graph: g}
			k.finish(op, nil)
			m.Kernels = append(m.Kernels, k)
		}
	}
	return m, nil
}

func newUpdate(op stencil.Op, ndim, i, kind int) (*Kernel, error) {
	k := &Kernel{Name: fmt.Sprintf("update%d", i), Work: Update, Op: i, NDim: ndim}
	for d := range ndim {
		if k.InPML[d] = kind>>d&1 == 1; k.InPML[d] {
			k.Name += "_" + k.Axis(d)
		}
	}
	var err error
	if k.Graph, err = stencil.NewGraph(op, ndim, func(d int) bool { return k.InPML[d] }); err != nil {
		return nil, err
	}
	k.finish(op, k.Graph.Outputs)
	return k, nil
}

// Axis returns the name of a dimension: x is the last.
func (k *Kernel) Axis(dim int) string { return "zyx"[dim+3-k.NDim:][:1] }

// finish lists buffers and arguments, once the graph is there.
func (k *Kernel) finish(op stencil.Op, writes []stencil.Output) {
	buffer := func(slot int, f *stencil.Field) *Buffer {
		i := slices.IndexFunc(k.Buffers, func(b Buffer) bool { return b.Slot == slot })
		if i < 0 {
			i = len(k.Buffers)
			k.Buffers = append(k.Buffers, Buffer{Slot: slot, Field: f})
		}
		return &k.Buffers[i]
	}
	for _, n := range k.Graph.Nodes {
		if n.Kind == stencil.OpLoad {
			buffer(n.Slot, n.Field).Reads = true
		}
	}
	for _, w := range writes {
		b := buffer(w.Slot, w.Field)
		b.Writes = true
		b.Reads = b.Reads || k.Work == Inject
	}
	taken := names{}
	for i := range k.Buffers {
		b := &k.Buffers[i]
		name := b.Field.Name
		if !b.Reads { // what is read has the field's own name
			name += "_next"
		}
		b.Name = taken.fresh(identifier(name))
	}
	k.listArgs()
}

// listArgs lists the arguments, in the order that the package comment has.
func (k *Kernel) listArgs() {
	arg := func(name string, value func(*Grid) int) { k.Args = append(k.Args, Arg{Name: name, value: value}) }
	last := k.NDim - 1
	if k.Work == Update {
		for d := range k.NDim {
			box := func(g *Grid) box { return g.box(d, k.InPML[d]) }
			arg("lo_"+k.Axis(d), func(g *Grid) int { return box(g).lo })
			if k.InPML[d] {
				arg("first_"+k.Axis(d), func(g *Grid) int { return box(g).first })
				arg("gap_"+k.Axis(d), func(g *Grid) int { return box(g).gap })
			}
			arg("count_"+k.Axis(d), func(g *Grid) int { return box(g).count })
		}
	}
	for d := range last {
		if k.Work == Update || k.reaches(d) {
			arg("grid_"+k.Axis(d), func(g *Grid) int { return g.stride[d] })
		}
	}
	arg("grid_shot", func(g *Grid) int { return g.span })
	for _, b := range k.Buffers {
		if b.Field.Kind == stencil.Model {
			arg(k.ShotArg(b), func(g *Grid) int { return g.shot[b.Slot] })
		}
	}
	for d := range k.NDim {
		if !k.usesStrips(d) {
			continue
		}
		for e := range last {
			arg("strip_"+k.Axis(d)+"_"+k.Axis(e), func(g *Grid) int { return g.strips[d].stride[e] })
		}
		arg("strip_"+k.Axis(d)+"_shot", func(g *Grid) int { return g.strips[d].span })
		arg("high_"+k.Axis(d), func(g *Grid) int { return g.strips[d].high })
	}
	pushed := len(k.Args)
	if k.UsesTape() {
		arg("tape", func(*Grid) int { return 0 })
	}
	if k.Work != Update {
		arg("count", func(g *Grid) int { return g.items[k] })
		arg("points", func(g *Grid) int { return g.points[k] })
		arg("columns", func(g *Grid) int { return g.points[k] * g.Shots })
		arg("step", func(*Grid) int { return 0 })
	}
	for i := range k.Args[pushed:] {
		k.Args[pushed+i].Pushed = true
	}
}

// UsesTape reports whether a buffer is a tape's: a window of slabs, each like the buffer of a wavefield.
func (k *Kernel) UsesTape() bool {
	return slices.ContainsFunc(k.Buffers, func(b Buffer) bool { return b.Field.Kind == stencil.Tape })
}

// origin returns the text of where the shot's values begin in a buffer, of which shot is the number;
// "" for a profile, which shots share.
func (k *Kernel) origin(b Buffer) string {
	arg := k.ShotArg(b)
	if arg == "" {
		return ""
	}
	if b.Field.Kind == stencil.Tape {
		return "shot*" + arg + " + tape"
	}
	return "shot*" + arg
}

// reaches reports whether a value is read at an offset along a dimension.
func (k *Kernel) reaches(dim int) bool {
	return slices.ContainsFunc(k.Graph.Nodes, func(n stencil.Node) bool { return n.Off[dim] != 0 })
}

func (k *Kernel) usesStrips(dim int) bool {
	return slices.ContainsFunc(k.Buffers, func(b Buffer) bool { return b.Field.Kind == stencil.Memory && b.Field.Dim == dim })
}

// ShotArg returns the argument that is the distance of shots in a buffer: "" for a
// profile, which shots share.
func (k *Kernel) ShotArg(b Buffer) string {
	switch b.Field.Kind {
	case stencil.Model:
		return b.Name + "_shot"
	case stencil.Memory:
		return "strip_" + k.Axis(b.Field.Dim) + "_shot"
	case stencil.Profile:
		return ""
	}
	return "grid_shot"
}

// Place returns where the value of a buffer's field at an offset from the cell is: at
// the index that Base names, plus for each of the terms N times the argument (or 1).
// Bases are "at" in fields that span the grid, "at_y" in the strips of y, and the
// coordinate, "y", in profiles; the shot is not in them.
func (k *Kernel) Place(f *stencil.Field, off stencil.Offset) (base string, terms []Term) {
	stride := "grid_"
	switch f.Kind {
	case stencil.Profile:
		base = k.Axis(f.Dim)
		if off[f.Dim] != 0 {
			terms = []Term{{off[f.Dim], ""}}
		}
		return base, terms
	case stencil.Memory:
		base = "at_" + k.Axis(f.Dim)
		stride = "strip_" + k.Axis(f.Dim) + "_"
	default:
		base = "at"
	}
	for d := range k.NDim {
		if off[d] == 0 {
			continue
		}
		arg := stride + k.Axis(d)
		if d == k.NDim-1 {
			arg = ""
		}
		terms = append(terms, Term{off[d], arg})
	}
	return base, terms
}

// Term is N times an argument, or N if there is none.
type Term struct {
	N   int
	Arg string
}

// Buffer returns the buffer of a slot.
func (k *Kernel) Buffer(slot int) *Buffer {
	i := slices.IndexFunc(k.Buffers, func(b Buffer) bool { return b.Slot == slot })
	return &k.Buffers[i]
}

// Group is part of a weighted sum: W times (the sum of Plus minus the sum of Minus).
type Group struct {
	W           float64
	Plus, Minus []int // nodes
}

// Groups returns the weighted sum of an OpLinear node with weights of equal size
// taken together.
func Groups(n stencil.Node) []Group {
	var out []Group
next:
	for i, w := range n.W {
		for j := range out {
			switch g := &out[j]; w {
			case g.W:
				g.Plus = append(g.Plus, n.Args[i])
				continue next
			case -g.W:
				g.Minus = append(g.Minus, n.Args[i])
				continue next
			}
		}
		out = append(out, Group{W: w, Plus: []int{n.Args[i]}})
	}
	return out
}
