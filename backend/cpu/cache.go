package cpu

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"github.com/d52adeda/wave/array"
)

// caches returns the sizes of the second and third level cache in bytes: what Linux
// says of the first processor, else what most have.
var caches = sync.OnceValues(func() (l2, l3 int) {
	l2, l3 = 1<<20, 16<<20
	dirs, _ := filepath.Glob("/sys/devices/system/cpu/cpu0/cache/index*")
	for _, dir := range dirs {
		read := func(name string) string {
			b, _ := os.ReadFile(filepath.Join(dir, name))
			return strings.TrimSpace(string(b))
		}
		size, err := strconv.Atoi(strings.TrimSuffix(read("size"), "K"))
		if err != nil || read("type") == "Instruction" {
			continue
		}
		switch read("level") {
		case "2":
			l2 = size << 10
		case "3":
			l3 = size << 10
		}
	}
	return l2, l3
})

func sizeOf[T array.Float](z T) int { return int(unsafe.Sizeof(z)) }
