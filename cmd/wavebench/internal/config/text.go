package config

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf16"
)

// Text returns data as UTF-8 without a byte order mark, as editors on Windows
// write one. UTF-16 is told by its mark, or by the NULs beside its first
// characters. What is no text is an *Error; name stands for the file in it.
// Bytes that are no UTF-8 stay, for names of files.
func Text(name string, data []byte) ([]byte, error) {
	text, p := decodeText(data)
	if p != nil {
		p.File = name
		return nil, &Error{Problems: []Problem{*p}}
	}
	return text, nil
}

func decodeText(data []byte) ([]byte, *Problem) {
	const want = "a survey: a text (`wavebench init` writes one to start from)"
	for _, known := range []struct{ start, what string }{
		{"\x93NUMPY", "a NumPy file"}, {"PK\x03\x04", "a zip file, such as .npz"}, {"\x1f\x8b", "a gzip file"},
		{"\x89PNG", "a picture"}, {"GIF8", "a picture"}, {"\xff\xd8\xff", "a picture"}, {"\x89HDF", "an HDF5 file"}, {"%PDF", "a PDF file"},
	} {
		if bytes.HasPrefix(data, []byte(known.start)) {
			return nil, &Problem{Got: "is " + known.what, Want: want}
		}
	}
	if order := utf16Order(data); order != nil {
		units := make([]uint16, len(data)/2)
		for i := range units {
			units[i] = order.Uint16(data[2*i:])
		}
		data = []byte(string(utf16.Decode(units)))
	}
	data, _ = bytes.CutPrefix(data, []byte("\ufeff"))
	// The YAML package counts some lines twice that end in both.
	data = bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	for i, c := range data {
		if c < ' ' && c != '\t' && c != '\n' && c != '\f' {
			return nil, &Problem{Line: 1 + bytes.Count(data[:i], []byte("\n")), Got: fmt.Sprintf("is not a text: it has a byte %#02x", c), Want: want + " in UTF-8"}
		}
	}
	return data, nil
}

// utf16Order returns the byte order of UTF-16, or nil for any other encoding.
// Without a mark, the first characters must be of ASCII.
func utf16Order(data []byte) binary.ByteOrder {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		n := min(len(data)/2, 16)
		for i := range n {
			c := order.Uint16(data[2*i:])
			if i == 0 && c == 0xfeff {
				return order
			}
			if c < '\t' || c > '~' {
				break
			}
			if i == n-1 {
				return order
			}
		}
	}
	return nil
}
