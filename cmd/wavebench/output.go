package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
)

func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "print JSON for machines on standard output"}
}

// printJSON prints v for machines.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// warn returns a function that prints a warning at once, on a line of its own.
func (a *app) warn(clear func()) func(record.Warning) {
	return func(w record.Warning) {
		clear()
		fmt.Fprintf(a.stderr, "warning: %s\n", w)
	}
}

// bar returns a function that shows progress on standard error, if that is a
// terminal, and one that removes it; both may be called at any time.
func (a *app) bar() (progress func(meter.Reading), clear func()) {
	f, ok := a.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, func() {}
	}
	return newBar(f)
}

func newBar(w io.Writer) (progress func(meter.Reading), clear func()) {
	var bar *progressbar.ProgressBar
	var shown meter.Reading
	progress = func(p meter.Reading) {
		if bar == nil || p.Stage != shown.Stage || p.Total != shown.Total {
			if bar != nil {
				_ = bar.Clear()
			}
			bar = progressbar.NewOptions(p.Total,
				progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(p.Stage), progressbar.OptionSetWidth(30),
				progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond),
				progressbar.OptionClearOnFinish())
		}
		shown = p
		_ = bar.Set(p.Done) // a terminal that is gone must not stop the run
	}
	return progress, func() {
		if bar != nil {
			_ = bar.Clear()
			fmt.Fprint(w, "\r")
		}
	}
}
