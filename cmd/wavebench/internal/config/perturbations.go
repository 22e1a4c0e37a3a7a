package config

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
)

// Perturbation is a change of the model, for `wavebench sensitivity`: that of a
// box, of a file, or the sum of both.
type Perturbation struct {
	Name   string `json:"name"`
	Box    *Box   `json:"box,omitempty"`
	File   string `json:"file,omitempty"`   // .npy or .npz, of the model's shape, m/s
	Member string `json:"member,omitempty"` // of a .npz
}

// Box is the cells from From to To, both included, where the velocity changes.
type Box struct {
	Unit  string  `json:"unit"` // "metres" or "cells"
	From  Numbers `json:"from"`
	To    Numbers `json:"to"`
	Value float64 `json:"value"` // m/s
}

// MaxPerturbations bounds their number.
const MaxPerturbations = 10_000

// maxName is the length of a name that fits a picture.
const maxName = 40

// checkPerturbations validates them as far as it can be done without the model.
func checkPerturbations(r *report, list []Perturbation) {
	if len(list) > MaxPerturbations {
		r.add("perturbations", fmt.Sprintf("%d of them", len(list)), fmt.Sprintf("at most %d", MaxPerturbations))
		return
	}
	seen := map[string]bool{}
	for i, p := range list {
		at := fmt.Sprintf("perturbations[%d]", i)
		switch {
		case p.Name == "":
			r.missing(at+".name", "a name")
		case len(p.Name) > maxName || strings.ContainsFunc(p.Name, func(c rune) bool { return c < ' ' }):
			r.add(at+".name", fmt.Sprintf("%.50q", p.Name), fmt.Sprintf("at most %d printable characters", maxName))
		case seen[p.Name]:
			r.add(at+".name", fmt.Sprintf("%q", p.Name), "a name that no other perturbation has")
		}
		seen[p.Name] = true
		if p.Box == nil && p.File == "" {
			r.missing(at+".box", "where the model changes (or file, a change of every cell)")
		}
		if p.Box != nil {
			p.Box.check(r, at+".box")
		}
		if ext := strings.ToLower(filepath.Ext(p.File)); p.File != "" && ext != ".npy" && ext != ".npz" {
			r.add(at+".file", fmt.Sprintf("%q", p.File), "a .npy or .npz file")
		}
		if p.Member != "" && p.File == "" {
			r.add(at+".member", "given", "it only with a file")
		}
	}
}

func (b *Box) check(r *report, path string) {
	if b.Unit == "" {
		r.missing(path+".unit", "metres or cells")
	} else {
		oneOf(r, path+".unit", b.Unit, "metres", "cells")
	}
	coordinates(r, path+".from", b.From, 0)
	coordinates(r, path+".to", b.To, len(b.From))
	if len(b.From) == len(b.To) {
		for d := range b.From {
			if b.From[d] > b.To[d] {
				r.add(path+".to", fmt.Sprint([]float64(b.To)), fmt.Sprintf("no coordinate below that of from, %v", []float64(b.From)))
				break
			}
		}
	}
	switch {
	case !r.has(path + ".value"):
		r.missing(path+".value", "the change of velocity in m/s")
	case !finite(b.Value) || b.Value == 0:
		r.add(path+".value", b.Value, "a finite number other than 0 (m/s)")
	}
}

// BoxCells returns the cells of the box of perturbation i, from lo to hi, both
// included, in a model of the given shape and spacing (m, one a dimension). ok is
// false if the perturbation has no box. Errors are *Error.
func (s *Survey) BoxCells(i int, shape []int, spacing []float64) (lo, hi []int, ok bool, err error) {
	b := s.Perturbations[i].Box
	if b == nil {
		return nil, nil, false, nil
	}
	r := &report{origin: &s.origin}
	at := fmt.Sprintf("perturbations[%d].box", i)
	if len(b.From) != len(shape) {
		r.add(at+".from", fmt.Sprintf("of %d coordinates", len(b.From)), fmt.Sprintf("%d, one an axis of the model", len(shape)))
		return nil, nil, false, r.err()
	}
	froms, tos := cells(b.From, spacing, b.Unit == "metres"), cells(b.To, spacing, b.Unit == "metres")
	for d, n := range shape {
		from, to := froms[d], tos[d]
		first, last := math.Ceil(from), math.Floor(to)
		switch {
		case from < 0 || to > float64(n-1):
			last := float64(n - 1)
			if b.Unit == "metres" {
				last *= spacing[d]
			}
			r.add(at, fmt.Sprintf("outside the model, %s from %.6g to %.6g %s", axis(d, len(shape)), b.From[d], b.To[d], b.Unit), fmt.Sprintf("within 0 to %.6g %s", last, b.Unit))
		case first > last:
			r.add(at, fmt.Sprintf("between two cells, %s from %.6g to %.6g %s", axis(d, len(shape)), b.From[d], b.To[d], b.Unit), "at least one cell in it")
		}
		lo, hi = append(lo, int(first)), append(hi, int(last))
	}
	return lo, hi, true, r.err()
}
