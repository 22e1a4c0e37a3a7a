package testenv

import (
	"fmt"
	"testing"
)

// ending is a test that notes how it ended.
type ending struct {
	testing.TB
	how string
}

func (*ending) Helper() {}

func (e *ending) Fatal(why ...any) {
	e.how = "fails: " + fmt.Sprint(why...)
	panic(e)
}

func (e *ending) Skip(why ...any) { e.how = "skipped: " + fmt.Sprint(why...) }

func TestMissing(t *testing.T) {
	for ci, want := range map[string]string{"": "skipped: no driver", "true": "fails: no driver", "1": "fails: no driver"} {
		t.Setenv("CI", ci)
		e := &ending{}
		func() {
			defer func() { recover() }() // Fatal ends a test
			Missing(e, "no driver")
		}()
		if e.how != want {
			t.Errorf("where CI is %q, the test is %q, want %q", ci, e.how, want)
		}
	}
}
