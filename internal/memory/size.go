package memory

import "fmt"

// Size prints a number of bytes: "3.2 GiB".
func Size[T int64 | float64](bytes T) string {
	x, unit := float64(bytes), 0
	for x >= 1000 && unit < 5 {
		x, unit = x/1024, unit+1
	}
	if unit == 0 {
		return fmt.Sprintf("%.0f bytes", x)
	}
	return fmt.Sprintf("%.3g %s", x, []string{"", "KiB", "MiB", "GiB", "TiB", "PiB"}[unit])
}
