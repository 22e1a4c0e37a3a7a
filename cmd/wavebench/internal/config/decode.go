package config

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Parse reads and checks a survey. name stands for the file in messages. Errors
// are *Error; nothing of the caller's data is kept.
func Parse(name string, data []byte) (*Survey, error) {
	s := defaults()
	s.origin = origin{file: name, lines: map[string]int{}, empty: map[string]bool{}}
	r := &report{origin: &s.origin}
	root, bad := tree(data)
	if bad != nil {
		bad.File = name
		r.problems = append(r.problems, *bad)
		return nil, r.err()
	}
	r.lines[""] = line(root)
	(&decoder{r}).value("", root, reflect.ValueOf(&s).Elem())
	if err := r.err(); err != nil {
		return nil, err // before checks, whose complaints would follow from these
	}
	s.check(r)
	if err := r.err(); err != nil {
		return nil, err
	}
	s.notes = r.notes
	return &s, nil
}

// tree parses YAML (or JSON, which is YAML). The bounds keep the parser's time
// and stack small for hostile text.
func tree(data []byte) (root ast.Node, bad *Problem) {
	if len(data) > MaxFile {
		return nil, &Problem{Got: fmt.Sprintf("has %d bytes", len(data)), Want: fmt.Sprintf("at most %d", MaxFile)}
	}
	if data, bad = decodeText(data); bad != nil {
		return nil, bad
	}
	if p := tooDeep(data); p != nil {
		return nil, p
	}
	if p := tooManyKeys(data); p != nil {
		return nil, p
	}
	defer func() { // a fault of the YAML package must not end the program
		if r := recover(); r != nil {
			root, bad = nil, &Problem{Got: "cannot be parsed as YAML"}
		}
	}()
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		p := &Problem{Got: "not valid YAML: " + firstLine(err.Error())}
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) {
			p.Got = "not valid YAML: " + syntax.Message
			if syntax.Token != nil && syntax.Token.Position != nil {
				p.Line = syntax.Token.Position.Line
			}
		}
		return nil, p
	}
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.NullType || doc.Body.Type() == ast.CommentType {
			continue
		}
		if root != nil {
			return nil, &Problem{Line: line(doc.Body), Got: "a second YAML document", Want: "one survey a file"}
		}
		root = doc.Body
	}
	if root == nil {
		return nil, &Problem{Got: "empty", Want: "a survey (`wavebench init` writes one to start from)"}
	}
	return root, nil
}

// tooDeep reports nesting beyond what a survey can have: brackets, or what a line
// starts with (blanks, and the marks of lists and keys).
func tooDeep(data []byte) *Problem {
	const deepest = 64
	depth, lead, lineNo, leading := 0, 0, 1, true
	for _, c := range data {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(0, depth-1)
		case '\n':
			lineNo, lead, leading = lineNo+1, 0, true
			continue
		}
		leading = leading && strings.IndexByte(" \t-?:!&*", c) >= 0
		if leading {
			lead++
		}
		if depth > deepest || lead > 20*deepest {
			return &Problem{Line: lineNo, Got: "nested too deeply for a survey"}
		}
	}
	return nil
}

