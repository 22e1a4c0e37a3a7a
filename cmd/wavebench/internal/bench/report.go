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
	BytesPerCell   float64 `json:"bytes_per_cell"` // that the device holds, see wave.Result
	// CellsPerStep is what a step updates, TrafficPerCell the bytes that it moves a
	// cell at least, without reuse from one step to the next.
	CellsPerStep   float64 `json:"cells_per_step"`
	TrafficPerCell float64 `json:"traffic_bytes_per_cell"`
	// RequiredPerCell is the same with what a PML takes.
	RequiredPerCell float64 `json:"required_bytes_per_cell"`
	// Bandwidth is that of memory in GB/s: of a triad with as many threads or, on a
	// device of its own, of a copy there. Limit is the rate without reuse that it
	// allows by TrafficPerCell, Share the best rate over that, and RequiredShare by
	// RequiredPerCell.
	Bandwidth      float64 `json:"bandwidth_gbs"`
	BandwidthOfAll Spread  `json:"bandwidth_gbs_spread"`
	Limit          float64 `json:"limit_gpts"`
	Share          float64 `json:"share"`
	RequiredShare  float64 `json:"required_share"`
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
func (c Case) row(s samples, bandwidths []float64) (Row, error) {
	r := Row{
		Case: c, StepSeconds: spread(s.steps), SetupSeconds: spread(s.setup), CompileSeconds: s.compile, BytesPerCell: s.bytesPerCell,
		CellsPerStep: c.Cells(), TrafficPerCell: c.Traffic(),
	}
	var err error
	if r.RequiredPerCell, err = c.required(); err != nil {
		return r, err
	}
	var rates []float64
	for _, t := range s.steps {
		rates = append(rates, r.CellsPerStep*float64(c.NT)/t/1e9)
	}
	r.GPtsOfAll = spread(rates)
	r.GPts = r.GPtsOfAll.Max
	b := spread(bandwidths)
	r.BandwidthOfAll = Spread{b.Min / 1e9, b.Median / 1e9, b.Max / 1e9}
	r.Bandwidth = r.BandwidthOfAll.Max
	r.Limit = r.Bandwidth / r.TrafficPerCell
	r.Share = r.GPts / r.Limit
	r.RequiredShare = r.GPts * r.RequiredPerCell / r.Bandwidth
	return r, nil
}

// onHost reports whether the backend's bandwidth is that of the machine: it computes with
// threads of its own.
func (c Case) onHost() bool {
	name, _, _ := strings.Cut(c.Backend, ":")
	return name == "cpu" || name == "eager"
}
