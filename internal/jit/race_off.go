//go:build !race

package jit

const raceEnabled = false

func (c *Code) tellRaceDetector([]Operand, int, int, int, int, int) {}
