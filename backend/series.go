package backend

// Transposed returns rows of so many columns as columns: series of points as rows of a
// step each, or the reverse.
func Transposed[T any](data []T, columns int) []T {
	out := make([]T, len(data))
	if columns == 0 {
		return out
	}
	rows := len(data) / columns
	for r := range rows {
		for c := range columns {
			out[c*rows+r] = data[r*columns+c]
		}
	}
	return out
}
