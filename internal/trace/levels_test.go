package trace

import (
	"errors"
	"math"
	"sync"
	"testing"
)

// mustBind is Bind for operations that must work.
func mustBind(t *testing.T, p Primitive, args ...Value) Value {
	t.Helper()
	v, err := Bind(p, args...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// power returns x^n by n-1 products.
func power(n int) Func {
	return func(x []Value) ([]Value, error) {
		y := x[0]
		for range n - 1 {
			var err error
			if y, err = Bind(mul, y, x[0]); err != nil {
				return nil, err
			}
		}
		return []Value{y}, nil
	}
}

// forward and reverse are derivatives of functions of one number.
func forward(f Func) Func {
	return func(x []Value) ([]Value, error) {
		_, dy, err := JVP(f, x, []Value{num(1)})
		return dy, err
	}
}

func reverse(f Func) Func {
	return func(x []Value) ([]Value, error) {
		t, err := Record(f, x, []bool{true})
		if err != nil {
			return nil, err
		}
		return t.Pull([]Value{num(1)})
	}
}

func linearized(f Func) Func {
	return func(x []Value) ([]Value, error) {
		t, err := RecordAll(f, x, []bool{true})
		if err != nil {
			return nil, err
		}
		return t.Push([]Value{num(1)})
	}
}

func checkpointed(f Func) Func {
	return func(x []Value) ([]Value, error) { return Checkpoint(f, x) }
}

func TestAllTriplesOfDerivatives(t *testing.T) {
	derivatives := []func(Func) Func{forward, reverse, linearized}
	wraps := []func(Func) Func{func(f Func) Func { return f }, checkpointed}
	for i, a := range derivatives {
		for j, b := range derivatives {
			for k, c := range derivatives {
				for l, w := range wraps {
					got, err := w(a(w(b(w(c(w(power(5))))))))([]Value{num(2)})
					if err != nil || len(got) != 1 || got[0] != num(60*4) { // 5*4*3 x^2
						t.Errorf("derivatives %d, %d, %d, checkpoints %d: got %v, %v; want 240", i, j, k, l, got, err)
					}
				}
			}
		}
	}
}

func TestLeavesTapedAndLive(t *testing.T) {
	var kept, inner Value
	_, _, err := JVP(func(x []Value) ([]Value, error) {
		_, err := Record(func(y []Value) ([]Value, error) {
			inner = mustBind(t, mul, x[0], y[0])
			n := 0
			Leaves(inner, func(v Value) { n++; _ = v.(num) })
			if n != 2 || !Taped(inner) || Live(inner) != nil {
				t.Errorf("a tape's dual: %d leaves, taped %t, %v; want 2, true, no error", n, Taped(inner), Live(inner))
			}
			return []Value{inner}, nil
		}, []Value{num(3)}, []bool{true})
		kept = mustBind(t, mul, x[0], x[0])
		if Taped(kept) || Live(kept) != nil {
			t.Errorf("a dual: taped %t, %v; want false, no error", Taped(kept), Live(kept))
		}
		if !errors.Is(Live(inner), ErrEscaped) {
			t.Errorf("after the tape: %v, want ErrEscaped", Live(inner))
		}
		// In a box of a level in progress, what has escaped is found too.
		_, _, err2 := JVP(func(z []Value) ([]Value, error) {
			if !errors.Is(Live(z[0]), ErrEscaped) {
				t.Errorf("boxed again: %v, want ErrEscaped", Live(z[0]))
			}
			_, err := Bind(add, z[0], num(1))
			return nil, err
		}, []Value{inner}, []Value{num(1)})
		if !errors.Is(err2, ErrEscaped) {
			t.Errorf("used in another transformation: %v, want ErrEscaped", err2)
		}
		return x, err
	}, []Value{num(2)}, []Value{num(1)})
	if err != nil {
		t.Fatal(err)
	}
	if !errors.Is(Live(kept), ErrEscaped) || Live(num(1)) != nil || Live(nil) != nil {
		t.Errorf("kept: %v, a number: %v, nil: %v; want ErrEscaped and no errors", Live(kept), Live(num(1)), Live(nil))
	}
	Leaves(nil, func(Value) { t.Error("nil has a leaf") })
}

func TestSymbolicZerosStayZero(t *testing.T) {
	constant := func([]Value) ([]Value, error) { return []Value{num(7), nil}, nil }
	y, dy, err := JVP(constant, []Value{num(1)}, []Value{num(1)})
	if err != nil || y[0] != num(7) || dy[0] != nil || y[1] != nil {
		t.Errorf("JVP of a constant: %v, %v, %v; want 7, and no tangent", y, dy, err)
	}
	for name, record := range map[string]func(Func, []Value, []bool) (*Tape, error){"Record": Record, "RecordAll": RecordAll} {
		for _, f := range []Func{constant, checkpointed(constant)} {
			tape, err := record(f, []Value{num(1)}, []bool{true})
			if err != nil {
				t.Fatal(err)
			}
			if v := tape.Values(); v[0] != num(7) || v[1] != nil {
				t.Errorf("%s: values %v, want 7 and nil", name, v)
			}
			ct, err := tape.Pull([]Value{num(1), nil})
			if err != nil || ct[0] != nil {
				t.Errorf("%s: cotangent %v, %v; want none", name, ct, err)
			}
		}
	}
	tape, err := Record(func(x []Value) ([]Value, error) {
		return []Value{x[0], mustBind(t, mul, x[1], x[1]), x[0]}, nil
	}, []Value{num(2), num(3)}, []bool{true, true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ ct, want []Value }{
		{[]Value{nil, nil, nil}, []Value{nil, nil}},
		{[]Value{num(1), nil, num(10)}, []Value{num(11), nil}},
		{[]Value{nil, num(1), nil}, []Value{nil, num(6)}},
		{[]Value{num(1), num(1), nil}, []Value{num(1), num(6)}},
	} {
		got, err := tape.Pull(c.ct)
		if err != nil || got[0] != c.want[0] || got[1] != c.want[1] {
			t.Errorf("Pull(%v) is %v, %v; want %v", c.ct, got, err, c.want)
		}
	}
	dy, err = tape.Push([]Value{nil, num(1)})
	if err != nil || dy[0] != nil || dy[1] != num(6) {
		t.Errorf("Push: %v, %v; want nil, 6", dy, err)
	}
}

func TestVMapSaysWhatDiffers(t *testing.T) {
	y, mapped, err := VMap(func(x []Value) ([]Value, error) {
		return []Value{x[1], mustBind(t, mul, x[1], x[1]), nil}, nil
	}, 3, []Value{num(1), num(2)}, []bool{true, false})
	if err != nil || y[0] != num(2) || y[1] != num(4) || y[2] != nil || mapped[0] || mapped[1] || mapped[2] {
		t.Errorf("got %v, mapped %v, %v", y, mapped, err)
	}
	_, _, err = VMap(func(x []Value) ([]Value, error) { // toy has no rule for it
		_, err := Bind(mul, x[0], x[0])
		return nil, err
	}, 3, []Value{num(1)}, []bool{true})
	if !errors.Is(err, ErrNoRule) {
		t.Errorf("got %v, want ErrNoRule", err)
	}
}

// An error of a rule ends one backward pass, not the tape.
func TestErrorsOfRules(t *testing.T) {
	broken := errors.New("broken")
	fail := true
	p := &toy{
		name: "sometimes",
		eval: func(a []Value) (Value, error) { return a[0], nil },
		jvp: func(_, dx []Value) (Value, error) {
			if fail {
				return nil, broken
			}
			return dx[0], nil
		},
		vjp: func(_ []Value, ct Value, _ []bool) ([]Value, error) {
			if fail {
				return nil, broken
			}
			return []Value{ct}, nil
		},
	}
	f := func(x []Value) ([]Value, error) {
		y, err := Bind(p, x[0])
		if err != nil {
			return nil, err
		}
		y, err = Bind(mul, y, x[0])
		return []Value{y}, err
	}
	if _, _, err := JVP(f, []Value{num(3)}, []Value{num(1)}); !errors.Is(err, broken) {
		t.Errorf("JVP: %v, want the rule's error", err)
	}
	for name, f := range map[string]Func{"plain": f, "checkpointed": checkpointed(f)} {
		fail = true
		tape, err := Record(f, []Value{num(3)}, []bool{true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tape.Pull([]Value{num(1)}); !errors.Is(err, broken) {
			t.Errorf("%s: Pull: %v, want the rule's error", name, err)
		}
		if _, err := tape.Push([]Value{num(1)}); !errors.Is(err, broken) {
			t.Errorf("%s: Push: %v, want the rule's error", name, err)
		}
		fail = false
		if ct, err := tape.Pull([]Value{num(1)}); err != nil || ct[0] != num(6) {
			t.Errorf("%s: Pull after an error: %v, %v; want 6", name, ct, err)
		}
		if dy, err := tape.Push([]Value{num(1)}); err != nil || dy[0] != num(6) {
			t.Errorf("%s: Push after an error: %v, %v; want 6", name, dy, err)
		}
	}
	if _, err := Record(checkpointed(func([]Value) ([]Value, error) { return nil, broken }), []Value{num(1)}, []bool{true}); err != broken {
		t.Errorf("error of the function: %v, want it as it is", err)
	}
}

// Goroutines of a function may record on one tape; those that go on afterwards get
// an error.
func TestRecordingFromGoroutines(t *testing.T) {
	const n = 16
	start, late := make(chan struct{}), make(chan error, n)
	tape, err := Record(func(x []Value) ([]Value, error) {
		parts := make([]Value, n)
		var wg sync.WaitGroup
		for k := range parts {
			wg.Go(func() {
				y := x[0]
				for range 50 {
					y, _ = Bind(add, y, x[0])
				}
				parts[k] = y
			})
			go func() {
				<-start
				_, err := Bind(mul, x[0], x[0])
				late <- err
			}()
		}
		wg.Wait()
		sum := parts[0]
		for _, p := range parts[1:] {
			sum = mustBind(t, add, sum, p)
		}
		return []Value{sum}, nil
	}, []Value{num(1)}, []bool{true})
	if err != nil {
		t.Fatal(err)
	}
	close(start)
	ct, err := tape.Pull([]Value{num(1)})
	if err != nil || ct[0] != num(51*n) {
		t.Errorf("cotangent %v, %v; want %d", ct[0], err, 51*n)
	}
	for range n {
		if err := <-late; !errors.Is(err, ErrEscaped) {
			t.Errorf("a late goroutine: %v, want ErrEscaped", err)
		}
	}
}

func TestGoroutinesWithTransformationsOfTheirOwn(t *testing.T) {
	var wg sync.WaitGroup
	for g := range 32 {
		wg.Go(func() {
			for range 50 {
				x := float64(g%5 + 1)
				got, err := forward(reverse(checkpointed(forward(power(4)))))([]Value{num(x)})
				if err != nil || math.Abs(float64(got[0].(num))-24*x) > 1e-12 {
					t.Errorf("got %v, %v; want %g", got, err, 24*x)
				}
			}
		})
	}
	wg.Wait()
}

// An operation that began before the end of its recording and ends after it is too
// late as well.
func TestOperationAcrossTheEndOfARecording(t *testing.T) {
	begun, ended, late := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	slow := &toy{
		name: "slow",
		eval: func(a []Value) (Value, error) { close(begun); <-ended; return a[0], nil },
		vjp:  func(_ []Value, ct Value, _ []bool) ([]Value, error) { return []Value{ct}, nil },
	}
	tape, err := Record(func(x []Value) ([]Value, error) {
		go func() {
			_, err := Bind(slow, x[0])
			late <- err
		}()
		<-begun
		return power(2)(x)
	}, []Value{num(3)}, []bool{true})
	if err != nil {
		t.Fatal(err)
	}
	close(ended)
	if err := <-late; !errors.Is(err, ErrEscaped) {
		t.Errorf("got %v, want ErrEscaped", err)
	}
	if ct, err := tape.Pull([]Value{num(1)}); err != nil || ct[0] != num(6) {
		t.Errorf("cotangent %v, %v; want 6", ct, err)
	}
}
