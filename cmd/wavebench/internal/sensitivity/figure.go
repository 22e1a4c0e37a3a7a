package sensitivity

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/picture"
)

// Figure says what to draw and how to label it.
type Figure struct {
	Shot      int
	DT        float64 // s
	Receivers picture.Side
}

// MostRows is how many perturbations a figure shows.
const MostRows = 8

// DrawPair draws Born, JVP and their difference for the first perturbation.
func (a *Answer) DrawPair(w io.Writer, f Figure) error {
	return f.draw(w, a.Perturbations[:1], []string{"Born", "JVP"}, [][]*array.Array{{a.Born, a.JVP}}, a.Shots)
}

// DrawBatch draws a row a perturbation: Born, VMap(JVP) and their difference, or
// Born alone.
func (a *Answer) DrawBatch(w io.Writer, f Figure) error {
	names := a.Perturbations[:min(len(a.Perturbations), MostRows)]
	cols := []string{"Born"}
	if a.VMapJVP != nil {
		cols = append(cols, "VMap(JVP)")
	}
	var rows [][]*array.Array
	for i := range names {
		row := []*array.Array{part(a.BornBatch, i)}
		if a.VMapJVP != nil {
			row = append(row, part(a.VMapJVP, i))
		}
		rows = append(rows, row)
	}
	return f.draw(w, names, cols, rows, a.Shots)
}

// draw draws records [shot][receiver][time], one row a name, on one grey scale. A
// row of two gets their difference as third panel, magnified until it shows.
func (f Figure) draw(w io.Writer, names, cols []string, rows [][]*array.Array, shots int) error {
	shape := rows[0][0].Shape()
	ps := picture.PanelsSpec{
		Title: "First-order change of the records", Rows: names, Cols: cols,
		NV: shape[2], NH: shape[1],
		V: picture.Side{Name: "time (s)", Step: f.DT}, H: f.Receivers,
		Quantity: "change of pressure", Colours: picture.Grey,
	}
	if len(names) == 1 {
		ps.Title += fmt.Sprintf(" by perturbation “%s”", names[0])
		ps.Rows = []string{""}
	}
	if shots > 1 {
		ps.Title += fmt.Sprintf(", shot %d", f.Shot)
	}
	var panels [][][]float64 // [row][col][time*receiver]
	largest, off := 0.0, 0.0
	for _, row := range rows {
		var line [][]float64
		for _, a := range row {
			line = append(line, panel(part(a, f.Shot)))
			largest = max(largest, magnitude(line[len(line)-1]))
		}
		if len(row) == 2 {
			diff := make([]float64, len(line[0]))
			for i := range diff {
				diff[i] = line[0][i] - line[1][i]
			}
			off = max(off, magnitude(diff))
			line = append(line, diff)
		}
		panels = append(panels, line)
	}
	ps.Limit = largest
	factor, head := magnified(off, ps.Limit)
	if len(cols) == 2 {
		ps.Cols = append(ps.Cols, head)
	}
	for _, line := range panels {
		if len(line) == 3 {
			for i := range line[2] {
				line[2][i] *= factor
			}
		}
		ps.Data = append(ps.Data, line...)
	}
	return picture.Panels(w, ps)
}

// panel returns a record [receiver][time] with time first.
func panel(a *array.Array) []float64 { return array.Transpose(a, 1, 0).Float64s() }

func magnitude(x []float64) float64 {
	most := 0.0
	for _, v := range x {
		most = max(most, math.Abs(v))
	}
	return most
}

// magnified chooses the power of ten that brings a difference up to between a
// tenth and all of limit, and says so.
func magnified(difference, limit float64) (factor float64, head string) {
	if difference == 0 {
		return 1, "difference (none)"
	}
	e := math.Floor(math.Log10(limit / difference))
	if e < 1 {
		return 1, "difference"
	}
	return math.Pow(10, e), "difference × 10" + strings.Map(raised, strconv.Itoa(int(e)))
}

// raised returns a digit as superscript.
func raised(digit rune) rune { return []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[digit-'0'] }
