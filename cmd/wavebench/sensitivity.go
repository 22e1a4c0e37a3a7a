package main

import (
	_ "embed"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/job"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
	"github.com/d52adeda/wave/cmd/wavebench/internal/sensitivity"
	"github.com/d52adeda/wave/cmd/wavebench/internal/userfile"
	"github.com/d52adeda/wave/internal/memory"
)

// workedExample is the survey that sensitivity takes when none is named; a copy
// stands in examples.
//
//go:embed sensitivity.yaml
var workedExample []byte

func (a *app) sensitivityCommand() *cli.Command {
	return &cli.Command{
		Name:      "sensitivity",
		Usage:     "show how records change with the model, to first order",
		ArgsUsage: "[SURVEY.yaml | sensitivity.json]",
		Description: "Computes, for each of the survey's perturbations, the change of the records in two ways: by Born\n" +
			"modelling, and by differentiating the propagator with the functional layer (JVP, and VMap of it).\n" +
			"Prints how far the two are apart and how long each took, and writes records (.npy) and figures.\n" +
			"Without a survey it does so for a worked example of two layers and three perturbations.\n" +
			"The exit code is 1 if the two ways differ by more than rounding.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write results to `DIR` (default: the current folder)"},
			overwriteFlag(),
			fileFlag(),
			&cli.BoolFlag{Name: "force", Usage: "repeat a record even if its input files have changed"},
			&cli.StringFlag{Name: "dtype", Usage: "compute in float32 or float64"},
			&cli.StringFlag{Name: "backend", Aliases: []string{"b"}, Usage: "do Born modelling on `NAME` or NAME:INDEX (the functional layer has eager only)"},
			&cli.BoolFlag{Name: "native", Usage: "answer by batched Born modelling only, and say how much faster that was"},
			&cli.IntFlag{Name: "chunk", Usage: "compute at most `N` perturbations at once, to bound memory"},
			jsonFlag(),
		},
		OnUsageError: usage,
		Action:       a.sensitivity,
	}
}

func (a *app) sensitivity(c *cli.Context) error {
	if c.NArg() > 1 {
		return fmt.Errorf("sensitivity takes one survey file, or none, got %d", c.NArg())
	}
	if n := c.Int("chunk"); n < 0 || n == 0 && c.IsSet("chunk") {
		return fmt.Errorf("--chunk is %d, want 1 or more", n)
	}
	path, src := "the worked example", job.Source{Base: "."}
	survey, err := config.Parse(path, workedExample)
	if c.NArg() == 1 {
		if path, err = userfile.Expand(c.Args().First()); err != nil {
			return err
		}
		src.Path, src.Base = path, filepath.Dir(path)
		survey, src.Earlier, err = readSurvey(path)
	}
	if err != nil {
		return err
	}
	progress, clear := a.bar()
	j, err := prepare(c, survey, src, job.Target{Dir: ".", Sensitivity: true}, progress)
	clear()
	if err != nil {
		return err
	}
	dir := j.Dir
	o := job.SensitivityOptions{Native: c.Bool("native"), Chunk: c.Int("chunk")}
	r, files, err := j.Sensitivity(c.Context, o, job.Hooks{
		Progress: progress,
		Warn:     a.warn(clear),
		Staged:   func(end func() string) { a.end.Store(&end) },
	})
	clear()
	if err != nil {
		return err
	}
	if c.Bool("json") {
		err = a.printJSON(struct {
			Dir string `json:"dir"`
			*sensitivity.Report
			Faster float64       `json:"faster"` // batched Born than VMap(JVP)
			Passed bool          `json:"passed"`
			Files  []record.File `json:"files"`
		}{dir, r, r.Faster(), r.Passed(), files})
	} else {
		err = printSensitivity(a.stdout, path, dir, j.Summary(), r, files)
	}
	if err == nil && !r.Passed() {
		return tooFar(r)
	}
	return err
}

// ways are the names of what is computed, for readers.
var ways = map[string]string{
	sensitivity.Born: "Born", sensitivity.JVP: "JVP", sensitivity.BornBatch: "batched Born", sensitivity.VMapJVP: "VMap(JVP)",
}

