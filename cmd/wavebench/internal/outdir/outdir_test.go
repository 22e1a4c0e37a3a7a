package outdir

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
)

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// holds checks that below dir there are exactly these files, written "name text";
// a kept folder is called KEPT.
func holds(t *testing.T, dir string, want ...string) {
	t.Helper()
	got := []string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		if first, rest, ok := strings.Cut(filepath.ToSlash(rel), "/"); ok && strings.HasPrefix(first, keptPrefix) {
			rel = "KEPT/" + rest
		}
		if rel == "r.json" || strings.HasSuffix(rel, "/r.json") {
			data = []byte("record")
		}
		got = append(got, filepath.ToSlash(rel)+" "+string(data))
		return err
	})
	slices.Sort(got)
	slices.Sort(want)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%s has %q, want %q, %v", dir, got, want, err)
	}
}

func say(text string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
}

func plan(dir string) Plan {
	return Plan{Dir: dir, Record: "r.json", Names: []string{"a.npy", "b.sgy", "s/1.png", "s/2.png"}}
}

// open opens a stage that must open.
func open(t *testing.T, p Plan) *Stage {
	t.Helper()
	s, err := Open(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.End() })
	return s
}

func write(t *testing.T, s *Stage, names ...string) {
	t.Helper()
	for _, n := range names {
		name, text, _ := strings.Cut(n, " ")
		if err := s.Write(t.Context(), name, 0, say(text)); err != nil {
			t.Fatal(err)
		}
	}
}

func commit(t *testing.T, s *Stage) error {
	t.Helper()
	return s.Commit(t.Context(), recordOf(s))
}

func recordOf(s *Stage) func(w io.Writer) error {
	return func(w io.Writer) error {
		return json.NewEncoder(w).Encode(record.Record{Format: record.Format, Outputs: s.Files()})
	}
}

func TestResultsReplaceEarlierOnes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "out")
	s := open(t, plan(dir))
	write(t, s, "a.npy one", "s/1.png p", "s/2.png q")
	if err := commit(t, s); err != nil {
		t.Fatal(err)
	}
	if text := s.End(); text != "the results are complete in "+dir || s.End() != text {
		t.Errorf("ended: %s", text)
	}
	holds(t, dir, "a.npy one", "s/1.png p", "s/2.png q", "r.json record")

	put(t, filepath.Join(dir, "mine.txt"), "mine")
	put(t, filepath.Join(dir, "s", "2.png"), "changed by hand") // and not among the new results
	s = open(t, Plan{Dir: dir, Record: "r.json", Names: []string{"b.sgy"}})
	write(t, s, "b.sgy two")
	if err := commit(t, s); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, "b.sgy two", "mine.txt mine", "r.json record", "s/2.png changed by hand")
	if err := s.Write(t.Context(), "b.sgy", 0, say("late")); !errors.Is(err, errEnded) {
		t.Errorf("written after the end: %v", err)
	}
}

func TestNothingIsLeft(t *testing.T) {
	above := t.TempDir()
	for name, fn := range map[string]func(*Stage){
		"ended":        func(s *Stage) { write(t, s, "a.npy x", "s/1.png y") },
		"failed write": func(s *Stage) { s.Write(t.Context(), "a.npy", 0, func(io.Writer) error { return io.ErrShortWrite }) },
		"panic": func(s *Stage) {
			defer func() { recover() }()
			s.Write(t.Context(), "a.npy", 0, func(io.Writer) error { panic("x") })
		},
		"unknown name": func(s *Stage) {
			if err := s.Write(t.Context(), "other", 0, say("x")); err == nil {
				t.Error("a result that is not planned was written")
			}
		},
	} {
		s := open(t, plan(filepath.Join(above, "new", "out")))
		fn(s)
		if text := s.End(); text != nothing || s.Kept() != "" {
			t.Errorf("%s: %s", name, text)
		}
		if _, err := os.Stat(filepath.Join(above, "new")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: something is left", name)
		}
	}
	p := plan(filepath.Join(above, "new"))
	p.Need = 1 << 62
	if _, err := Open(t.Context(), p); err == nil || !strings.Contains(err.Error(), "the results need 4.1e+03 PiB, but only") {
		t.Errorf("no disk holds 4 EiB: %v", err)
	}
	holds(t, above)
}

