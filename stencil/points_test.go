package stencil_test

import (
	"math"
	"reflect"
	"slices"
	"testing"

	. "github.com/d52adeda/wave/stencil"
)

func TestByCell(t *testing.T) {
	p := Points{
		{{Cell: 7, Weight: 1}, {Cell: 3, Weight: 2}},
		nil,
		{{Cell: 3, Weight: 4}, {Cell: 9, Weight: 5}, {Cell: 3, Weight: 6}},
	}
	got := p.ByCell()
	want := CellPoints{
		Cells:  []int{7, 3, 9},
		Start:  []int{0, 1, 4, 5},
		Point:  []int{0, 0, 2, 2, 2},
		Weight: []float64{1, 2, 4, 6, 5},
	}
	if !slices.Equal(got.Cells, want.Cells) || !slices.Equal(got.Start, want.Start) || !slices.Equal(got.Point, want.Point) || !slices.Equal(got.Weight, want.Weight) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, empty := range []Points{nil, {}, {nil, nil}} {
		if got := empty.ByCell(); len(got.Cells) != 0 || !slices.Equal(got.Start, []int{0}) || len(got.Point) != 0 {
			t.Errorf("ByCell of %v is %+v, want nothing", empty, got)
		}
	}
}

// TestByCellSums compares random footprints gathered by cell with the same
// scattered by point.
func TestByCellSums(t *testing.T) {
	r := random(t)
	const cells = 20
	p := make(Points, 12)
	sample := make([]float64, len(p))
	var want [cells]float64
	for i := range p {
		sample[i] = r.NormFloat64()
		for range r.IntN(5) {
			e := Entry{Cell: r.IntN(cells), Weight: r.NormFloat64()}
			p[i] = append(p[i], e)
			want[e.Cell] += e.Weight * sample[i]
		}
	}
	var got [cells]float64
	by := p.ByCell()
	for i, c := range by.Cells {
		if slices.Index(by.Cells, c) != i {
			t.Errorf("cell %d is listed twice", c)
		}
		for k := by.Start[i]; k < by.Start[i+1]; k++ {
			got[c] += by.Weight[k] * sample[by.Point[k]]
		}
	}
	for c := range want {
		if math.Abs(got[c]-want[c]) > 1e-14 {
			t.Errorf("cell %d receives %g, want %g", c, got[c], want[c])
		}
	}
}

// TestPointsCells checks what a value of each cell becomes with one of each point.
func TestPointsCells(t *testing.T) {
	p := Points{{{Cell: 4, Weight: 2}, {Cell: 7, Weight: -1}}, nil, {{Cell: 4, Weight: 0.5}}}
	if got, want := p.Cells(), (Points{{{Cell: 4, Weight: 1}}, {{Cell: 7, Weight: 1}}, {{Cell: 4, Weight: 1}}}); !reflect.DeepEqual(got, want) {
		t.Errorf("cells %v, want %v", got, want)
	}
	if got, want := p.Times([]float64{3, 5, 8}, []float64{10, 20, 30}), []float64{60, -50, 120}; !slices.Equal(got, want) {
		t.Errorf("samples %v, want %v", got, want)
	}
}
