package shaders

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/d52adeda/wave/stencil"
)

// Type is the type of values: the size of one in bytes.
type Type int

// The types.
const (
	Float32 Type = 4
	Float64 Type = 8
)

// body prints the arithmetic of a kernel in what OpenCL C and GLSL have in common.
type body struct {
	k      *Kernel
	suffix string // of literals
	bits   int
	indent string
	load   func(b *Buffer, index string) string
	out    strings.Builder
	taken  names
	uses   []int
	named  []string // by node: its variable, if it has one
}

func newBody(k *Kernel, t Type, suffix, indent string, load func(*Buffer, string) string) *body {
	b := &body{k: k, suffix: suffix, bits: 8 * int(t), indent: indent, load: load, taken: names{}}
	for _, buf := range k.Buffers {
		b.taken[buf.Name] = true
	}
	for _, a := range k.Args {
		b.taken[a.Name] = true
	}
	b.uses = make([]int, len(k.Graph.Nodes))
	for _, n := range k.Graph.Nodes {
		for _, a := range n.Args {
			b.uses[a]++
		}
	}
	for _, o := range k.Graph.Outputs {
		b.uses[o.Node]++
	}
	b.named = make([]string, len(k.Graph.Nodes))
	return b
}

// values prints a variable for each value that has a name or is used again, and
// returns the text of each output.
func (b *body) values() []string {
	for i, n := range b.k.Graph.Nodes {
		if n.Kind == stencil.OpConst || b.uses[i] == 0 || b.uses[i] == 1 && (n.Name == "" || n.Kind == stencil.OpLoad) {
			continue
		}
		text := b.compute(i)
		b.named[i] = b.taken.fresh(identifier(b.nameOf(n)))
		fmt.Fprintf(&b.out, "%sconst real %s = %s;\n", b.indent, b.named[i], text)
	}
	var out []string
	for _, o := range b.k.Graph.Outputs {
		out = append(out, b.expr(o.Node, false))
	}
	return out
}

// nameOf proposes a name for a value.
func (b *body) nameOf(n stencil.Node) string {
	switch {
	case n.Kind == stencil.OpLoad:
		name := b.k.Buffer(n.Slot).Name + "_"
		for d := range b.k.NDim {
			if o := n.Off[d]; o > 0 {
				name += b.k.Axis(d) + strconv.Itoa(o)
			} else if o < 0 {
				name += b.k.Axis(d) + "m" + strconv.Itoa(-o)
			}
		}
		if n.Off == (stencil.Offset{}) {
			name += "here"
		}
		return name
	case n.Name != "":
		return n.Name
	}
	return "t"
}

// expr returns a value's text; with tight set, fit to be a factor.
func (b *body) expr(i int, tight bool) string {
	if b.named[i] != "" {
		return b.named[i]
	}
	n, text := b.k.Graph.Nodes[i], b.compute(i)
	sum := n.Kind == stencil.OpAdd || n.Kind == stencil.OpLinear || n.Kind == stencil.OpMul && len(n.Args) > 0 && b.minusOne(n.Args[0])
	if tight && (sum || n.Kind == stencil.OpConst && n.Value < 0) {
		return "(" + text + ")"
	}
	return text
}

func (b *body) minusOne(i int) bool {
	n := b.k.Graph.Nodes[i]
	return n.Kind == stencil.OpConst && n.Value == -1
}

func (b *body) compute(i int) string {
	switch n := b.k.Graph.Nodes[i]; n.Kind {
	case stencil.OpConst:
		return b.literal(n.Value)
	case stencil.OpLoad:
		return b.load(b.k.Buffer(n.Slot), b.index(n))
	case stencil.OpAdd:
		return b.sum(n.Args)
	case stencil.OpMul:
		return b.product(n.Args)
	default:
		return b.linear(n)
	}
}

// index returns the text of where a load is.
func (b *body) index(n stencil.Node) string {
	base, terms := b.k.Place(n.Field, n.Off)
	s := base
	for _, t := range terms {
		sign, size := " + ", t.N
		if t.N < 0 {
			sign, size = " - ", -t.N
		}
		s += sign
		switch {
		case t.Arg == "":
			s += strconv.Itoa(size)
		case size == 1:
			s += t.Arg
		default:
			s += strconv.Itoa(size) + "*" + t.Arg
		}
	}
	return s
}

func (b *body) product(args []int) string {
	sign := ""
	if len(args) > 1 && b.minusOne(args[0]) {
		sign, args = "-", args[1:]
	}
	var s []string
	for _, a := range args {
		s = append(s, b.expr(a, true))
	}
	return sign + strings.Join(s, "*")
}

// sum adds terms from left to right; those that begin with a minus are subtracted.
func (b *body) sum(args []int) string {
	s := b.expr(args[0], false)
	for _, a := range args[1:] {
		s = plus(s, b.expr(a, b.k.Graph.Nodes[a].Kind != stencil.OpMul))
	}
	return s
}

func plus(s, term string) string {
	if rest, ok := strings.CutPrefix(term, "-"); ok {
		return s + " - " + rest
	}
	return s + " + " + term
}

func (b *body) linear(n stencil.Node) string {
	s := ""
	for i, g := range Groups(n) {
		inner := b.expr(g.Plus[0], len(g.Plus) == 1 && len(g.Minus) == 0)
		for _, a := range g.Plus[1:] {
			inner += " + " + b.expr(a, true)
		}
		for _, a := range g.Minus {
			inner += " - " + b.expr(a, true)
		}
		if len(g.Plus)+len(g.Minus) > 1 {
			inner = "(" + inner + ")"
		}
		if g.W == -1 {
			inner = "-" + inner
		} else if g.W != 1 {
			inner = b.literal(g.W) + "*" + inner
		}
		if i == 0 {
			s = inner
		} else {
			s = plus(s, inner)
		}
	}
	return s
}

// literal prints a number of the kernel's type, to the bit.
func (b *body) literal(x float64) string {
	if b.bits == 32 && math.Abs(x) > math.MaxFloat32 {
		x = math.Copysign(math.Inf(1), x)
	}
	if math.IsInf(x, 0) { // only a finite double beyond float's range
		return map[bool]string{true: "-", false: ""}[x < 0] + "(1.0" + b.suffix + "/0.0" + b.suffix + ")"
	}
	s := strconv.FormatFloat(x, 'g', -1, b.bits)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s + b.suffix
}

// stores prints an Update's arithmetic at a cell: all values, then the assignments,
// which may overwrite what other values were computed from.
func stores(b *strings.Builder, k *Kernel, body *body) {
	values := body.values()
	b.WriteString(body.out.String())
	assign := ""
	for i, o := range k.Graph.Outputs {
		buf, text := k.Buffer(o.Slot), values[i]
		if len(values) > 1 {
			name := body.taken.fresh(identifier(o.Field.Name + "_new"))
			fmt.Fprintf(b, "%sconst real %s = %s;\n", body.indent, name, text)
			text = name
		}
		base, _ := k.Place(o.Field, stencil.Offset{})
		note := ""
		if f := identifier(o.Field.Name); buf.Name != f && buf.Name != f+"_next" {
			note = " // where " + o.Field.Name + " is from now on"
		}
		assign += fmt.Sprintf("%s%s = %s;%s\n", body.indent, body.load(buf, base), text, note)
	}
	b.WriteString(assign)
}
