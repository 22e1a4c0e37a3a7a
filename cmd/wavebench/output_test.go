package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestProgress(t *testing.T) {
	var b bytes.Buffer
	progress, clear := newBar(&b)
	clear() // before anything was shown
	progress(3, 10)
	if !strings.Contains(b.String(), "simulating") || !strings.Contains(b.String(), "3/10") {
		t.Errorf("got %q", b.String())
	}
	clear()
	if p, clear := (&app{stderr: &b}).bar(); p != nil {
		t.Error("a progress bar without a terminal")
	} else {
		clear()
	}
}
