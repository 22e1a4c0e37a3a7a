package bench

import (
	"fmt"
	"io"
	"strings"

	"github.com/d52adeda/wave/cmd/wavebench/internal/picture"
)

// Chart writes a PNG of the rates, a bar a case, with what the bandwidth allows
// without reuse.
func (r *Report) Chart(w io.Writer) error {
	labels, common := r.Labels()
	b := picture.BarsSpec{
		Title:    "Cells updated, " + r.Machine.CPU + ", " + count(r.Machine.Cores, "core"),
		Notes:    []string{common, fmt.Sprintf("bar: best of %d; line: least to best; red: limit of the bandwidth without reuse; right: best rate and share of the limit", r.Repeat)},
		Quantity: "10⁹ cells a second",
	}
	for i, c := range r.Cases {
		bar := picture.Bar{Label: labels[i], Value: c.GPts, Least: c.GPtsOfAll.Min, Most: c.GPtsOfAll.Max, Mark: c.Limit, Text: fmt.Sprintf("%.3g", c.GPts)}
		if c.Limit > 0 {
			bar.Text += fmt.Sprintf(" (%.0f%%)", 100*c.Share)
		}
		b.Bars = append(b.Bars, bar)
	}
	return picture.Bars(w, b)
}

// Labels returns what differs between the cases, for each, and what they have in
// common.
func (r *Report) Labels() (labels []string, common string) {
	differs := make([]bool, len(Case{}.parts()))
	for _, c := range r.Cases {
		for k, part := range c.parts() {
			differs[k] = differs[k] || part != r.Cases[0].parts()[k]
		}
	}
	var same []string
	for i, c := range r.Cases {
		var own []string
		for k, part := range c.parts() {
			if differs[k] {
				own = append(own, part)
			} else if i == 0 {
				same = append(same, part)
			}
		}
		labels = append(labels, strings.Join(own, ", "))
	}
	if len(r.Cases) == 1 {
		labels[0] = r.Cases[0].Backend
	}
	return labels, strings.Join(same, ", ")
}
