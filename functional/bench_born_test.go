package functional_test

import (
	"context"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/array"
)

// Sixteen scattering models at once on the cpu backend: what BenchmarkExampleVMapJVP
// does for comparison.
func BenchmarkExampleBorn16(b *testing.B) {
	const n = 16
	s := exampleSurvey(b)
	s.Receivers.Channels = []string{"dpressure"}
	v, scatter := exampleModel()
	batch := array.Expand(array.Reshape(scatter, 1, exampleCells, exampleCells), n, exampleCells, exampleCells)
	a := s.Sources.Amplitudes
	s.Sources.Amplitudes = array.Expand(a, append([]int{n}, a.Shape()[1:]...)...)
	for range n - 1 {
		s.Sources.Cells = append(s.Sources.Cells, s.Sources.Cells[0])
		s.Receivers.Cells = append(s.Receivers.Cells, s.Receivers.Cells[0])
	}
	loop(b, func() error {
		_, err := wave.ScalarBorn(context.Background(), v, batch, s, wave.Options{PMLFreq: 25, OmitWavefields: true})
		return err
	})
}
