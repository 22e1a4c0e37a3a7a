package verify

import (
	"context"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
)

// born computes the forward outputs of a Born case.
func born(ctx context.Context, c *Case, e env) (map[string]Values, error) {
	v, err := c.array("in_v", e.dtype)
	if err != nil {
		return nil, err
	}
	scatter, err := c.array("in_scatter", e.dtype)
	if err != nil {
		return nil, err
	}
	s, o, err := c.problem(e)
	if err != nil {
		return nil, err
	}
	res, err := wave.ScalarBorn(ctx, v, scatter, s, o)
	if err != nil {
		return nil, err
	}
	arrays := map[string]*array.Array{
		"receiver_amplitudes":    res.Receivers,
		"bg_receiver_amplitudes": res.BackgroundReceivers,
		"wavefield_nt":           res.Wavefields.Current,
		"wavefield_ntm1":         res.Wavefields.Previous,
		"wavefield_nt_sc":        res.Scattered.Current,
		"wavefield_ntm1_sc":      res.Scattered.Previous,
	}
	addMemory(arrays, res.Wavefields, "")
	addMemory(arrays, res.Scattered, "_sc")
	out, err := c.pick(arrays)
	if err != nil {
		return nil, err
	}
	return out, c.checkRatio(&res.Result)
}
