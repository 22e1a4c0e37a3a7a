package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/job"
	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/cmd/wavebench/internal/userfile"
	"github.com/d52adeda/wave/internal/memory"
)

// defaultDir is where results go unless the survey or --out says otherwise.
const defaultDir = "wavebench-out"

func (a *app) runCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "model the survey in a file",
		ArgsUsage: "SURVEY.yaml | record.json",
		Description: "Reads a survey (`wavebench init` writes one to start from), or the record of an earlier run to\n" +
			"repeat it, and writes receiver data, pictures and a new record to a folder, " + defaultDir + " if neither\n" +
			"--out nor the survey's output.dir names one. Flags take precedence over the survey.\n" +
			"Results replace those of an earlier run in that folder, and no other files. Files of a record are\n" +
			"looked for where they were, and relative to the record.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write results to `DIR`"},
			&cli.StringFlag{Name: "backend", Aliases: []string{"b"}, Usage: "run on `NAME` or NAME:INDEX (`wavebench devices` lists them)"},
			&cli.StringFlag{Name: "dtype", Usage: "compute in float32 or float64"},
			&cli.IntFlag{Name: "threads", Usage: "use at most `N` threads (cpu backend)"},
			&cli.StringFlag{Name: "model", Usage: "read the velocity model from `FILE` instead"},
			fileFlag(),
			&cli.BoolFlag{Name: "force", Usage: "repeat a record even if its input files have changed"},
			overwriteFlag(),
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print warnings and errors only"},
			jsonFlag(),
		},
		OnUsageError: usage,
		Action:       a.run,
	}
}

func (a *app) run(c *cli.Context) error {
	if c.NArg() != 1 {
		return fmt.Errorf("run takes one survey file, got %d (`wavebench init` writes one to start from)", c.NArg())
	}
	path, err := userfile.Expand(c.Args().First())
	if err != nil {
		return err
	}
	survey, earlier, err := readSurvey(path)
	if err != nil {
		return err
	}
	progress, clear := a.bar()
	if c.Bool("quiet") {
		progress = nil
	}
	j, err := prepare(c, survey, job.Source{Path: path, Base: filepath.Dir(path), Earlier: earlier}, job.Target{Dir: defaultDir}, progress)
	clear()
	if err != nil {
		return err
	}
	dir := j.Dir

	human := a.stdout
	if c.Bool("json") || c.Bool("quiet") {
		human = io.Discard
	}
	printPlan(human, path, j)
	r, err := j.Run(c.Context, job.Hooks{
		Progress: progress,
		Warn:     a.warn(clear),
		Staged:   func(end func() string) { a.end.Store(&end) },
	})
	clear()
	if err != nil {
		return err
	}
	same := ""
	if earlier != nil {
		same = compareData(earlier, r)
	}
	if c.Bool("json") {
		err := a.printJSON(struct {
			Dir string `json:"dir"`
			*record.Record
			Repetition string `json:"repetition,omitempty"`
		}{dir, r, same})
		if err != nil {
			err = fmt.Errorf("the results are complete in %s, but cannot be printed: %w", dir, err)
		}
		return err
	}
	printResults(human, dir, j, r, same)
	return nil
}

func fileFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "file", Usage: "read a file that has moved: `OLD=NEW`, where OLD is its name, or its key such as model.file, in the survey; may be repeated"}
}

func overwriteFlag() cli.Flag {
	return &cli.BoolFlag{Name: "overwrite", Usage: "replace files in DIR that no earlier run has written there"}
}

// prepare applies flags and makes a job of a survey. to.Dir is where results go if
// neither --out nor the survey says so.
func prepare(c *cli.Context, survey *config.Survey, src job.Source, to job.Target, progress func(meter.Reading)) (*job.Job, error) {
	replaced, err := override(c, survey)
	if err != nil {
		return nil, err
	}
	if src.Earlier != nil {
		src.Earlier.Forget(replaced)
	}
	dir, base := to.Dir, "."
	switch {
	case c.String("out") != "":
		dir = c.String("out")
	case survey.Output.Dir != "":
		dir, base = survey.Output.Dir, src.Base
	}
	survey.Output.Dir = "" // a repetition goes where it is told to
	if dir, err = userfile.Expand(dir); err != nil {
		return nil, fmt.Errorf("output folder: %w", err)
	}
	if base != "." && !filepath.IsAbs(dir) {
		dir = filepath.Join(base, dir)
	}
	to.Dir, to.Overwrite = dir, c.Bool("overwrite")
	src.Moved = c.StringSlice("file")
	j, err := job.Prepare(c.Context, survey, src, to, progress)
	if err != nil || src.Earlier == nil || c.Bool("force") {
		return j, err
	}
	if changed := j.Changed(src.Earlier); len(changed) > 0 {
		return nil, fmt.Errorf("%s has changed since %s was written, so the run cannot be repeated (--force runs with the file as it is now)", strings.Join(changed, ", "), src.Path)
	}
	return j, nil
}

