// Package outdir is the folder that a command writes its results to.
//
//   - A folder has one writer at a time (lock.go).
//   - What stands in the way of the results is found before the work (check.go).
//   - Results are collected in a hidden stage and appear together, or those that
//     were there stay (stage.go, commit.go).
//   - What took time to compute is kept, whatever goes wrong; what killed runs
//     left behind is removed, or kept if it is results (keep.go, sweep.go).
//
// It imports atomicfile, record, userfile, meter and internal/memory of this module.
package outdir

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/internal/memory"
)

// Plan is what a command is about to write.
type Plan struct {
	Dir       string   // is made if it does not exist
	Record    string   // name of the file that describes the results, which is put in place last
	Names     []string // of all other files that may be written, with slashes, in at most one folder
	Cheap     []string // those that are not worth keeping if there is nothing else
	Inputs    []Input  // what the command reads, and must not replace
	Overwrite bool     // replace files that no earlier command wrote
	Need      int64    // bytes of disk space
	Progress  func(meter.Reading)
}

// Input is a file that a command reads.
type Input struct {
	What string // "model.file"
	Path string
}

// Stage collects results. Write and Commit are for one goroutine; End may be
// called by another. Whoever opened it must call End.
type Stage struct {
	// Notes says what was found out while it was opened, for the user.
	Notes []string

	plan   Plan
	lock   *lock
	made   []string // folders that did not exist before, innermost first
	dir    string   // the hidden folder
	before map[string]os.FileInfo
	old    []record.File // of the earlier command in this folder

	mu       sync.Mutex
	files    []record.File // complete results
	computed bool
	spill    string // folder outside of Dir, for what Dir cannot take
	ended    string // what became of the results; "" while the stage is open
}

// The parts of a stage.
const (
	resultsName  = "results"     // under their final names
	replacedName = "replaced"    // what was there before, while results are put in place
	journalName  = "commit.json" // exists from the moment when all results are complete
	computedName = "computed"    // exists from the moment when results are worth keeping
)

// Open makes a stage in the folder of p, and refuses whatever would keep the
// results from appearing there. Hashing what is there stops with ctx.
func Open(ctx context.Context, p Plan) (s *Stage, err error) {
	s = &Stage{plan: p}
	defer func() {
		if err != nil {
			s.End()
		}
	}()
	if s.lock, s.made, err = acquire(p.Dir); err != nil {
		return s, err
	}
	if s.lock.exclusive {
		s.Notes = sweep(p.Dir)
	} else {
		s.Notes = []string{fmt.Sprintf("the file system of %s has no locks, so nothing keeps a second run from writing to it", p.Dir)}
	}
	if err := s.check(ctx); err != nil {
		return s, err
	}
	if s.dir, err = os.MkdirTemp(p.Dir, stagePrefix); err != nil {
		return s, fmt.Errorf("output folder %s is not writable: %w", p.Dir, err)
	}
	if err := os.Mkdir(filepath.Join(s.dir, resultsName), 0o777); err != nil {
		return s, fmt.Errorf("output folder %s: %w", p.Dir, err)
	}
	if free, ok := freeSpace(p.Dir); ok && p.Need > free {
		return s, fmt.Errorf("output folder %s: the results need %s, but only %s are free on that disk", p.Dir, memory.Size(p.Need), memory.Size(free))
	}
	return s, s.probe()
}

// Look refuses a folder that Open would refuse whatever the results are, for callers
// that have long work to do before they know these. It leaves nothing behind.
func Look(dir string) error {
	s := &Stage{plan: Plan{Dir: dir}}
	var err error
	s.lock, s.made, err = acquire(dir)
	s.End()
	return err
}

// probe proves that a file can be written and moved to where results go.
func (s *Stage) probe() error {
	for _, folder := range folders(s.plan.Names) {
		dir := filepath.Join(s.plan.Dir, folder)
		if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
			continue
		}
		from, to := filepath.Join(s.dir, "probe"), filepath.Join(dir, filepath.Base(s.dir)+".tmp")
		err := os.WriteFile(from, make([]byte, 1<<16), 0o666)
		if err == nil {
			err = os.Rename(from, to)
		}
		os.Remove(from)
		os.Remove(to)
		if err != nil {
			return fmt.Errorf("cannot write to the output folder %s: %w", dir, err)
		}
	}
	return nil
}

// folders lists the folders of names, "." first, each once.
func folders(names []string) []string {
	out := []string{"."}
	for _, n := range names {
		if f := filepath.Dir(n); f != out[len(out)-1] && f != "." {
			out = append(out, f)
		}
	}
	return out
}

// now names what is kept, so that names sort by time.
func now() string { return time.Now().Format("20060102-150405") }
