package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/job"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
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
			"--out nor the survey's output.dir names one. Flags take precedence over the survey.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write results to `DIR`"},
			&cli.StringFlag{Name: "backend", Aliases: []string{"b"}, Usage: "run on `NAME` or NAME:INDEX (`wavebench devices` lists them)"},
			&cli.StringFlag{Name: "dtype", Usage: "compute in float32 or float64"},
			&cli.IntFlag{Name: "threads", Usage: "use at most `N` threads (cpu backend)"},
			&cli.StringFlag{Name: "model", Usage: "read the velocity model from `FILE` instead"},
			&cli.BoolFlag{Name: "force", Usage: "repeat a record even if its input files have changed"},
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
	path := c.Args().First()
	survey, earlier, err := readSurvey(path)
	if err != nil {
		return err
	}
	if err := override(c, survey); err != nil {
		return err
	}
	dir := defaultDir
	switch {
	case c.String("out") != "":
		dir = c.String("out")
	case survey.Output.Dir != "":
		dir = survey.Output.Dir
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.Dir(path), dir)
		}
	}
	survey.Output.Dir = "" // a repetition goes where it is told to
	j, err := job.Prepare(survey, filepath.Dir(path), dir)
	if err != nil {
		return missingModel(err, survey, earlier)
	}
	if earlier != nil && !c.Bool("force") {
		if changed := j.Changed(earlier); len(changed) > 0 {
			return fmt.Errorf("%s has changed since %s was written, so the run cannot be repeated (--force runs with the file as it is now)", strings.Join(changed, ", "), path)
		}
	}

	human := a.stdout
	if c.Bool("json") || c.Bool("quiet") {
		human = io.Discard
	}
	printPlan(human, path, j)
	progress, clear := a.bar()
	if c.Bool("quiet") {
		progress = nil
	}
	var warnings []record.Warning
	r, err := j.Run(c.Context, job.Hooks{
		Progress: progress,
		Warn:     func(w record.Warning) { warnings = append(warnings, w) },
		Staged:   func(discard func()) { a.discard.Store(&discard) },
	})
	clear()
	if err != nil || human == io.Discard { // else the results have them
		for _, w := range warnings {
			fmt.Fprintf(a.stderr, "warning: %s\n", w.Text)
		}
	}
	if err != nil {
		return err
	}
	same := ""
	if earlier != nil {
		same = compareData(earlier, r)
	}
	if c.Bool("json") {
		return a.printJSON(struct {
			Dir string `json:"dir"`
			*record.Record
			Repetition string `json:"repetition,omitempty"`
		}{dir, r, same})
	}
	printResults(human, dir, j, r, same)
	return nil
}

