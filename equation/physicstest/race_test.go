//go:build race

package physicstest

func init() { racing = true }
