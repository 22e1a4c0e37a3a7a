// Command generate makes the models of examples/models: a salt section (2-D, with
// a smoothed copy), a small dome (3-D), a layered column (1-D), a coast (2-D, with
// its elevations) and an ore body (3-D). From the repository root:
//
//	go run ./examples/models/generate -out examples/models
//
// Arrays are row-major with depth first: (z), (z, x) or (z, y, x); velocities
// are in m/s, densities in kg/m^3, elevations in m, rounded to 0.1 or 1 so that the last bits of the mathematics,
// which differ between processors, do not reach the files. The randomness is
// seeded: every run gives the same bytes. The command imports nothing of the
// engine.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	out := flag.String("out", "", "existing `folder` to write the .npy files to")
	flag.Parse()
	if *out == "" || flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "generate: got -out %q and %d other arguments, want -out folder\n", *out, flag.NArg())
		os.Exit(2)
	}
	if err := writeAll(*out, models()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// models computes every model.
func models() []model {
	salt := salt2d()
	section, ground := coast2d()
	return []model{salt, smooth(salt), body3d(), layers1d(), section, ground, ore3d()}
}

// writeAll writes the models to the folder dir.
func writeAll(dir string, models []model) error {
	for _, m := range models {
		if err := writeFile(filepath.Join(dir, m.name), m.npy()); err != nil {
			return fmt.Errorf("generate: write %s: %w", m.name, err)
		}
	}
	return nil
}

// writeFile writes beside path first and renames, so that a failure leaves no
// partial file there.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing is left to remove after the rename
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