// TestObstacles proves that what is in the way is refused by name before the work,
// and stays as it is.
func TestObstacles(t *testing.T) {
	link := func(to, path string) {
		if err := os.Symlink(to, path); err != nil {
			t.Skip(err)
		}
	}
	for name, c := range map[string]struct {
		make func(dir string)
		want string
		out  string // below dir
	}{
		"folder for a file":     {func(dir string) { put(t, filepath.Join(dir, "a.npy", "x"), "x") }, "a.npy is a folder, want a file, or nothing there", ""},
		"file for a folder":     {func(dir string) { put(t, filepath.Join(dir, "s"), "x") }, "s is a file, want a folder, or nothing there", ""},
		"link to nowhere":       {func(dir string) { link("gone", filepath.Join(dir, "a.npy")) }, "a.npy is a symbolic link to nowhere", ""},
		"folder to nowhere":     {func(dir string) { link("gone", filepath.Join(dir, "s")) }, "s is a symbolic link to nowhere", ""},
		"record is a folder":    {func(dir string) { put(t, filepath.Join(dir, "r.json", "x"), "x") }, "r.json is a folder", ""},
		"record is not one":     {func(dir string) { put(t, filepath.Join(dir, "r.json"), "{}") }, "r.json in ", ""},
		"file of the user's":    {func(dir string) { put(t, filepath.Join(dir, "a.npy"), "mine") }, "a.npy in ", ""},
		"output folder is file": {func(dir string) { put(t, filepath.Join(dir, "f"), "x") }, "f is a file, want a folder", "f"},
		"below a file":          {func(dir string) { put(t, filepath.Join(dir, "f"), "x") }, "f is a file, want a folder", "f/below/it"},
		"output to nowhere":     {func(dir string) { link("gone", filepath.Join(dir, "l")) }, "l is a symbolic link to nowhere", "l"},
		"lock is a folder":      {func(dir string) { put(t, filepath.Join(dir, lockName, "x"), "x") }, lockName + " is a folder", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c.make(dir)
			before, _ := os.ReadDir(dir)
			_, err := Open(t.Context(), plan(filepath.Join(dir, c.out)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if err := Look(filepath.Join(dir, c.out)); (err != nil) != (c.out != "" || name == "lock is a folder") {
				t.Errorf("at a look: %v", err)
			}
			after, _ := os.ReadDir(dir)
			if len(before) != 1 || len(after) != 1 {
				t.Errorf("there was %v, now %v", before, after)
			}
		})
	}
}

// TestForeignFiles tells results of an earlier run from the user's files by hash.
func TestForeignFiles(t *testing.T) {
	dir := t.TempDir()
	s := open(t, plan(dir))
	write(t, s, "a.npy one", "b.sgy two")
	if err := commit(t, s); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "b.sgy"), "TWO") // as long
	put(t, filepath.Join(dir, "s", "1.png"), "mine")
	_, err := Open(t.Context(), plan(dir))
	if err == nil || !strings.HasPrefix(err.Error(), "b.sgy, s/1.png in "+dir+" would be replaced") || !strings.Contains(err.Error(), "--overwrite") {
		t.Fatalf("got %v", err)
	}
	holds(t, dir, "a.npy one", "b.sgy TWO", "s/1.png mine", "r.json record")
	p := plan(dir)
	p.Overwrite = true
	s = open(t, p)
	write(t, s, "b.sgy three")
	if err := commit(t, s); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, "b.sgy three", "s/1.png mine", "r.json record")
}

// TestInputsStay refuses results that would replace an input, however it is named.
func TestInputsStay(t *testing.T) {
	for name, link := range map[string]func(input, path string) error{
		"symbolic link": os.Symlink,
		"hard link":     os.Link,
		"itself":        func(input, path string) error { return os.Rename(input, path) },
		"link to it":    func(input, path string) error { return errors.Join(os.Rename(input, path), os.Symlink(path, input)) },
	} {
		dir := t.TempDir()
		input := filepath.Join(t.TempDir(), "v.npy")
		put(t, input, "model")
		if err := link(input, filepath.Join(dir, "a.npy")); err != nil {
			t.Log(err)
			continue
		}
		if name == "itself" {
			input = filepath.Join(dir, "a.npy")
		}
		p := plan(dir)
		p.Inputs, p.Overwrite = []Input{{"model.file", input}}, true
		if _, err := Open(t.Context(), p); err == nil || !strings.Contains(err.Error(), "a.npy is an input of this run (model.file)") {
			t.Errorf("%s: got %v", name, err)
		}
		holds(t, dir, "a.npy model")
	}

	// A result of an earlier run that this one reads is not removed.
	dir := t.TempDir()
	s := open(t, plan(dir))
	write(t, s, "a.npy one", "b.sgy two")
	if err := commit(t, s); err != nil {
		t.Fatal(err)
	}
	s = open(t, Plan{Dir: dir, Record: "r.json", Names: []string{"c.npy"}, Inputs: []Input{{"sources.wavelet.file", filepath.Join(dir, "a.npy")}}})
	write(t, s, "c.npy three")
	if err := commit(t, s); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, "a.npy one", "c.npy three", "r.json record")
}

