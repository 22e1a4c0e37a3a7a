package equation

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/stencil"
)

// TestStaggered checks the programs of the staggered equations in all dimensions and
// accuracies: that they verify, what they have of each kind, and that their parameters and
// profiles have values.
func TestStaggered(t *testing.T) {
	for ndim := 1; ndim <= 3; ndim++ {
		pairs := ndim * (ndim + 1) / 2
		for _, c := range []struct {
			e                      *Equation
			states, memory, models int
		}{
			{Acoustic(), 1 + ndim, 2 * ndim, 1 + ndim},
			{Elastic(), ndim + pairs, 2 * ndim * ndim, 2 + pairs},
		} {
			for accuracy := 2; accuracy <= 8; accuracy += 2 {
				s := c.e.Write(Grid{ndim, accuracy})
				name := fmt.Sprintf("%s %d-D %d", c.e.Name, ndim, accuracy)
				if err := s.Program.Verify(); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if s.Program.Reach() != accuracy/2 || s.Program.Spread() != 1 {
					t.Errorf("%s: reach %d and spread %d, want %d and 1", name, s.Program.Reach(), s.Program.Spread(), accuracy/2)
				}
				if left := s.Program.Bind(Params(0.5, make([]float64, ndim))).Params(); len(left) > 0 {
					t.Errorf("%s: parameters %v have no value", name, left)
				}
				l, err := stencil.NewLayout(s.Program, []int{20, 20, 20}[:ndim], make([][2]int, ndim))
				if err != nil {
					t.Fatal(err)
				}
				count := map[stencil.Kind]int{}
				for _, f := range s.Program.Fields() {
					count[f.Kind]++
					if f.Kind == stencil.Profile {
						if x, ok := (PML{Width: l.PML, Spacing: []float64{1, 1, 1}[:ndim]}).Of(f, l); !ok || len(x) != l.Shape[f.Dim] {
							t.Errorf("%s: profile %s has no values", name, f.Name)
						}
					}
				}
				if count[stencil.State] != c.states || count[stencil.Memory] != c.memory || count[stencil.Model] != c.models || count[stencil.Profile] != 4*ndim {
					t.Errorf("%s: fields by kind %v", name, count)
				}
				for _, show := range c.e.Show(Grid{ndim, accuracy}) {
					if s.Program.Field(show) == nil {
						t.Errorf("%s: no field %s to show", name, show)
					}
				}
			}
		}
	}
}

// TestSchedules checks that a step needs no second copy of anything.
func TestSchedules(t *testing.T) {
	for _, e := range []*Equation{Acoustic(), Elastic()} {
		for ndim := 1; ndim <= 3; ndim++ {
			p := e.Write(Grid{ndim, 4}).Program.Bind(Params(0.5, []float64{1, 1, 1}[:ndim])).Premultiplied()
			s, err := stencil.NewSchedule(p)
			if err != nil {
				t.Fatal(err)
			}
			if !s.Static() || len(s.Buffers) != len(p.Fields()) {
				t.Errorf("%s %d-D: %d buffers for %d fields, rotation %v", e.Name, ndim, len(s.Buffers), len(p.Fields()), s.Rotate)
			}
		}
	}
}