// tooManyKeys reports groups of more keys, one a line, than any of a survey can have:
// the parser's time grows with their square.
func tooManyKeys(data []byte) *Problem {
	const most = 1000
	var keys []int // by indentation: lines since one that was indented less
	lineNo, brackets := 0, 0
	for text := range bytes.Lines(data) {
		lineNo++
		line := bytes.TrimLeft(text, " ")
		indent := len(text) - len(line)
		inside := brackets > 0
		brackets = max(0, brackets+bytes.Count(line, []byte("["))+bytes.Count(line, []byte("{"))-bytes.Count(line, []byte("]"))-bytes.Count(line, []byte("}")))
		if inside || len(bytes.TrimSpace(line)) == 0 || line[0] == '#' {
			continue
		}
		keys = append(keys, make([]int, max(0, indent+1-len(keys)))...)[:indent+1]
		if line[0] == '-' {
			continue // an element of a list, of which there may be many
		}
		if keys[indent]++; keys[indent] > most {
			return &Problem{Line: lineNo, Got: fmt.Sprintf("more than %d keys in one group", most), Want: "a survey (`wavebench init` writes one to start from)"}
		}
	}
	return nil
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

func line(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

// decoder fills a struct from a YAML tree, noting problems and lines.
type decoder struct{ *report }

// value decodes n into v. Absent and empty values leave v as it is.
func (d *decoder) value(path string, n ast.Node, v reflect.Value) {
	if path != "" && d.lines[path] == 0 {
		d.lines[path] = line(n)
	}
	switch n.Type() {
	case ast.NullType:
		d.empty[path] = true
		return
	case ast.AliasType, ast.AnchorType, ast.MergeKeyType, ast.TagType:
		d.add(path, "a YAML anchor, alias or tag", "plain values")
		return
	}
	switch x := v.Addr().Interface().(type) {
	case *Numbers, *Sides, *Words: // one stands for a list of one
		if n.Type() != ast.SequenceType {
			list := reflect.MakeSlice(v.Type(), 1, 1)
			d.scalar(path, n, list.Index(0), v.Type() == reflect.TypeFor[Sides]())
			v.Set(list)
			return
		}
	case interface {
		decode(*decoder, string, ast.Node) bool
	}: // has forms of its own, and says whether this is one
		if x.decode(d, path, n) {
			return
		}
	case interface{ short(ast.Node) string }: // other nodes than keys stand for one of them
		if key := x.short(n); key != "" {
			field, _ := fieldOf(v, key)
			d.value(path+"."+key, n, field)
			return
		}
	}
	switch v.Kind() {
	case reflect.Map:
		d.numbers(path, n, v)
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		if s, ok := p.Interface().(interface{ presets() }); ok {
			s.presets()
		}
		d.value(path, n, p.Elem())
		v.Set(p)
	case reflect.Struct:
		d.mapping(path, n, v)
	case reflect.Slice:
		d.list(path, n, v)
	default:
		d.scalar(path, n, v, false)
	}
}

func (d *decoder) list(path string, n ast.Node, v reflect.Value) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.add(path, describe(n), "a list")
		return
	}
	list := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, e := range seq.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		if e == nil || e.Type() == ast.NullType {
			d.add(at, "empty", "a value")
			continue
		}
		if v.Type() == reflect.TypeFor[Sides]() {
			d.scalar(at, e, list.Index(i), true)
		} else {
			d.value(at, e, list.Index(i))
		}
	}
	v.Set(list)
}

func (d *decoder) mapping(path string, n ast.Node, v reflect.Value) {
	m, ok := n.(ast.MapNode)
	if !ok {
		d.add(path, describe(n), "keys with values ("+strings.Join(keys(v.Type()), ", ")+")")
		if path == "" {
			d.problems[len(d.problems)-1].Field = "the survey"
		}
		return
	}
	for it := m.MapRange(); it.Next(); {
		key := it.Key().GetToken().Value
		at := key
		if path != "" {
			at = path + "." + key
		}
		d.lines[at] = line(it.Key())
		field, ok := fieldOf(v, key)
		known := keys(v.Type())
		if open, is := v.Addr().Interface().(namesMore); is && !ok {
			more := open.names()
			known = append(known, more...)
			if ok = slices.Contains(more, key); ok && it.Value() != nil && it.Value().Type() != ast.NullType {
				field = reflect.ValueOf(open.add(key)).Elem()
			}
		}
		if !ok {
			d.unknown(at, path, key, known)
			continue
		}
		if it.Value() != nil && field.IsValid() {
			d.value(at, it.Value(), field)
		}
	}
}

// namesMore is a struct that has more keys than fields.
type namesMore interface {
	names() []string
	add(name string) any // makes room for one
}

