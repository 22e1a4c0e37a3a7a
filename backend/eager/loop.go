package eager

import (
	"context"
	"maps"
	"slices"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/stencil"
)

// newStage returns a time step as a function: what steps change, all else that they
// read -> what they change, what each record samples.
func (s *stepper) newStage() *array.Stage {
	own := &stepper{plan: s.plan, ops: s.ops} // reverse mode runs it after s is closed
	fields, changed := s.ordered()
	coeffs, records := len(s.coeffs), s.records
	return array.NewStage(func(args []*array.Array) ([]*array.Array, error) {
		st := &state{fields: map[*stencil.Field]*array.Array{}, rows: make([]*array.Array, records)}
		for i, f := range fields {
			st.fields[f] = args[i]
		}
		args = args[len(fields):]
		st.coeffs, st.sums = args[:coeffs], args[coeffs:]
		for _, o := range own.ops {
			if err := o.run(own, st); err != nil {
				return nil, err
			}
		}
		var out []*array.Array
		for _, f := range fields[:changed] {
			out = append(out, st.fields[f])
		}
		return append(out, st.rows...), nil
	}, changed)
}

// ordered returns the fields, those that steps change first, and how many these are.
func (s *stepper) ordered() (fields []*stencil.Field, changed int) {
	var rest []*stencil.Field
	for _, f := range s.plan.Program.Fields() {
		if changes(f) || f.Kind == stencil.Tape {
			fields = append(fields, f)
		} else {
			rest = append(rest, f)
		}
	}
	return append(fields, rest...), len(fields)
}

// steps runs n steps from step t on and returns what each record samples in each. What they
// compute comes from a pool: one of this call's or, under reverse mode, that of the segment run
// again, if there is one.
func (s *stepper) steps(ctx context.Context, st *state, t, n int) ([][]*array.Array, error) {
	var pool *array.Pool
	taped := false
	for _, a := range st.fields { // the model may be taped while wavefields are still zero
		if a.Taped() {
			taped = true
			if p := array.PoolOf(a); p != nil {
				pool = p
			}
		}
	}
	fields, changed := s.ordered()
	if !taped {
		pool = array.NewPool()
		defer pool.Close()
		for _, f := range fields[:changed] {
			if f.Kind != stencil.Tape {
				st.fields[f] = pool.Own(st.fields[f])
			}
		}
	}
	if pool != nil {
		pool.Hire(s.threads())
	}
	defer func() {
		for _, f := range fields[:changed] {
			if f.Kind == stencil.Tape { // it has its own place
				delete(st.fields, f)
			} else {
				st.fields[f] = array.Disown(st.fields[f])
			}
		}
	}()
	var args []*array.Array
	var rows [][]*array.Array
	for k := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.load(st, s.plan.Row(t+k))
		args = args[:0]
		for _, f := range fields {
			args = append(args, st.fields[f])
		}
		args = append(args, st.coeffs...)
		for _, o := range s.ops {
			if in, ok := o.(*inject); ok && in.active() {
				args = append(args, in.sum(s, s.plan.Row(t+k)))
			}
		}
		out, err := s.stage.Call(args)
		if err != nil {
			return nil, err
		}
		for i, f := range fields[:changed] {
			st.fields[f] = out[i]
		}
		for i, row := range out[changed:] {
			out[changed+i] = array.Disown(row) // it outlives the pool
		}
		rows = append(rows, out[changed:])
		s.store(st, s.plan.Row(t+k))
		if pool != nil {
			pool.Recycle(maps.Values(st.fields))
		}
	}
	return rows, nil
}

// changes reports whether steps write a field.
func changes(f *stencil.Field) bool { return f.Kind == stencil.State || f.Kind == stencil.Memory }

// checkpointed runs n steps as one checkpoint: all that may be traced goes in as
// arguments and comes out as results. It returns what steps does.
func (s *stepper) checkpointed(ctx context.Context, n int) ([][]*array.Array, error) {
	fields, from, records := s.plan.Program.Fields(), s.step, s.records
	again := &stepper{plan: s.plan, ops: s.ops, series: s.series, stage: s.stage} // reverse mode runs it after s is closed or reset
	var args []*array.Array
	for _, f := range fields {
		args = append(args, s.state.fields[f])
	}
	out, err := array.Checkpoint(func(args []*array.Array) ([]*array.Array, error) {
		st := &state{fields: map[*stencil.Field]*array.Array{}}
		for i, f := range fields {
			st.fields[f] = args[i]
		}
		st.coeffs = args[len(fields):]
		rows, err := again.steps(ctx, st, from, n)
		if err != nil {
			return nil, err
		}
		var out []*array.Array
		for _, f := range fields {
			out = append(out, st.fields[f])
		}
		return append(out, slices.Concat(rows...)...), nil
	}, append(args, s.state.coeffs...))
	if err != nil {
		return nil, err
	}
	for i, f := range fields {
		if changes(f) {
			s.state.fields[f] = out[i]
		}
	}
	rows := make([][]*array.Array, n)
	for k := range rows {
		rows[k] = out[len(fields)+k*records:][:records]
	}
	return rows, nil
}
