package array

import "github.com/d52adeda/wave/internal/trace"

// Checkpoint calls f on args. Under reverse mode it keeps args only and calls f
// again in the backward pass: memory for work. All that is traced must be in
// args; f may close over plain arrays only, and must compute the same each time.
func Checkpoint(f func(args []*Array) ([]*Array, error), args []*Array) ([]*Array, error) {
	for _, a := range args {
		if err := a.Err(); err != nil {
			return nil, err
		}
	}
	out, err := trace.Checkpoint(func(vs []trace.Value) ([]trace.Value, error) {
		out, err := f(arrays(vs))
		if err != nil {
			return nil, err
		}
		for _, a := range out {
			if err := a.Err(); err != nil {
				return nil, err
			}
		}
		return values(out), nil
	}, values(args))
	return arrays(out), err
}
