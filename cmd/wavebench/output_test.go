package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
)

func TestProgress(t *testing.T) {
	var b bytes.Buffer
	progress, clear := newBar(&b)
	clear() // before anything was shown
	for _, p := range []meter.Reading{{Stage: "simulating", Done: 3, Total: 10}, {Stage: "resampling", Done: 2, Total: 5}} {
		b.Reset()
		progress(p)
		if want := fmt.Sprintf("%d/%d", p.Done, p.Total); !strings.Contains(b.String(), p.Stage) || !strings.Contains(b.String(), want) {
			t.Errorf("got %q, want %s and %s", b.String(), p.Stage, want)
		}
	}
	clear()
	if p, clear := (&app{stderr: &b}).bar(); p != nil {
		t.Error("a progress bar without a terminal")
	} else {
		clear()
	}
}
