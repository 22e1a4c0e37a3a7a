package job

import (
	"slices"
	"testing"
)

func TestGatherShots(t *testing.T) {
	for _, c := range []struct {
		shots, n int
		want     []int
	}{{10, 3, []int{0, 4, 9}}, {10, 1, []int{5}}, {2, 3, []int{0, 1}}, {3, 0, nil}, {1, 5, []int{0}}} {
		if got := gatherShots(c.shots, c.n); !slices.Equal(got, c.want) {
			t.Errorf("gatherShots(%d, %d) is %v, want %v", c.shots, c.n, got, c.want)
		}
	}
}
