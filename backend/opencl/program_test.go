//go:build opencl

package opencl

import (
	"strings"
	"testing"

	cl "github.com/jgillich/go-opencl/cl"

	"github.com/d52adeda/wave/internal/testenv"
)

// TestCompileFailure checks that the driver's log reaches the user.
func TestCompileFailure(t *testing.T) {
	d := open(t)
	t.Setenv("WAVE_CACHE", "off")
	var err error
	t.Logf("the driver says: %s", testenv.Stderr(t, func() {
		var p *cl.Program
		if p, err = d.compile(d.context, "broken", "__kernel void broken(__global float *a) { *a = nonsense; }", ""); err == nil {
			p.Release()
		}
	}))
	if err == nil {
		t.Fatal("nonsense compiles")
	}
	if !strings.Contains(err.Error(), "nonsense") || !strings.Contains(err.Error(), d.info.Name) {
		t.Errorf("got %v, want the driver's log and the device's name", err)
	}
}

// TestCache checks that a program comes from the cache, and from source where what is
// cached is no good.
func TestCache(t *testing.T) {
	d := open(t)
	t.Setenv("WAVE_CACHE", t.TempDir())
	const text = "__kernel void kept(__global float *a) { *a = 1; }"
	if restore(d.context, d.device, cacheKey(d.found, text, ""), "") != nil {
		t.Fatal("an empty cache has a program")
	}
	p, err := d.compile(d.context, "kept", text, "")
	if err != nil {
		t.Fatal(err)
	}
	p.Release()
	p = restore(d.context, d.device, cacheKey(d.found, text, ""), "")
	if p == nil {
		t.Fatal("the cache has no program")
	}
	k, err := p.CreateKernel("kept")
	if err != nil {
		t.Fatal(err)
	}
	k.Release()
	p.Release()
}

// TestCacheKey checks that another driver, program or option is another key.
func TestCacheKey(t *testing.T) {
	f := open(t).found
	base := cacheKey(f, "text", "options")
	for what, change := range map[string]func(*found){
		"driver": func(f *found) { f.info.Driver += ".1" }, "device": func(f *found) { f.info.Name += " XT" },
	} {
		other := f
		change(&other)
		if cacheKey(other, "text", "options") == base {
			t.Errorf("another %s has the same key", what)
		}
	}
	if cacheKey(f, "other text", "options") == base || cacheKey(f, "text", "other options") == base {
		t.Error("another text or other options have the same key")
	}
	// And it is what programs are kept by.
	t.Setenv("WAVE_CACHE", t.TempDir())
	d := open(t)
	const text = "__kernel void kept(__global float *a) { *a = 2; }"
	for _, driver := range []string{"one", "two"} {
		d.found.info.Driver = driver
		if restore(d.context, d.device, cacheKey(d.found, text, ""), "") != nil {
			t.Errorf("driver %s finds a program before it has compiled one", driver)
		}
		p, err := d.compile(d.context, "kept", text, "")
		if err != nil {
			t.Fatal(err)
		}
		p.Release()
	}
}