func printSensitivity(out io.Writer, path, dir string, s job.Summary, r *sensitivity.Report, files []record.File) error {
	fmt.Fprintf(out, "wavebench sensitivity: %s\n\n", path)
	fmt.Fprintf(out, "  model    %s cells of %s m, %.4g to %.4g m/s, %s\n", times(s.Shape), cellSize(s.Spacing), s.Models[0].Least, s.Models[0].Greatest, r.DType)
	fmt.Fprintf(out, "  survey   %s of %s and %s, %s of %.4g ms (%d internal steps)\n", count(s.Shots, "shot"), count(s.Sources, "source"),
		count(s.Receivers, "receiver"), count(s.NT, "sample"), s.DT*1e3, r.Steps)
	fmt.Fprintf(out, "  changes  %s\n\n", strings.Join(r.Perturbations, ", "))

	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	if len(r.Differences) > 0 {
		fmt.Fprintln(w, "GREATEST DIFFERENCE OF\tCHANGE\tABSOLUTE\tPEAK\tRELATIVE\tVERDICT")
	}
	for _, d := range r.Differences {
		verdict := fmt.Sprintf("ok (at most %.0e)", d.Tolerance)
		switch {
		case d.Tolerance == 0:
			verdict = "as expected (see below)"
		case !d.Within():
			verdict = fmt.Sprintf("TOO LARGE (want at most %.0e)", d.Tolerance)
		}
		fmt.Fprintf(w, "%s and %s\t%s\t%.2e\t%.4g\t%.1e\t%s\n", ways[d.Of], ways[d.And], d.Perturbation, d.Absolute, d.Peak, d.Relative, verdict)
	}
	if len(r.Differences) > 0 {
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "TIME OF\tON\tCHANGES\tSECONDS\tTIMES %s\n", strings.ToUpper(ways[r.Times[0].Of]))
	for _, t := range r.Times {
		note := ""
		if t.Share < 1 {
			note = fmt.Sprintf("(%.2g s for %.2g%% of the steps)", t.Seconds, 100*t.Share)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%.3g\t%.3g\t%s\n", ways[t.Of], t.Backend, t.Perturbations, t.Whole(), t.Whole()/r.Times[0].Whole(), note)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nBorn modelling ran on %s;\n%s.\n", r.Device, faster(r))
	if len(r.AtEdge) > 0 && len(r.Differences) > 0 {
		fmt.Fprintf(out, "\nNot zero at the edge of the simulated cells: %s. There the two ways differ by intent: the propagator\n"+
			"continues the model into the absorbing layer, Born modelling does not continue the perturbation.\n", strings.Join(r.AtEdge, ", "))
	}
	fmt.Fprintf(out, "\nResults in %s\n", dir)
	for _, f := range files {
		fmt.Fprintf(out, "  %-22s %s, %s\n", f.Path, contents[f.Path], memory.Size(f.Bytes))
	}
	fmt.Fprintf(out, "  %-22s all settings; `wavebench sensitivity %s` repeats this\n", job.SensitivityRecordName, filepath.Join(dir, job.SensitivityRecordName))
	return nil
}

// faster compares the two ways to several changes.
func faster(r *sensitivity.Report) string {
	f := r.Faster()
	if f < 1 {
		return fmt.Sprintf("VMap(JVP), which models the background once for all changes, was %.3g times as fast as batched Born", 1/f)
	}
	return fmt.Sprintf("batched Born was %.3g times as fast as VMap(JVP)", f)
}

// contents says what the files are.
var contents = map[string]string{
	"forward.npy":           "records, [shot][receiver][time]",
	"born.npy":              "their change by the first perturbation, by Born modelling",
	"jvp.npy":               "the same by JVP",
	"born_batch.npy":        "their change by each, [perturbation][shot][receiver][time], by batched Born modelling",
	"vmap_jvp.npy":          "the same by VMap(JVP)",
	"sensitivity.png":       "Born, JVP and their difference",
	"sensitivity_batch.png": "the batch, a row a perturbation",
}

// tooFar is the error when the two ways differ.
func tooFar(r *sensitivity.Report) error {
	var list []string
	for _, d := range r.Differences {
		if !d.Within() {
			list = append(list, fmt.Sprintf("%s and %s of %q differ by %.1e of the peak, want at most %.0e", ways[d.Of], ways[d.And], d.Perturbation, d.Relative, d.Tolerance))
		}
	}
	return fmt.Errorf("%s: more than rounding explains in %s; please report it with the survey", strings.Join(list, "; "), r.DType)
}
