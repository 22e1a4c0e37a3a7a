package main

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"

	"github.com/d52adeda/wave/array"
)

// drawAll writes two pictures into a folder: Born, JVP and their difference, and the
// same for each anomaly of the batch. One grey scale serves all: mid-grey is zero,
// positive is dark. Receivers run to the right and time downward.
func drawAll(dir string, born, jvp, bornBatch, vmapJVP *array.Array) error {
	limit := greatest(bornBatch)
	if err := write(filepath.Join(dir, "sensitivity.png"), row(born, jvp, limit)); err != nil {
		return err
	}
	var all [][][]uint8
	for i := range names {
		all = append(all, row(example(bornBatch, i), example(vmapJVP, i), limit)...)
	}
	return write(filepath.Join(dir, "sensitivity_batch.png"), all)
}

// row returns three panels, each lines of grey values: a, b and a-b.
func row(a, b *array.Array, limit float64) [][][]uint8 {
	var panels [][][]uint8
	for _, x := range []*array.Array{a, b, array.Sub(a, b)} {
		shape, values := x.Shape(), x.Float64s() // [...][receiver][time]
		nt := shape[len(shape)-1]
		lines := make([][]uint8, nt)
		for t := range lines {
			for r := range len(values) / nt {
				share := min(max(values[r*nt+t]/limit, -1), 1)
				lines[t] = append(lines[t], uint8(math.Round(127.5*(1-share))))
			}
		}
		panels = append(panels, lines)
	}
	return panels
}

// write puts panels, three a row, side by side into a PNG, enlarged.
func write(path string, panels [][][]uint8) error {
	const columns, zoom, gap = 3, 3, 4
	height, width := len(panels[0])*zoom, len(panels[0][0])*zoom
	img := image.NewGray(image.Rect(0, 0, columns*(width+gap)-gap, len(panels)/columns*(height+gap)-gap))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	for i, lines := range panels {
		left, top := i%columns*(width+gap), i/columns*(height+gap)
		for y := range height {
			for x := range width {
				img.SetGray(left+x, top+y, color.Gray{Y: lines[y/zoom][x/zoom]})
			}
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return f.Close()
}
