package bench

import (
	"bufio"
	"os"
	"runtime"
	"strings"

	"github.com/d52adeda/wave/backend"
)

// Machine is where a report was taken.
type Machine struct {
	CPU     string   `json:"cpu"`   // name of the processor
	Cores   int      `json:"cores"` // that may be used
	OS      string   `json:"os"`
	Arch    string   `json:"arch"`
	Go      string   `json:"go"`
	Devices []Device `json:"devices"`
}

// Device is what a backend computes on.
type Device struct {
	Backend string `json:"backend"` // as the cases name it
	Name    string `json:"name"`
	Driver  string `json:"driver"`
	Note    string `json:"note"` // instruction set and the like
}

// machine describes this machine and the devices of the cases, which it opens.
func machine(cases []Case) (Machine, error) {
	m := Machine{CPU: processor(), Cores: runtime.GOMAXPROCS(0), OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version()}
	known := map[string]backend.Info{}
	for _, c := range cases {
		info, ok := known[c.Backend]
		if !ok {
			dev, err := backend.Open(c.Backend)
			if err != nil {
				return m, err
			}
			info = dev.Info()
			if err := dev.Close(); err != nil {
				return m, err
			}
			known[c.Backend] = info
			m.Devices = append(m.Devices, Device{c.Backend, info.Name, info.Driver, info.Note})
		}
		if c.DType == "float64" && !info.Float64 {
			return m, badCase(c, "dtype", c.DType, "float32: the device has no float64")
		}
	}
	return m, nil
}

// processor returns the name that the system has for the processor, or "unknown".
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}
