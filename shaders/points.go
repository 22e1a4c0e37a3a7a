package shaders

import (
	"fmt"
	"strings"
)

// pointsBody prints what injecting and recording kernels do for an item, in what the
// languages have in common: record is where a sample goes, row what precedes the
// index of a sample to inject.
func pointsBody(b *strings.Builder, k *Kernel, body *body, record, row string) {
	b.WriteString("\treal sum = 0;\n\tfor (int k = start[item]; k < start[item + 1]; k++) {\n")
	if k.Work == Inject {
		fmt.Fprintf(b, "\t\tsum += weight[k]*series[%spoint[k]];\n\t}\n\tconst int at = cell[item];\n", row)
		coefficient := body.values()[0]
		dst := &k.Buffers[len(k.Buffers)-1]
		place := body.load(dst, "at")
		fmt.Fprintf(b, "%s\t%s = %s;\n", body.out.String(), place, plus(place, body.times(coefficient, "sum")))
		return
	}
	b.WriteString("\t\tconst int at = cell[k];\n")
	body.indent += "\t"
	value := body.values()[0]
	fmt.Fprintf(b, "%s\t\tsum += %s;\n\t}\n\t%s = sum;\n", body.out.String(), body.times(value, "weight[k]"), record)
}

// times multiplies the text of the kernel's only output.
func (b *body) times(text, factor string) string {
	if strings.ContainsAny(text, " ") {
		text = "(" + text + ")"
	}
	return text + "*" + factor
}
