package backend

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// fake is a backend with two devices, of which only the second opens.
type fake struct{}

func (fake) Devices() []Info {
	return []Info{{Backend: "fake", Name: "Broken One", Err: errors.New("no driver")}, {Backend: "fake", Index: 1, Name: "Radeon Two 5700"}}
}

type fakeDevice struct{ Device }

func (fake) Open(index int) (Device, error) {
	if index == 0 {
		return nil, ErrNoDevice
	}
	return fakeDevice{}, nil
}

// bare is a backend without a driver.
type bare struct{}

func (bare) Devices() []Info          { return []Info{{Err: errors.New("no driver, install one")}} }
func (bare) Open(int) (Device, error) { return nil, ErrNoDevice }

func TestRegistry(t *testing.T) {
	Register("fake", fake{})
	Register("bare", bare{})
	if !slices.Contains(Names(), "fake") || !slices.IsSorted(Names()) {
		t.Errorf("Names is %v, want fake among them, sorted", Names())
	}
	for _, f := range []func(){func() { Register("fake", fake{}) }, func() { Register("none", nil) }} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("Register of nil or twice does not panic")
				}
			}()
			f()
		}()
	}
	for _, c := range []struct {
		name string
		want error
		text string
	}{
		{"fake:1", nil, ""},
		{"fake:radeon", nil, ""},
		{"fake", ErrNoDevice, ""},
		{"fake:2", ErrNoDevice, "0 (Broken One), 1 (Radeon Two 5700)"},
		{"fake:geforce", ErrNoDevice, "Radeon Two"},
		{"bare:radeon", ErrNoDevice, `backend: bare has no device "radeon": no driver, install one: no such device`},
		{"fakir", ErrUnknown, "fake"},
		{"", ErrUnknown, "fake"},
	} {
		_, err := Open(c.name)
		if !errors.Is(err, c.want) || (err != nil && !strings.Contains(err.Error(), c.text)) {
			t.Errorf("Open(%q): %v, want %v with %q", c.name, err, c.want, c.text)
		}
	}
}

// numbered is a backend whose devices have numbers in their names, and whose Open says
// which one it was.
type numbered struct{}

func (numbered) Devices() []Info {
	return []Info{{Name: "llvmpipe (LLVM 15.0.6, 256 bits), amd64"}, {Name: "Radeon RX 5700 +1 -1 01 0x1 1e0"}}
}

type numberedDevice struct {
	Device
	index int
}

func (numbered) Open(index int) (Device, error) { return numberedDevice{index: index}, nil }

// A number is a device's, or an error with those that there are, even if it stands in
// a device's name.
func TestNumbersAreNotNames(t *testing.T) {
	Register("numbered", numbered{})
	for which, want := range map[string]int{"0": 0, "1": 1, "01": 1, "radeon": 1, "RX 5700": 1, "amd64": 0, "LLVM 15.0": 0} {
		if d, err := Open("numbered:" + which); err != nil || d.(numberedDevice).index != want {
			t.Errorf("%q opens %v, %v; want %d", which, d, err, want)
		}
	}
	for _, which := range []string{
		"2", "5", "64", "256", "5700", "4294967296", "18446744073709551616", strings.Repeat("9", 1000), strings.Repeat("0", 1000) + "5",
		"", " ", " 1", "1 ", "+1", "-1", "-0", "0x1", "0b1", "1.0", "15.0", "1e0", "1_0", "0:1", ":1", "5700 +1", "(LLVM", "٠", "１", "\xff", "\x001",
	} {
		const list = "want one of 0 (llvmpipe (LLVM 15.0.6, 256 bits), amd64), 1 (Radeon"
		if _, err := Open("numbered:" + which); !errors.Is(err, ErrNoDevice) || !strings.Contains(err.Error(), list) {
			t.Errorf("%q: %v, want %v with %q", which, err, ErrNoDevice, list)
		}
		if _, err := Describe("numbered:" + which); !errors.Is(err, ErrNoDevice) {
			t.Errorf("Describe %q: %v, want %v", which, err, ErrNoDevice)
		}
	}
}

func TestAbsent(t *testing.T) {
	if _, err := Lookup("opencl"); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "-tags opencl") {
		t.Errorf("Lookup of a backend that is not in this build: %v, want %v and how to get it", err, ErrUnknown)
	}
}
