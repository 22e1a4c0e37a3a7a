package bench

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/d52adeda/wave/cmd/wavebench/internal/userfile"
)

// Read reads a report that was written as JSON.
func Read(path string) (*Report, error) {
	data, err := userfile.ReadAll(path, 64<<20)
	if err != nil {
		return nil, err
	}
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("%s: %w, want what `wavebench bench --json` prints", path, err)
	}
	if r.Format != Format {
		return nil, fmt.Errorf("%s: wavebench_bench is %d, want %d: what `wavebench bench --json` prints", path, r.Format, Format)
	}
	for i, c := range r.Cases {
		if m := c.GPtsOfAll.Median; !(c.GPts > 0) || !(m > 0) {
			return nil, fmt.Errorf("%s: gpts of cases[%d] is %g and their median %g, want positive numbers", path, i, c.GPts, m)
		}
	}
	return &r, nil
}

// Comparison is a report beside an earlier one.
type Comparison struct {
	Date    string  `json:"date"`    // of the earlier one
	Machine Machine `json:"machine"` // likewise
	Ratios  []Ratio `json:"ratios"`
	OnlyNew []Case  `json:"only_new"` // cases without a partner in the earlier one
	OnlyOld []Case  `json:"only_old"`
}

// Ratio compares a case: GPts/s, and new over old.
type Ratio struct {
	Case
	Old    float64 `json:"old"`
	New    float64 `json:"new"`
	Ratio  float64 `json:"ratio"`
	Median float64 `json:"median_ratio"` // of the medians
}

// Compare pairs equal cases of two reports.
func (r *Report) Compare(old *Report) *Comparison {
	c := &Comparison{Date: old.Date, Machine: old.Machine, Ratios: []Ratio{}, OnlyNew: []Case{}, OnlyOld: []Case{}}
	paired := map[int]bool{}
	for _, row := range r.Cases {
		i := slices.IndexFunc(old.Cases, func(o Row) bool { return o.Case.equal(row.Case) })
		if i < 0 {
			c.OnlyNew = append(c.OnlyNew, row.Case)
			continue
		}
		paired[i] = true
		o := old.Cases[i]
		c.Ratios = append(c.Ratios, Ratio{row.Case, o.GPts, row.GPts, row.GPts / o.GPts, row.GPtsOfAll.Median / o.GPtsOfAll.Median})
	}
	for i, o := range old.Cases {
		if !paired[i] {
			c.OnlyOld = append(c.OnlyOld, o.Case)
		}
	}
	return c
}