// readSurvey reads a survey, or the record of an earlier run.
func readSurvey(path string) (*config.Survey, *record.Record, error) {
	data, err := userfile.ReadAll(path, record.MaxBytes)
	if err != nil {
		return nil, nil, err
	}
	if data, err = config.Text(path, data); err != nil {
		return nil, nil, err
	}
	if record.Is(data) {
		r, err := record.Parse(path, data)
		if err != nil {
			return nil, nil, err
		}
		return r.Survey, r, nil
	}
	s, err := config.Parse(path, data)
	return s, nil, err
}

// override applies flags that stand for keys of the survey. It returns the key of a
// file that is another one now, or nothing.
func override(c *cli.Context, s *config.Survey) (replaced string, err error) {
	for flag, key := range map[string]string{"backend": "options.backend", "dtype": "options.dtype", "threads": "options.threads"} {
		if c.IsSet(flag) {
			s.Override(key, "--"+flag)
		}
	}
	if c.IsSet("backend") {
		s.Options.Backend = c.String("backend")
	}
	if c.IsSet("dtype") {
		s.Options.DType = c.String("dtype")
		if s.Options.DType != "float32" && s.Options.DType != "float64" {
			return "", fmt.Errorf("--dtype is %q, want float32 or float64", s.Options.DType)
		}
	}
	if c.IsSet("threads") {
		s.Options.Threads = c.Int("threads")
		if s.Options.Threads < 0 {
			return "", fmt.Errorf("--threads is %d, want 0 (all) or more", s.Options.Threads)
		}
	}
	if c.IsSet("model") {
		path, err := userfile.Expand(c.String("model"))
		if err == nil {
			path, err = filepath.Abs(path)
		}
		if err != nil {
			return "", fmt.Errorf("--model: %w", err)
		}
		if replaced, err = s.ReplaceModel(path, "--model"); err != nil {
			return "", err
		}
	}
	return replaced, nil
}

// compareData says whether a repetition gave the same data.
func compareData(earlier, now *record.Record) string {
	var same, other []string
	for _, then := range earlier.Outputs {
		again, ok := now.Output(then.Path)
		switch {
		case !ok || filepath.Ext(then.Path) != ".npy":
		case then.SHA256 == again.SHA256:
			same = append(same, then.Path)
		default:
			other = append(other, then.Path)
		}
	}
	var text []string
	say := func(files []string, one, several string) {
		if len(files) > 1 {
			one = several
		}
		if len(files) > 0 {
			text = append(text, strings.Join(files, ", ")+" "+one+" the earlier run's")
		}
	}
	say(same, "is identical to", "are identical to")
	say(other, "differs from", "differ from")
	return strings.Join(text, "; ")
}

func printPlan(w io.Writer, path string, j *job.Job) {
	s := j.Summary()
	o := j.Survey.Options
	fmt.Fprintf(w, "wavebench run %s\n\n", path)
	fmt.Fprintf(w, "  model    %s cells of %s m", times(s.Shape), cellSize(s.Spacing))
	if s.Vacuum > 0 {
		fmt.Fprintf(w, ", %.2g%% of them vacuum", 100*s.Vacuum)
	}
	fmt.Fprintln(w)
	for i, p := range j.Survey.Properties() {
		m := s.Models[i]
		fmt.Fprintf(w, "           %s %.4g to %.4g %s (%s)\n", m.Name, m.Least, m.Greatest, m.Unit, p.Made())
	}
	fmt.Fprintf(w, "  survey   %s, %s (%s) and %s (%s) each", count(s.Shots, "shot"), count(s.Sources, "source"), strings.Join(s.Emitted, ", "), count(s.Receivers, "receiver"), strings.Join(s.Recorded, ", "))
	if s.Between {
		fmt.Fprint(w, ", between cells")
	}
	fmt.Fprintln(w)
	fmt.Fprintf(w, "  time     %.4g s: %s of %.4g ms", float64(s.NT)*s.DT, count(s.NT, "sample"), s.DT*1e3)
	if s.StepRatio > 1 {
		fmt.Fprintf(w, ", %d internal steps (%d a sample)", s.Steps, s.StepRatio)
	}
	fmt.Fprintln(w)
	fmt.Fprintf(w, "  method   %s, %s, accuracy %d, PML %s cells, %s\n", s.Equation, o.DType, o.Accuracy, sides(o.PMLWidth), o.Backend)
	fmt.Fprintf(w, "  results  %s\n", j.Dir)
	for _, n := range j.Notes {
		fmt.Fprintf(w, "  note     %s\n", n)
	}
	fmt.Fprintln(w)
}