// readSurvey reads a survey, or the record of an earlier run.
func readSurvey(path string) (*config.Survey, *record.Record, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	const most = 256 << 20 // a record lists files; a survey has its own bound
	if info.IsDir() || info.Size() > most {
		return nil, nil, fmt.Errorf("%s is a folder or over %s, want a survey file", path, job.Size(most))
	}
	data, err := os.ReadFile(path)
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

// override applies flags that stand for keys of the survey.
func override(c *cli.Context, s *config.Survey) error {
	if c.IsSet("backend") {
		s.Options.Backend = c.String("backend")
	}
	if c.IsSet("dtype") {
		s.Options.DType = c.String("dtype")
		if s.Options.DType != "float32" && s.Options.DType != "float64" {
			return fmt.Errorf("--dtype is %q, want float32 or float64", s.Options.DType)
		}
	}
	if c.IsSet("threads") {
		s.Options.Threads = c.Int("threads")
		if s.Options.Threads < 0 {
			return fmt.Errorf("--threads is %d, want 0 (all) or more", s.Options.Threads)
		}
	}
	if c.IsSet("model") {
		path, err := filepath.Abs(c.String("model"))
		if err != nil {
			return err
		}
		s.Model.File, s.Model.Value, s.Model.Layers = path, 0, nil
	}
	return nil
}

// missingModel adds the way out when a record's files have moved.
func missingModel(err error, s *config.Survey, earlier *record.Record) error {
	if earlier != nil && errors.Is(err, os.ErrNotExist) && s.Model.File != "" {
		return fmt.Errorf("%w (if the model has moved, name it with --model)", err)
	}
	return err
}

// compareData says whether a repetition gave the same data.
func compareData(earlier, now *record.Record) string {
	then, ok1 := earlier.Output("receivers.npy")
	again, ok2 := now.Output("receivers.npy")
	switch {
	case !ok1 || !ok2:
		return ""
	case then.SHA256 == again.SHA256:
		return "receivers.npy is identical to the earlier run's"
	}
	return "receivers.npy differs from the earlier run's"
}

func printPlan(w io.Writer, path string, j *job.Job) {
	s := j.Summary()
	o := j.Survey.Options
	name := "built from the survey"
	if j.Survey.Model.File != "" {
		name = filepath.Base(j.Survey.Model.File)
	}
	fmt.Fprintf(w, "wavebench run %s\n\n", path)
	fmt.Fprintf(w, "  model    %s cells of %s m (%s), %.4g to %.4g m/s\n", times(s.Shape), cellSize(s.Spacing), name, s.MinVel, s.MaxVel)
	fmt.Fprintf(w, "  survey   %s, %s and %s each", count(s.Shots, "shot"), count(s.Sources, "source"), count(s.Receivers, "receiver"))
	if s.Between {
		fmt.Fprint(w, ", between cells")
	}
	fmt.Fprintln(w)
	fmt.Fprintf(w, "  time     %.4g s: %s of %.4g ms", float64(s.NT)*s.DT, count(s.NT, "sample"), s.DT*1e3)
	if s.StepRatio > 1 {
		fmt.Fprintf(w, ", %d internal steps (%d a sample)", s.Steps, s.StepRatio)
	}
	fmt.Fprintln(w)
	fmt.Fprintf(w, "  method   %s, accuracy %d, PML %s cells, %s\n", o.DType, o.Accuracy, sides(o.PMLWidth), o.Backend)
	fmt.Fprintf(w, "  results  %s\n\n", j.Dir)
}

func printResults(w io.Writer, dir string, j *job.Job, r *record.Record, same string) {
	t := r.Timing
	fmt.Fprintf(w, "Done in %s on %s: %.4g million cells a second, %s of memory (%.3g bytes a cell).\n", seconds(t.Total), r.Run.Device, t.CellsPerSecond/1e6, job.Size(r.Run.Bytes), r.Run.BytesPerCell)
	if n := len(r.Warnings); n > 0 {
		fmt.Fprintf(w, "\n%s:\n", strings.ToUpper(count(n, "warning")))
		for _, x := range r.Warnings {
			fmt.Fprintf(w, "  ! %s\n", x.Text)
		}
	}
	fmt.Fprintf(w, "\nResults in %s\n", dir)
	gathers, snapshots := 0, 0
	line := func(name, text string) { fmt.Fprintf(w, "  %-16s %s\n", name, text) }
	for _, f := range r.Outputs {
		switch {
		case strings.HasPrefix(f.Path, "gather_"):
			gathers++
		case strings.HasPrefix(f.Path, "snapshots"):
			snapshots++
		}
	}
	shape := fmt.Sprintf("%d x %d x %d", r.Run.Shots, r.Run.Receivers, r.Run.NT)
	for _, f := range r.Outputs {
		switch f.Path {
		case "receivers.npy":
			line(f.Path, fmt.Sprintf("what was recorded, [shot][receiver][time] %s, %s, %s", shape, r.Survey.Options.DType, job.Size(f.Bytes)))
		case "receivers.sgy":
			revision := max(r.Survey.Output.SEGYRevision, 1)
			line(f.Path, fmt.Sprintf("the same as SEG-Y revision %g, %s", revision, job.Size(f.Bytes)))
		case "model.png":
			line(f.Path, "the model with sources and receivers")
		case "animation.gif":
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