// numbers reads numbers by names of any kind.
func (d *decoder) numbers(path string, n ast.Node, v reflect.Value) {
	m, ok := n.(ast.MapNode)
	if !ok {
		d.add(path, describe(n), "keys with numbers")
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for it := m.MapRange(); it.Next(); {
		key := it.Key().GetToken().Value
		at := path + "." + key
		d.lines[at] = line(it.Key())
		x := 0.0
		d.into(at, it.Value(), &x)
		v.SetMapIndex(reflect.ValueOf(key), reflect.ValueOf(x))
	}
}

// into decodes n into what p points to.
func (d *decoder) into(path string, n ast.Node, p any) {
	d.value(path, n, reflect.ValueOf(p).Elem())
}

func (d *decoder) unknown(at, path, key string, known []string) {
	where := "the survey"
	if path != "" {
		where = path
	}
	p := Problem{File: d.file, Line: d.lines[at], Got: fmt.Sprintf("unknown key %q in %s", key, where)}
	if n := Nearest(key, known); n != "" {
		p.Got += fmt.Sprintf(": did you mean %q?", n)
	} else {
		p.Got += ": its keys are " + strings.Join(known, ", ")
	}
	d.problems = append(d.problems, p)
}

// scalar decodes a single value. edge allows the word "edge" for -1.
func (d *decoder) scalar(path string, n ast.Node, v reflect.Value, edge bool) {
	text := ""
	if s, ok := n.(ast.ScalarNode); ok {
		text = s.GetToken().Value
	}
	switch v.Kind() {
	case reflect.String:
		if _, ok := n.(ast.ScalarNode); !ok {
			d.add(path, describe(n), "a text")
			return
		}
		if l, ok := n.(*ast.LiteralNode); ok {
			text = l.Value.Value
		}
		v.SetString(text)
	case reflect.Bool:
		if n.Type() != ast.BoolType {
			d.add(path, describe(n), "true or false")
			return
		}
		v.SetBool(strings.EqualFold(text, "true"))
	case reflect.Int:
		want := "a whole number"
		if edge {
			want += ` or "edge"`
		}
		if edge && text == "edge" {
			v.SetInt(-1)
			return
		}
		x, ok := number(n, text)
		if !ok || x != math.Trunc(x) || math.Abs(x) > 1<<53 {
			d.add(path, describe(n), want)
			return
		}
		v.SetInt(int64(x))
	case reflect.Float64:
		x, ok := number(n, text)
		if !ok {
			d.add(path, describe(n), "a number")
			return
		}
		v.SetFloat(x)
	}
}

// number reads a number; NaN and infinities too, which the checks refuse by name.
func number(n ast.Node, text string) (float64, bool) {
	switch n.Type() {
	case ast.NanType:
		return math.NaN(), true
	case ast.InfinityType:
		return math.Inf(1 - 2*strings.Count(text, "-")), true
	case ast.IntegerType, ast.FloatType, ast.StringType:
		text = strings.ReplaceAll(text, "_", "")
		if x, err := strconv.ParseFloat(text, 64); err == nil {
			return x, true
		}
		if x, err := strconv.ParseInt(text, 0, 64); err == nil {
			return float64(x), true
		}
	}
	return 0, false
}

// describe says what a node is, for "got".
func describe(n ast.Node) string {
	switch n.(type) {
	case ast.MapNode:
		return "a group of keys"
	case *ast.SequenceNode:
		return "a list"
	case ast.ScalarNode:
		text := n.GetToken().Value
		if len(text) > 60 {
			text = text[:60] + "..."
		}
		return strconv.Quote(text)
	}
	return "a " + strings.ToLower(n.Type().YAMLName())
}

// keys returns the keys of a struct, those of embedded structs included.
func keys(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			out = append(out, keys(f.Type)...)
		} else if tag, ok := f.Tag.Lookup("json"); ok {
			if name, _, _ := strings.Cut(tag, ","); name != "-" {
				out = append(out, name)
			}
		}
	}
	return out
}

func fieldOf(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			if e, ok := fieldOf(v.Field(i), key); ok {
				return e, true
			}
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" && name == key {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}