// TestCommitRollsBack makes obstacles after the check: all that was there stays, and
// the new results are kept.
func TestCommitRollsBack(t *testing.T) {
	for name, c := range map[string]struct {
		obstacle func(dir string)
		want     []string
	}{
		"folder":       {func(dir string) { put(t, filepath.Join(dir, "b.sgy", "x"), "x") }, []string{"b.sgy/x x"}},
		"file":         {func(dir string) { put(t, filepath.Join(dir, "b.sgy"), "x") }, []string{"b.sgy x"}},
		"changed":      {func(dir string) { put(t, filepath.Join(dir, "a.npy"), "another") }, []string{"a.npy another"}},
		"for a folder": {func(dir string) { os.RemoveAll(filepath.Join(dir, "s")); put(t, filepath.Join(dir, "s"), "x") }, []string{"s x"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, plan(dir))
			write(t, s, "a.npy one", "s/1.png p")
			if err := commit(t, s); err != nil {
				t.Fatal(err)
			}
			s = open(t, plan(dir))
			write(t, s, "a.npy 1", "b.sgy 2", "s/2.png 3")
			s.Computed()
			c.obstacle(dir)
			if err := commit(t, s); err == nil {
				t.Fatal("no error")
			}
			want := slices.Concat(c.want, []string{"r.json record", "KEPT/a.npy 1", "KEPT/b.sgy 2", "KEPT/s/2.png 3", "KEPT/r.json record"})
			if name != "changed" {
				want = append(want, "a.npy one")
			}
			if name != "for a folder" {
				want = append(want, "s/1.png p")
			}
			text := s.Kept()
			holds(t, dir, want...)
			_, where, _ := strings.Cut(text, "is kept in ")
			if _, err := os.Stat(filepath.Join(where, "b.sgy")); err != nil {
				t.Errorf("%q: %v", text, err)
			}
		})
	}
}

// TestKilledCommit ends a commit after every single move, as a process that is
// killed does; the next command completes it.
func TestKilledCommit(t *testing.T) {
	for moves := 0; ; moves++ {
		dir := t.TempDir()
		s := open(t, plan(dir))
		write(t, s, "a.npy one", "s/1.png p", "b.sgy x")
		if err := commit(t, s); err != nil {
			t.Fatal(err)
		}
		s = open(t, plan(dir))
		write(t, s, "a.npy 1", "s/2.png 3")
		if err := s.Write(t.Context(), "r.json", 0, recordOf(s)); err != nil {
			t.Fatal(err)
		}
		j := journal{Put: []string{"a.npy", "s/2.png", "r.json"}, Remove: []string{"s/1.png", "b.sgy"}}
		if err := j.write(s.dir); err != nil {
			t.Fatal(err)
		}
		// The moves of apply, in their order.
		list := [][2]string{}
		for _, n := range []string{"r.json", "a.npy", "b.sgy", "s/1.png"} {
			list = append(list, [2]string{filepath.Join(dir, n), filepath.Join(s.dir, replacedName, n)})
		}
		for _, n := range j.Put {
			list = append(list, [2]string{filepath.Join(s.dir, resultsName, n), filepath.Join(dir, n)})
		}
		for _, m := range list[:min(moves, len(list))] {
			if err := move(m[0], m[1]); err != nil {
				t.Fatal(err)
			}
		}
		s.lock.f.Close() // as the system does; the file stays
		s.ended = nothing

		s, err := Open(t.Context(), Plan{Dir: dir, Record: "r.json", Names: []string{"z.npy"}})
		if err != nil || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "they are complete now") {
			t.Fatalf("after %d moves: %v, %q", moves, err, s.Notes)
		}
		s.End()
		holds(t, dir, "a.npy 1", "s/2.png 3", "r.json record")
		if moves > len(list) {
			break
		}
	}
}

