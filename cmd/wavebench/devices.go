package main

import (
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/d52adeda/wave/backend"
	"github.com/d52adeda/wave/internal/memory"
)

// device is a row of the list.
type device struct {
	Backend string `json:"backend"`
	Index   int    `json:"index"`
	Name    string `json:"name"`
	Driver  string `json:"driver,omitempty"`
	Memory  int64  `json:"memory_bytes,omitempty"`
	Float64 bool   `json:"float64"`
	Traces  bool   `json:"traces"` // can be differentiated through
	Usable  bool   `json:"usable"`
	Note    string `json:"note,omitempty"`
	Error   string `json:"error,omitempty"`
}

func (a *app) devicesCommand() *cli.Command {
	return &cli.Command{
		Name:  "devices",
		Usage: "list what can run a survey",
		Description: "Lists every backend with its devices, also those that cannot be opened, with the reason.\n" +
			"Choose one with `wavebench run --backend NAME`, or NAME:INDEX for another than its first.",
		Flags:        []cli.Flag{jsonFlag()},
		OnUsageError: usage,
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return fmt.Errorf("devices takes flags only, got %q", c.Args().First())
			}
			rows, absent := listDevices()
			if c.Bool("json") {
				return a.printJSON(struct {
					Devices []device          `json:"devices"`
					Absent  map[string]string `json:"not_in_this_build"`
				}{rows, absent})
			}
			return a.printDevices(rows, absent)
		},
	}
}

func listDevices() ([]device, map[string]string) {
	rows := []device{}
	for _, name := range backend.Names() {
		b, err := backend.Lookup(name)
		if err != nil {
			continue // cannot be: it was just listed
		}
		infos := b.Devices()
		if len(infos) == 0 {
			rows = append(rows, device{Backend: name, Error: "no device found"})
		}
		for _, i := range infos {
			d := device{Backend: name, Index: i.Index, Name: i.Name, Driver: i.Driver, Memory: i.Memory, Float64: i.Float64, Traces: i.Traces, Note: i.Note, Usable: i.Err == nil}
			if i.Err != nil {
				d.Error = i.Err.Error()
			}
			rows = append(rows, d)
		}
	}
	return rows, backend.Absent()
}

func (a *app) printDevices(rows []device, absent map[string]string) error {
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "BACKEND\tINDEX\tNAME\tDRIVER\tMEMORY\tFLOAT64\tNOTE")
	for _, d := range rows {
		size, float64s, note := "-", "no", d.Note
		if d.Memory > 0 {
			size = memory.Size(d.Memory)
		}
		if d.Float64 {
			float64s = "yes"
		}
		if !d.Usable {
			float64s, note = "-", "cannot be opened: "+d.Error
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%s\n", d.Backend, d.Index, dash(d.Name), dash(d.Driver), size, float64s, note)
	}
	for _, name := range slices.Sorted(maps.Keys(absent)) {
		fmt.Fprintf(w, "%s\t-\t-\t-\t-\t-\tnot in this build: %s\n", name, absent[name])
	}
	return w.Flush()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
