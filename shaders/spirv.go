package shaders

import "github.com/d52adeda/wave/stencil"

// SPIRV returns a kernel as a SPIR-V 1.0 module for Vulkan 1.0, entry point main, with
// the interface that the package comment states. With packed set, for devices that
// allow few buffers, all profiles are in one, the last: after the arguments,
// specialization constants say where each begins there, see Kernel.Profiles.
func SPIRV(k *Kernel, t Type, packed bool) []uint32 {
	b := &spirvKernel{Kernel: k, packed: packed, assembler: newAssembler(t), args: map[string]id{}, base: map[string]id{}, buffers: map[int]id{}, tables: map[string]id{}}
	return b.words(b.build)
}

// spirvKernel writes a kernel.
type spirvKernel struct {
	*Kernel
	*assembler
	packed  bool
	args    map[string]id // by name
	base    map[string]id // index of the cell in each layout, by the names of Kernel.Place
	buffers map[int]id    // by slot
	tables  map[string]id
	shot    id
	nodes   []id
}

func (b *spirvKernel) build() {
	b.declare()
	switch b.Work {
	case Update:
		b.update()
	case Inject:
		b.inject()
	case Record:
		b.record()
	}
}

// declare declares buffers and arguments.
func (b *spirvKernel) declare() {
	bindings := 0
	bind := func(name string, kind id, readOnly bool) id {
		bindings++
		return b.buffer(bindings-1, name, kind, readOnly)
	}
	for _, buf := range b.Buffers {
		if !b.packed || buf.Field.Kind != stencil.Profile {
			b.buffers[buf.Slot] = bind(buf.Name, b.real, !buf.Writes)
		}
	}
	for _, name := range b.Tables() {
		kind := b.word
		if name == "weight" || name == "series" {
			kind = b.real
		}
		b.tables[name] = bind(name, kind, !(b.Work == Record && name == "series"))
	}
	number := uint32(firstConstant)
	var pushed []string
	for _, a := range b.Args {
		if a.Pushed {
			pushed = append(pushed, a.Name)
			continue
		}
		b.args[a.Name] = b.special(number, a.Name)
		number++
	}
	if pushed != nil {
		block := b.pushConstants(pushed...)
		for i, name := range pushed {
			b.args[name] = b.argument(block, i)
		}
	}
	if profiles := b.Profiles(); b.packed && len(profiles) > 0 {
		all := bind("profiles", b.real, true)
		for _, buf := range profiles {
			b.buffers[buf.Slot] = all
			b.args[profileArg(buf)] = b.special(number, profileArg(buf))
			number++
		}
	}
}

// Profiles returns the buffers that are packed into one if that is asked for, in the
// order of the specialization constants that say where each begins.
func (k *Kernel) Profiles() []Buffer {
	var out []Buffer
	for _, b := range k.Buffers {
		if b.Field.Kind == stencil.Profile {
			out = append(out, b)
		}
	}
	return out
}

func profileArg(b Buffer) string { return "from_" + b.Name }

// firstConstant is the specialization constant of the first argument; those before
// are the workgroup's shape.
const firstConstant = 3

// update computes a cell.
func (b *spirvKernel) update() {
	at := b.position()
	last := b.NDim - 1
	items := [3]id{} // by dimension
	for d := range b.NDim {
		items[d] = at[last-d]
	}
	b.shot = at[2]
	if b.NDim == 3 {
		count := b.args["count_z"]
		items[0] = b.value(opUMod, b.word, at[2], count)
		b.shot = b.value(opUDiv, b.word, at[2], count)
	}
	inside := b.less(items[last], b.args["count_x"])
	if b.NDim > 1 {
		inside = b.value(opLogicalAnd, b.boolean, inside, b.less(items[last-1], b.args["count_y"]))
	}
	b.when(inside, func() {
		b.locate(items)
		for _, n := range b.Graph.Nodes {
			b.nodes = append(b.nodes, b.node(n))
		}
		for _, o := range b.Graph.Outputs {
			buf := b.Buffer(o.Slot)
			b.do(opStore, b.element(b.buffers[o.Slot], b.real, b.index(*buf, stencil.Offset{})), b.nodes[o.Node])
		}
	})
}

// locate finds the cell of a work item: its coordinates and its index in each layout.
func (b *spirvKernel) locate(items [3]id) {
	last := b.NDim - 1
	var cell, high [3]id // coordinates, and what to add in strips
	for d := range b.NDim {
		axis := b.Axis(d)
		cell[d] = b.add(b.args["lo_"+axis], items[d])
		if !b.InPML[d] {
			continue
		}
		above := b.value(opUGreaterThanEqual, b.boolean, items[d], b.args["first_"+axis])
		cell[d] = b.add(cell[d], b.value(opSelect, b.word, above, b.args["gap_"+axis], b.integer(0)))
		if b.usesStrips(d) {
			high[d] = b.value(opSelect, b.word, above, b.args["high_"+axis], b.integer(0))
		}
	}
	index := func(stride string, cell [3]id) id {
		out := cell[last]
		for d := range last {
			out = b.add(out, b.mul(cell[d], b.args[stride+b.Axis(d)]))
		}
		return out
	}
	b.base["at"] = index("grid_", cell)
	for d := range b.NDim {
		axis := b.Axis(d)
		b.base[axis] = cell[d]
		if b.usesStrips(d) {
			stored := cell
			stored[d] = b.add(cell[d], high[d])
			b.base["at_"+axis] = index("strip_"+axis+"_", stored)
		}
	}
}