// TestSweep removes what killed runs have left, and nothing else.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	stale := filepath.Join(dir, ".wavebench-0123456789abcdef.tmp")
	put(t, stale, "x")
	if err := os.Chtimes(stale, old, old); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, ".wavebench-fedcba9876543210.tmp"), "being written")
	put(t, filepath.Join(dir, ".wavebench-123", "results", "s", "1.png"), "x")
	put(t, filepath.Join(dir, ".wavebench-456", "results", "a.npy"), "worth it")
	put(t, filepath.Join(dir, ".wavebench-456", computedName), "")
	put(t, filepath.Join(dir, ".wavebench-789", "results", ".wavebench-0123456789abcdef.tmp"), "half")
	put(t, filepath.Join(dir, ".wavebench-789", computedName), "")
	put(t, filepath.Join(dir, ".wavebench-mine", "x"), "x")
	put(t, filepath.Join(dir, keptPrefix+"20260101-000000", "b"), "kept")
	put(t, filepath.Join(dir, lockName), "process 1 on nowhere\n")
	s := open(t, plan(dir))
	if len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "what it had computed is kept in "+filepath.Join(dir, keptPrefix)) {
		t.Errorf("notes %q", s.Notes)
	}
	s.End()
	holds(t, dir, ".wavebench-fedcba9876543210.tmp being written", "KEPT/a.npy worth it", "KEPT/b kept", ".wavebench-mine/x x")
}

// TestSpill keeps what the output folder cannot take elsewhere.
func TestSpill(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("TMP", temp)
	dir := filepath.Join(t.TempDir(), "out")
	s := open(t, plan(dir))
	s.Computed()
	if err := s.Spill(t.Context(), "a.npy", 0, say("one")); err != nil {
		t.Fatal(err)
	}
	if text := s.Kept(); !strings.Contains(text, "what was computed is kept in "+temp) {
		t.Error(text)
	}
	holds(t, temp, "KEPT/a.npy one")
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the output folder is left")
	}
	s = open(t, plan(dir))
	if err := s.Spill(t.Context(), "a.npy", 0, func(io.Writer) error { return io.ErrShortWrite }); err == nil || s.End() != nothing {
		t.Errorf("%v, %s", err, s.End())
	}
	holds(t, temp, "KEPT/a.npy one")
}

// TestEndWhileWriting keeps what is complete, and nothing of what is being written.
func TestEndWhileWriting(t *testing.T) {
	dir := t.TempDir()
	s := open(t, plan(dir))
	write(t, s, "a.npy one")
	s.Computed()
	started, ended := make(chan struct{}), make(chan struct{})
	failed := make(chan error)
	go func() {
		failed <- s.Write(context.Background(), "b.sgy", 0, func(w io.Writer) error {
			_, err := w.Write(make([]byte, 1<<20))
			close(started)
			<-ended
			return err
		})
	}()
	<-started
	s.End()
	holds(t, dir, "KEPT/a.npy one")
	close(ended)
	if err := <-failed; err == nil {
		t.Error("a result was written after the end")
	}
	holds(t, dir, "KEPT/a.npy one")
}

func TestWriteStops(t *testing.T) {
	s := open(t, plan(t.TempDir()))
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Write(ctx, "a.npy", 0, func(w io.Writer) error {
		for i := 0; ; i++ {
			if i == 3 {
				cancel()
			}
			if _, err := w.Write(make([]byte, 1000)); err != nil || i > 10 {
				return err
			}
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestCheckFile(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there")
	put(t, there, "x")
	_ = os.Symlink("gone", filepath.Join(dir, "broken"))
	for _, c := range []struct {
		path      string
		overwrite bool
		inputs    []string
		want      string
	}{
		{"new", false, nil, ""},
		{"there", false, nil, "there exists, want a new file (or --force to replace it)"},
		{"there", true, nil, ""},
		{"there", true, []string{there}, "is an input as well"},
		{"broken", true, nil, "symbolic link to nowhere"},
		{".", true, nil, "is a folder, want a file"},
		{"no/such", false, nil, "no such"},
	} {
		err := CheckFile(filepath.Join(dir, c.path), c.overwrite, "--force", c.inputs...)
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.path, err, c.want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
