package trace

import (
	"errors"
	"testing"
)

// num is a toy array: a single number.
type num float64

func (num) Shape() []int { return nil }

func init() {
	Use(Arithmetic{
		Add:     func(a, b Value) (Value, error) { return Bind(add, a, b) },
		Zero:    func(Value) Value { return num(0) },
		Example: toyExample,
		Compile: func(r *Recording) (Program, error) { return toyProgram{r}, nil },
	})
}

// toy is a primitive of given rules.
type toy struct {
	name  string
	eval  func([]Value) (Value, error)
	jvp   func(x, dx []Value) (Value, error)
	vjp   func(x []Value, ct Value, want []bool) ([]Value, error)
	saves func([]bool) []bool
}

func (p *toy) Name() string                                          { return p.name }
func (p *toy) Eval(args []Value) (Value, error)                      { return p.eval(args) }
func (p *toy) JVP(x, dx []Value) (Value, error)                      { return p.jvp(x, dx) }
func (p *toy) VJP(x []Value, ct Value, want []bool) ([]Value, error) { return p.vjp(x, ct, want) }
func (p *toy) Batch(n int, x []Value, mapped []bool) (Value, error)  { return nil, ErrNoRule }
func (p *toy) Saves(active []bool) []bool {
	if p.saves == nil {
		return nil
	}
	return p.saves(active)
}

var add = &toy{
	name: "add",
	eval: func(a []Value) (Value, error) { return a[0].(num) + a[1].(num), nil },
	jvp:  func(_, dx []Value) (Value, error) { return sum(dx[0], dx[1]) },
	vjp:  func(_ []Value, ct Value, _ []bool) ([]Value, error) { return []Value{ct, ct}, nil },
}

var mul = &toy{
	name:  "mul",
	eval:  func(a []Value) (Value, error) { return a[0].(num) * a[1].(num), nil },
	saves: func(active []bool) []bool { return []bool{active[1], active[0]} },
}

func init() { // rules that use the primitive itself
	mul.jvp = func(x, dx []Value) (Value, error) {
		var out Value
		for i, d := range dx {
			if d == nil {
				continue
			}
			t, err := Bind(mul, d, x[1-i])
			if err != nil {
				return nil, err
			}
			if out, err = sum(out, t); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	mul.vjp = func(x []Value, ct Value, want []bool) ([]Value, error) {
		out := make([]Value, 2)
		for i := range out {
			if want[i] {
				var err error
				if out[i], err = Bind(mul, ct, x[1-i]); err != nil {
					return nil, err
				}
			}
		}
		return out, nil
	}
}

func square(a []Value) ([]Value, error) {
	y, err := Bind(mul, a[0], a[0])
	return []Value{y}, err
}

func TestBindGoesToTheHighestLevelFirst(t *testing.T) {
	// d/dx x * (d/dy (x + y) at y = 1) at x = 1 is 1: 2 if the inner transformation
	// took the outer's tangent for its own (perturbation confusion).
	_, dy, err := JVP(func(x []Value) ([]Value, error) {
		_, inner, err := JVP(func(y []Value) ([]Value, error) {
			s, err := Bind(add, x[0], y[0])
			return []Value{s}, err
		}, []Value{num(1)}, []Value{num(1)})
		if err != nil {
			return nil, err
		}
		p, err := Bind(mul, x[0], inner[0])
		return []Value{p}, err
	}, []Value{num(1)}, []Value{num(1)})
	if err != nil || dy[0] != num(1) {
		t.Errorf("got %v, %v; want 1", dy[0], err)
	}
}

func TestEscapedValueIsAnError(t *testing.T) {
	var kept Value
	_, _, err := JVP(func(x []Value) ([]Value, error) { kept = x[0]; return x, nil }, []Value{num(1)}, []Value{num(1)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Bind(add, kept, num(1)); !errors.Is(err, ErrEscaped) {
		t.Errorf("got %v, want ErrEscaped", err)
	}
}

func TestCheckpointRunsAgainOnlyInTheBackwardPass(t *testing.T) {
	runs := 0
	f := func(x []Value) ([]Value, error) {
		return Checkpoint(func(x []Value) ([]Value, error) { runs++; return square(x) }, x)
	}
	tape, err := Record(f, []Value{num(3)}, []bool{true})
	if err != nil {
		t.Fatal(err)
	}
	if runs != 1 {
		t.Errorf("%d runs in the forward pass, want 1", runs)
	}
	ct, err := tape.Pull([]Value{num(1)})
	if err != nil || ct[0] != num(6) || runs != 2 {
		t.Errorf("cotangent %v, %v after %d runs; want 6 after 2", ct[0], err, runs)
	}
	all, err := RecordAll(f, []Value{num(3)}, []bool{true})
	if err != nil {
		t.Fatal(err)
	}
	runs = 0
	for range 2 {
		if dy, err := all.Push([]Value{num(2)}); err != nil || dy[0] != num(12) {
			t.Errorf("tangent %v, %v; want 12", dy[0], err)
		}
	}
	if runs != 0 {
		t.Errorf("%d runs for tangents, want none", runs)
	}
}

func TestRecordLinearRefusesASquare(t *testing.T) {
	if _, err := RecordLinear(square, []Value{num(3)}, []bool{true}); !errors.Is(err, ErrNotLinear) {
		t.Errorf("got %v, want ErrNotLinear", err)
	}
}
