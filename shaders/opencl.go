package shaders

import (
	"fmt"
	"strings"
)

// openclPrelude is what kernels have in common.
const openclPrelude = `typedef REAL real;

// A work item computes a cell or, with ROWS, a row (one part of it where the low and
// the high zone follow each other): what a processor with vectors of its own likes.
#ifdef ROWS
#define PART(first) get_global_id(0)
#define EACH(i, from, to) for (int i = from; i < to; i++)
#else
#define PART(first) (get_global_id(0) >= first)
#define EACH(i, from, to) const int i = get_global_id(0); if (i < to)
#endif
`

// OpenCL returns the module as OpenCL C. Build options give the type, -D REAL=float or
// double as t says, and -D ROWS for processors.
func OpenCL(m *Module, t Type) string {
	var b strings.Builder
	if t == Float64 {
		b.WriteString("#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n")
	}
	b.WriteString(openclPrelude)
	for _, k := range m.Kernels {
		b.WriteString("\n" + openclKernel(k, t))
	}
	return b.String()
}

func openclKernel(k *Kernel, t Type) string {
	suffix := "f"
	if t == Float64 {
		suffix = ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "// %s.\n__kernel void %s(\n", k.says(), k.Name)
	var params []string
	for _, buf := range k.Buffers {
		params = append(params, "\t"+pointer(!buf.Writes, "real", buf.Name))
	}
	for _, name := range k.Tables() {
		kind := "int"
		if name == "weight" || name == "series" {
			kind = "real"
		}
		params = append(params, "\t"+pointer(name != "series" || k.Work == Inject, kind, name))
	}
	var numbers []string
	for _, a := range k.Args {
		numbers = append(numbers, "int "+a.Name)
	}
	params = append(params, wrap("\t", strings.Join(numbers, ", ")))
	b.WriteString(strings.Join(params, ",\n") + ")\n{\n")
	load := func(buf *Buffer, index string) string { return buf.Name + "[" + index + "]" }
	if k.Work == Update {
		openclUpdate(&b, k, newBody(k, t, suffix, "\t\t", load))
	} else {
		openclPoints(&b, k, newBody(k, t, suffix, "\t", load))
	}
	b.WriteString("}\n")
	return b.String()
}

func pointer(constant bool, kind, name string) string {
	if constant {
		kind = "const " + kind
	}
	return "__global " + kind + " *restrict " + name
}

// wrap breaks a list of words into lines.
func wrap(indent, text string) string {
	var lines []string
	line := indent
	for _, word := range strings.Split(text, ", ") {
		if len(line)+len(word) > 110 {
			lines = append(lines, strings.TrimSuffix(line, " "))
			line = indent
		}
		line += word + ", "
	}
	return strings.TrimSuffix(strings.Join(append(lines, line), "\n"), ", ")
}

func openclUpdate(b *strings.Builder, k *Kernel, body *body) {
	item := map[string]string{"y": "get_global_id(1)", "z": "get_global_id(2)%count_z"}
	shot := "get_global_id(2)"
	if k.NDim == 3 {
		shot = "get_global_id(2)/count_z"
	}
	fmt.Fprintf(b, "\tconst size_t shot = %s;\n", shot)
	b.WriteString(shift(k))
	for d := range k.NDim - 1 {
		a := k.Axis(d)
		fmt.Fprintf(b, "\tconst int i%s = %s;\n", a, item[a])
		if a == "y" {
			b.WriteString("\tif (iy >= count_y)\n\t\treturn;\n")
		}
		gap := ""
		if k.InPML[d] {
			gap = fmt.Sprintf(" + (i%s < first_%s ? 0 : gap_%s)", a, a, a)
		}
		fmt.Fprintf(b, "\tconst int %s = lo_%s + i%s%s;\n", a, a, a, gap)
		if k.usesStrips(d) {
			fmt.Fprintf(b, "\tconst int %s_strip = %s + (i%s < first_%s ? 0 : high_%s);\n", a, a, a, a, a)
		}
	}
	last := k.NDim - 1
	if k.InPML[last] {
		b.WriteString("\tconst int part = PART(first_x), from = lo_x + (part ? gap_x : 0);\n")
		if k.usesStrips(last) {
			b.WriteString("\tconst int from_strip = from + (part ? high_x : 0);\n")
		}
		b.WriteString("\tEACH (ix, (part ? first_x : 0), (part ? count_x : first_x)) {\n\t\tconst int x = from + ix;\n")
		if k.usesStrips(last) {
			b.WriteString("\t\tconst int x_strip = from_strip + ix;\n")
		}
	} else {
		b.WriteString("\tEACH (ix, 0, count_x) {\n\t\tconst int x = lo_x + ix;\n")
	}
	b.WriteString("\t\tconst int at = " + at(k, "grid_", -1) + ";\n")
	for d := range k.NDim {
		if k.usesStrips(d) {
			a := k.Axis(d)
			fmt.Fprintf(b, "\t\tconst int at_%s = %s;\n", a, at(k, "strip_"+a+"_", d))
		}
	}
	stores(b, k, body)
	b.WriteString("\t}\n")
}

// shift moves the buffers to those of the shot.
func shift(k *Kernel) string {
	s := ""
	for _, buf := range k.Buffers {
		if from := k.origin(buf); from != "" {
			s += fmt.Sprintf("\t%s += %s;\n", buf.Name, from)
		}
	}
	return s
}

// at returns the text of an index from the coordinates; own is the dimension whose
// coordinate is that in the strips, if any.
func at(k *Kernel, stride string, own int) string {
	var s []string
	for d := range k.NDim {
		a := k.Axis(d)
		x := a
		if d == own {
			x += "_strip"
		}
		if d < k.NDim-1 {
			x += "*" + stride + a
		}
		s = append(s, x)
	}
	return strings.Join(s, " + ")
}

func openclPoints(b *strings.Builder, k *Kernel, body *body) {
	b.WriteString("\tconst int item = get_global_id(0);\n\tif (item >= count)\n\t\treturn;\n")
	if k.Work == Inject {
		b.WriteString("\tconst size_t shot = point[start[item]]/points;\n" + shift(k))
		b.WriteString("\tseries += (size_t)step*columns;\n")
	} else {
		b.WriteString("\tconst size_t shot = item/points;\n" + shift(k))
	}
	pointsBody(b, k, body, "series[(size_t)step*columns + item]", "")
}

// says describes a kernel in words.
func (k *Kernel) says() string {
	switch k.Work {
	case Inject:
		return fmt.Sprintf("Adds series %s to %s", k.Series.Name, k.Buffers[len(k.Buffers)-1].Name)
	case Record:
		return "Samples series " + k.Series.Name
	}
	var in []string
	for d := range k.NDim {
		if k.InPML[d] {
			in = append(in, k.Axis(d))
		}
	}
	if in == nil {
		return "The interior"
	}
	return "The PML of " + strings.Join(in, " and ")
}
