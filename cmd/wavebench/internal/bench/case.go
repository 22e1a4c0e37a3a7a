package bench

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/d52adeda/wave/backend"
)

// Options is what to measure, as on the command line: every combination of the
// lists, which are nil for their defaults.
type Options struct {
	Backends   []string // default cpu
	Equations  []string // default scalar; "all" is all of them
	Shapes     []string // cells without PML, "1024x1024" (the default)
	Accuracies []string // default 4
	DTypes     []string // default float32
	Shots      []string // default 1
	Threads    []string // 0, the default, means all processors
	NT         int      // time steps; 0, the default, means as many as cellUpdates are
	PML        int      // cells on every side
	Repeat     int      // measurements of each case
}

// Case is one combination.
type Case struct {
	Backend  string `json:"backend"`
	Equation string `json:"equation"`
	Shape    []int  `json:"shape"` // cells without PML
	Accuracy int    `json:"accuracy"`
	DType    string `json:"dtype"`
	Shots    int    `json:"shots"`
	Threads  int    `json:"threads"`
	NT       int    `json:"nt"`
	PML      int    `json:"pml"`
}

// Size is the shape as text, "1024x1024".
func (c Case) Size() string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(c.Shape), "[]"), " ", "x")
}

// parts are what cases can differ by, in words.
func (c Case) parts() []string {
	return []string{
		c.Backend, c.Equation, c.Size(), fmt.Sprintf("accuracy %d", c.Accuracy), c.DType,
		count(c.Shots, "shot"), count(c.Threads, "thread"), count(c.NT, "step"), fmt.Sprintf("PML %d", c.PML),
	}
}

// String has all that tells cases apart.
func (c Case) String() string { return strings.Join(c.parts(), ", ") }

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Cells returns how many cells one time step updates: PML included, all shots.
func (c Case) Cells() float64 {
	n := float64(c.Shots)
	for _, s := range c.Shape {
		n *= float64(s + 2*c.PML)
	}
	return n
}

// valueBytes is the size of a number.
func (c Case) valueBytes() float64 {
	if c.DType == "float64" {
		return 8
	}
	return 4
}

// Cases checks the options and returns all combinations, the first list varying
// slowest.
func (o Options) Cases() ([]Case, error) {
	for _, n := range []struct {
		name       string
		got, least int
	}{{"nt", o.NT, 0}, {"pml", o.PML, 0}, {"repeat", o.Repeat, 1}} {
		if n.got < n.least {
			return nil, fmt.Errorf("--%s is %d, want %d or more", n.name, n.got, n.least)
		}
	}
	if slices.Contains(o.Equations, "all") {
		o.Equations = equationNames
	}
	cases := []Case{{NT: o.NT, PML: o.PML}}
	processors := runtime.GOMAXPROCS(0)
	for _, l := range []struct {
		name, otherwise, want string
		given                 []string
		set                   func(c *Case, text string) bool
	}{
		{"backend", "cpu", "one of " + strings.Join(backend.Names(), ", ") + " (NAME:INDEX for another than its first device)", o.Backends, func(c *Case, s string) bool {
			c.Backend = s
			name, _, _ := strings.Cut(s, ":")
			return slices.Contains(backend.Names(), name)
		}},
		{"equation", "scalar", "all or some of " + strings.Join(equationNames, ", "), o.Equations, func(c *Case, s string) bool {
			c.Equation = s
			return slices.Contains(equationNames, s)
		}},
		{"shape", "1024x1024", "1 to 3 extents of 1 or more cells, as 1024x1024", o.Shapes, func(c *Case, s string) (ok bool) {
			c.Shape, ok = parseShape(s)
			return ok
		}},
		{"accuracy", "4", "2, 4, 6 or 8", o.Accuracies, func(c *Case, s string) bool {
			return integer(&c.Accuracy, s) && slices.Contains([]int{2, 4, 6, 8}, c.Accuracy)
		}},
		{"dtype", "float32", "float32 or float64", o.DTypes, func(c *Case, s string) bool {
			c.DType = s
			return s == "float32" || s == "float64"
		}},
		{"shots", "1", "1 or more", o.Shots, func(c *Case, s string) bool { return integer(&c.Shots, s) && c.Shots >= 1 }},
		{"threads", "0", fmt.Sprintf("1 to %d, or 0 for all %d processors", processors, processors), o.Threads, func(c *Case, s string) bool {
			ok := integer(&c.Threads, s) && c.Threads >= 0 && c.Threads <= processors
			if c.Threads == 0 {
				c.Threads = processors
			}
			return ok
		}},
	} {
		if len(l.given) == 0 {
			l.given = []string{l.otherwise}
		}
		var next []Case
		for _, c := range cases {
			for _, text := range l.given {
				if !l.set(&c, strings.TrimSpace(text)) {
					return nil, fmt.Errorf("--%s is %q, want %s", l.name, text, l.want)
				}
				if !slices.ContainsFunc(next, c.equal) {
					next = append(next, c)
				}
			}
		}
		cases = next
	}
	for i := range cases {
		if c := &cases[i]; c.NT == 0 {
			c.NT = max(leastSteps, min(mostSteps, int(cellUpdates/c.Cells())))
		}
	}
	return cases, nil
}

// How many steps are taken if not said: so many updates of a cell, which take a second or a few on
// processors, where that is so many steps.
const cellUpdates, leastSteps, mostSteps = 5e8, 8, 4000

func (c Case) equal(d Case) bool { return c.String() == d.String() }

func integer(n *int, text string) bool {
	var err error
	*n, err = strconv.Atoi(text)
	return err == nil
}

func parseShape(text string) ([]int, bool) {
	var shape []int
	for _, part := range strings.Split(text, "x") {
		n := 0
		if !integer(&n, part) || n < 1 || n > 1<<30 {
			return nil, false
		}
		shape = append(shape, n)
	}
	return shape, len(shape) <= 3
}
