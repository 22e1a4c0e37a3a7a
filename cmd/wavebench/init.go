package main

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"

	"github.com/urfave/cli/v2"

	"github.com/d52adeda/wave/cmd/wavebench/internal/atomicfile"
	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/cmd/wavebench/internal/outdir"
	"github.com/d52adeda/wave/cmd/wavebench/internal/userfile"
)

// starters has a survey with gaps and, for each equation, what fills them.
//
//go:embed starter
var starters embed.FS

var startable = []string{"scalar", "acoustic", "elastic"}

// starter is a survey of an equation that runs as it is and explains its keys.
func starter(equation string) (string, error) {
	t, err := template.ParseFS(starters, "starter/survey.yaml", "starter/"+equation+".yaml")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, nil)
	return b.String(), err
}

func (a *app) initCommand() *cli.Command {
	return &cli.Command{
		Name:      "init",
		Usage:     "write a commented survey file to start from",
		ArgsUsage: "[FILE]",
		Description: "FILE is survey.yaml if not given, and - for standard output. The survey runs as it is;\n" +
			"its comments explain every key.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "equation", Value: startable[0], Usage: "of an `EQUATION`: " + strings.Join(startable, ", ")},
			&cli.BoolFlag{Name: "force", Usage: "replace FILE if it exists"},
		},
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
			eq := c.String("equation")
			if !slices.Contains(startable, eq) {
				err := fmt.Sprintf("--equation is %q, want one of %s", eq, strings.Join(startable, ", "))
				if n := config.Nearest(strings.ToLower(eq), startable); n != "" {
					err += fmt.Sprintf(" (did you mean %q?)", n)
				}
				return errors.New(err)
			}
			text, err := starter(eq)
			if err != nil {
				return err
			}
			if path == "-" {
				_, err := io.WriteString(a.stdout, text)
				return err
			}
			path, err = userfile.Expand(path)
			if err != nil {
				return err
			}
			if err := outdir.CheckFile(path, c.Bool("force"), "--force"); err != nil {
				return err
			}
			if err := atomicfile.Write(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "Wrote %s. Run it with:\n\n  wavebench run %s\n", path, path)
			return nil
		},
	}
}
