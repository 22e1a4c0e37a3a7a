package jit

import "fmt"

// check reports what is wrong with a kernel: code for it would touch more than its
// points, or compute something else than its nodes say.
func (k *Kernel) check() error {
	if len(k.Stores) == 0 {
		return fmt.Errorf("jit: the kernel stores nothing")
	}
	for i, f := range k.Fields {
		if f.StrideX < 0 {
			return fmt.Errorf("jit: field %d: StrideX is %d, want 0 or more", i, f.StrideX)
		}
	}
	stored := make([]bool, len(k.Fields))
	for _, s := range k.Stores {
		if k.Fields[s.Field].StrideX == 0 {
			return fmt.Errorf("jit: field %d: StrideX is 0, want another in order to store into it", s.Field)
		}
		if stored[s.Field] {
			return fmt.Errorf("jit: field %d is stored into twice, want once", s.Field)
		}
		stored[s.Field] = true
	}
	for i := range k.Nodes {
		if n := &k.Nodes[i]; n.Kind == Load && stored[n.Field] && (n.DX != 0 || n.DY != 0 || n.DZ != 0) {
			return fmt.Errorf("jit: field %d is stored into and loaded at %d, %d, %d, want the point only", n.Field, n.DX, n.DY, n.DZ)
		}
	}
	return nil
}
