package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/d52adeda/wave/cmd/wavebench/internal/atomicfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/bench"
	"github.com/d52adeda/wave/cmd/wavebench/internal/outdir"
	"github.com/d52adeda/wave/cmd/wavebench/internal/userfile"
)

func (a *app) benchCommand() *cli.Command {
	list := func(name, usage string) cli.Flag { return &cli.StringSliceFlag{Name: name, Usage: usage} }
	return &cli.Command{
		Name:  "bench",
		Usage: "measure how fast this machine steps",
		Description: "Prints how many cells a second are updated, PML and all shots included, of every combination of the\n" +
			"lists (separated by commas), and what share that is of the rate at which memory could deliver each\n" +
			"cell's values once a step (by a triad, a[i] = b[i] + s*c[i], with as many threads, or on a device by\n" +
			"a copy there): wavefields and models alone (SHARE), and all that is MOVED, in bytes a cell, memory\n" +
			"fields of the PML included. A share above 100% is possible where caches keep values from one step\n" +
			"to the next. Set-up is not in the rate, and compiling not in the set-up.\n" +
			"Cases are measured in turn, --repeat times each; the best counts.",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "backend", Aliases: []string{"b"}, Usage: "run on these `NAMES` or NAME:INDEX (default: cpu)"},
			list("equation", "solve these `EQUATIONS`: scalar, scalar_born (default: scalar)"),
			list("shape", "models of these `SHAPES` in cells, such as 512x512,128x128x128 (default: 1024x1024)"),
			list("accuracy", "spatial `ORDERS`: 2, 4, 6, 8 (default: 4)"),
			list("dtype", "compute in these `TYPES`: float32, float64 (default: float32)"),
			list("shots", "numbers of `SHOTS` side by side (default: 1)"),
			list("threads", "numbers of `THREADS`; 0 is all processors (default: 0)"),
			&cli.IntFlag{Name: "nt", Usage: "`N` time steps", Value: 200},
			&cli.IntFlag{Name: "pml", Usage: "absorbing layers of `N` cells on every side", Value: 20},
			&cli.IntFlag{Name: "repeat", Usage: "measure each case `N` times", Value: 5},
			&cli.StringFlag{Name: "compare", Usage: "show ratios to `OLD.json`, an earlier output of --json"},
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "draw a chart to `FILE.png`"},
			&cli.BoolFlag{Name: "overwrite", Usage: "replace FILE.png if it exists"},
			jsonFlag(),
		},
		OnUsageError: usage,
		Action:       a.bench,
	}
}

func (a *app) bench(c *cli.Context) error {
	if c.NArg() > 0 {
		return fmt.Errorf("bench takes flags only, got %q", c.Args().First())
	}
	out, err := userfile.Expand(c.String("out"))
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	earlier, err := userfile.Expand(c.String("compare"))
	if err != nil {
		return fmt.Errorf("--compare: %w", err)
	}
	if c.IsSet("out") {
		if _, err := os.Stat(filepath.Dir(out)); err != nil || !strings.HasSuffix(strings.ToLower(out), ".png") {
			return fmt.Errorf("--out is %q, want a name that ends with .png, in a folder that exists", out)
		}
		if err := outdir.CheckFile(out, c.Bool("overwrite"), "--overwrite", earlier); err != nil {
			return fmt.Errorf("--out: %w", err)
		}
	}
	var old *bench.Report
	if c.IsSet("compare") {
		if old, err = bench.Read(earlier); err != nil {
			return fmt.Errorf("--compare: %w", err)
		}
	}
	progress, clear := a.bar()
	r, err := bench.Run(c.Context, bench.Options{
		Backends: c.StringSlice("backend"), Equations: c.StringSlice("equation"), Shapes: c.StringSlice("shape"),
		Accuracies: c.StringSlice("accuracy"), DTypes: c.StringSlice("dtype"), Shots: c.StringSlice("shots"),
		Threads: c.StringSlice("threads"), NT: c.Int("nt"), PML: c.Int("pml"), Repeat: c.Int("repeat"),
	}, progress)
	clear()
	if err != nil {
		return err
	}
	var compared *bench.Comparison
	if old != nil {
		compared = r.Compare(old)
	}
	if c.Bool("json") {
		err = printBench(a.stderr, r, compared)
		if err == nil {
			err = a.printJSON(struct {
				*bench.Report
				Compared *bench.Comparison `json:"compared,omitempty"`
			}{r, compared})
		}
	} else {
		err = printBench(a.stdout, r, compared)
	}
	if err != nil || out == "" {
		return err
	}
	return atomicfile.Write(out, r.Chart)
}

// printBench prints the report as a table, and the comparison if there is one.
func printBench(out io.Writer, r *bench.Report, compared *bench.Comparison) error {
	m, first := r.Machine, r.Cases[0]
	fmt.Fprintf(out, "%s, %s, %s/%s, %s\n", m.CPU, count(m.Cores, "core"), m.OS, m.Arch, m.Go)
	for _, d := range m.Devices {
		fmt.Fprintf(out, "%s: %s (%s)\n", d.Backend, d.Name, d.Note)
	}
	fmt.Fprintf(out, "%s, PML %d, each case measured %s; GPts/s are 1e9 cells a second\n\n", count(first.NT, "step"), first.PML, count(r.Repeat, "time"))

	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "BACKEND\tEQUATION\tSHAPE\tACCURACY\tDTYPE\tSHOTS\tTHREADS\tGPTS/S\tMEDIAN\tMIN\tSET-UP\tCOMPILE\tBYTES/CELL\tBANDWIDTH\tSHARE\tMOVED\tSHARE OF ALL MOVED")
	for _, c := range r.Cases {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%d\t%d\t%.3g\t%.3g\t%.3g\t%.3g s\t%.3g s\t%.3g\t%.1f GB/s\t%.0f%%\t%.3g\t%.0f%%\n", c.Backend, c.Equation, c.Size(), c.Accuracy, c.DType, c.Shots, c.Threads,
			c.GPts, c.GPtsOfAll.Median, c.GPtsOfAll.Min, c.SetupSeconds.Median, c.CompileSeconds, c.BytesPerCell, c.Bandwidth, 100*c.Share, c.RequiredPerCell, 100*c.RequiredShare)
	}
	if err := w.Flush(); err != nil || compared == nil {
		return err
	}
	return printComparison(out, m, compared)
}

func printComparison(out io.Writer, now bench.Machine, c *bench.Comparison) error {
	fmt.Fprintf(out, "\nAgainst %s, GPts/s:\n", c.Date)
	if c.Machine.CPU != now.CPU || c.Machine.Cores != now.Cores {
		fmt.Fprintf(out, "(which was another machine: %s, %s)\n", c.Machine.CPU, count(c.Machine.Cores, "core"))
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	if len(c.Ratios) > 0 {
		fmt.Fprintln(w, "CASE\tOLD\tNEW\tNEW/OLD\tOF MEDIANS")
	}
	for _, r := range c.Ratios {
		fmt.Fprintf(w, "%s\t%.3g\t%.3g\t%.3g\t%.3g\n", r.Case, r.Old, r.New, r.Ratio, r.Median)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, n := range c.OnlyNew {
		fmt.Fprintf(out, "no partner in the earlier report: %s\n", n)
	}
	for _, o := range c.OnlyOld {
		fmt.Fprintf(out, "only in the earlier report: %s\n", o)
	}
	return nil
}
