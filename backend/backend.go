// Package backend is the common interface of what can run a stencil program, and
// the registry of backends.
//
// A backend registers itself by blank import:
//
//	import _ "github.com/d52adeda/wave/backend/vulkan"
//
// From the registry to a result:
//
//	Open("vulkan:1")   -> Device    one processor
//	Device.Plan(plan)  -> Stepper   a program compiled for a grid, with its state on the device
//	Stepper.Step(n)                 n time steps, sources and receivers included
//
// It imports packages array and stencil of this module.
package backend

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/stencil"
)

// ErrNoDevice is wrapped by errors about a device that is not there or cannot be
// opened. A DType or size that a device cannot do wraps errors.ErrUnsupported.
var ErrNoDevice = errors.New("no such device")

// Info describes a device.
type Info struct {
	Backend string // registered name
	Index   int
	Name    string // of the device, by its driver
	Driver  string // its version
	Memory  int64  // bytes; 0 if not known
	Apart   bool   // has that memory for itself: what it holds, the host need not
	Float64 bool
	Traces  bool   // can run arrays that a transformation traces
	Note    string // instruction set in use and the like
	Err     error  // why it cannot be opened; nil if it can
}

// Backend is a way to run programs: an API, with its devices.
type Backend interface {
	// Devices lists what there is, including devices that cannot be opened (Info.Err).
	// A missing driver is a list with one such entry, or none.
	Devices() []Info
	// Open opens device number index of Devices.
	Open(index int) (Device, error)
}

// Device is an opened processor. Its methods may be called by several goroutines.
type Device interface {
	Info() Info
	// Plan compiles a program and allocates its state. It does not keep the arrays.
	Plan(ctx context.Context, p *Plan) (Stepper, error)
	// NewTape allocates a tape for the program of a plan, of a window of steps; its values are
	// zero. A plan of the same program with another number of steps may use it, and those of
	// other programs that read or write the same fields.
	NewTape(p *Plan, window int) (Tape, error)
	// Close frees what the device holds; Steppers and Tapes must be closed before. It may be
	// called again.
	Close() error
}

// Plan is a program to run and what it needs before its first step.
type Plan struct {
	// Program has its parameters bound. It is verified when the plan is made.
	Program *stencil.Program
	Layout  *stencil.Layout
	DType   array.DType
	// Shots share the program and run side by side.
	Shots int
	// Steps is the number of steps for which series have room.
	Steps int
	// Fields by name. Models and profiles are required: models [1 or Shots][padded
	// grid], profiles [padded cells of their dimension]. Wavefields may be absent:
	// they start at zero. Those given are [Shots][padded grid], memory fields
	// likewise; what lies outside their strips is dropped. What the program does not
	// have is not looked at.
	Fields map[string]*array.Array
	// Series by name, what is injected: [Shots][points][Steps].
	Series map[string]*array.Array
	// Points by name, one for each shot, all of one length.
	Points map[string][]stencil.Points
	// Threads bounds the goroutines (or threads) of a CPU backend; 0 means all.
	Threads int
	// TimeTile bounds the steps that a CPU backend advances together over the grid: 0
	// means as many as suit the caches, 1 one at a time.
	TimeTile int
	// Reverse runs backwards in time: step k has row Steps-1-k of all series and of the tape.
	Reverse bool
	// Tape is where the program's fields of kind stencil.Tape are; not looked at if it has none.
	Tape Tape

	copies map[string]int // of models, in a plan that is Bare
}

// Copies returns how many shots' values of a field there are: 1 if the shots share them.
func (p *Plan) Copies(f *stencil.Field) int {
	switch n, known := p.copies[f.Name]; {
	case known:
		return n
	case f.Kind == stencil.Profile:
		return 1
	case f.Kind == stencil.Model:
		return p.Fields[f.Name].Shape()[0]
	}
	return p.Shots
}

// Bare returns what a Stepper keeps of a plan: all but its arrays.
func (p *Plan) Bare() *Plan {
	bare := *p
	bare.Fields, bare.Series, bare.copies = nil, nil, map[string]int{}
	for _, f := range p.Program.Fields() {
		if f.Kind == stencil.Model {
			bare.copies[f.Name] = p.Copies(f)
		}
	}
	return &bare
}

// Row returns which row of its series and of the tape a step has.
func (p *Plan) Row(step int) int {
	if p.Reverse {
		return p.Steps - 1 - step
	}
	return step
}

// Again returns a plan that is Bare with the arrays that Stepper.Reset was given, or what is
// wrong with them; dense is as for Check.
func (p *Plan) Again(fields, series map[string]*array.Array, dense bool) (*Plan, error) {
	for name := range fields {
		if p.Program.Field(name) == nil {
			return nil, fmt.Errorf("backend: program %s has no field %q", p.Program.Name, name)
		}
	}
	for name := range series {
		if !slices.ContainsFunc(p.Program.Inputs(), func(s *stencil.Series) bool { return s.Name == name }) {
			return nil, fmt.Errorf("backend: program %s injects no series %q", p.Program.Name, name)
		}
	}
	again := *p
	again.Fields, again.Series = fields, series
	return &again, again.checkArrays(dense)
}

// Renews reports whether a field begins anew with the plan's arrays: a wavefield does in
// any case.
func (p *Plan) Renews(f *stencil.Field) bool {
	return f.Kind == stencil.State || f.Kind == stencil.Memory || p.Fields[f.Name] != nil
}

