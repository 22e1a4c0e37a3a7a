package outdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d52adeda/wave/cmd/wavebench/internal/atomicfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/cmd/wavebench/internal/userfile"
)

// check looks at every place where a result goes. It notes what is there, so that
// Commit can tell whether somebody has changed it meanwhile.
func (s *Stage) check(ctx context.Context) error {
	p := &s.plan
	s.before = map[string]os.FileInfo{}
	ours := map[string]record.File{}
	var foreign []string
	s.old = nil
	if outputs, ok := record.Outputs(filepath.Join(p.Dir, p.Record)); ok {
		s.old = outputs
		ours[p.Record] = record.File{}
	}
	for _, f := range s.old {
		if filepath.IsLocal(f.Path) {
			ours[f.Path] = f
		}
	}
	for _, folder := range folders(p.Names)[1:] {
		path := filepath.Join(p.Dir, folder)
		if info, err := obstacle(path); err != nil {
			return err
		} else if info != nil && !info.IsDir() {
			return fmt.Errorf("%s is %s, want a folder, or nothing there", path, userfile.Kind(info.Mode()))
		}
	}
	for _, name := range append(slices.Clone(p.Names), p.Record) {
		path := filepath.Join(p.Dir, name)
		info, err := obstacle(path)
		switch {
		case err != nil:
			return err
		case info == nil:
			continue
		case !info.Mode().IsRegular():
			return fmt.Errorf("%s is %s, want a file, or nothing there", path, userfile.Kind(info.Mode()))
		}
		if in, ok := s.isInput(info); ok {
			return fmt.Errorf("%s is an input of this run (%s) and would be replaced: choose another folder with --out", path, in.What)
		}
		s.before[name] = info
		if f, ok := ours[name]; !p.Overwrite && (!ok || f.Path != "" && !unchanged(ctx, p, path, info, f)) {
			foreign = append(foreign, name)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if len(foreign) > 0 {
		return fmt.Errorf("%s in %s would be replaced, and %s there does not list %s as results of an earlier run as they are now: "+
			"move them, choose another folder with --out, or replace them with --overwrite", some(foreign), p.Dir, p.Record, them(foreign))
	}
	return nil
}

// obstacle returns what is at path, with symbolic links followed, or nil.
func obstacle(path string) (os.FileInfo, error) {
	link, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil && link.Mode()&fs.ModeSymlink != 0 {
		return nil, fmt.Errorf("%s is a symbolic link to nowhere, want a file, or nothing there", path)
	}
	return info, err
}

func (s *Stage) isInput(info os.FileInfo) (Input, bool) {
	for _, in := range s.plan.Inputs {
		if i, err := os.Stat(in.Path); err == nil && os.SameFile(i, info) {
			return in, true
		}
	}
	return Input{}, false
}

// unchanged reports whether a file is what an earlier command has written.
func unchanged(ctx context.Context, p *Plan, path string, info os.FileInfo, f record.File) bool {
	if info.Size() != f.Bytes {
		return false
	}
	now, err := record.Hash(ctx, path, p.Progress)
	return err == nil && now.SHA256 == f.SHA256
}

// some lists names, the first ones if many.
func some(names []string) string {
	if len(names) > 4 {
		return strings.Join(names[:4], ", ") + fmt.Sprintf(" and %d more", len(names)-4)
	}
	return strings.Join(names, ", ")
}

func them(names []string) string {
	if len(names) == 1 {
		return "it"
	}
	return "them"
}

// CheckFile refuses a path that a file cannot be written to, that belongs to one of
// the inputs, or, unless overwrite is set, to any other file. flag is what sets it.
func CheckFile(path string, overwrite bool, flag string, inputs ...string) error {
	info, err := obstacle(path)
	switch {
	case err != nil:
		return err
	case info != nil && !info.Mode().IsRegular():
		return fmt.Errorf("%s is %s, want a file, or nothing there", path, userfile.Kind(info.Mode()))
	}
	for _, in := range inputs {
		if i, err := os.Stat(in); info != nil && err == nil && os.SameFile(i, info) {
			return fmt.Errorf("%s is an input as well and would be replaced, want another file", path)
		}
	}
	if info != nil && !overwrite {
		return fmt.Errorf("%s exists, want a new file (or %s to replace it)", path, flag)
	}
	f, err := atomicfile.Create(path) // the folder may be missing, or not writable
	if err == nil {
		f.Abort()
	}
	return err
}
