package equation

import (
	"context"
	"fmt"

	"github.com/d52adeda/wave/array"
)

// partCells is about how many cells are worked on at a time, a fraction of a second.
const partCells = 1 << 20

// derivedTemporaries is how many values a cell Derive takes at most beside what it is given and
// returns, as package wave's TestMemoryOfDerived measures it.
const derivedTemporaries = 12

// Spare returns how many values Derived takes at most beside what it is given and returns, for
// models of so many cells: temporaries of a part, and one model in parts.
func (e *Equation) Spare(cells float64) float64 {
	if e.Derive == nil {
		return 0
	}
	return min(cells, 2*partCells)*derivedTemporaries + cells
}

// inParts calls fn for models that are cut along the first axis of the grid: for the rows from to
// to, with so many before and after as there are, of which the first is row first. Of models that
// a transformation traces it makes one part, so that derivatives are recorded as a whole.
func inParts(ctx context.Context, given Models, before, after int, fn func(part Models, first, from, to int) error) error {
	rows, cells := 0, 0
	traced := false
	for _, a := range given {
		if a.NDim() < 2 || a.Len() == 0 { // no grid
			return fn(given, 0, 0, 0)
		}
		rows, cells, traced = a.Shape()[1], max(cells, a.Len()), traced || a.Traced()
	}
	step := rows
	if !traced {
		step = min(rows, max(1, partCells*rows/max(cells, 1), before+after))
	}
	for from, to := 0, 0; from < rows; from = to {
		if err := ctx.Err(); err != nil {
			return err
		}
		if to = from + step; rows-to < step { // no part is shorter
			to = rows
		}
		first, last := max(0, from-before), min(rows, to+after)
		part := given
		if first > 0 || last < rows {
			part = Models{}
			for name, a := range given {
				part[name] = rowsOf(a, first, last)
			}
		}
		if err := fn(part, first, from, to); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// rowsOf returns rows of the first axis of the grid.
func rowsOf(a *array.Array, from, to int) *array.Array {
	shape := a.Shape()
	lo, size := make([]int, len(shape)), shape
	lo[1], size[1] = from, to-from
	return array.Slice(a, lo, size)
}

// derive is Derive in parts.
func (e *Equation) derive(ctx context.Context, given Models, halo int) (Models, error) {
	out, parts, at := Models{}, map[string][]*array.Array{}, [][]int(nil)
	err := inParts(ctx, given, halo, halo+1, func(part Models, first, from, to int) error {
		own, err := e.Derive(part, halo)
		for name, a := range own {
			if err == nil && a.Err() != nil {
				err = fmt.Errorf("model %s of the program: %w", name, a.Err())
			}
			switch {
			case err != nil:
			case a == part[name]:
				out[name] = given[name]
			case a.NDim() < 2 || first == 0 && a.Shape()[1] == to: // the whole
				out[name] = a
			default:
				parts[name] = append(parts[name], rowsOf(a, from-first, to-first))
			}
		}
		corner := make([]int, given[e.Models[0].Name].NDim())
		corner[1], at = from, append(at, corner)
		return err
	})
	for name, list := range parts {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			break
		}
		shape := list[0].Shape()
		shape[1] = given[e.Models[0].Name].Shape()[1]
		out[name] = array.Assemble(list[0].DType(), shape, at, list...)
		delete(parts, name)
		if e := out[name].Err(); e != nil {
			err = fmt.Errorf("model %s of the program: %w", name, e)
		}
	}
	return out, err
}
