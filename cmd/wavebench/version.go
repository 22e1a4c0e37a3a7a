package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
)

func (a *app) versionCommand() *cli.Command {
	return &cli.Command{
		Name:         "version",
		Usage:        "print the version of the program",
		Flags:        []cli.Flag{jsonFlag()},
		OnUsageError: usage,
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return fmt.Errorf("version takes flags only, got %q", c.Args().First())
			}
			v := record.Build()
			if c.Bool("json") {
				return a.printJSON(v)
			}
			fmt.Fprintln(a.stdout, "wavebench", versionText(v))
			return nil
		},
	}
}

// versionText puts versions in a line: "v1.2.0 (1a2b3c4d5e6f, modified), go1.26 linux/amd64".
func versionText(v record.Versions) string {
	text := v.Version
	if v.Revision != "" && !strings.Contains(v.Version, v.Revision[:min(12, len(v.Revision))]) {
		text += " (" + v.Revision[:min(12, len(v.Revision))]
		if v.Modified {
			text += ", modified"
		}
		text += ")"
	}
	return fmt.Sprintf("%s, %s %s/%s", text, v.Go, v.OS, v.Arch)
}
