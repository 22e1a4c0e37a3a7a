package shaders

import (
	"fmt"
	"strings"
)

// GLSL returns a kernel as a compute shader for Vulkan, version 450, with the
// interface that the package comment states.
func GLSL(k *Kernel, t Type) string {
	return "#version 450\n" + glslKernel(k, t)
}

// GLSLModule returns all kernels of a module as one text, of which the macro with a
// kernel's name (in capitals) selects that kernel.
func GLSLModule(m *Module, t Type) string {
	var b strings.Builder
	b.WriteString("#version 450\n")
	for _, k := range m.Kernels {
		fmt.Fprintf(&b, "\n#ifdef %s\n%s#endif\n", strings.ToUpper(k.Name), glslKernel(k, t))
	}
	return b.String()
}

func glslKernel(k *Kernel, t Type) string {
	real, suffix := "float", ""
	if t == Float64 {
		real, suffix = "double", "lf"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "// %s.\n#define real %s\n", k.says(), real)
	b.WriteString("layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;\n")
	id, pushed := 3, ""
	for _, a := range k.Args {
		if a.Pushed {
			pushed += " int " + a.Name + ";"
			continue
		}
		fmt.Fprintf(&b, "layout(constant_id = %d) const int %s = 1;\n", id, a.Name)
		id++
	}
	if pushed != "" {
		fmt.Fprintf(&b, "layout(push_constant) uniform Push {%s };\n", pushed)
	}
	binding := 0
	buffer := func(access, kind, name string) {
		fmt.Fprintf(&b, "layout(std430, set = 0, binding = %d) restrict %sbuffer B%d { %s %s[]; };\n", binding, access, binding, kind, name)
		binding++
	}
	for _, buf := range k.Buffers {
		access := ""
		if !buf.Writes {
			access = "readonly "
		}
		buffer(access, "real", buf.Name)
	}
	for _, name := range k.Tables() {
		switch {
		case name == "series" && k.Work == Record:
			buffer("writeonly ", "real", name)
		case name == "series" || name == "weight":
			buffer("readonly ", "real", name)
		default:
			buffer("readonly ", "int", name)
		}
	}
	b.WriteString("\nvoid main()\n{\n")
	load := func(buf *Buffer, index string) string {
		if k.ShotArg(*buf) == "" {
			return buf.Name + "[" + index + "]"
		}
		return buf.Name + "[" + buf.Name + "_of + " + index + "]"
	}
	body := newBody(k, t, suffix, "\t", load)
	if k.Work == Update {
		glslUpdate(&b, k, body)
	} else {
		glslPoints(&b, k, body)
	}
	b.WriteString("}\n#undef real\n")
	return b.String()
}

func glslUpdate(b *strings.Builder, k *Kernel, body *body) {
	b.WriteString("\tconst int ix = int(gl_GlobalInvocationID.x);\n")
	check := "ix >= count_x"
	if k.NDim > 1 {
		b.WriteString("\tconst int iy = int(gl_GlobalInvocationID.y);\n")
		check += " || iy >= count_y"
	}
	if k.NDim == 3 {
		b.WriteString("\tconst int iz = int(gl_GlobalInvocationID.z) % count_z, shot = int(gl_GlobalInvocationID.z) / count_z;\n")
	} else {
		b.WriteString("\tconst int shot = int(gl_GlobalInvocationID.z);\n")
	}
	fmt.Fprintf(b, "\tif (%s)\n\t\treturn;\n", check)
	for d := range k.NDim {
		a := k.Axis(d)
		gap := ""
		if k.InPML[d] {
			gap = fmt.Sprintf(" + (i%s < first_%s ? 0 : gap_%s)", a, a, a)
		}
		fmt.Fprintf(b, "\tconst int %s = lo_%s + i%s%s;\n", a, a, a, gap)
		if k.usesStrips(d) {
			fmt.Fprintf(b, "\tconst int %s_strip = %s + (i%s < first_%s ? 0 : high_%s);\n", a, a, a, a, a)
		}
	}
	b.WriteString(glslShift(k))
	b.WriteString("\tconst int at = " + at(k, "grid_", -1) + ";\n")
	for d := range k.NDim {
		if k.usesStrips(d) {
			a := k.Axis(d)
			fmt.Fprintf(b, "\tconst int at_%s = %s;\n", a, at(k, "strip_"+a+"_", d))
		}
	}
	stores(b, k, body)
}

// glslShift says where the shot's values begin in each buffer.
func glslShift(k *Kernel) string {
	s := ""
	for _, buf := range k.Buffers {
		if from := k.origin(buf); from != "" {
			s += fmt.Sprintf("\tconst int %s_of = %s;\n", buf.Name, from)
		}
	}
	return s
}

func glslPoints(b *strings.Builder, k *Kernel, body *body) {
	b.WriteString("\tconst int item = int(gl_GlobalInvocationID.x);\n\tif (item >= count)\n\t\treturn;\n")
	shot := "item/points"
	if k.Work == Inject {
		shot = "point[start[item]]/points"
	}
	fmt.Fprintf(b, "\tconst int shot = %s;\n%s", shot, glslShift(k))
	pointsBody(b, k, body, "series[step*columns + item]", "step*columns + ")
}
