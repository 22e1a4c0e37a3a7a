package backend

import (
	"errors"
	"testing"
)

// two is a backend with two devices, which remembers what was opened.
type two struct{ opened *int }

func (two) Devices() []Info { return []Info{{Name: "first"}, {Name: "Second"}} }
func (b two) Open(i int) (Device, error) {
	*b.opened = i
	return nil, nil
}

func TestOpenReadsTheEnvironment(t *testing.T) {
	opened := -1
	Register("two", two{&opened})
	for _, c := range []struct {
		env, name string
		want      int
	}{{"", "two", 0}, {"1", "two", 1}, {"second", "two", 1}, {"1", "two:0", 0}} {
		t.Setenv("WAVE_TWO_DEVICE", c.env)
		if _, err := Open(c.name); err != nil || opened != c.want {
			t.Errorf("Open(%q) with %q in the environment opens %d, %v; want %d", c.name, c.env, opened, err, c.want)
		}
	}
	t.Setenv("WAVE_TWO_DEVICE", "third")
	const want = `backend: environment variable WAVE_TWO_DEVICE is "third", want one of 0 (first), 1 (Second): no such device`
	if _, err := Open("two"); !errors.Is(err, ErrNoDevice) || err.Error() != want {
		t.Errorf("a device that is not there: %v, want %s", err, want)
	}
	for _, number := range []string{"2", "64", " 1", "1 ", "-1"} {
		t.Setenv("WAVE_TWO_DEVICE", number)
		if _, err := Open("two"); !errors.Is(err, ErrNoDevice) {
			t.Errorf("%q in the environment: %v, want %v", number, err, ErrNoDevice)
		}
	}
	t.Setenv("WAVE_TWO_DEVICE", "sec")
	if info, err := Describe("two"); err != nil || info.Name != "Second" {
		t.Errorf("Describe gives %+v, %v, want what is opened", info, err)
	}
}
