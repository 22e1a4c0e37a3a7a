// Package picture draws the figures of wavebench: shot gathers, models,
// wavefield snapshots, animations and panels for comparison.
//
// Every function takes plain numbers (float64, row-major, last axis fastest, SI
// units) and writes a PNG, or a GIF for an animation, about 1200 pixels wide.
// Row 0, time 0 and the shallowest depth are at the top; a sample is the centre
// of its cell, so the picture of n samples at spacing h covers n*h. The same
// input gives the same bytes. Samples that are NaN or infinite are drawn gold and
// counted under the title, and so are those that a scale cuts off. The data are
// only read, and only during the call.
//
// It draws with gonum.org/v1/plot, whose fonts are embedded, needs neither cgo
// nor files, and imports nothing else of this module. All errors start with
// "picture:"; what panics below comes back as an error.
package picture

import (
	"fmt"
	"image"
	"image/png"
	"io"
)

// guard turns a panic of the drawing code into an error.
func guard(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("picture: cannot draw: %v", r)
	}
}

func writePNG(w io.Writer, img image.Image) error {
	if err := png.Encode(w, img); err != nil {
		return fmt.Errorf("picture: write PNG: %w", err)
	}
	return nil
}
