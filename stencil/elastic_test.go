package stencil_test

import (
	. "github.com/d52adeda/wave/stencil"
)

// elastic is a program of the size of 3-D elastics with C-PML, velocity and stress on a
// staggered grid: 42 fields, 18 derivatives, averages of models between cells.
func elastic(accuracy int) equation {
	const dt = 0.1
	axes := []string{"z", "y", "x"}
	weights := map[int][]float64{2: {-1, 1}, 8: {5. / 7168, -49. / 5120, 245. / 3072, -1225. / 1024, 1225. / 1024, -245. / 3072, 49. / 5120, -5. / 7168}}[accuracy]
	lambda, mu, buoyancy := model("lambda"), model("mu"), model("buoyancy")
	v := make([]*Field, 3)
	var sigma [3][3]*Field
	for i := range 3 {
		v[i] = state("v" + axes[i])
		for j := range i + 1 {
			sigma[i][j] = state("sigma_" + axes[j] + axes[i])
			sigma[j][i] = sigma[i][j]
		}
	}
	var a, b [2][3]Expr // at cells, between them
	for h := range 2 {
		for d, axis := range axes {
			name := []string{"", "_half"}[h]
			a[h][d], b[h][d] = profile("a_"+axis+name, d, 0).At(), profile("b_"+axis+name, d, 0).At()
		}
	}
	// diffPML is the derivative of f along d, at half cells or cells, with its PML's memory.
	diffPML := func(u *Update, f *Field, d, half int) Expr {
		m := memory("m_"+f.Name+"_"+axes[d], d)
		t := Named("d_"+f.Name+"_"+axes[d], diff(d, half-len(weights)/2, f.At(), weights...))
		next := Named("next_"+m.Name, Add(Mul(b[half][d], t), Mul(a[half][d], m.At())))
		*u = append(*u, Assign{Dst: m, RHS: next})
		return Add(t, next)
	}
	average := func(m *Field, dims ...int) Expr {
		offs := []Offset{{}}
		for _, d := range dims {
			for _, o := range offs[:len(offs):len(offs)] {
				o[d]++
				offs = append(offs, o)
			}
		}
		var terms []Expr
		for _, o := range offs {
			terms = append(terms, Load{Field: m, Off: o})
		}
		return Mul(Const(1/float64(len(terms))), Add(terms...))
	}
	var motion, strain Update
	for i := range 3 {
		var force []Expr
		for j := range 3 {
			half := 0
			if i == j {
				half = 1
			}
			force = append(force, diffPML(&motion, sigma[i][j], j, half))
		}
		motion = append(motion, Assign{Dst: v[i], RHS: Add(v[i].At(), Mul(Const(dt), average(buoyancy, i), Add(force...)))})
	}
	var rate [3][3]Expr
	for i := range 3 {
		for j := range 3 {
			half := 1
			if i == j {
				half = 0
			}
			rate[i][j] = diffPML(&strain, v[i], j, half)
		}
	}
	div := Named("div", Add(rate[0][0], rate[1][1], rate[2][2]))
	var inject []Stmt
	f := &Series{Name: "f", Points: "source"}
	for i := range 3 {
		s := sigma[i][i]
		strain = append(strain, Assign{Dst: s, RHS: Add(s.At(), Mul(Const(dt), Add(Mul(lambda.At(), div), Mul(Const(2), mu.At(), rate[i][i]))))})
		inject = append(inject, Inject{Dst: s, Coeff: Const(dt), From: f})
		for j := range i {
			s := sigma[i][j]
			strain = append(strain, Assign{Dst: s, RHS: Add(s.At(), Mul(Const(dt), average(mu, i, j), Add(rate[i][j], rate[j][i])))})
		}
	}
	p := &Program{Name: "elastic", NDim: 3, Body: append([]Stmt{
		Record{To: &Series{Name: "r", Points: "receiver"}, X: v[0].At()}, motion, strain}, inject...)}
	return equation{p.Simplify(), []*Field{lambda, mu, buoyancy}, []*Series{f}}
}
