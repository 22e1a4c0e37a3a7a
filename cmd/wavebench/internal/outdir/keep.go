package outdir

import (
	"fmt"
	"os"
	"path/filepath"
)

// keptPrefix is how the names of folders begin that hold what could not be put in
// its place. They are the user's to remove.
const keptPrefix = "wavebench-kept-"

// keep gives the results in a stage a name that a user sees, and returns it. If that
// cannot be done they stay where they are, and the next run in the folder tries again.
func keep(dir, stage string) string {
	from := filepath.Join(stage, resultsName)
	tidy(from) // somebody may be writing when the program is told to end
	_ = os.Remove(filepath.Join(stage, replacedName))
	if _, err := os.Stat(filepath.Join(stage, replacedName)); err == nil {
		from = stage // it is not empty: nothing of it may get lost
	}
	for i := range 1000 {
		to := filepath.Join(dir, keptPrefix+now())
		if i > 0 {
			to += fmt.Sprintf("-%d", i)
		}
		if _, err := os.Lstat(to); err == nil {
			continue
		}
		if os.Rename(from, to) != nil {
			break
		}
		if from != stage {
			os.RemoveAll(stage)
		}
		return to
	}
	return from
}
