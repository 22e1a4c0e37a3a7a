//go:build race

package wave_test

func init() { racing = true }
