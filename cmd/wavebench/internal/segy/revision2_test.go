package segy

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
)

// A file of revision 2.1, byte by byte from the standard's tables: what is not
// listed is zero.
func TestRevision2Bytes(t *testing.T) {
	f := wide()
	f.Samples, f.traces, f.data = 2, f.traces[1:2], [][]float64{{math.Pi, -1}}
	f.traces[0].SourceZ = -1.25
	var b bytes.Buffer
	if err := Write(t.Context(), &b, f.done()); err != nil {
		t.Fatal(err)
	}
	type field struct {
		at   int // from 1, in the block
		want any
	}
	sx, rx := 100.0, -499.9998
	hypot, x, y := math.Hypot(rx-sx, 800), sx+(rx-sx)/2, 600.0
	name := func(last byte) []byte { return []byte{0xe2, 0xc5, 0xc7, 0xf0, 0xf0, 0xf0, 0xf0, last} } // EBCDIC
	blocks := []struct {
		name        string
		begin, size int
		fields      []field
	}{
		{"binary header", 3200, 400, []field{
			{5, int32(1)}, {9, int32(1)}, {13, int16(1)}, {21, int16(2)}, {23, int16(2)}, {25, int16(6)}, {27, int16(1)}, {29, int16(5)},
			{31, int16(1)}, {49, int16(1)}, {53, int16(1)}, {55, int16(1)}, {57, int16(1)},
			{61, int32(1)}, {69, int32(2)}, {73, 1.25e-4}, {81, 1.25e-4}, {89, int32(2)}, {93, int32(1)}, {97, int32(16909060)},
			{301, []byte{2, 1}}, {303, int16(1)}, {307, int16(1)}, {313, uint64(1)}, {321, uint64(3600)},
		}},
		{"trace header", 3600, 240, []field{
			{1, int32(1)}, {5, int32(1)}, {9, int32(7)}, {13, int32(2)}, {17, int32(7)}, {21, int32(41)}, {25, int32(1)}, {29, int16(12)},
			{31, int16(1)}, {33, int16(1)}, {35, int16(1)}, {37, int32(1000)}, {41, int32(25000)}, {45, int32(12500)},
			{69, int16(-10000)}, {71, int16(-10000)}, {73, int32(1000000)}, {77, int32(2000000)}, {81, int32(-4999998)}, {85, int32(10000000)},
			{89, int16(1)}, {109, int16(-8)}, {115, int16(2)}, {125, int16(1)}, {181, int32(-1999999)}, {185, int32(6000000)},
			{197, int32(7)}, {201, int16(1)}, {203, int16(6)}, {233, name(0xf0)},
		}},
		{"extension 1", 3840, 240, []field{
			{1, uint64(1)}, {9, uint64(1)}, {17, uint64(7)}, {25, uint64(41)}, {33, 2.5}, {49, 1.25},
			{97, 100.0}, {105, 200.0}, {113, -499.9998}, {121, 1000.0}, {129, hypot}, {137, uint32(2)}, {145, 1.25e-4},
			{157, uint16(1)}, {161, x}, {169, y}, {233, name(0xf1)},
		}},
		{"samples", 4080, 16, []field{{1, math.Pi}, {9, -1.0}}},
	}
	for _, block := range blocks {
		want := make([]byte, block.size)
		for _, c := range block.fields {
			if _, err := binary.Encode(want[c.at-1:], binary.BigEndian, c.want); err != nil {
				t.Fatal(err)
			}
		}
		got := b.Bytes()[block.begin:][:block.size]
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: byte %d is %#x, want %#x", block.name, i+1, got[i], want[i])
			}
		}
	}
	if b.Len() != 4096 {
		t.Errorf("file has %d bytes, want 4096", b.Len())
	}
}
