package segy

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

const (
	lines     = 40 // of the textual header
	lineSize  = 80
	freeLines = lines - 2 // the standard sets the text of the last two
	freeSize  = lineSize - len("C 1 ")
)

// encodeText lays out and encodes the textual file header, bytes 1-3200: 40
// lines of 80 characters in EBCDIC, the last two as rev 1 demands.
func encodeText(text []string) ([]byte, error) {
	if len(text) > freeLines {
		return nil, fmt.Errorf("%w: textual header has %d lines, want at most %d", ErrValue, len(text), freeLines)
	}
	b := make([]byte, 0, textSize)
	for i := range lines {
		line := ""
		switch {
		case i < len(text):
			line = text[i]
		case i == lines-2:
			line = "SEG Y REV1"
		case i == lines-1:
			line = "END TEXTUAL HEADER"
		}
		n := utf8.RuneCountInString(line)
		if n > freeSize {
			return nil, fmt.Errorf("%w: line %d of the textual header has %d characters, want at most %d", ErrValue, i+1, n, freeSize)
		}
		for _, r := range fmt.Sprintf("C%2d %s", i+1, line) + strings.Repeat(" ", freeSize-n) {
			c, ok := charmap.CodePage037.EncodeRune(r)
			if !ok || unicode.IsControl(r) {
				return nil, fmt.Errorf("%w: line %d of the textual header has %q, want a printable character of EBCDIC page 037",
					ErrValue, i+1, r)
			}
			b = append(b, c)
		}
	}
	return b, nil
}

// decodeText returns the lines that encodeText was given, less blank ones at
// the end.
func decodeText(b []byte) []string {
	var text []string
	for i := range freeLines {
		var line strings.Builder
		for _, c := range b[i*lineSize+lineSize-freeSize : (i+1)*lineSize] {
			line.WriteRune(charmap.CodePage037.DecodeByte(c))
		}
		text = append(text, strings.TrimRight(line.String(), " "))
	}
	for len(text) > 0 && text[len(text)-1] == "" {
		text = text[:len(text)-1]
	}
	return text
}
