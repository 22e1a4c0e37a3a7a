package job

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/d52adeda/wave/cmd/wavebench/internal/atomicfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
)

// stage is a hidden folder inside the output folder that collects results. They
// appear under their final names together, in commit, or not at all.
type stage struct {
	dir     string // output folder
	tmp     string
	created bool // the output folder is ours
	names   []string
}

// newStage creates the folders and proves that a file of some size can be
// written, so that it fails before a long run rather than after.
func newStage(dir string, need int64) (*stage, error) {
	s := &stage{dir: dir}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("job: output folder %s is a file, want a folder", dir)
	} else if errors.Is(err, os.ErrNotExist) {
		s.created = true
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("job: output folder: %w", err)
	}
	tmp, err := os.MkdirTemp(dir, ".wavebench-")
	if err != nil {
		s.discard()
		return nil, fmt.Errorf("job: output folder is not writable: %w", err)
	}
	s.tmp = tmp
	if free, ok := freeSpace(dir); ok && need > free {
		s.discard()
		return nil, fmt.Errorf("job: output folder %s: the results need %s, but only %s are free on that disk", dir, Size(need), Size(free))
	}
	probe := filepath.Join(tmp, "probe")
	err = os.WriteFile(probe, make([]byte, 1<<16), 0o666)
	if err = errors.Join(err, os.Remove(probe)); err != nil {
		s.discard()
		return nil, fmt.Errorf("job: cannot write to the output folder: %w", err)
	}
	return s, nil
}

// write makes a result. name has at most one folder.
func (s *stage) write(name string, fn func(io.Writer) error) error {
	path := filepath.Join(s.tmp, name)
	// Not MkdirAll: a stage that was discarded must not come back.
	if err := os.Mkdir(filepath.Dir(path), 0o777); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("job: %w", err)
	}
	if err := atomicfile.Write(path, fn); err != nil {
		return fmt.Errorf("job: cannot write %s: %w", name, err)
	}
	s.names = append(s.names, name)
	return nil
}

// files describes the results so far, sorted by name.
func (s *stage) files() ([]record.File, error) {
	slices.Sort(s.names)
	var out []record.File
	for _, n := range s.names {
		f, err := record.Hash(filepath.Join(s.tmp, n))
		if err != nil {
			return nil, err
		}
		f.Path = n
		out = append(out, f)
	}
	return out, nil
}

// commit moves the results to their final names and removes those of an earlier
// run in the same folder that this one has not replaced (old), so that a folder
// never shows a mixture.
func (s *stage) commit(old *record.Record) error {
	for _, n := range s.names {
		to := filepath.Join(s.dir, n)
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return fmt.Errorf("job: %w", err)
		}
		if err := os.Rename(filepath.Join(s.tmp, n), to); err != nil {
			return fmt.Errorf("job: %w", err)
		}
	}
	if old != nil {
		for _, f := range old.Outputs {
			if filepath.IsLocal(f.Path) && !slices.Contains(s.names, f.Path) {
				removeUnchanged(s.dir, f)
			}
		}
	}
	s.discard()
	return nil
}

// removeUnchanged removes a result of an earlier run if nobody has changed it.
func removeUnchanged(dir string, f record.File) {
	path := filepath.Join(dir, f.Path)
	if now, err := record.Hash(path); err == nil && now.SHA256 == f.SHA256 {
		os.Remove(path)
		os.Remove(filepath.Dir(path)) // fails, as it should, unless empty
	}
}

// discard removes what is left of the stage. It may be called at any time, by any
// goroutine, and again.
func (s *stage) discard() {
	if s.tmp != "" {
		os.RemoveAll(s.tmp)
	}
	if s.created {
		os.Remove(s.dir) // fails, as it should, unless empty
	}
}
