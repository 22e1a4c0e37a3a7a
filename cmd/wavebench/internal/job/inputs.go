package job

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/gridfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/cmd/wavebench/internal/outdir"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/cmd/wavebench/internal/userfile"
)

// Source is where a survey comes from.
type Source struct {
	Path    string         // its file, which no result may replace unless it is a record; "" for none
	Base    string         // the folder that names of files are relative to
	Earlier *record.Record // the run that is repeated; nil for a survey
	Moved   []string       // OLD=NEW: files are NEW where the survey says OLD, a name or a key
}

// locate makes the names of all files absolute. Those of a record are looked for
// where they were, then relative to the record, as a project's folder may have
// moved; the SHA-256 tells whether they are the same.
func (j *Job) locate(ctx context.Context, src Source, progress func(meter.Reading)) error {
	files := j.Survey.Files()
	places := make([][]string, len(files))
	wanted := make([]record.File, len(files))
	used := make([]bool, len(src.Moved))
	for i, f := range files {
		path, err := absolute(*f.Name, src.Base)
		if err != nil {
			return j.Survey.At(f.Key, err)
		}
		places[i] = []string{path}
		if src.Earlier != nil {
			wanted[i], _ = src.Earlier.Input(f.Key)
		}
		if rel := wanted[i].Relative; rel != "" {
			places[i] = append(places[i], filepath.Join(src.Base, rel))
			if real, err := filepath.EvalSymlinks(src.Path); err == nil { // the record may be named by a link
				if p := filepath.Join(filepath.Dir(real), rel); p != places[i][1] {
					places[i] = append(places[i], p)
				}
			}
		}
		for k, m := range src.Moved {
			if to, ok := moved(m, *f.Name, path, f.Key); ok {
				used[k] = true
				if path, err = absolute(to, "."); err != nil {
					return fmt.Errorf("--file: %w", err)
				}
				places[i] = []string{path}
			}
		}
	}
	if k := slices.Index(used, false); k >= 0 {
		names := []string{"of which there are none"}
		for i, f := range files {
			names = append(names[:i], fmt.Sprintf("%s (%s)", *f.Name, f.Key))
		}
		return fmt.Errorf("--file is %q, want OLD=NEW, where OLD is one of the survey's files: %s", src.Moved[k], strings.Join(names, ", "))
	}
	for i, f := range files {
		found, err := find(ctx, places[i], wanted[i], progress)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && src.Earlier != nil:
			err = fmt.Errorf("%w (if the file has moved, name it with --file %s=NEW)", err, f.Key)
		}
		if err != nil {
			return j.Survey.At(f.Key, err)
		}
		if *f.Name, err = filepath.Abs(found); err != nil {
			return err
		}
		if found != places[i][0] {
			j.Notes = append(j.Notes, fmt.Sprintf("%s is %s, at the same place relative to the record as before; it is not at %s", f.Key, found, places[i][0]))
		}
	}
	return nil
}

func absolute(name, base string) (string, error) {
	path, err := userfile.Expand(name)
	if err != nil {
		return "", err
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(base, path)
	}
	return filepath.Abs(path)
}

// moved returns NEW of OLD=NEW if OLD is one of names; either may have a = in it.
func moved(arg string, names ...string) (to string, ok bool) {
	for i, c := range arg {
		if c == '=' && slices.Contains(names, arg[:i]) {
			return arg[i+1:], true
		}
	}
	return "", false
}

// find returns the first of the places that has the file wanted, else the first
// that has a file at all.
func find(ctx context.Context, places []string, want record.File, progress func(meter.Reading)) (string, error) {
	var there, alike []string
	var first error
	for _, p := range places {
		info, err := userfile.Stat(p)
		if first == nil {
			first = err
		}
		if err == nil {
			there = append(there, p)
			if info.Size() == want.Bytes {
				alike = append(alike, p)
			}
		}
	}
	switch {
	case len(there) == 0:
		return "", first
	case len(alike) == 0:
		return there[0], nil
	case len(alike) == 1: // it is hashed when it is read
		return alike[0], nil
	}
	for _, p := range alike {
		f, err := record.Hash(ctx, p, progress)
		if err == nil && f.SHA256 == want.SHA256 {
			return p, nil
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
	}
	return there[0], nil
}

// readArray reads the array in the file that a key names, and notes what it was.
// Errors of spec.Check come back as they are.
func (j *Job) readArray(ctx context.Context, key, path string, spec gridfile.Spec, progress func(meter.Reading)) (d gridfile.Data, err error) {
	err = j.open(ctx, key, path, progress, func(f *userfile.File) (err error) {
		d, err = gridfile.ReadFrom(f, path, spec)
		return err
	})
	return d, err
}

// noteArray notes what the file is that a key names, for reading it later. That it
// holds an array is seen before it is hashed, as a wrong file may have no end.
func (j *Job) noteArray(ctx context.Context, key, path, member string, progress func(meter.Reading)) error {
	enough := errors.New("values are not needed")
	spec := gridfile.Spec{Member: member, Check: func([]int) error { return enough }}
	return j.open(ctx, key, path, progress, func(f *userfile.File) error {
		if _, err := gridfile.ReadFrom(f, path, spec); err != enough {
			return err
		}
		return nil
	})
}

// open lets fn read the file that a key names and notes its hash. A file that is not
// what it was when it was opened before is an error.
func (j *Job) open(ctx context.Context, key, path string, progress func(meter.Reading), fn func(*userfile.File) error) error {
	f, err := userfile.Open(ctx, path, progress)
	if err != nil {
		return j.Survey.At(key, err)
	}
	defer f.Close()
	sum := ""
	if err = fn(f); err == nil {
		sum, err = f.Sum()
	}
	var own *config.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &own):
		return err
	case err != nil:
		return j.fileError(key, path, err)
	}
	in := record.File{Key: key, Path: path, Bytes: f.Size(), SHA256: sum}
	if dir, err := filepath.Abs(j.Dir); err == nil {
		if rel, err := filepath.Rel(dir, path); err == nil {
			in.Relative = rel
		}
	}
	for _, before := range j.inputs {
		if before.Key != key {
			continue
		}
		if before.SHA256 != sum {
			return j.Survey.At(key, fmt.Errorf("%s: %w", path, userfile.ErrChanged))
		}
		return nil
	}
	j.inputs = append(j.inputs, in)
	return nil
}

// Changed returns the inputs whose content is not what an earlier record says.
func (j *Job) Changed(old *record.Record) []string {
	var out []string
	for _, now := range j.inputs {
		if then, ok := old.Input(now.Key); ok && now.SHA256 != then.SHA256 {
			out = append(out, now.Path)
		}
	}
	return out
}

// reads lists the files that no result may replace.
func (j *Job) reads() []outdir.Input {
	var out []outdir.Input
	if j.source != "" {
		out = append(out, outdir.Input{What: "the survey", Path: j.source})
	}
	for _, f := range j.inputs {
		out = append(out, outdir.Input{What: f.Key, Path: f.Path})
	}
	return out
}
