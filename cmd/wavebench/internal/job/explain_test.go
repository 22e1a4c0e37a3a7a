package job

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/d52adeda/wave"
	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
)

// argument is the name of an argument of package wave, as its messages have it.
var argument = regexp.MustCompile(`\b(Survey|Options)(\.[A-Z]\w*)+|^model \w+$`)

// TestKeys proves that every argument of package wave that a message can be about is
// in the table: what its source names, and the fields of its arguments.
func TestKeys(t *testing.T) {
	used := map[string]string{}
	files, err := filepath.Glob("../../../../*.go")
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, data, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, _ := strconv.Unquote(lit.Value)
				for _, name := range argument.FindAllString(text, -1) {
					used[name] = filepath.Base(path)
				}
			}
			return true
		})
	}
	var fields func(prefix string, of reflect.Type)
	fields = func(prefix string, of reflect.Type) {
		for i := range of.NumField() {
			f := of.Field(i)
			if f.Anonymous {
				fields(prefix, f.Type)
				continue
			}
			used[prefix+f.Name] = "its type"
			if keys[prefix+f.Name] != "" && (f.Type == reflect.TypeFor[wave.Receivers]() || f.Type == reflect.TypeFor[wave.Sources]()) {
				fields(prefix+f.Name+".", f.Type)
			}
		}
	}
	fields("Survey.", reflect.TypeFor[wave.Survey]())
	fields("Options.", reflect.TypeFor[wave.Options]())
	if len(used) < 30 {
		t.Errorf("names %v", used)
	}
	scalar := &Job{Survey: &config.Survey{Equation: "scalar"}}
	for name, where := range used {
		_, ok := keyOf(name)
		if _, model := scalar.modelKey(name); !ok && !model {
			t.Errorf("%s, in %s, has no entry in the table of keys", name, where)
		}
		if _, ok := keys[name]; where == "its type" && !ok {
			t.Errorf("field %s has no entry of its own in the table of keys", name)
		}
	}
}

// TestKeysAreKeys proves that what the table names can be written in a survey.
func TestKeysAreKeys(t *testing.T) {
	var has func(of reflect.Type, path []string) bool
	has = func(of reflect.Type, path []string) bool {
		if of.Kind() == reflect.Slice || of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		for i := range of.NumField() {
			f := of.Field(i)
			if f.Anonymous && has(f.Type, path) {
				return true
			}
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name == path[0] {
				return len(path) == 1 || has(f.Type, path[1:])
			}
		}
		return false
	}
	survey := reflect.TypeFor[Job]().Field(0).Type.Elem()
	for name, key := range keys {
		if key != "" && !has(survey, strings.Split(key, ".")) {
			t.Errorf("%s is said to come from %s, which surveys do not have", name, key)
		}
	}
}

// TestAbout: arguments of any set of sources or receivers, and models, by the keys they come from.
func TestAbout(t *testing.T) {
	j, err := prepare(t, elastic, ".", filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ field, key, at string }{
		{"model vp", "model.vp.value", ""},
		{"model vs", "model.vs.ratio", ""},
		{"model rho", "model.rho.relation", ""},
		{"Survey.Receivers", "receivers[0]", ""},
		{"Survey.Receivers.Channels", "receivers[0].channels", ""},
		{"Survey.MoreReceivers[0].Channels", "receivers[1].channels", ""},
		{"Survey.MoreReceivers[0].Cells[1][1]", "receivers[1].list[1]", "at cell [20, 30]"},
		{"Survey.MoreReceivers[0].HalfWidth", "receivers[1].half_width", ""},
		{"Survey.Sources.Positions[1][0]", "sources.list[1]", "at [70, 305] m"},
		{"Survey.MoreSources[2].Amplitudes", "sources.wavelet", ""},
		{"Survey.MoreSources[2].Channel", "sources.channel", ""},
		{"Options.Edges", "options.edges", ""},
		{"Options.Edges[3]", "options.edges", ""},
	} {
		if key, at := j.about(c.field); key != c.key || at != c.at {
			t.Errorf("%s is %q %q, want %q %q", c.field, key, at, c.key, c.at)
		}
	}
	for text, want := range map[string]string{
		"wave: model vs above model vp at Survey.MoreReceivers[0].Cells[0][1]": "model.vs.ratio above model.vp.value at receivers[1].list[1] at cell [20, 30]",
		"a wider Options.SurveyPad, or Options.Edges free":                     "a wider options.survey_pad, or options.edges free",
	} {
		if got := j.words(text); got != want {
			t.Errorf("%q is worded %q, want %q", text, got, want)
		}
	}
}
