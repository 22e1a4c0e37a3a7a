package bench

import (
	"slices"
	"strings"

	"github.com/d52adeda/wave/cmd/wavebench/internal/record"
)

// Format is the version of the report's layout.
const Format = 1

// Report is what was measured.
type Report struct {
	Format   int             `json:"wavebench_bench"`
	Date     string          `json:"date"` // RFC 3339
	Machine  Machine         `json:"machine"`
	Versions record.Versions `json:"versions"`
	Repeat   int             `json:"repeat"`
	Cases    []Row           `json:"cases"`
}

// Row is the result of a case.
type Row struct {
	Case
	// GPts is the best of the rate in 1e9 cells a second: all cells that a step
	// updates, PML and all shots included, times steps over seconds of stepping.
	GPts         float64 `json:"gpts"`
	GPtsOfAll    Spread  `json:"gpts_spread"`
	StepSeconds  Spread  `json:"step_seconds"`  // for all steps together
	SetupSeconds Spread  `json:"setup_seconds"` // before the first step
	// CompileSeconds is how long the first run compiled for the device (or found it
	// compiled); the others, whose set-up counts, find it compiled.
	CompileSeconds float64 `json:"compile_seconds"`
	// CellsPerStep is what a step updates. For each of these BytesPerCell is what the device
	// holds (see wave.Result; halos and spare buffers are in it) and NeededPerCell what has to
	// be: wavefields and models once, memory fields where their PML is. MovedPerCell is what a
	// step moves at least, if every value comes from memory once for each pass over the grid.
	CellsPerStep  float64 `json:"cells_per_step"`
	BytesPerCell  float64 `json:"bytes_per_cell"`
	NeededPerCell float64 `json:"needed_bytes_per_cell"`
	StoredRatio   float64 `json:"stored_over_needed"`
	MovedPerCell  float64 `json:"moved_bytes_per_cell"`
	// Bandwidth is that of memory in GB/s: of a triad with as many threads or, on a
	// device of its own, of a copy there. Limit is the rate without reuse from one step to the
	// next that it allows, Share the best rate over that.
	Bandwidth      float64 `json:"bandwidth_gbs"`
	BandwidthOfAll Spread  `json:"bandwidth_gbs_spread"`
	Limit          float64 `json:"limit_gpts"`
	Share          float64 `json:"share"`
	// OfScalar is the bytes moved in a second, by MovedPerCell, over those of the scalar equation
	// in a case that is otherwise the same; 0 if the report has none.
	OfScalar float64 `json:"of_scalar,omitempty"`
	// Slow is what runs slower than it could, and why.
	Slow []string `json:"slow,omitempty"`
}

// Spread sums repeated measurements up.
type Spread struct {
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
}

func spread(x []float64) Spread {
	x = slices.Sorted(slices.Values(x))
	n := len(x)
	return Spread{x[0], (x[(n-1)/2] + x[n/2]) / 2, x[n-1]}
}

// row sums the measurements of a case up, with bandwidths in bytes a second.
func (c Case) row(s samples, bandwidths []float64) Row {
	r := Row{
		Case: c, StepSeconds: spread(s.steps), SetupSeconds: spread(s.setup), CompileSeconds: s.compile,
		CellsPerStep: c.Cells(), BytesPerCell: s.bytesPerCell * s.least.padded, NeededPerCell: s.least.stored, MovedPerCell: s.least.moved, Slow: s.slow,
	}
	r.StoredRatio = r.BytesPerCell / r.NeededPerCell
	var rates []float64
	for _, t := range s.steps {
		rates = append(rates, r.CellsPerStep*float64(c.NT)/t/1e9)
	}
	r.GPtsOfAll = spread(rates)
	r.GPts = r.GPtsOfAll.Max
	b := spread(bandwidths)
	r.BandwidthOfAll = Spread{b.Min / 1e9, b.Median / 1e9, b.Max / 1e9}
	r.Bandwidth = r.BandwidthOfAll.Max
	r.Limit = r.Bandwidth / r.MovedPerCell
	r.Share = r.GPts / r.Limit
	return r
}

// ofScalar compares the cases with those of the scalar equation.
func (r *Report) ofScalar() {
	for i := range r.Cases {
		c := &r.Cases[i]
		same := c.Case
		same.Equation = "scalar"
		k := slices.IndexFunc(r.Cases, func(o Row) bool { return o.Case.equal(same) })
		if k >= 0 && c.Equation != "scalar" {
			c.OfScalar = c.GPts * c.MovedPerCell / (r.Cases[k].GPts * r.Cases[k].MovedPerCell)
		}
	}
}

// onHost reports whether the backend's bandwidth is that of the machine: it computes with
// threads of its own.
func (c Case) onHost() bool {
	name, _, _ := strings.Cut(c.Backend, ":")
	return name == "cpu" || name == "eager"
}
