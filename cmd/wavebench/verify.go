package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/cmd/wavebench/internal/userfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/verify"
)

func (a *app) verifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "compare the engine with reference cases",
		ArgsUsage: "DIR | FILE...",
		Description: "Computes each reference case (.npz: arrays in_* and out_*, and meta) and prints the greatest error\n" +
			"relative to the greatest value of its array. An output that cannot be computed yet is not checked.\n" +
			"Tolerances: 1e-10 in float64, 1e-4 in float32, 5e-6 where a taper is used, 1e-8 for Hicks weights,\n" +
			"1e-5 for finite differences.\n" +
			"The exit code is 1 if a case fails, or nothing was compared, be it on one of the backends named.",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "backend", Aliases: []string{"b"}, Usage: "run on `NAME`; may be repeated (default: cpu and, for derivatives, eager, too)"},
			&cli.StringFlag{Name: "dtype", Usage: "compute in float32 or float64 (default: that of the case)"},
			jsonFlag(),
		},
		OnUsageError: usage,
		Action:       a.verify,
	}
}

func (a *app) verify(c *cli.Context) error {
	o := verify.Options{Backends: c.StringSlice("backend")}
	switch d := c.String("dtype"); d {
	case "":
	case "float32":
		o.DType = array.Float32
	case "float64":
		o.DType = array.Float64
	default:
		return fmt.Errorf("--dtype is %q, want float32 or float64", d)
	}
	if c.NArg() == 0 {
		return fmt.Errorf("verify takes folders or files of reference cases, got none")
	}
	paths := c.Args().Slice()
	for i, p := range paths {
		var err error
		if paths[i], err = userfile.Expand(p); err != nil {
			return err
		}
	}
	files, err := verify.Files(paths)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no .npz files in %s: nothing was compared", strings.Join(c.Args().Slice(), ", "))
	}
	r, err := verify.Run(c.Context, files, o)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		err = a.printJSON(r)
	} else {
		err = a.printReport(r)
	}
	if err == nil && !r.Passed() {
		return errSilent
	}
	return err
}

func (a *app) printReport(r *verify.Report) error {
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "CASE\tBACKEND\tDTYPE\tERROR\tIN\tVERDICT")
	for _, row := range r.Rows {
		worst, in := "-", dash(row.Worst)
		if row.Error != nil {
			worst = fmt.Sprintf("%.1e", *row.Error)
		} else if row.Worst != "" {
			worst = "infinite"
		}
		verdict := string(row.Verdict)
		if row.Reason != "" {
			verdict += ": " + row.Reason
		}
		if row.Verdict != verify.NotChecked && len(row.NotChecked) > 0 {
			verdict += "; not checked: " + strings.Join(row.NotChecked, ", ")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", row.Case, row.Backend, row.DType, worst, in, verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "\ncases: %d compared, %d failed, %d skipped, %d not checked\narrays: %d compared, %d not checked\n",
		r.Compared, r.Failed, r.Skipped, r.NotChecked, r.ArraysCompared, r.ArraysNotChecked)
	for _, i := range r.Idle {
		fmt.Fprintf(a.stdout, "nothing was compared on %s: %s\n", i.Backend, i.Reason)
	}
	if r.Compared == 0 && len(r.Idle) == 0 {
		fmt.Fprintln(a.stdout, "nothing was compared")
	}
	return nil
}
