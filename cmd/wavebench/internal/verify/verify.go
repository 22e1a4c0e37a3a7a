// Package verify runs reference cases, files of inputs and expected outputs, and
// says how far the engine is from them.
//
// A propagator is added in one place: the table propagators. It imports packages wave
// and functional, the internal packages whose parts are checked alone, and gridfile.
package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/backend"
)

// env is where a case is computed.
type env struct {
	backend string
	dtype   array.DType
}

// solver computes outputs of a case by name, without "out_". What it leaves out
// is not checked.
type solver struct {
	kind    string
	is      func(c *Case) bool
	compute func(context.Context, *Case, env) (map[string]Values, error)
	// backends run the case when the caller names none; none means cpu. "-" says
	// that the result does not depend on a backend.
	backends []string
}

// solvers, in order of trial.
var solvers = []solver{
	{kind: "pieces", is: func(c *Case) bool { return c.Meta.Propagator == "" && c.has("in_signal") }, compute: pieces, backends: []string{independent}},
	{kind: "functional", is: func(c *Case) bool { return c.has("in_tangent_batch") }, compute: functionalCase, backends: []string{"eager"}},
	{kind: "example", is: func(c *Case) bool { return c.has("in_scatter_batch") }, compute: example, backends: []string{"cpu", "eager"}},
	{kind: "gradients", is: func(c *Case) bool { return propagators[c.Meta.Propagator] != nil && c.weighs() }, compute: propagate, backends: []string{"cpu", "eager"}},
	{kind: "forward", is: func(c *Case) bool { return propagators[c.Meta.Propagator] != nil }, compute: propagate},
}

// independent is the name of the backend of cases that need none.
const independent = "-"

// Verdict is the outcome of a case.
type Verdict string

// The verdicts.
const (
	OK         Verdict = "ok"
	Failed     Verdict = "FAIL"
	NotChecked Verdict = "not checked" // nothing of it can be computed yet
	Skipped    Verdict = "skipped"     // the backend cannot run it
)

// Row is a case on a backend.
type Row struct {
	Case       string   `json:"case"`
	Backend    string   `json:"backend"`
	DType      string   `json:"dtype"`
	Verdict    Verdict  `json:"verdict"`
	Error      *float64 `json:"error"` // greatest, relative to its array's maximum; null: none or not finite
	Worst      string   `json:"worst,omitempty"`
	Tolerance  float64  `json:"tolerance,omitempty"` // of Worst
	Compared   []string `json:"compared"`            // outputs
	NotChecked []string `json:"not_checked"`
	Reason     string   `json:"reason,omitempty"`
}

// Report is all rows with counts of them.
type Report struct {
	Rows       []Row `json:"cases"`
	Compared   int   `json:"compared"` // ok or failed
	Failed     int   `json:"failed"`
	Skipped    int   `json:"skipped"`
	NotChecked int   `json:"not_checked"`
	// Arrays compared, and arrays of all cases that cannot be computed yet.
	ArraysCompared   int `json:"arrays_compared"`
	ArraysNotChecked int `json:"arrays_not_checked"`
	// Idle are backends that were asked for and compared nothing, with the reason.
	Idle []Idle `json:"idle,omitempty"`
}

// Idle is a backend that compared nothing.
type Idle struct {
	Backend string `json:"backend"`
	Reason  string `json:"reason"`
}

// Passed reports whether something was compared, on every backend asked for, and
// nothing failed.
func (r *Report) Passed() bool { return r.Compared > 0 && r.Failed == 0 && len(r.Idle) == 0 }

// Options choose what to run.
type Options struct {
	Backends []string    // none: those that each kind of case has by default
	DType    array.DType // 0: that of the case
	// Each is told every row as it is done; it may be nil.
	Each func(Row)
}

