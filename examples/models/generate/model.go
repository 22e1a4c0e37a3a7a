package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// A model is a property on a regular grid, mostly the velocity.
type model struct {
	name  string    // file name
	shape []int     // (z), (z, x) or (z, y, x); (x) of a ground
	v     []float32 // m/s, kg/m^3 or m, row-major
	whole bool      // stored as 16-bit integers
}

// newModel samples velocity (m/s) at the grid points index*step (m), the
// origin being the first cell. Missing axes of p = {z, y, x} stay zero.
func newModel(name string, step float64, shape []int, velocity func(z, y, x float64) float64) model {
	nz, ny, nx := shape[0], 1, 1
	switch len(shape) {
	case 2:
		nx = shape[1]
	case 3:
		ny, nx = shape[1], shape[2]
	}
	m := model{name: name, shape: shape, v: make([]float32, 0, nz*ny*nx)}
	for i := range nz {
		for j := range ny {
			for k := range nx {
				m.v = append(m.v, round(velocity(float64(i)*step, float64(j)*step, float64(k)*step)))
			}
		}
	}
	return m
}

// short rounds to whole numbers, for a file of half the size.
func (m model) short() model {
	for i, v := range m.v {
		m.v[i] = float32(math.Round(float64(v)))
	}
	m.whole = true
	return m
}

// round gives the float32 nearest to v rounded to 0.1 m/s.
func round(v float64) float32 { return float32(math.Round(v*10) / 10) }

// npy encodes m as a NumPy array file, version 1.0, little-endian float32 or int16 in C
// order (NEP 1). npyio v0.6 writes slices as 1-D and matrices as float64 only.
func (m model) npy() []byte {
	shape := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(m.shape)), ", "), "[]")
	if len(m.shape) == 1 {
		shape += ","
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", m.descr(), shape)
	const prefix = 10 // magic, version and header length
	// The data start at a multiple of 64 bytes; the header ends in a newline.
	pad := 63 - (prefix+len(header))%64
	header += strings.Repeat(" ", pad) + "\n"

	b := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(b[8:], uint16(len(header)))
	b = append(b, header...)
	for _, v := range m.v {
		if m.whole {
			b = binary.LittleEndian.AppendUint16(b, uint16(int16(v)))
		} else {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	return b
}

// descr is NumPy's name of what the numbers are.
func (m model) descr() string {
	if m.whole {
		return "<i2"
	}
	return "<f4"
}
