package trace

import "fmt"

// Recording is a function's run on plain values as a list of primitives.
type Recording struct {
	Inputs  []Value // values 0, 1, ...
	Steps   []Recorded
	Outputs []Operand
}

// Recorded is a primitive that was computed: its value has the number after those
// of the inputs and of the steps before.
type Recorded struct {
	P    Primitive
	Args []Operand
	Y    Value // an example of what it computes
}

// Operand is a value by number or, where that is negative, a constant.
type Operand struct {
	Number int
	Const  Value
}

// recorder is the level below all transformations: it writes down what reaches
// plain values.
type recorder struct {
	level *Level
	out   *Recording
}

// recorded is a plain value with its number.
type recorded struct {
	level  *Level
	val    Value
	number int
}

func (r *recorded) Shape() []int   { return r.val.Shape() }
func (r *recorded) Level() *Level  { return r.level }
func (r *recorded) Inner() []Value { return []Value{r.val} }

// newRecording runs f on values like args, which are plain, and writes down the
// primitives. What they compute is of no interest.
func newRecording(f Func, args []Value) (*Recording, error) {
	r := &recorder{level: newLevel("Stage"), out: &Recording{Inputs: args}}
	r.level.rules = r
	defer r.level.end()
	in := make([]Value, len(args))
	for i, a := range examples(args) {
		in[i] = &recorded{r.level, a, i}
	}
	out, err := f(in)
	if err != nil {
		return nil, err
	}
	for _, v := range out {
		o, err := r.operand(v)
		if err != nil {
			return nil, err
		}
		r.out.Outputs = append(r.out.Outputs, o)
	}
	return r.out, nil
}

func (r *recorder) operand(v Value) (Operand, error) {
	switch b, ok := v.(*recorded); {
	case ok && b.level == r.level:
		return Operand{b.number, nil}, nil
	case ok, v == nil:
		return Operand{}, errStructure
	}
	if _, ok := v.(Boxed); ok {
		return Operand{}, fmt.Errorf("trace: a staged function closes over a traced value, want it among its arguments")
	}
	return Operand{-1, v}, nil
}

// Several goroutines may not record at once: a staged function is sequential.
func (r *recorder) apply(p Primitive, args []Value) (Value, error) {
	s := Recorded{P: p}
	plain := make([]Value, len(args))
	for i, a := range args {
		o, err := r.operand(a)
		if err != nil {
			return nil, err
		}
		s.Args = append(s.Args, o)
		plain[i] = a
		if o.Number >= 0 {
			plain[i] = a.(*recorded).val
		}
	}
	var err error
	if s.Y, err = p.Eval(plain); err != nil {
		return nil, err
	}
	r.out.Steps = append(r.out.Steps, s)
	return &recorded{r.level, s.Y, len(r.out.Inputs) + len(r.out.Steps) - 1}, nil
}

func (r *recorder) checkpoint(f Func, args []Value) ([]Value, error) { return f(args) }

func (r *recorder) stage(s *Stage, args []Value) ([]Value, error) { return s.f(args) }