// index returns where the value of a buffer at an offset from the cell is.
func (b *spirvKernel) index(buf Buffer, off stencil.Offset) id {
	base, terms := b.Place(buf.Field, off)
	out := b.base[base]
	if b.packed && buf.Field.Kind == stencil.Profile {
		out = b.add(out, b.args[profileArg(buf)])
	}
	if arg := b.ShotArg(buf); arg != "" {
		out = b.add(out, b.mul(b.shot, b.args[arg]))
	}
	if buf.Field.Kind == stencil.Tape {
		out = b.add(out, b.args["tape"])
	}
	for _, t := range terms {
		n := b.integer(uint32(int32(t.N)))
		if t.Arg != "" {
			n = b.mul(n, b.args[t.Arg])
		}
		out = b.add(out, n)
	}
	return out
}

// node computes a value of the graph from those before it.
func (b *spirvKernel) node(n stencil.Node) id {
	switch n.Kind {
	case stencil.OpConst:
		return b.number(n.Value)
	case stencil.OpLoad:
		buf := b.Buffer(n.Slot)
		return b.load(b.buffers[n.Slot], b.real, b.index(*buf, n.Off))
	case stencil.OpAdd:
		return b.fold(opFAdd, n.Args)
	case stencil.OpMul:
		return b.fold(opFMul, n.Args)
	}
	var sum id
	for _, g := range Groups(n) {
		term := b.fold(opFAdd, g.Plus)
		for _, a := range g.Minus {
			term = b.value(opFSub, b.real, term, b.nodes[a])
		}
		term = b.value(opFMul, b.real, b.number(g.W), term)
		if sum != 0 {
			term = b.value(opFAdd, b.real, sum, term)
		}
		sum = term
	}
	return sum
}

// fold joins nodes from left to right.
func (b *spirvKernel) fold(op uint32, args []int) id {
	out := b.nodes[args[0]]
	for _, a := range args[1:] {
		out = b.value(op, b.real, out, b.nodes[a])
	}
	return out
}

// inject adds the weighted sum of the samples at a cell.
func (b *spirvKernel) inject() {
	item := b.position()[0]
	b.when(b.less(item, b.args["count"]), func() {
		from, to := b.entries(item)
		b.shot = b.value(opUDiv, b.word, b.load(b.tables["point"], b.word, from), b.args["points"])
		row := b.mul(b.args["step"], b.args["columns"])
		sum := b.sum(from, to, func(k id) id {
			sample := b.load(b.tables["series"], b.real, b.add(row, b.load(b.tables["point"], b.word, k)))
			return b.value(opFMul, b.real, b.load(b.tables["weight"], b.real, k), sample)
		})
		b.base["at"] = b.load(b.tables["cell"], b.word, item)
		coefficient := b.value(opFMul, b.real, b.point(), sum)
		dst := b.Kernel.Buffers[len(b.Buffers)-1]
		place := b.element(b.buffers[dst.Slot], b.real, b.index(dst, stencil.Offset{}))
		b.do(opStore, place, b.value(opFAdd, b.real, b.value(opLoad, b.real, place), coefficient))
	})
}

// record sums the weighted values at a point's cells.
func (b *spirvKernel) record() {
	item := b.position()[0]
	b.when(b.less(item, b.args["count"]), func() {
		from, to := b.entries(item)
		b.shot = b.value(opUDiv, b.word, item, b.args["points"])
		sum := b.sum(from, to, func(k id) id {
			b.base["at"] = b.load(b.tables["cell"], b.word, k)
			return b.value(opFMul, b.real, b.point(), b.load(b.tables["weight"], b.real, k))
		})
		at := b.add(b.mul(b.args["step"], b.args["columns"]), item)
		b.do(opStore, b.element(b.tables["series"], b.real, at), sum)
	})
}

// entries returns which entries of the tables belong to an item.
func (b *spirvKernel) entries(item id) (from, to id) {
	start := b.tables["start"]
	return b.load(start, b.word, item), b.load(start, b.word, b.add(item, b.integer(1)))
}

// point computes the value that a point's statement asks for at a cell.
func (b *spirvKernel) point() id {
	for _, n := range b.Graph.Nodes {
		b.nodes = append(b.nodes, b.node(n))
	}
	return b.nodes[b.Graph.Outputs[0].Node]
}
