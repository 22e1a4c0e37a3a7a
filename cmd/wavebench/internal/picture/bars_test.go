package picture

import (
	"io"
	"math"
	"strings"
	"testing"
)

func TestBarsEndWhereTheirValuesAre(t *testing.T) {
	b := BarsSpec{Title: "rates", Notes: []string{"one", "two"}, Quantity: "10⁹ cells a second", Bars: []Bar{
		{Label: "first", Text: "4 (80%)", Value: 4, Least: 3, Most: 4, Mark: 5},
		{Label: "second", Text: "1", Value: 1},
		{Label: "third", Text: "2", Value: 2, Mark: 1},
	}}
	img := drawn(t, func(w io.Writer) error { return Bars(w, b) })
	c, err := b.layout()
	if err != nil {
		t.Fatal(err)
	}
	if c.size != img.Bounds().Size() || c.size.X != 1200 {
		t.Errorf("picture is %v, layout %v, want 1200 wide", img.Bounds().Size(), c.size)
	}
	r := c.rows[0][0].r
	for i, bar := range b.Bars {
		y := r.Min.Y + i*c.row + c.row/4 // above the thin line
		x := func(v float64) int { return r.Min.X + int(math.Round(v/(1.04*5)*float64(r.Dx()))) }
		for _, p := range []struct {
			at   int
			want any
		}{{x(bar.Value) - 3, barBlue}, {x(bar.Value) + 3, white}, {r.Min.X + 2, barBlue}} {
			if got := pixel(img, p.at, y); got != p.want && got != sourceRed {
				t.Errorf("bar %d: pixel at %d is %v, want %v", i, p.at, got, p.want)
			}
		}
		if got := pixel(img, x(bar.Mark), y); bar.Mark > 0 && got != sourceRed {
			t.Errorf("bar %d: no mark at %g: %v", i, bar.Mark, got)
		}
		middle := r.Min.Y + i*c.row + c.row/2
		if got := pixel(img, x(bar.Least+0.5*(bar.Most-bar.Least)), middle); bar.Most > 0 && got != black {
			t.Errorf("bar %d: no line from %g to %g: %v", i, bar.Least, bar.Most, got)
		}
	}
}

// One bar, many, long labels, and nothing but zeros stay on the page.
func TestBarsOfAnySize(t *testing.T) {
	many := make([]Bar, 50)
	for i := range many {
		many[i] = Bar{Label: strings.Repeat("long ", i), Text: "text", Value: float64(i), Mark: 1e-3}
	}
	for name, bars := range map[string][]Bar{"one": {{Label: "a", Value: 1e-9}}, "zero": {{}, {Label: "b"}}, "many": many[:30]} {
		t.Run(name, func(t *testing.T) {
			drawn(t, func(w io.Writer) error { return Bars(w, BarsSpec{Title: "any", Bars: bars}) })
		})
	}
	if err := Bars(io.Discard, BarsSpec{Bars: many}); err != nil {
		t.Error(err)
	}
}

func TestBarsRefuses(t *testing.T) {
	for want, bars := range map[string][]Bar{
		"Bars has 0, want 1 to 100":   nil,
		"Bars has 101, want 1 to 100": make([]Bar, 101),
		"Bars[1] has -1":              {{}, {Value: -1}},
		"Bars[0] has NaN":             {{Mark: math.NaN()}},
		"Bars[0] has +Inf":            {{Most: math.Inf(1)}},
	} {
		if err := Bars(io.Discard, BarsSpec{Bars: bars}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}
