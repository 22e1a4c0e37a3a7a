package outdir

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d52adeda/wave/cmd/wavebench/internal/atomicfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/cmd/wavebench/internal/userfile"
)

// errEnded is returned by a stage after End.
var errEnded = errors.New("stopped")

// Write makes a result of about so many bytes (0: not known). It stops with ctx.
// On failure nothing of it is left.
func (s *Stage) Write(ctx context.Context, name string, about int64, fn func(io.Writer) error) error {
	if name != s.plan.Record && !slices.Contains(s.plan.Names, name) {
		return fmt.Errorf("%s is not among the planned results", name)
	}
	f, err := s.write(ctx, filepath.Join(s.dir, resultsName), name, about, fn)
	if err == nil {
		s.mu.Lock()
		s.files = append(s.files, f)
		s.mu.Unlock()
		return nil
	}
	return fmt.Errorf("cannot write %s: %w", name, err)
}

// Spill writes a result that the output folder cannot take to a folder for
// temporary files, where End finds it.
func (s *Stage) Spill(ctx context.Context, name string, about int64, fn func(io.Writer) error) error {
	s.mu.Lock()
	if s.spill == "" {
		dir, err := os.MkdirTemp("", keptPrefix)
		if err != nil {
			s.mu.Unlock()
			return err
		}
		s.spill = dir
	}
	s.mu.Unlock()
	_, err := s.write(ctx, s.spill, name, about, fn)
	return err
}

func (s *Stage) write(ctx context.Context, dir, name string, about int64, fn func(io.Writer) error) (record.File, error) {
	path := filepath.Join(dir, name)
	file, err := s.create(path)
	if err != nil {
		return record.File{}, err
	}
	defer file.Abort() // a panic in fn too
	w := &writer{to: file, ctx: ctx, hash: sha256.New(), about: about, progress: s.plan.Progress}
	if err := fn(w); err != nil {
		return record.File{}, err
	}
	if err := ctx.Err(); err != nil {
		return record.File{}, err
	}
	if err := file.Commit(); err != nil {
		return record.File{}, err
	}
	return record.File{Path: name, Bytes: w.done, SHA256: hex.EncodeToString(w.hash.Sum(nil))}, nil
}

// create makes a file in the stage, with its folders, which somebody may have removed.
// A stage that has ended does not come back.
func (s *Stage) create(path string) (*atomicfile.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != "" {
		return nil, errEnded
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	return atomicfile.Create(path)
}

// writer counts and hashes what goes to a file.
type writer struct {
	to       io.Writer
	ctx      context.Context
	hash     hash.Hash
	done     int64
	about    int64
	progress func(meter.Reading)
}

func (w *writer) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := w.to.Write(p)
	w.hash.Write(p[:n])
	w.done += int64(n)
	userfile.Report(w.progress, "writing", w.done, max(w.about, w.done))
	return n, err
}

// Files describes the results so far, sorted by name.
func (s *Stage) Files() []record.File {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.files)
	slices.SortFunc(out, func(a, b record.File) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// Computed says that from now on results are kept rather than thrown away.
func (s *Stage) Computed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.computed = true
	_ = os.WriteFile(filepath.Join(s.dir, computedName), nil, 0o666) // for whoever finds the stage of a killed run
}

// End closes the stage: results that are worth it are kept under a visible name,
// the rest is removed. It says what became of the results, the same each time. It
// may be called at any time, and waits for Commit.
func (s *Stage) End() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != "" {
		return s.ended
	}
	var kept []string
	if s.computed && slices.ContainsFunc(s.files, func(f record.File) bool { return !slices.Contains(s.plan.Cheap, f.Path) }) {
		kept = append(kept, keep(s.plan.Dir, s.dir))
		s.dir = "" // it is gone, or stays
	}
	if s.spill != "" {
		if os.Remove(s.spill) != nil { // it is not empty
			kept = append(kept, s.spill)
		}
	}
	s.ended = nothing
	if len(kept) > 0 {
		s.ended = "what was computed is kept in " + strings.Join(kept, " and ")
	}
	s.close()
	return s.ended
}

// nothing is what End says when there are no results.
const nothing = "nothing was written"

// Kept says where results are that did not get to their place, or nothing, once
// the stage has ended.
func (s *Stage) Kept() string {
	if text := s.End(); text != nothing {
		return text
	}
	return ""
}

// close removes what is left of the stage and frees the lock.
func (s *Stage) close() {
	if s.dir != "" {
		for range 10 { // a file may be made in it at this moment
			if os.RemoveAll(s.dir) == nil {
				break
			}
		}
	}
	if s.lock != nil {
		s.lock.release()
	}
	for _, dir := range s.made {
		if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			break // it is not empty
		}
	}
}