// Stepper runs a plan. It belongs to one goroutine at a time. An error leaves it
// fit only for Close.
type Stepper interface {
	// Step advances n steps. It stops within a second of ctx being cancelled.
	Step(ctx context.Context, n int) error
	// Reset puts the run back before its first step, where a new plan would begin, and
	// neither compiles nor allocates on the device. Fields and series are as in Plan:
	// wavefields that are not given are zero; models, profiles and series that are not
	// given stay; models have as many copies as before; other names are refused. What it
	// refuses changes nothing. It stops as Step does.
	Reset(ctx context.Context, fields, series map[string]*array.Array) error
	// Seek makes step, 0 to Plan.Steps, the next. Wavefields stay as they are; what is recorded
	// from there on takes the place of what was before.
	Seek(step int) error
	// NewState returns room for all wavefields, where they are. It is the stepper's and ends
	// with it.
	NewState() (State, error)
	// Save copies the wavefields to a state of this stepper, Restore copies them back. Neither
	// is about the step's number: a run goes on from a state to the bit after a Seek.
	Save(State) error
	Restore(State) error
	// SetField replaces the present value of a wavefield; the array is as in Plan.Fields.
	SetField(name string, a *array.Array) error
	// Field copies the present value of a field, as in Plan.Fields (memory fields
	// expanded to the padded grid).
	Field(name string) (*array.Array, error)
	// Series returns what has been recorded since Plan or Reset, [Shots][points][Steps];
	// steps not reached are zero.
	Series(name string) (*array.Array, error)
	// Peak returns the greatest magnitude in a field, to within a millionth; infinity or
	// NaN if it holds either.
	Peak(name string) (float64, error)
	// Bytes returns what all fields of all shots take on the device as stored: models,
	// profiles, wavefields with their spare buffers, memory fields as strips. It does
	// not count series and temporaries, and is 0 after Close.
	Bytes() int64
	// Close frees the state. It may be called again.
	Close() error
}

// State is room for the wavefields of a Stepper, as it stores them: memory fields as strips.
// One goroutine at a time uses both.
type State interface {
	// Bytes is its size, on the device and on the host.
	Bytes() int
	// Spill copies it to the host, Fill back, to the bit: of so many bytes, numbers of the
	// plan's type in an order of the backend's own.
	Spill(to []byte) error
	Fill(from []byte) error
}

// Picker is a Stepper that can copy a field of one shot: as Field does, [1][...]. For a
// model that shots share it does not matter which.
type Picker interface {
	FieldOf(name string, shot int) (*array.Array, error)
}

// Compiler is a Stepper that knows how long Plan took to compile its program, or to
// find it compiled.
type Compiler interface{ CompileTime() time.Duration }

// Slow is a Stepper that knows what of its program runs slower than it could, and why, in
// words; nothing if all is as it should be.
type Slow interface{ Slow() []string }

// Open opens a device by name: "cpu", "vulkan:1" (its second device), or
// "vulkan:radeon" (the first whose name contains the text, in either case). What does
// not begin with a letter is never looked for in a name: it is a device's number, in
// decimal digits, or an error. Which one "vulkan" alone means may be said, in the same
// way, by the environment variable WAVE_VULKAN_DEVICE; else it is the first. Likewise
// for other backends.
func Open(name string) (Device, error) {
	b, index, err := choose(name)
	if err != nil {
		return nil, err
	}
	return b.Open(index)
}

// Describe returns what Open would open.
func Describe(name string) (Info, error) {
	b, index, err := choose(name)
	if err != nil {
		return Info{}, err
	}
	devices := b.Devices()
	if index >= len(devices) {
		return Info{}, fmt.Errorf("backend: %s has no device: %w", name, ErrNoDevice)
	}
	return devices[index], nil
}

// choose returns the backend of a name and the number of the device.
func choose(name string) (Backend, int, error) {
	backendName, which, given := strings.Cut(name, ":")
	b, err := Lookup(backendName)
	if err != nil {
		return nil, 0, err
	}
	asked := fmt.Sprintf("%s has no device %q", backendName, which)
	if !given {
		variable := "WAVE_" + strings.ToUpper(backendName) + "_DEVICE"
		which = os.Getenv(variable)
		if which == "" {
			return b, 0, nil
		}
		asked = fmt.Sprintf("environment variable %s is %q", variable, which)
	}
	devices := b.Devices()
	if index := find(devices, which); index >= 0 {
		return b, index, nil
	}
	if err := unusable(devices); err != nil {
		return nil, 0, fmt.Errorf("backend: %s: %w", asked, err)
	}
	return nil, 0, fmt.Errorf("backend: %s, want one of %s: %w", asked, list(devices), ErrNoDevice)
}

// find returns the device of that number, or the first with that in its name, or -1.
// Numbers are not names: "5" is in "Radeon 5700" and "64" in "amd64".
func find(devices []Info, which string) int {
	if first, _ := utf8.DecodeRuneInString(which); !unicode.IsLetter(first) {
		n, err := strconv.ParseUint(which, 10, 31) // no sign, no spaces
		if err != nil || n >= uint64(len(devices)) {
			return -1
		}
		return int(n)
	}
	return slices.IndexFunc(devices, func(d Info) bool {
		return strings.Contains(strings.ToLower(d.Name), strings.ToLower(which))
	})
}

// unusable returns why no device can be opened, if so: then there is none to choose.
func unusable(devices []Info) error {
	var errs []error
	for _, d := range devices {
		if d.Err == nil {
			return nil
		}
		errs = append(errs, d.Err)
	}
	err := errors.Join(errs...)
	if err != nil && !errors.Is(err, ErrNoDevice) {
		return fmt.Errorf("%w: %w", err, ErrNoDevice)
	}
	return err
}

func list(devices []Info) string {
	if len(devices) == 0 {
		return "(none)"
	}
	var s []string
	for i, d := range devices {
		s = append(s, fmt.Sprintf("%d (%s)", i, d.Name))
	}
	return strings.Join(s, ", ")
}
