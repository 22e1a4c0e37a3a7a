package backend

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// ErrUnknown is wrapped by the error for a backend name that is not registered.
var ErrUnknown = errors.New("unknown backend")

var registry struct {
	sync.RWMutex
	backends map[string]Backend
}

// Register makes a backend available under a name. It panics if b is nil or the
// name is taken: it is called from init functions.
func Register(name string, b Backend) {
	registry.Lock()
	defer registry.Unlock()
	if b == nil {
		panic("backend: Register of a nil backend " + name)
	}
	if registry.backends[name] != nil {
		panic("backend: Register twice of " + name)
	}
	if registry.backends == nil {
		registry.backends = map[string]Backend{}
	}
	registry.backends[name] = b
}

// Names returns the registered names, sorted.
func Names() []string {
	registry.RLock()
	defer registry.RUnlock()
	var names []string
	for n := range registry.backends {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// absent are backends of this module that a build may leave out, and how to get them.
var absent = map[string]string{
	"opencl": "build with -tags opencl; it needs cgo and the OpenCL headers and loader, on Debian the package ocl-icd-opencl-dev",
	"vulkan": "import it; it builds with cgo on Linux, amd64 or arm64",
}

// Absent returns the backends of this module that are not in this build, with the
// way to get each.
func Absent() map[string]string {
	out := map[string]string{}
	names := Names()
	for n, how := range absent {
		if !slices.Contains(names, n) {
			out[n] = how
		}
	}
	return out
}

// Lookup returns the backend of that name.
func Lookup(name string) (Backend, error) {
	registry.RLock()
	b := registry.backends[name]
	registry.RUnlock()
	if b == nil {
		if how, ok := absent[name]; ok {
			return nil, fmt.Errorf("backend: %q is not in this build (%s): %w", name, how, ErrUnknown)
		}
		return nil, fmt.Errorf("backend: name is %q, want one of %s: %w", name, strings.Join(Names(), ", "), ErrUnknown)
	}
	return b, nil
}
