package trace

import (
	"errors"
	"testing"
)

// toyExample returns toys that differ, as arrays do that are not the same.
func toyExample(Value, []int) Value {
	lastToy += 1. / 1024
	return lastToy
}

var lastToy = num(1)

type toyProgram struct{ r *Recording }

func (p toyProgram) Fits(args []Value) bool { return len(args) == len(p.r.Inputs) }

func (p toyProgram) Run(args []Value) ([]Value, error) {
	vals := append([]Value(nil), args...)
	get := func(os []Operand) (out []Value) {
		for _, o := range os {
			if o.Number < 0 {
				out = append(out, o.Const)
			} else {
				out = append(out, vals[o.Number])
			}
		}
		return out
	}
	for _, s := range p.r.Steps {
		y, err := s.P.Eval(get(s.Args))
		if err != nil {
			return nil, err
		}
		vals = append(vals, y)
	}
	return get(p.r.Outputs), nil
}

// staged makes a stage of a function.
func staged(f Func) Func { return NewStage(f, 0).Call }

func TestStagesInAllTriplesOfDerivatives(t *testing.T) {
	derivatives := []func(Func) Func{forward, reverse, linearized}
	for i, a := range derivatives {
		for j, b := range derivatives {
			for k, c := range derivatives {
				for l, w := range []func(f Func) Func{
					func(f Func) Func { return a(b(c(staged(f)))) },
					func(f Func) Func { return a(b(staged(c(staged(f))))) },
					func(f Func) Func { return a(checkpointed(staged(b(checkpointed(staged(c(f))))))) },
				} {
					f := w(power(5))
					for range 2 { // recorded, then run again
						got, err := f([]Value{num(2)})
						if err != nil || len(got) != 1 || got[0] != num(60*4) { // 5*4*3 x^2
							t.Errorf("derivatives %d, %d, %d, stages %d: got %v, %v; want 240", i, j, k, l, got, err)
						}
					}
				}
			}
		}
	}
}

// A state that varies only after the first step makes no more stages: s' = s c, four
// times from 1, is c^4.
func TestStageIsDerivedOnce(t *testing.T) {
	runs := 0
	stage := NewStage(func(x []Value) ([]Value, error) {
		runs++
		y, err := Bind(mul, x[0], x[1])
		return []Value{y}, err
	}, 1)
	loop := func(x []Value) ([]Value, error) {
		s := Value(num(1))
		for range 4 {
			out, err := stage.Call([]Value{s, x[0]})
			if err != nil {
				return nil, err
			}
			s = out[0]
		}
		return []Value{s}, nil
	}
	for name, d := range map[string]func(Func) Func{"JVP": forward, "reverse mode": reverse, "JVP of reverse mode": func(f Func) Func { return forward(reverse(f)) }} {
		want := num(4 * 8)
		if name == "JVP of reverse mode" {
			want = 12 * 4
		}
		for round := range 2 {
			before := runs
			got, err := d(loop)([]Value{num(2)})
			if err != nil || got[0] != want {
				t.Errorf("%s: got %v, %v; want %v", name, got, err, want)
			}
			if round > 0 && runs != before {
				t.Errorf("%s: the function ran %d times more in the second round", name, runs-before)
			}
		}
	}
	var count func(s *Stage) int
	count = func(s *Stage) int {
		n := len(s.programs)
		seen := map[*derivation]bool{}
		for _, d := range s.derived {
			if !seen[d] && d.stage != nil {
				seen[d] = true
				n += count(d.stage)
			}
		}
		return n
	}
	// JVP; forward with what is saved; its tangent; pull; its tangent.
	if n := count(stage); n != 5 {
		t.Errorf("%d programs, want 5", n)
	}
}

func TestStageThatChangesIsAnError(t *testing.T) {
	calls := 0
	stage := NewStage(func(x []Value) ([]Value, error) {
		if calls++; calls%2 == 0 {
			return []Value{num(7)}, nil // a constant all of a sudden
		}
		return square(x)
	}, 0)
	if _, err := forward(stage.Call)([]Value{num(3)}); !errors.Is(err, errStructure) {
		t.Errorf("got %v, want %v", err, errStructure)
	}
	none := NewStage(func([]Value) ([]Value, error) { return []Value{nil}, nil }, 0)
	if _, err := none.Call([]Value{num(3)}); !errors.Is(err, errStructure) {
		t.Errorf("no value: got %v, want %v", err, errStructure)
	}
}