// TestChannels checks names and places of sources and receivers in 3-D.
func TestChannels(t *testing.T) {
	for _, c := range []struct {
		e                  *Equation
		sources, receivers string
	}{
		{Acoustic(), "force_z[half z] force_y[half y] force_x[half x] pressure",
			"vz[half z] vy[half y] vx[half x] pressure divergence"},
		{Elastic(), "force_z[half z] force_y[half y] force_x[half x] pressure moment_zz moment_yz[half z half y] moment_xz[half z half x] moment_yy moment_xy[half y half x] moment_xx",
			"vz[half z] vy[half y] vx[half x] sigma_zz strain_rate_zz curl_x[half z half y] sigma_yz[half z half y] strain_rate_yz[half z half y] " +
				"curl_y[half z half x] sigma_xz[half z half x] strain_rate_xz[half z half x] sigma_yy strain_rate_yy curl_z[half y half x] sigma_xy[half y half x] strain_rate_xy[half y half x] sigma_xx strain_rate_xx pressure divergence"},
	} {
		s := c.e.Write(Grid{3, 4})
		list := func(channels []Channel) string {
			var out []string
			for _, ch := range channels {
				var half []string
				for d, h := range ch.Half {
					if h {
						half = append(half, "half "+Axes(3)[d])
					}
				}
				name := ch.Name
				if half != nil {
					name += "[" + strings.Join(half, " ") + "]"
				}
				out = append(out, name)
				if ch.Unit == "" || ch.Series == nil {
					t.Errorf("%s: channel %s has unit %q and series %v", c.e.Name, ch.Name, ch.Unit, ch.Series)
				}
			}
			return strings.Join(out, " ")
		}
		if got := list(s.Sources); got != c.sources {
			t.Errorf("%s has sources\n%s\nwant\n%s", c.e.Name, got, c.sources)
		}
		if got := list(s.Receivers); got != c.receivers {
			t.Errorf("%s has receivers\n%s\nwant\n%s", c.e.Name, got, c.receivers)
		}
	}
}

// TestDerivativeChannels checks what receivers of derivatives record, on a field that is
// linear: v_d = sum_e grad[d][e] x_e.
func TestDerivativeChannels(t *testing.T) {
	h := []float64{2, 3, 5}
	grad := [3][3]float64{{1, 2, 3}, {-4, 5, 6}, {7, 8, -9}} // of z, y, x
	for _, e := range []*Equation{Acoustic(), Elastic()} {
		s := e.Write(Grid{3, 6})
		p := s.Program.Bind(Params(1, h))
		l, err := stencil.NewLayout(p, []int{8, 8, 8}, make([][2]int, 3))
		if err != nil {
			t.Fatal(err)
		}
		in := stencil.Interpreter{Program: p, Layout: l, Data: map[*stencil.Field][]float64{}, Points: map[string]stencil.Points{}, In: map[*stencil.Series][][]float64{}}
		middle := l.Padded()/2 + l.Shape[2]/2 + l.Shape[1]*l.Shape[2]/2
		for _, f := range p.Fields() {
			if f.Kind == stencil.Profile {
				in.Data[f] = make([]float64, l.Shape[f.Dim])
				continue
			}
			in.Data[f] = make([]float64, l.Padded())
			d := slices.Index([]string{"vz", "vy", "vx"}, f.Name)
			for c := range in.Data[f] {
				for k := range h {
					x := float64(l.Coordinate(c, k))
					if f.Half[k] {
						x += 0.5
					}
					if d >= 0 {
						in.Data[f][c] += grad[d][k] * x * h[k]
					}
				}
			}
		}
		for _, ch := range s.Receivers {
			in.Points[ch.Series.Points] = stencil.Points{{{Cell: middle, Weight: 1}}}
		}
		in.Step()
		want := map[string]float64{
			"divergence": grad[0][0] + grad[1][1] + grad[2][2],
			"curl_x":     grad[0][1] - grad[1][0], "curl_y": grad[2][0] - grad[0][2], "curl_z": grad[1][2] - grad[2][1],
		}
		for d, a := range Axes(3) {
			for e, b := range Axes(3) {
				want["strain_rate_"+a+b] = (grad[d][e] + grad[e][d]) / 2
			}
		}
		checked := 0
		for _, ch := range s.Receivers {
			if w, ok := want[ch.Name]; ok {
				checked++
				if got := in.Out[ch.Series][0][0]; math.Abs(got-w) > 1e-12 {
					t.Errorf("%s records %s %g, want %g", e.Name, ch.Name, got, w)
				}
			}
		}
		if n := map[string]int{"acoustic": 1, "elastic": 10}[e.Name]; checked != n {
			t.Errorf("%s: %d derivatives checked, want %d", e.Name, checked, n)
		}
	}
}

