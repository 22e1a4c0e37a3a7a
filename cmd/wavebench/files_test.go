package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestInputIsNoOutput runs into the folder of the inputs, under the names of results.
func TestInputIsNoOutput(t *testing.T) {
	for name, c := range map[string]struct {
		replace []string
		input   string // that becomes receivers.npy
		link    bool   // under its own name
	}{
		"model":           {[]string{"v.npy", "receivers.npy"}, "v.npy", false},
		"model by a link": {nil, "v.npy", true},
		"wavelet":         {[]string{"{type: ricker, freq: 12}", "{type: file, file: receivers.npy}", ", nt: 100", ""}, "w.npy", false},
	} {
		survey := folder(t, small(t, append(slices.Clone(noPictures), c.replace...)...))
		dir := filepath.Dir(survey)
		writeNPY(t, filepath.Join(dir, "w.npy"), make([]float32, 64), 64)
		if err := os.Rename(filepath.Join(dir, c.input), filepath.Join(dir, "receivers.npy")); err != nil {
			t.Fatal(err)
		}
		if c.link {
			if err := os.Symlink("receivers.npy", filepath.Join(dir, c.input)); err != nil {
				t.Skip(err)
			}
		}
		before, listed := read(t, dir, "receivers.npy"), names(t, dir)
		for _, flags := range [][]string{{"-q"}, {"-q", "--overwrite"}} {
			code, _, stderr := wavebench(t, append([]string{"run", survey, "-o", dir}, flags...)...)
			if code != 1 || !strings.Contains(stderr, "receivers.npy is an input of this run") || !strings.Contains(stderr, "--out") {
				t.Errorf("%s: code %d, %s", name, code, stderr)
			}
		}
		if !bytes.Equal(before, read(t, dir, "receivers.npy")) || !slices.Equal(listed, names(t, dir)) {
			t.Errorf("%s: the folder has changed: %v", name, names(t, dir))
		}
	}
}

// TestSurveyIsNoOutput keeps a survey from being replaced by the record; a record may
// be, by that of its repetition.
func TestSurveyIsNoOutput(t *testing.T) {
	survey := folder(t, small(t, noPictures...))
	dir := filepath.Dir(survey)
	named := filepath.Join(dir, "record.json")
	if err := os.Rename(survey, named); err != nil {
		t.Fatal(err)
	}
	before := read(t, named)
	code, _, stderr := wavebench(t, "run", named, "-o", dir, "-q", "--overwrite")
	if code != 1 || !strings.Contains(stderr, "record.json is an input of this run (the survey)") {
		t.Errorf("code %d, %s", code, stderr)
	}
	if !bytes.Equal(before, read(t, named)) {
		t.Error("the survey has changed")
	}

	out := filepath.Join(dir, "out")
	if code, _, stderr := wavebench(t, "run", named, "-o", out, "-q"); code != 0 {
		t.Fatal(stderr)
	}
	before = read(t, filepath.Join(out, "receivers.npy"))
	if code, _, stderr := wavebench(t, "run", filepath.Join(out, "record.json"), "-o", out, "-q"); code != 0 {
		t.Errorf("repeated into its own folder: code %d, %s", code, stderr)
	}
	if !bytes.Equal(before, read(t, filepath.Join(out, "receivers.npy"))) {
		t.Error("the repetition differs")
	}
}

