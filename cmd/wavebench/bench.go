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
			"lists (separated by commas), and what SHARE that is of the rate at which memory could deliver, at each\n" +
			"pass over the grid, every value once (by a triad, a[i] = b[i] + s*c[i], with as many threads, or on a\n" +
			"device by a copy there): MOVED is how many bytes a cell those are in a step, memory fields of the PML\n" +
			"included. A share above 100% is possible where caches keep values from one pass to the next. OF SCALAR\n" +
			"is what is moved in a second, over that of the scalar equation if it is among the cases. STORED is the\n" +
			"bytes a cell that the device holds, OF NEEDED that over what has to be: wavefields and models once,\n" +
			"memory fields in their PML. Set-up is not in the rate, and compiling not in the set-up.\n" +
			"Cases are measured in turn, --repeat times each; the best counts.",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "backend", Aliases: []string{"b"}, Usage: "run on these `NAMES` or NAME:INDEX (default: cpu)"},
			list("equation", "solve these `EQUATIONS`: "+strings.Join(bench.EquationNames(), ", ")+", or all (default: scalar)"),
			list("shape", "models of these `SHAPES` in cells, such as 512x512,128x128x128 (default: 1024x1024)"),
			list("accuracy", "spatial `ORDERS`: 2, 4, 6, 8 (default: 4)"),
			list("dtype", "compute in these `TYPES`: float32, float64 (default: float32)"),
			list("shots", "numbers of `SHOTS` side by side (default: 1)"),
			list("threads", "numbers of `THREADS`; 0 is all processors (default: 0)"),
			&cli.IntFlag{Name: "nt", Usage: "`N` time steps", DefaultText: "so many as update 5e8 cells, 8 to 4000"},
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
	m := r.Machine
	fmt.Fprintf(out, "%s, %s, %s/%s, %s\n", m.CPU, count(m.Cores, "core"), m.OS, m.Arch, m.Go)
	for _, d := range m.Devices {
		fmt.Fprintf(out, "%s: %s (%s)\n", d.Backend, d.Name, d.Note)
	}
	labels, common := r.Labels()
	if common != "" {
		common = "all: " + common + "; "
	}
	fmt.Fprintf(out, "%seach case measured %s; GPts/s are 1e9 cells a second, STORED and MOVED bytes a cell\n\n", common, count(r.Repeat, "time"))

	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "CASE\tGPTS/S\tMEDIAN\tMIN\tSET-UP\tCOMPILE\tSTORED\tOF NEEDED\tMOVED\tBANDWIDTH\tSHARE\tOF SCALAR")
	for i, c := range r.Cases {
		ofScalar := "-"
		if c.OfScalar > 0 {
			ofScalar = fmt.Sprintf("%.0f%%", 100*c.OfScalar)
		}
		fmt.Fprintf(w, "%s\t%.3g\t%.3g\t%.3g\t%.3g s\t%.3g s\t%.3g\t%.3g\t%.3g\t%.1f GB/s\t%.0f%%\t%s\n", labels[i],
			c.GPts, c.GPtsOfAll.Median, c.GPtsOfAll.Min, c.SetupSeconds.Median, c.CompileSeconds, c.BytesPerCell, c.StoredRatio, c.MovedPerCell, c.Bandwidth, 100*c.Share, ofScalar)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for i, c := range r.Cases {
		for _, slow := range c.Slow {
			fmt.Fprintf(out, "slow: %s: %s\n", labels[i], slow)
		}
	}
	if compared == nil {
		return nil
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
