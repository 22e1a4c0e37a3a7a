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
// lines of 80 characters in EBCDIC, the last two as the standard demands.
func encodeText(text []string, rev Revision) ([]byte, error) {
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
			line = map[Revision]string{Rev1: "SEG Y REV1", Rev2_1: "SEG-Y_REV2.1"}[rev]
		case i == lines-1:
			line = "END TEXTUAL HEADER"
		}
		n := utf8.RuneCountInString(line)
		if n > freeSize {
			return nil, fmt.Errorf("%w: line %d of the textual header has %d characters, want at most %d", ErrValue, i+1, n, freeSize)
		}
		for _, r := range line {
			if _, ok := charmap.CodePage037.EncodeRune(r); !ok || unicode.IsControl(r) {
				return nil, fmt.Errorf("%w: line %d of the textual header has %q, want a printable character of EBCDIC page 037",
					ErrValue, i+1, r)
			}
		}
		b = append(b, ebcdic(fmt.Sprintf("C%2d %s", i+1, line)+strings.Repeat(" ", freeSize-n))...)
	}
	return b, nil
}

// ebcdic encodes text of characters that the set has.
func ebcdic(text string) []byte {
	var b []byte
	for _, r := range text {
		c, _ := charmap.CodePage037.EncodeRune(r)
		b = append(b, c)
	}
	return b
}

// decodeText returns the lines that encodeText was given, less blank ones at
// the end.
func decodeText(b []byte) []string {
	var text []string
	for i := range freeLines {
		text = append(text, strings.TrimRight(decode(b[i*lineSize+lineSize-freeSize:(i+1)*lineSize]), " "))
	}
	for len(text) > 0 && text[len(text)-1] == "" {
		text = text[:len(text)-1]
	}
	return text
}

// decode undoes ebcdic.
func decode(b []byte) string {
	var text strings.Builder
	for _, c := range b {
		text.WriteRune(charmap.CodePage037.DecodeByte(c))
	}
	return text.String()
}