// TestForeignResults runs into a folder with the user's own files.
func TestForeignResults(t *testing.T) {
	survey := folder(t, small(t, noPictures...))
	out := filepath.Join(filepath.Dir(survey), "out")
	mine := filepath.Join(out, "receivers.npy")
	if err := os.Mkdir(out, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mine, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := wavebench(t, "run", survey, "-o", out, "-q")
	if code != 1 || !strings.Contains(stderr, "receivers.npy in "+out+" would be replaced") || !strings.Contains(stderr, "--overwrite") || string(read(t, mine)) != "mine" {
		t.Errorf("code %d, %s", code, stderr)
	}
	for _, flags := range [][]string{{"--overwrite"}, nil, nil} { // what it wrote itself it replaces
		if code, _, stderr := wavebench(t, append([]string{"run", survey, "-o", out, "-q"}, flags...)...); code != 0 {
			t.Errorf("%v: code %d, %s", flags, code, stderr)
		}
	}
	if err := os.WriteFile(mine, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := wavebench(t, "run", survey, "-o", out, "-q"); code != 1 || string(read(t, mine)) != "mine" {
		t.Errorf("a changed result was replaced, code %d", code)
	}

	// The same of the other commands that write.
	t.Chdir(t.TempDir())
	small := surveyFile(t, perturbed)
	for i, want := range []int{0, 0, 1, 0} {
		if i == 2 {
			if err := os.WriteFile("born.npy", []byte("mine"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		args := []string{"sensitivity", small}
		if i == 3 {
			args = append(args, "--overwrite")
		}
		if code, _, stderr := wavebench(t, args...); code != want {
			t.Errorf("sensitivity, %d: code %d, %s", i, code, stderr)
		}
	}
	if err := os.WriteFile("chart.png", []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	chart := []string{"bench", "--shape", "20x24", "--nt", "4", "--repeat", "1", "-o", "chart.png"}
	if code, stdout, stderr := wavebench(t, chart...); code != 1 || stdout != "" || !strings.Contains(stderr, "chart.png exists") || string(read(t, "chart.png")) != "mine" {
		t.Errorf("bench: code %d, %s%s", code, stdout, stderr)
	}
	if code, _, stderr := wavebench(t, append(chart, "--overwrite")...); code != 0 || string(read(t, "chart.png")) == "mine" {
		t.Errorf("bench --overwrite: code %d, %s", code, stderr)
	}
}

// TestProjectMoves repeats a record after its folder has moved, and been copied, and
// after a file has.
func TestProjectMoves(t *testing.T) {
	text := small(t, append(slices.Clone(noPictures), "v.npy", "m/v.npy", "{type: ricker, freq: 12}", "{type: file, file: m/w.npy}", ", nt: 100", "")...)
	above := t.TempDir()
	project := filepath.Join(above, "p")
	if err := os.MkdirAll(filepath.Join(project, "m"), 0o777); err != nil {
		t.Fatal(err)
	}
	v := make([]float32, 1200)
	for i := range v {
		v[i] = 1500 + float32(i)
	}
	writeNPY(t, filepath.Join(project, "m", "v.npy"), v, 30, 40)
	writeNPY(t, filepath.Join(project, "m", "w.npy"), v[:64], 64)
	survey := filepath.Join(project, "s.yaml")
	if err := os.WriteFile(survey, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := wavebench(t, "run", survey, "-o", filepath.Join(project, "res"), "-q"); code != 0 {
		t.Fatal(stderr)
	}
	out := filepath.Join(above, "out")
	repeat := func(project string, flags ...string) (int, string, string) {
		return wavebench(t, append([]string{"run", filepath.Join(project, "res", "record.json"), "-o", out}, flags...)...)
	}
	same := func(what, where string, flags ...string) {
		t.Helper()
		if code, stdout, stderr := repeat(where, flags...); code != 0 || !strings.Contains(stdout, "receivers.npy is identical") {
			t.Errorf("%s: code %d, %s%s", what, code, stdout, stderr)
		} else if moved := strings.Contains(stdout, "at the same place relative to the record"); moved != (where != project && len(flags) == 0) {
			t.Errorf("%s: %s", what, stdout)
		}
	}
	same("where it was", project)
	moved := filepath.Join(above, "q")
	if err := os.Rename(project, moved); err != nil {
		t.Fatal(err)
	}
	same("moved", moved)
	link := filepath.Join(above, "link")
	if err := os.MkdirAll(filepath.Join(link, "res"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(moved, "res", "record.json"), filepath.Join(link, "res", "record.json")); err != nil {
		t.Fatal(err)
	}
	same("moved, by a link to the record", link)
	// At the old place there are other files now: the hash tells.
	if err := os.CopyFS(project, os.DirFS(moved)); err != nil {
		t.Fatal(err)
	}
	v[7] += 100
	writeNPY(t, filepath.Join(project, "m", "v.npy"), v, 30, 40)
	writeNPY(t, filepath.Join(project, "m", "w.npy"), v[1:65], 64)
	same("copied", moved)

	os.RemoveAll(project)
	w := filepath.Join(moved, "w=2.npy")
	if err := os.Rename(filepath.Join(moved, "m", "w.npy"), w); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(project, "m", "w.npy")
	if code, _, stderr := repeat(moved); code != 1 || !strings.Contains(stderr, "sources.wavelet.file") || !strings.Contains(stderr, "--file sources.wavelet.file=NEW") {
		t.Errorf("no wavelet: code %d, %s", code, stderr)
	}
	same("--file KEY", moved, "--file", "sources.wavelet.file="+w, "--file", "model.file="+filepath.Join(moved, "m", "v.npy"))
	same("--file OLD", moved, "--file", old+"="+w, "--file", "model.file="+filepath.Join(moved, "m", "v.npy"))
	if code, _, stderr := repeat(moved, "--file", "nothing=x"); code != 1 || !strings.Contains(stderr, `--file is "nothing=x"`) || !strings.Contains(stderr, "(sources.wavelet.file)") {
		t.Errorf("code %d, %s", code, stderr)
	}
	writeNPY(t, w, v[1:65], 64)
	if code, _, stderr := repeat(moved, "--file", old+"="+w); code != 1 || !strings.Contains(stderr, "w=2.npy has changed since") {
		t.Errorf("another wavelet: code %d, %s", code, stderr)
	}
	if code, stdout, stderr := repeat(moved, "--file", old+"="+w, "--force"); code != 0 || !strings.Contains(stdout, "receivers.npy differs") {
		t.Errorf("--force: code %d, %s%s", code, stdout, stderr)
	}
}

// TestOddNames runs in folders whose names are no UTF-8, or hold quotes and newlines,
// and repeats the records.
func TestOddNames(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("names of files are Unicode here")
	}
	for _, name := range []string{"\xff\xfe", "a\nb", `"q" 'r'`, "-x", "~", "ü\\"} {
		text := small(t, noPictures...)
		dir := filepath.Join(filepath.Dir(folder(t, text)), name)
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		for _, f := range []string{"v.npy", "survey.yaml"} {
			if err := os.Rename(filepath.Join(dir, "..", f), filepath.Join(dir, f)); err != nil {
				t.Fatal(err)
			}
		}
		if code, _, stderr := wavebench(t, "run", filepath.Join(dir, "survey.yaml"), "-q", "-o", filepath.Join(dir, name)); code != 0 {
			t.Errorf("%q: %s", name, stderr)
			continue
		}
		code, stdout, stderr := wavebench(t, "run", filepath.Join(dir, name, "record.json"), "-o", filepath.Join(dir, "again"))
		if code != 0 || !strings.Contains(stdout, "receivers.npy is identical") {
			t.Errorf("%q: code %d, %s%s", name, code, stdout, stderr)
		}
	}
}

// TestHome expands ~ in surveys and flags, in all files and folders.
func TestHome(t *testing.T) {
	survey := folder(t, small(t, "v.npy", "~/v.npy", "{segy: true, gathers: 2, snapshots: {count: 8, pictures: 2}}", "{dir: ~/out, model: false, gathers: 0}",
		"{type: ricker, freq: 12}", "{type: file, file: ~/w.npy}", ", nt: 100", ""))
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	if err := os.Rename(filepath.Join(filepath.Dir(survey), "v.npy"), filepath.Join(home, "v.npy")); err != nil {
		t.Fatal(err)
	}
	w := make([]float32, 64)
	w[3] = 1
	writeNPY(t, filepath.Join(home, "w.npy"), w, 64)
	if err := os.Rename(survey, filepath.Join(home, "s.yaml")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, args := range [][]string{{"run", "~/s.yaml", "-q"}, {"run", "~/s.yaml", "-q", "--model", "~/v.npy", "--out", "~/out2"}, {"init", "~/new.yaml"}} {
		if code, _, stderr := wavebench(t, args...); code != 0 {
			t.Errorf("%q: code %d, %s", args, code, stderr)
		}
	}
	for _, f := range []string{"out/receivers.npy", "out2/receivers.npy", "new.yaml"} {
		if _, err := os.Stat(filepath.Join(home, f)); err != nil {
			t.Error(err)
		}
	}
	if got := names(t, "."); len(got) > 0 {
		t.Errorf("files %v", got)
	}
	if code, _, stderr := wavebench(t, "run", "~/s.yaml", "-q", "--model", "~no-such-user/v.npy"); code != 1 || !strings.Contains(stderr, "there is no user") {
		t.Errorf("code %d, %s", code, stderr)
	}
}

// TestEndlessInputs gives every command that reads files a pipe, a device, a folder,
// and files of 4 TiB.
func TestEndlessInputs(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no such files")
	}
	dir := t.TempDir()
	pipe, zero, huge, vast := filepath.Join(dir, "p.npy"), filepath.Join(dir, "z.npy"), filepath.Join(dir, "h.npy"), filepath.Join(dir, "v.npy")
	if err := exec.Command("mkfifo", pipe).Run(); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink("/dev/zero", zero); err != nil {
		t.Skip(err)
	}
	for path, head := range map[string]string{huge: "", vast: "{'descr': '<f4', 'fortran_order': False, 'shape': (1048576, 1048576), }"} {
		if head != "" {
			head += strings.Repeat(" ", 127-10-len(head)) + "\n"
			head = "\x93NUMPY\x01\x00" + string([]byte{byte(len(head)), 0}) + head
		}
		if err := os.WriteFile(path, []byte(head), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, int64(len(head))+1<<42); err != nil {
			t.Skip(err)
		}
	}
	began := time.Now()
	for _, path := range []string{pipe, zero, huge, vast, dir} {
		wavelet := folder(t, small(t, "{type: ricker, freq: 12}", "{type: file, file: "+path+"}", ", nt: 100", ""))
		model := folder(t, small(t, "v.npy", path))
		change := surveyFile(t, strings.Replace(perturbed, "  - name: box\n", "  - name: box\n    file: "+path+"\n", 1))
		for _, args := range [][]string{
			{"run", path}, {"run", model}, {"run", wavelet}, {"sensitivity", change}, {"sensitivity", path}, {"bench", "--compare", path}, {"verify", path},
		} {
			if path == dir && args[0] == "verify" {
				continue // a folder of reference cases
			}
			code, stdout, stderr := wavebench(t, append(args, "--json")...)
			if code != 1 || !strings.Contains(stdout+stderr, path) {
				t.Errorf("%q: code %d, %s%s", args, code, stdout, stderr)
			}
		}
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("took %v", took)
	}
}

// TestTwoRuns starts a second run into the folder of the first.
func TestTwoRuns(t *testing.T) {
	survey := folder(t, small(t, append(slices.Clone(noPictures), "nt: 100", "nt: 1000000")...))
	out := filepath.Join(filepath.Dir(survey), "out")
	cmd, stderr := child(t, "run", survey, "-q", "-o", out)
	start(t, cmd, stderr, out)
	defer cmd.Wait()
	defer cmd.Process.Kill()
	code, _, text := wavebench(t, "run", folder(t, small(t, noPictures...)), "-q", "-o", out)
	if code != 1 || !strings.Contains(text, "another wavebench") || !strings.Contains(text, "wait for it, or choose another folder with --out") {
		t.Errorf("code %d, %s", code, text)
	}
}

// TestKilledRun runs where another run was killed: nothing of that stays.
func TestKilledRun(t *testing.T) {
	long := folder(t, small(t, "nt: 100", "nt: 1000000", "segy: true, ", "", "count: 8", "count: 1000"))
	out := filepath.Join(filepath.Dir(long), "out")
	cmd, stderr := child(t, "run", long, "-q", "-o", out)
	start(t, cmd, stderr, out)
	time.Sleep(300 * time.Millisecond)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	left, _ := filepath.Glob(filepath.Join(out, ".wavebench-[0-9]*"))
	if len(left) != 1 {
		t.Fatalf("the stage is not there: %v", left)
	}
	if code, stdout, stderr := wavebench(t, "run", folder(t, small(t, noPictures...)), "-o", out); code != 0 || stderr != "" || strings.Contains(stdout, "WARNING") {
		t.Errorf("code %d, %s%s", code, stdout, stderr)
	}
	if got := names(t, out); !slices.Equal(got, []string{"receivers.npy", "record.json"}) {
		t.Errorf("files %v", got)
	}
}

// TestClosedOutput reads a line of what a run prints and goes away: the results are
// there all the same.
func TestClosedOutput(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("pipes have no signals here")
	}
	for flag, want := range map[string]int{"--threads=1": 0, "--json": 1} {
		survey := folder(t, small(t, noPictures...))
		out := filepath.Join(filepath.Dir(survey), "out")
		cmd, stderr := child(t, "run", survey, "-o", out, flag)
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		cmd.Stdout = w
		cmd.Run()
		w.Close()
		if code := cmd.ProcessState.ExitCode(); code != want || (want == 1) != strings.Contains(stderr.String(), "the results are complete in "+out) {
			t.Errorf("%s: code %d, %s", flag, code, stderr)
		}
		if got := names(t, out); !slices.Equal(got, []string{"receivers.npy", "record.json"}) {
			t.Errorf("%s: files %v", flag, got)
		}
	}
}

// TestPictureTooLarge lets an animation fail, in effect because the disk is full: the
// run goes on without it, and says so.
func TestPictureTooLarge(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh to limit the size of files with")
	}
	survey := folder(t, small(t, "{segy: true, gathers: 2, snapshots: {count: 8, pictures: 2}}", "{model: false, gathers: 0, snapshots: {count: 30, pictures: 1}}"))
	out := filepath.Join(filepath.Dir(survey), "out")
	cmd, stderr := child(t, "run", survey, "--out", out, "--json")
	limit(cmd, sh, "1000")
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	cmd.Run()
	var printed struct{ Warnings []struct{ Kind, Text string } }
	if err := json.Unmarshal(stdout.Bytes(), &printed); err != nil || cmd.ProcessState.ExitCode() != 0 {
		t.Fatalf("code %d, %v: %s", cmd.ProcessState.ExitCode(), err, stderr)
	}
	found := 0
	for _, w := range printed.Warnings {
		if w.Kind == "picture" && strings.Contains(w.Text, "animation.gif") {
			found++
		}
	}
	if got := names(t, out); found != 1 || !strings.Contains(stderr.String(), "animation.gif") || !slices.Equal(got, []string{"receivers.npy", "record.json", "snapshots/snapshot_015.png"}) {
		t.Errorf("files %v, warnings %v, stderr %q", got, printed.Warnings, stderr)
	}
}

// TestPartOfResults lets the second of two files of data fail: the first is kept.
func TestPartOfResults(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh to limit the size of files with")
	}
	// Short traces: the headers of SEG-Y are most of it.
	survey := folder(t, small(t, "nt: 100", "nt: 10", "[30, 390], step: 10", "[30, 390], count: 391", "{segy: true, gathers: 2, snapshots: {count: 8, pictures: 2}}", "{segy: true, model: false, gathers: 0}"))
	out := filepath.Join(filepath.Dir(survey), "out")
	cmd, stderr := child(t, "run", survey, "--out", out, "-q")
	limit(cmd, sh, "160")
	cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(stderr.String(), "cannot write receivers.sgy") || !strings.Contains(stderr.String(), "what was computed is kept in "+filepath.Join(out, "wavebench-kept-")) {
		t.Errorf("code %d, %s", code, stderr)
	}
	if got := names(t, out); len(got) != 1 || filepath.Base(got[0]) != "receivers.npy" {
		t.Errorf("files %v", got)
	}
}

// limit keeps a command from writing files of more than so many blocks, of 512 bytes
// (of 1024, if sh is bash).
func limit(cmd *exec.Cmd, sh, blocks string) {
	cmd.Args = append([]string{"sh", "-c", "ulimit -f " + blocks + `; trap "" XFSZ; exec "$@"`, "sh"}, append([]string{cmd.Path}, cmd.Args[1:]...)...)
	cmd.Path = sh
}
