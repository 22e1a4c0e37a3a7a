package main

import (
	_ "embed"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/d52adeda/wave/cmd/wavebench/internal/atomicfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/outdir"
	"github.com/d52adeda/wave/cmd/wavebench/internal/userfile"
)

// starter is a survey that runs as it is and explains every key.
//
//go:embed starter.yaml
var starter string

func (a *app) initCommand() *cli.Command {
	return &cli.Command{
		Name:      "init",
		Usage:     "write a commented survey file to start from",
		ArgsUsage: "[FILE]",
		Description: "FILE is survey.yaml if not given, and - for standard output. The survey runs as it is;\n" +
			"its comments explain every key.",
		Flags:        []cli.Flag{&cli.BoolFlag{Name: "force", Usage: "replace FILE if it exists"}},
		OnUsageError: usage,
		Action: func(c *cli.Context) error {
			path := "survey.yaml"
			switch c.NArg() {
			case 0:
			case 1:
				path = c.Args().First()
			default:
				return fmt.Errorf("init takes one file, got %d", c.NArg())
			}
			if path == "-" {
				_, err := io.WriteString(a.stdout, starter)
				return err
			}
			path, err := userfile.Expand(path)
			if err != nil {
				return err
			}
			if err := outdir.CheckFile(path, c.Bool("force"), "--force"); err != nil {
				return err
			}
			if err := atomicfile.Write(path, func(w io.Writer) error { _, err := io.WriteString(w, starter); return err }); err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "Wrote %s. Run it with:\n\n  wavebench run %s\n", path, path)
			return nil
		},
	}
}
