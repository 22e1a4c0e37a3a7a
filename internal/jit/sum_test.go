package jit

import "testing"

// Of a sum, what takes longest to compute is the factor of the last multiply-add.
func TestSumAddsTheLatestLast(t *testing.T) {
	k := &Kernel{}
	u := k.AddField(Field{1, 100, 1000})
	row := k.AddField(Field{0, 1, 0})
	late := k.Load(u, 0, 0, 0)
	for range 5 {
		late = k.Mul(late, k.Load(u, 1, 0, 0))
	}
	uniform := k.Load(row, 0, 0, 0)
	for range 9 { // of no account: computed once a row
		uniform = k.Mul(uniform, k.Const(3))
	}
	sum := k.Sum([]Term{
		{2, []int{late}},
		{3, []int{uniform, k.Load(u, 2, 0, 0)}},
		{4, []int{k.Add(k.Load(u, 3, 0, 0), k.Load(u, 4, 0, 0))}},
	})
	if n := k.Nodes[sum]; n.Kind != FMA || n.A != late && n.B != late {
		t.Errorf("the last operation is %+v, want a multiply-add of node %d", n, late)
	}
	if got, want := k.depths()[sum], 6; got != want {
		t.Errorf("%d operations follow each other, want %d", got, want)
	}
}
