package config

import (
	"fmt"
	"slices"
	"strings"
)

// Problem is something wrong with, or odd about, a survey file.
type Problem struct {
	File  string // empty if Field is a flag, which took the place of a key
	Line  int    // 0 if not known
	Field string // "sources.wavelet.freq" or "--model"; empty for the file as a whole
	Got   string
	Want  string
	Text  string // instead of Got and Want
	Err   error  // to match, or nil
}

// String says where and what: "s.yaml:3: time.dt is 0, want ...".
func (p Problem) String() string {
	text := p.Where()
	switch {
	case p.Text != "" && text == "":
		return p.Text
	case p.Text != "":
		return text + ": " + p.Text
	case p.Field == "":
		text += ": " + p.Got
	case p.Got == "":
		text += " is missing"
	default:
		text += " is " + p.Got
	}
	if p.Want != "" {
		text += ", want " + p.Want
	}
	return text
}

// Where is file, line and key: "s.yaml:3: time.dt".
func (p Problem) Where() string {
	text := p.File
	if p.File != "" && p.Line > 0 {
		text += fmt.Sprintf(":%d", p.Line)
	}
	if p.File != "" && p.Field != "" {
		text += ": "
	}
	return text + p.Field
}

// Error is what Parse, Geometry and others return: all problems found, by line.
type Error struct{ Problems []Problem }

func (e *Error) Error() string {
	const most = 10
	var lines []string
	for i, p := range e.Problems {
		if i == most {
			lines = append(lines, fmt.Sprintf("... and %d more", len(e.Problems)-most))
			break
		}
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the errors to match.
func (e *Error) Unwrap() []error {
	var out []error
	for _, p := range e.Problems {
		if p.Err != nil {
			out = append(out, p.Err)
		}
	}
	return out
}

// origin remembers where keys stand in the file, and which a flag has replaced.
type origin struct {
	file  string
	lines map[string]int  // of the file as a whole by an empty key
	empty map[string]bool // keys without a value
	flags map[string]string
}

// given says whether the file has a key, with a value.
func (o *origin) given(field string) bool { return o.lines[field] > 0 && !o.empty[field] }

// problem says where a field stands: at its key or the closest one above it. What
// follows a space or comma in field is for readers.
func (o *origin) problem(field string) Problem {
	key := field
	if i := strings.IndexAny(key, " ,"); i >= 0 {
		key = key[:i]
	}
	if flag := o.flags[key]; flag != "" {
		return Problem{Field: flag + field[len(key):]}
	}
	p := Problem{File: o.file, Field: field}
	for {
		if p.Line = o.lines[key]; p.Line > 0 || key == "" {
			return p
		}
		key = key[:max(0, strings.LastIndexAny(key, ".["))]
	}
}

// report collects problems.
type report struct {
	*origin
	problems, notes []Problem
}

// add notes a problem; got is printed as given, so quote what users wrote.
func (r *report) add(field string, got any, want string) {
	p := r.problem(field)
	p.Got, p.Want = fmt.Sprint(got), want
	r.problems = append(r.problems, p)
}

func (r *report) missing(field, want string) { r.add(field, "", want) }

// err returns the problems, by line, or nil.
func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
	return &Error{Problems: r.problems}
}

// Problem returns an error about a key of the survey that came up after parsing.
func (s *Survey) Problem(field string, got any, want string) error {
	r := report{origin: &s.origin}
	r.add(field, got, want)
	return r.err()
}

// Given says whether the survey's file has a key, with a value.
func (s *Survey) Given(field string) bool { return s.origin.given(field) }

// At says of an error what key it is about.
func (s *Survey) At(field string, err error) error {
	p := s.Note(field, err.Error())
	p.Err = err
	return &Error{Problems: []Problem{p}}
}

// Note is something odd about a key.
func (s *Survey) Note(field, text string) Problem {
	p := s.origin.problem(field)
	p.Text = text
	return p
}

// Notes returns what is odd about the survey, though it can be run.
func (s *Survey) Notes() []Problem { return s.notes }

// Override notes that a flag of the command line, such as "--model", has replaced
// the value of a key: it is what messages name.
func (s *Survey) Override(field, flag string) {
	if s.origin.flags == nil {
		s.origin.flags = map[string]string{}
	}
	s.origin.flags[field] = flag
}

// ForgetLines makes messages leave out line numbers, for a survey that is part of
// a larger file.
func (s *Survey) ForgetLines() { s.origin.lines = nil }