// Files returns the .npz files among paths and in the folders among them, theirs included, sorted.
func Files(paths []string) ([]string, error) {
	var out []string
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, fmt.Errorf("verify: %w", err)
		}
		if !info.IsDir() {
			out = append(out, p)
			continue
		}
		err = filepath.WalkDir(p, func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() && strings.EqualFold(filepath.Ext(path), ".npz") {
				out = append(out, path)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("verify: %w", err)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// Run verifies files. The error is that of ctx; all others are rows.
func Run(ctx context.Context, files []string, o Options) (*Report, error) {
	r := &Report{Rows: []Row{}}
	for _, path := range files {
		c, err := readCase(path)
		if err != nil {
			name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
			r.add(Row{Case: name, Backend: "-", DType: "-", Verdict: Failed, Reason: err.Error()}, o.Each)
			continue
		}
		backends := o.Backends
		s := c.solver()
		switch {
		case s == nil:
			backends = []string{independent}
		case len(s.backends) > 0 && (len(backends) == 0 || s.backends[0] == independent):
			backends = s.backends
		case len(backends) == 0:
			backends = []string{"cpu"}
		}
		for _, b := range backends {
			row := c.verify(ctx, s, b, o.DType)
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			r.add(row, o.Each)
		}
	}
	r.findIdle(o.Backends)
	return r, nil
}

// findIdle notes which backends compared nothing; a reason is that of the first case.
func (r *Report) findIdle(backends []string) {
	for _, b := range backends {
		idle := Idle{b, "no case runs on a backend"}
		first := slices.IndexFunc(r.Rows, func(row Row) bool { return row.Backend == b })
		if first >= 0 {
			idle.Reason = r.Rows[first].Reason
		}
		compared := func(row Row) bool { return row.Backend == b && (row.Verdict == OK || row.Verdict == Failed) }
		if !slices.ContainsFunc(r.Rows, compared) && !slices.Contains(r.Idle, idle) {
			r.Idle = append(r.Idle, idle)
		}
	}
}

func (r *Report) add(row Row, each func(Row)) {
	switch row.Verdict {
	case Failed:
		r.Failed++
		r.Compared++
	case OK:
		r.Compared++
	case Skipped:
		r.Skipped++
	case NotChecked:
		r.NotChecked++
	}
	r.ArraysCompared += len(row.Compared)
	r.ArraysNotChecked += len(row.NotChecked)
	if row.Compared == nil {
		row.Compared = []string{}
	}
	if row.NotChecked == nil {
		row.NotChecked = []string{}
	}
	r.Rows = append(r.Rows, row)
	if each != nil {
		each(row)
	}
}

func (c *Case) solver() *solver {
	for i := range solvers {
		if solvers[i].is(c) {
			return &solvers[i]
		}
	}
	return nil
}

// verify computes the case and compares.
func (c *Case) verify(ctx context.Context, s *solver, backendName string, dt array.DType) Row {
	row := Row{Case: c.Name, Backend: backendName}
	if dt == 0 || backendName == independent {
		dt = c.dtype()
	}
	row.DType = dt.String()
	if s == nil {
		row.Verdict, row.NotChecked = NotChecked, c.outputs()
		row.Reason = fmt.Sprintf("propagator %q cannot be computed yet", c.Meta.Propagator)
		return row
	}
	got, err := c.compute(ctx, s, env{backendName, dt})
	switch {
	case errors.Is(err, backend.ErrNoDevice), errors.Is(err, backend.ErrUnknown), errors.Is(err, errors.ErrUnsupported):
		row.Verdict, row.Reason = Skipped, err.Error()
		return row
	case err != nil:
		row.Verdict, row.Reason = Failed, err.Error()
		return row
	}
	row.Verdict = OK
	worst := -1.0
	var failures []string
	for _, name := range c.outputs() {
		g, ok := got[name]
		if !ok {
			row.NotChecked = append(row.NotChecked, name)
			continue
		}
		row.Compared = append(row.Compared, name)
		want, err := c.values("out_" + name)
		if err != nil {
			failures = append(failures, err.Error())
			continue
		}
		d, tol := difference(g, want), c.tolerance(name, dt)
		switch {
		case !slices.Equal(g.Shape, want.Shape):
			failures = append(failures, fmt.Sprintf("%s has shape %v, want %v", name, g.Shape, want.Shape))
		case math.IsInf(d, 1):
			failures = append(failures, name+" is not finite")
		case !(d <= tol):
			failures = append(failures, fmt.Sprintf("%s %.1e, want %.0e", name, d, tol))
		}
		if d > worst {
			worst, row.Worst, row.Tolerance, row.Error = d, name, tol, finite(d)
		}
	}
	if len(failures) > 0 {
		row.Verdict, row.Reason = Failed, strings.Join(failures, "; ")
	}
	if len(row.Compared) == 0 {
		row.Verdict, row.Reason = NotChecked, "none of its outputs can be computed yet"
	}
	return row
}

// compute guards against a panic on hostile files: it becomes a failure.
func (c *Case) compute(ctx context.Context, s *solver, e env) (out map[string]Values, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("verify: %s: internal error: %v", c.Name, r)
		}
	}()
	return s.compute(ctx, c, e)
}

// finite returns a number that JSON can hold, or nil.
func finite(x float64) *float64 {
	if x-x != 0 {
		return nil
	}
	return &x
}
