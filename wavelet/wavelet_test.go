package wavelet

import (
	"math"
	"math/cmplx"
	"testing"

	"github.com/sbinet/npyio/npz"
	"gonum.org/v1/gonum/dsp/fourier"
)

const (
	nt = 4096
	dt = 0.0005 // Nyquist is 1000 Hz
)

// must unwraps a wavelet for tests: must(t)(Ricker(...)).
func must(t *testing.T) func([]float64, error) []float64 {
	return func(w []float64, err error) []float64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
}

// spectrum returns the amplitude spectrum in seconds and its spacing in hertz, 0.06.
func spectrum(w []float64) (amplitude []float64, df float64) {
	padded := append(w[:nt:nt], make([]float64, 7*nt)...)
	for _, c := range fourier.NewFFT(len(padded)).Coefficients(nil, padded) {
		amplitude = append(amplitude, cmplx.Abs(c)*dt)
	}
	return amplitude, 1 / (float64(len(padded)) * dt)
}

func argmax(x []float64) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}

// TestRickerReference compares with Deepwave's Ricker wavelet.
func TestRickerReference(t *testing.T) {
	f, err := npz.Open("../internal/resample/testdata/pieces.npz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var want []float64
	if err := f.Read("out_ricker.npy", &want); err != nil {
		t.Fatal(err)
	}
	got := must(t)(Ricker(25, 101, 0.003, 0.07))
	if len(want) != len(got) {
		t.Fatalf("%d samples, want %d", len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-12) {
			t.Errorf("sample %d is %v, want %v", i, got[i], want[i])
		}
	}
}

// TestShape checks what each comment promises of times, largest values, means and spectra.
func TestShape(t *testing.T) {
	const at = 2000 // the sample of peakTime
	const peakTime = at * dt
	const freq = 25
	for _, c := range []struct {
		name      string
		w         []float64
		top       int     // sample of the largest value
		value     float64 // the largest value
		valueTol  float64
		peakFreq  float64 // of the spectrum; 0: not promised
		freqTol   float64
		meanShare float64 // bound on the spectrum at zero over its peak; 0: not promised
	}{
		{"Ricker", must(t)(Ricker(freq, nt, dt, peakTime)), at, 1, 0, freq, 0.05, 1e-12},
		{"GaussianDerivative", must(t)(GaussianDerivative(freq, nt, dt, peakTime)), at - 13, 1, 1e-3, freq, 0.05, 1e-12},
		{"Gabor", must(t)(Gabor(freq, nt, dt, peakTime, 0.04, 0)), at, 1, 0, freq, 0.05, 1e-8},
		{"Gabor, short", must(t)(Gabor(freq, nt, dt, peakTime, 0.02, 0)), at, 1, 0, freq, 0.05, 0.015},
		{"Ormsby", must(t)(Ormsby(5, 10, 40, 60, nt, dt, peakTime)), at, 1, 0, 0, 0, 1e-3},
		{"ToneBurst", must(t)(ToneBurst(freq, 5, nt, dt, peakTime)), at + 180, 0.976, 1e-3, freq, 0.05, 1e-12},
		{"ToneBurst, 2 cycles", must(t)(ToneBurst(freq, 2, nt, dt, peakTime)), at + 98, 0.869, 1e-3, freq, 0.25, 1e-12},
	} {
		if top := argmax(c.w); top != c.top || math.Abs(c.w[top]-c.value) > c.valueTol {
			t.Errorf("%s: largest value %v at sample %d, want %v at %d", c.name, c.w[top], top, c.value, c.top)
		}
		amplitude, df := spectrum(c.w)
		peak := argmax(amplitude)
		if c.peakFreq > 0 && !(math.Abs(float64(peak)*df-c.peakFreq) <= c.freqTol) {
			t.Errorf("%s: spectrum peaks at %v Hz, want %v", c.name, float64(peak)*df, c.peakFreq)
		}
		if share := amplitude[0] / amplitude[peak]; c.meanShare > 0 && !(share <= c.meanShare) {
			t.Errorf("%s: mean is %v of the spectrum's peak, want at most %v", c.name, share, c.meanShare)
		}
	}
}

// TestOrmsbyBand: flat in the passband, nothing outside, straight between.
func TestOrmsbyBand(t *testing.T) {
	const f1, f2, f3, f4 = 5, 10, 40, 60
	amplitude, df := spectrum(must(t)(Ormsby(f1, f2, f3, f4, nt, dt, nt/2*dt)))
	for i, a := range amplitude {
		f := float64(i) * df
		want := min(1, max(0, (f-f1)/(f2-f1)), max(0, (f4-f)/(f4-f3)))
		tol := 0.002
		for _, corner := range []float64{f1, f2, f3, f4} {
			if math.Abs(f-corner) < 1 { // cutting the tails off rounds the corners
				tol = 0.011
			}
		}
		if got := a * (f4 + f3 - f2 - f1); !(math.Abs(got-want) <= tol) {
			t.Errorf("spectrum at %v Hz is %v, want %v", f, got, want)
		}
	}
}

// TestGaussianFamily: the wavelets are the derivatives that their comments say.
func TestGaussianFamily(t *testing.T) {
	const h, freq, centre = 1e-6, 30.0, 0.05
	gauss := func(t float64) float64 { return math.Exp(-math.Pow(math.Pi*freq*(t-centre), 2)) }
	ricker := must(t)(Ricker(freq, 200, dt, centre))
	// The Gaussian derivative of peak frequency freq is that of a Gaussian with sqrt(2) the exponent's root.
	derivative := must(t)(GaussianDerivative(freq/math.Sqrt2, 200, dt, centre))
	for i := range ricker {
		x := float64(i) * dt
		second := (gauss(x+100*h) - 2*gauss(x) + gauss(x-100*h)) / (1e4 * h * h)
		if want := -second / (2 * math.Pow(math.Pi*freq, 2)); math.Abs(ricker[i]-want) > 1e-4 {
			t.Errorf("Ricker sample %d is %v, want %v", i, ricker[i], want)
		}
		slope := (gauss(x+h) - gauss(x-h)) / (2 * h)
		if want := slope * math.Sqrt(math.E/2) / (math.Pi * freq); math.Abs(derivative[i]-want) > 1e-6 {
			t.Errorf("GaussianDerivative sample %d is %v, want %v", i, derivative[i], want)
		}
	}
}

// TestToneBurstSupport: zero outside, and of the stated length.
func TestToneBurstSupport(t *testing.T) {
	w := must(t)(ToneBurst(50, 2.5, 400, dt, 0.05)) // samples 100 to 200
	for i, v := range w {
		if outside := i <= 100 || i >= 200; outside && math.Abs(v) > 1e-12 {
			t.Errorf("sample %d is %v, want 0 outside the burst", i, v)
		}
	}
	if w[101] <= 0 || w[199] <= 0 {
		t.Errorf("first and last sample of the burst are %v and %v, want more than 0", w[101], w[199])
	}
}

// TestTimeAxis: sample i is at i*dt for either sign of dt, and a phase shifts the Gabor wavelet's carrier.
func TestTimeAxis(t *testing.T) {
	forward := must(t)(GaussianDerivative(20, 50, 0.002, 0.04))
	backward := must(t)(GaussianDerivative(20, 50, -0.002, -0.04))
	for i := range forward {
		if forward[i] != -backward[i] {
			t.Fatalf("sample %d is %v forwards and %v backwards", i, forward[i], backward[i])
		}
	}
	sine := must(t)(Gabor(20, 50, 0.002, 0.04, 0.02, -math.Pi/2))
	for i, v := range sine {
		x := float64(i)*0.002 - 0.04
		if want := math.Exp(-x*x/0.0008) * math.Sin(2*math.Pi*20*x); math.Abs(v-want) > 1e-14 {
			t.Errorf("sample %d is %v, want %v", i, v, want)
		}
	}
}

func TestErrors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		f    func() ([]float64, error)
		want string
	}{
		{func() ([]float64, error) { return Ricker(-1, 10, dt, 0) }, "wavelet: freq is -1, want a finite number of 0 or more"},
		{func() ([]float64, error) { return Ricker(25, 0, dt, 0) }, "wavelet: nt is 0, want at least 1"},
		{func() ([]float64, error) { return Ricker(25, 10, 0, 0) }, "wavelet: dt is 0 s, want a finite number other than 0"},
		{func() ([]float64, error) { return Ricker(25, 10, nan, 0) }, "wavelet: dt is NaN s, want a finite number other than 0"},
		{func() ([]float64, error) { return Ricker(25, 10, dt, inf) }, "wavelet: peakTime is +Inf, want a finite number"},
		{func() ([]float64, error) { return GaussianDerivative(nan, 10, dt, 0) }, "wavelet: freq is NaN, want a finite number of 0 or more"},
		{func() ([]float64, error) { return GaussianDerivative(25, 10, dt, nan) }, "wavelet: centreTime is NaN, want a finite number"},
		{func() ([]float64, error) { return Gabor(25, 10, dt, 0, 0, 0) }, "wavelet: width is 0, want a finite number above 0"},
		{func() ([]float64, error) { return Gabor(25, 10, dt, 0, 1, nan) }, "wavelet: phase is NaN, want a finite number"},
		{func() ([]float64, error) { return Ormsby(10, 5, 40, 60, 10, dt, 0) },
			"wavelet: corner frequencies are 10, 5, 40, 60, want 0 <= f1 < f2 <= f3 < f4, finite"},
		{func() ([]float64, error) { return Ormsby(5, 10, 60, 60, 10, dt, 0) },
			"wavelet: corner frequencies are 5, 10, 60, 60, want 0 <= f1 < f2 <= f3 < f4, finite"},
		{func() ([]float64, error) { return Ormsby(-1, 10, 40, nan, 10, dt, 0) },
			"wavelet: corner frequencies are -1, 10, 40, NaN, want 0 <= f1 < f2 <= f3 < f4, finite"},
		{func() ([]float64, error) { return Ormsby(5, 10, 40, inf, 10, dt, 0) },
			"wavelet: corner frequencies are 5, 10, 40, +Inf, want 0 <= f1 < f2 <= f3 < f4, finite"},
		{func() ([]float64, error) { return Ormsby(5, 10, 40, 60, -1, dt, 0) }, "wavelet: nt is -1, want at least 1"},
		{func() ([]float64, error) { return ToneBurst(25, -1, 10, dt, 0) }, "wavelet: cycles is -1, want a finite number above 0"},
		{func() ([]float64, error) { return ToneBurst(25, 5, 10, dt, nan) }, "wavelet: start is NaN, want a finite number"},
	} {
		if w, err := c.f(); err == nil || err.Error() != c.want || w != nil {
			t.Errorf("got %v, error %v, want %s", w, err, c.want)
		}
	}
}

// TestDegenerate: what has a value has it, at 0 Hz and at frequencies whose squares are infinite.
func TestDegenerate(t *testing.T) {
	const huge = 1e200
	for _, c := range []struct {
		name string
		w    []float64
		want [3]float64
	}{
		{"Ricker, 0 Hz", must(t)(Ricker(0, 3, dt, 0.1)), [3]float64{1, 1, 1}},
		{"Ricker, huge", must(t)(Ricker(huge, 3, dt, dt)), [3]float64{0, 1, 0}},
		{"GaussianDerivative, 0 Hz", must(t)(GaussianDerivative(0, 3, dt, 0.1)), [3]float64{}},
		{"GaussianDerivative, huge", must(t)(GaussianDerivative(huge, 3, dt, dt)), [3]float64{}},
		{"Gabor, 0 Hz", must(t)(Gabor(0, 3, dt, dt, 1e-9, 0)), [3]float64{0, 1, 0}},
		{"ToneBurst, 0 Hz", must(t)(ToneBurst(0, 5, 3, dt, 0)), [3]float64{}},
	} {
		if [3]float64(c.w) != c.want {
			t.Errorf("%s is %v, want %v", c.name, c.w, c.want)
		}
	}
}