func printResults(w io.Writer, dir string, j *job.Job, r *record.Record, same string) {
	t := r.Timing
	fmt.Fprintf(w, "Done in %s on %s: %.4g million cells a second, %s of memory (%.3g bytes a cell).\n", seconds(t.Total), r.Run.Device, t.CellsPerSecond/1e6, memory.Size(r.Run.Bytes), r.Run.BytesPerCell)
	if n := r.Run.Batches; n > 1 {
		fmt.Fprintf(w, "%d shots ran in %d batches of up to %d, as the memory allows.\n", r.Run.Shots, n, r.Run.ShotsAtOnce)
	}
	for _, s := range r.Run.Slow {
		fmt.Fprintf(w, "Slower than it could be: %s.\n", s)
	}
	if n := len(r.Warnings); n > 0 {
		fmt.Fprintf(w, "\n%s:\n", strings.ToUpper(count(n, "warning")))
		for _, x := range r.Warnings {
			fmt.Fprintf(w, "  ! %s\n", x)
		}
	}
	fmt.Fprintf(w, "\nResults in %s\n", dir)
	gathers, snapshots := 0, 0
	table := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	line := func(name, text string) { fmt.Fprintf(table, "  %s\t%s\n", name, text) }
	for _, f := range r.Outputs {
		switch {
		case strings.HasPrefix(f.Path, "gather_"):
			gathers++
		case strings.HasPrefix(f.Path, "snapshots"):
			snapshots++
		}
	}
	for _, c := range r.Run.Channels {
		shape := fmt.Sprintf("%d x %d x %d", r.Run.Shots, c.Receivers, r.Run.NT)
		if f, ok := r.Output(c.File + ".npy"); ok {
			line(f.Path, fmt.Sprintf("%s, [shot][receiver][time] %s, %s, %s", c.Says(), shape, r.Survey.Options.DType, memory.Size(f.Bytes)))
		}
		if f, ok := r.Output(c.File + ".sgy"); ok {
			format := "1 (float32, offsets in whole metres)"
			if r.Survey.Output.SEGYRevision == 2.1 {
				format = "2.1 (" + r.Survey.Options.DType + ")"
			}
			line(f.Path, fmt.Sprintf("the same as SEG-Y revision %s, %s", format, memory.Size(f.Bytes)))
		}
	}
	for _, f := range r.Outputs {
		switch {
		case strings.HasPrefix(f.Path, "model"):
			line(f.Path, "the model with sources and receivers")
		case f.Path == "animation.gif":
			line(f.Path, "the wavefield in motion")
		}
	}
	if gathers > 0 {
		line("gather_*.png", count(gathers, "shot gather"))
	}
	if snapshots > 0 {
		line("snapshots/", count(snapshots, "picture")+" of the wavefield")
	}
	line(job.RecordName, "all settings; `wavebench run "+filepath.Join(dir, job.RecordName)+"` repeats the run")
	table.Flush()
	if same != "" {
		fmt.Fprintf(w, "\nRepetition: %s.\n", same)
	}
}

func times(n []int) string { return strings.Trim(strings.ReplaceAll(fmt.Sprint(n), " ", " x "), "[]") }

// cellSize prints "10", or "10 x 12.5" when axes differ.
func cellSize(h []float64) string {
	same := true
	var text []string
	for _, x := range h {
		same = same && x == h[0]
		text = append(text, fmt.Sprintf("%g", x))
	}
	if same {
		return text[0]
	}
	return strings.Join(text, " x ")
}

// sides prints "20", or "0 20 20 20" when they differ.
func sides(w []int) string {
	for _, x := range w {
		if x != w[0] {
			return strings.Trim(fmt.Sprint(w), "[]")
		}
	}
	return fmt.Sprint(w[0])
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	if d >= 10*time.Second {
		return d.Round(time.Second).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
