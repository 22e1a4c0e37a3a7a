package equation

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/d52adeda/wave/array"
)

func TestExamine(t *testing.T) {
	of := func(x ...float64) *array.Array { return array.Of64(x, len(x)) }
	rock := func() Models { return Models{"vp": of(3000, 0, 1500), "vs": of(1700, 0, 0), "rho": of(2200, 0, 1000)} }
	lame := func() Models {
		return Models{"lamb": of(1e10, 0, 2e9), "mu": of(6e9, 0, 0), "buoyancy": of(4.5e-4, 0, 1e-3)}
	}
	for _, c := range []struct {
		name  string
		e     *Equation
		given Models
		set   string
		to    *array.Array
		want  string
	}{
		{"a rock", ElasticSpeeds(), rock(), "", nil, ""},
		{"a rock by Lame", Elastic(), lame(), "", nil, ""},
		{"km/s", ElasticSpeeds(), rock(), "vp", of(3, 0, 1.5), "vp: 1.5 to 3 m/s, want sizes of 10 to 12000 (or 0): is it in another unit?; vs: in 1 of 3 cells not as wanted (the first has vs 1700, vp 3), want vs below vp"},
		{"g/cm^3", Acoustic(), Models{"v": of(2000), "rho": of(2.2)}, "", nil, "rho: 2.2 to 2.2 kg/m^3, want sizes of 100 to 25000"},
		{"negative density", Acoustic(), Models{"v": of(2000), "rho": of(-2200)}, "", nil, "fatal rho: -2200, want at least 0 (kg/m^3)"},
		{"NaN", Acoustic(), Models{"v": array.Of32([]float32{float32(math.NaN())}, 1), "rho": of(2200)}, "", nil, "fatal v: NaN, want finite numbers (m/s)"},
		{"vs above vp", ElasticSpeeds(), rock(), "vs", of(3100, 0, 0), "vs: in 1 of 3 cells not as wanted (the first has vs 3100, vp 3000), want vs below vp"},
		{"negative bulk modulus", ElasticSpeeds(), rock(), "vs", of(2700, 0, 0), "vp: in 1 of 3 cells not as wanted (the first has vp 3000, vs 2700), want vp at least 1.155 vs"},
		{"shots that share a model", ElasticSpeeds(), rock(), "vs", array.Of64([]float64{0, 0, 0, 0, 0, 1600}, 2, 3), "vs: in 1 of 6 cells not as wanted (the first has vs 1600, vp 1500), want vs below vp"},
		{"no buoyancy", Elastic(), lame(), "buoyancy", of(0, 0, 1e-3), "fatal buoyancy: in 1 of 3 cells not as wanted (the first has buoyancy 0, lamb 1e+10, mu 6e+09), want lamb and mu 0"},
		{"vacuum with a speed", ElasticSpeeds(), rock(), "rho", of(0, 0, 1000), "rho: in 1 of 3 cells not as wanted (the first has rho 0, vp 3000), want vp 0 where rho is"},
		{"negative bulk modulus by Lame", Elastic(), lame(), "lamb", of(-5e9, 0, 2e9), "lamb: in 1 of 3 cells not as wanted (the first has lamb -5e+09, mu 6e+09), want lamb + 2/3 mu"},
	} {
		if c.set != "" {
			c.given[c.set] = c.to
		}
		var got []string
		found, err := c.e.Examine(context.Background(), c.given)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			text := f.String()
			if f.Fatal {
				text = "fatal " + text
			}
			got = append(got, text)
		}
		if all := strings.Join(got, "; "); !strings.HasPrefix(all, c.want) || (c.want == "") != (all == "") {
			t.Errorf("%s: %q, want %q", c.name, all, c.want)
		}
	}
}