// TestGolden compares programs as text with the listings in testdata.
func TestGolden(t *testing.T) {
	for _, e := range []*Equation{Scalar(), Acoustic(), Elastic()} {
		golden := "testdata/" + e.Name + "_2d_4.txt"
		got := e.Write(Grid{2, 4}).Program.String()
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("got\n%swant (%s)\n%s", got, golden, want)
		}
	}
}

// TestHalfProfiles checks the profiles between cells: mirror images of each other about the
// middle of the cells, which the grid's last half cell is beyond.
func TestHalfProfiles(t *testing.T) {
	s := Acoustic().Write(Grid{1, 4})
	const n, w = 24, 5
	l, err := stencil.NewLayout(s.Program, []int{n}, [][2]int{{w, w}})
	if err != nil {
		t.Fatal(err)
	}
	p := PML{Width: [][2]int{{w, w}}, Spacing: []float64{5}, DT: 0.0007, MaxVel: 2500, Freq: 25}
	a, _ := p.Of(s.Program.Field("ah_x"), l)
	b, _ := p.Of(s.Program.Field("bh_x"), l)
	a, b = a[l.Halo:][:n], b[l.Halo:][:n]
	for i := range n {
		in := i < w || i > n-2-w && i < n-1
		if (a[i] != 0) != in || (b[i] != 0) != in {
			t.Errorf("a[%d] is %g, b %g, in the PML: %v", i, a[i], b[i], in)
		}
		if m := n - 2 - i; m >= 0 && (math.Abs(a[i]-a[m]) > 1e-15 || math.Abs(b[i]-b[m]) > 1e-15) {
			t.Errorf("a[%d] is %g and a[%d] %g, b %g and %g; want mirror images", i, a[i], m, a[m], b[i], b[m])
		}
	}
	whole, _ := p.Of(s.Program.Field("b_x"), l)
	if _, want, _ := p.Profile(0, l.Shape[0], l.Halo, 4); !slices.Equal(whole, want) {
		t.Errorf("b at cells is %v, want %v", whole, want)
	}
	if _, ok := p.Of(&stencil.Field{Name: "c_x", Kind: stencil.Profile}, l); ok {
		t.Error("a profile of another equation has values")
	}
}

func TestProperty(t *testing.T) {
	rho := Acoustic().Models[1]
	for x, want := range map[float64]string{-1: "-1, want at least 0 (kg/m^3)", math.NaN(): "NaN, want finite numbers (kg/m^3)", 0: "", 2200: ""} {
		if err := rho.Check(x); fmt.Sprint(err) != want && !(err == nil && want == "") {
			t.Errorf("a density of %g: %v, want %q", x, err, want)
		}
	}
	for x, want := range map[float64]bool{0: true, 2.2: false, 1e6: false, 1000: true} {
		if rho.IsPlausible(x) != want {
			t.Errorf("a density of %g is plausible: %v, want %v", x, !want, want)
		}
	}
}

// TestPlain: what is recorded as it is, and what is made of several fields or of none.
func TestPlain(t *testing.T) {
	for _, c := range []struct {
		e              *Equation
		field, channel string
	}{
		{Scalar(), "u", "pressure"}, {Acoustic(), "p", "pressure"}, {Acoustic(), "vx", "vx"},
		{Elastic(), "sigmaxz", "sigma_xz"}, {Elastic(), "vz", "vz"},
		{Scalar(), "um1", ""}, {Elastic(), "mu", ""}, {Elastic(), "pressure", ""},
	} {
		got, ok := c.e.Write(Grid{2, 4}).Plain(c.field)
		if got.Name != c.channel || ok != (c.channel != "") {
			t.Errorf("%s: field %s is recorded by %q, want %q", c.e.Name, c.field, got.Name, c.channel)
		}
	}
}
