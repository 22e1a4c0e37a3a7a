package config

import (
	"fmt"
	"slices"
	"strings"
)

// Problem is something wrong with a survey file.
type Problem struct {
	Line  int    // 0 if not known
	Field string // "sources.wavelet.freq"; empty for the file as a whole
	Got   string
	Want  string
}

// Error is what Parse and Geometry return: all problems found, by line.
type Error struct {
	File     string
	Problems []Problem
}

func (e *Error) Error() string {
	const most = 10
	var b strings.Builder
	for i, p := range e.Problems {
		if i == most {
			fmt.Fprintf(&b, "\n... and %d more", len(e.Problems)-most)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
		}
		b.WriteString(": ")
		switch {
		case p.Field == "":
			b.WriteString(p.Got)
		case p.Got == "":
			fmt.Fprintf(&b, "%s is missing", p.Field)
		default:
			fmt.Fprintf(&b, "%s is %s", p.Field, p.Got)
		}
		if p.Want != "" {
			b.WriteString(", want " + p.Want)
		}
	}
	return b.String()
}

// origin remembers where keys stand in the file.
type origin struct {
	file  string
	lines map[string]int
}

// line returns the line of a key, or of the closest one above it. What follows a
// space in field is for readers.
func (o *origin) line(field string) int {
	field, _, _ = strings.Cut(field, " ")
	for {
		if n := o.lines[field]; n > 0 || field == "" {
			return n
		}
		field = field[:max(0, strings.LastIndexAny(field, ".["))]
	}
}

// report collects problems.
type report struct {
	*origin
	problems []Problem
}

// add notes a problem; got is printed as given, so quote what users wrote.
func (r *report) add(field string, got any, want string) {
	r.problems = append(r.problems, Problem{Line: r.line(field), Field: field, Got: fmt.Sprint(got), Want: want})
}

func (r *report) missing(field, want string) { r.add(field, "", want) }

// err returns the problems, by line, or nil.
func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
	return &Error{File: r.file, Problems: r.problems}
}

// Problem returns an error about a key of the survey that came up after parsing.
func (s *Survey) Problem(field string, got any, want string) error {
	r := report{origin: &s.origin}
	r.add(field, got, want)
	return r.err()
}

// Given says whether the survey's file has a key.
func (s *Survey) Given(field string) bool { return s.origin.lines[field] > 0 }

// At prefixes an error about the file that a key names with where that key stands.
func (s *Survey) At(field string, err error) error {
	where := s.origin.file
	if n := s.origin.line(field); n > 0 {
		where += fmt.Sprintf(":%d", n)
	}
	return fmt.Errorf("%s: %s: %w", where, field, err)
}

// ForgetLines makes messages leave out line numbers, for a survey that is part of
// a larger file.
func (s *Survey) ForgetLines() { s.origin.lines = nil }
