package outdir

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// stagePrefix is how the name of a stage begins; digits follow.
const stagePrefix = ".wavebench-"

var (
	stageName = regexp.MustCompile(`^\.wavebench-[0-9]+$`)
	tempName  = regexp.MustCompile(`^\.wavebench-([0-9a-f]{16}|[0-9]+)\.tmp$`) // of atomicfile, and of probe
)

// abandoned is the age from which on a temporary file is nobody's. Those that
// stand beside results are of single files, which are written in no time.
const abandoned = 10 * time.Minute

// sweep removes what killed runs have left in dir; complete results are put in
// place if that had begun, else kept under a visible name. It returns what the user
// should know. The caller holds the lock, so no stage is of a run under way.
func sweep(dir string) (notes []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // other checks will say so
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir() && stageName.MatchString(e.Name()):
			if note := salvage(dir, path); note != "" {
				notes = append(notes, note)
			}
		case tempName.MatchString(e.Name()):
			if info, err := e.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > abandoned {
				os.Remove(path)
			}
		}
	}
	return notes
}

// salvage ends the stage of a run that was killed.
func salvage(dir, stage string) string {
	if j, err := readJournal(stage); err == nil {
		if err = j.apply(dir, stage); err == nil {
			os.RemoveAll(stage)
			return fmt.Sprintf("an earlier run was killed while its results were put in place in %s; they are complete now", dir)
		}
		if e := j.undo(dir, stage); e != nil {
			return fmt.Sprintf("an earlier run was killed while its results were put in place in %s, which cannot be completed: %v; they are in %s", dir, e, stage)
		}
		return fmt.Sprintf("an earlier run was killed while its results were put in place in %s, which cannot be completed: %v; they are kept in %s", dir, err, keep(dir, stage))
	}
	if _, err := os.Stat(filepath.Join(stage, computedName)); err == nil && tidy(filepath.Join(stage, resultsName)) > 0 {
		return "an earlier run was killed; what it had computed is kept in " + keep(dir, stage)
	}
	os.RemoveAll(stage)
	return ""
}

// tidy removes files below dir that are not complete, and counts the others.
func tidy(dir string) (complete int) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if tempName.MatchString(d.Name()) {
				os.Remove(path)
			} else {
				complete++
			}
		}
		return nil
	})
	return complete
}
