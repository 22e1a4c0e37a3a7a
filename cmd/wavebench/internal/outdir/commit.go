package outdir

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/d52adeda/wave/cmd/wavebench/internal/atomicfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/cmd/wavebench/internal/userfile"
)

// Commit writes the record and puts all results in their places, or none: then
// those of an earlier command stay, and the new ones are kept elsewhere. It does
// not stop half-way; End waits for it.
func (s *Stage) Commit(ctx context.Context, rec func(io.Writer) error) error {
	if err := s.Write(ctx, s.plan.Record, 0, rec); err != nil {
		return err
	}
	j := journal{}
	for _, f := range s.Files() {
		if f.Path != s.plan.Record {
			j.Put = append(j.Put, f.Path)
		}
	}
	j.Put = append(j.Put, s.plan.Record)
	for _, f := range s.old {
		if filepath.IsLocal(f.Path) && !slices.Contains(j.Put, f.Path) && s.superseded(ctx, f.Path) {
			j.Remove = append(j.Remove, f.Path)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != "" {
		return errEnded
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.intact(j); err != nil {
		return err
	}
	if err := j.write(s.dir); err != nil {
		return err
	}
	if err := j.apply(s.plan.Dir, s.dir); err != nil {
		if e := j.undo(s.plan.Dir, s.dir); e != nil {
			return fmt.Errorf("%w; what was there cannot be put back: %w", err, e)
		}
		return err
	}
	s.ended = "the results are complete in " + s.plan.Dir
	s.close()
	return nil
}

// superseded reports whether a result of the earlier command, which this one does
// not replace, may be removed, so that the folder shows no mixture: nobody has
// changed it, and it is no input.
func (s *Stage) superseded(ctx context.Context, name string) bool {
	path := filepath.Join(s.plan.Dir, name)
	info, err := userfile.Stat(path)
	if err != nil {
		return false
	}
	if _, ok := s.isInput(info); ok {
		return false
	}
	i := slices.IndexFunc(s.old, func(f record.File) bool { return f.Path == name })
	return unchanged(ctx, &s.plan, path, info, s.old[i])
}

// intact proves that nobody has changed the places of the results since they were
// checked.
func (s *Stage) intact(j journal) error {
	for _, name := range j.Put {
		path := filepath.Join(s.plan.Dir, name)
		info, err := obstacle(path)
		if err != nil {
			return err
		}
		then := s.before[name]
		switch {
		case info == nil: // removed meanwhile, if it was there: nothing is in the way
		case !info.Mode().IsRegular():
			return fmt.Errorf("%s is %s now", path, userfile.Kind(info.Mode()))
		case then == nil:
			return fmt.Errorf("%s was made by somebody else during the run", path)
		case !os.SameFile(then, info) || then.Size() != info.Size() || !then.ModTime().Equal(info.ModTime()):
			return fmt.Errorf("%s was changed by somebody else during the run", path)
		}
	}
	return nil
}

// journal says what is moved. It is written before the first move, so that what a
// killed process has begun can be finished or undone by the next.
type journal struct {
	Put    []string `json:"put"`    // from results to the folder, the record last
	Remove []string `json:"remove"` // from the folder
}

func readJournal(stage string) (j journal, err error) {
	data, err := userfile.ReadAll(filepath.Join(stage, journalName), 16<<20)
	if err == nil {
		err = json.Unmarshal(data, &j)
	}
	for _, name := range slices.Concat(j.Put, j.Remove) {
		if !filepath.IsLocal(name) {
			return j, fmt.Errorf("%s: %q is outside of the folder", stage, name)
		}
	}
	return j, err
}

func (j journal) write(stage string) error {
	return atomicfile.Write(filepath.Join(stage, journalName), func(w io.Writer) error { return json.NewEncoder(w).Encode(j) })
}

// aside lists what is moved out of the way, the record first: a folder that shows
// one is complete.
func (j journal) aside() []string {
	list := slices.Concat(j.Remove, j.Put)
	slices.Reverse(list)
	return list
}

// apply makes all moves that have not been made yet.
func (j journal) apply(dir, stage string) error {
	results, replaced := filepath.Join(stage, resultsName), filepath.Join(stage, replacedName)
	for _, name := range j.aside() {
		if slices.Contains(j.Put, name) && !exists(filepath.Join(results, name)) {
			continue // it is in place already
		}
		from, to := filepath.Join(dir, name), filepath.Join(replaced, name)
		switch info, err := os.Lstat(from); {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return err
		case info.IsDir() || exists(to):
			return fmt.Errorf("%s was made by somebody else meanwhile", from)
		}
		if err := move(from, to); err != nil {
			return err
		}
	}
	for _, name := range j.Put {
		from, to := filepath.Join(results, name), filepath.Join(dir, name)
		if !exists(from) && exists(to) {
			continue
		}
		if err := move(from, to); err != nil {
			return err
		}
	}
	for _, name := range j.Remove {
		if folder := filepath.Dir(name); folder != "." {
			os.Remove(filepath.Join(dir, folder)) // fails, as it should, unless empty
		}
	}
	return nil
}

// undo takes all moves back.
func (j journal) undo(dir, stage string) error {
	results, replaced := filepath.Join(stage, resultsName), filepath.Join(stage, replacedName)
	var all []error
	for _, name := range j.aside() {
		place := filepath.Join(dir, name)
		if back := filepath.Join(results, name); slices.Contains(j.Put, name) && !exists(back) && exists(place) {
			all = append(all, move(place, back))
		}
		if old := filepath.Join(replaced, name); exists(old) && !exists(place) {
			all = append(all, move(old, place))
		}
	}
	for _, folder := range folders(slices.Concat(j.Put, j.Remove))[1:] {
		os.Remove(filepath.Join(dir, folder))
		os.Remove(filepath.Join(replaced, folder))
	}
	if err := errors.Join(all...); err != nil {
		return err
	}
	return os.Remove(filepath.Join(stage, journalName))
}

func exists(path string) bool { _, err := os.Lstat(path); return err == nil }

// move renames a file; its new folder is made if need be.
func move(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	return os.Rename(from, to)
}
