package main

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/d52adeda/wave/cmd/wavebench/internal/config"
	"github.com/d52adeda/wave/equation"
)

// TestStarterRuns uses the program as somebody does for the first time.
func TestStarterRuns(t *testing.T) {
	for _, c := range []struct {
		equation string
		prints   []string // by a run
		files    int
	}{
		{"scalar", []string{"121 x 201 cells of 10 m", "3 shots", " bytes a cell)"}, 7},
		{"acoustic", []string{"1 source (pressure)", "(pressure, vz) each"}, 11},
		{"elastic", []string{"161 x 401 cells of 5 m", "1 source (force_z)", "(vz, vx, pressure) each"}, 15},
	} {
		t.Run(c.equation, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if code, stdout, stderr := wavebench(t, "init", "--equation", c.equation); code != 0 || !strings.Contains(stdout, "wavebench run survey.yaml") {
				t.Fatalf("init: code %d, %s%s", code, stdout, stderr)
			}
			if code, _, stderr := wavebench(t, "init"); code != 1 || !strings.Contains(stderr, "survey.yaml exists") {
				t.Errorf("init again: code %d, %s", code, stderr)
			}
			if code, _, stderr := wavebench(t, "init", "survey.yaml", "--force", "--equation", c.equation); code != 0 {
				t.Errorf("init --force: code %d, %s", code, stderr)
			}
			// A shorter time and fewer pictures make this test quick. The options that the
			// starter shows as comments must be good as well.
			head, tail, _ := strings.Cut(string(read(t, "survey.yaml")), "options:")
			text := strings.Replace(head, "duration: 1.6", "duration: 0.3", 1) + "options:" + strings.NewReplacer("\n  # dir", "\n  ## dir", "\n  # ", "\n  ", "\n    # ", "\n    ", "gathers: 3", "gathers: 1",
				"count: 40", "count: 4", "pictures: 6", "pictures: 1", "pad: 30", "pad: edge").Replace(tail)
			if err := os.WriteFile("survey.yaml", []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := wavebench(t, "run", "survey.yaml")
			if code != 0 || stderr != "" {
				t.Fatalf("run: code %d, stderr %q", code, stderr)
			}
			for _, want := range append(c.prints, "Results in wavebench-out", "record.json") {
				if !strings.Contains(stdout, want) {
					t.Errorf("output lacks %q:\n%s", want, stdout)
				}
			}
			got := names(t, "wavebench-out")
			if len(got) != c.files || !slices.Contains(got, "animation.gif") {
				t.Errorf("files %v", got)
			}
			code, stdout, stderr = wavebench(t, "run", "wavebench-out/record.json", "-o", "again")
			if code != 0 || stderr != "" || !strings.Contains(stdout, "identical to the earlier run's") {
				t.Errorf("run of the record: code %d, %s%s", code, stdout, stderr)
			}
		})
	}
	for _, c := range [][2]string{{"Elastic", `--equation is "Elastic", want one of scalar, acoustic, elastic (did you mean "elastic"?)`}, {"maxwell", `--equation is "maxwell", want one of scalar`}} {
		if code, _, stderr := wavebench(t, "init", "-", "--equation", c[0]); code != 1 || !strings.Contains(stderr, c[1]) {
			t.Errorf("code %d, %s, want %s", code, stderr, c[1])
		}
	}
}

// commented is a key that a starter shows as a comment.
var commented = regexp.MustCompile(`^( *(?:- )?)# (\w+):( .*)$`)

// TestStarterKeys: every key that a starter shows is one of a survey, though it may not go with
// those that are active, and every key of a survey is in a starter.
func TestStarterKeys(t *testing.T) {
	all := string(read(t, "sensitivity.yaml"))
	for _, e := range startable {
		text, err := starter(e)
		if err != nil {
			t.Fatal(err)
		}
		all += text
		lines := strings.Split(text, "\n")
		shown := 0
		for i, line := range lines {
			m := commented.FindStringSubmatch(line)
			if m == nil || m[2] == "equation" && e != "scalar" {
				continue
			}
			shown++
			changed := without(lines[:i], m[1], m[2])
			changed = append(changed, m[1]+m[2]+":"+m[3])
			changed = append(changed, lines[i+1:]...)
			_, err := config.Parse("s", []byte(strings.Join(changed, "\n")))
			if err != nil && (strings.Contains(err.Error(), "unknown key") || strings.Contains(err.Error(), "YAML")) {
				t.Errorf("%s: %q: %v", e, line, err)
			}
		}
		if shown < 30 {
			t.Errorf("%s shows %d keys as comments, want 30 at least", e, shown)
		}
	}
	keys := map[string]bool{}
	keysOf(reflect.TypeFor[config.Survey](), keys)
	for _, e := range []*equation.Equation{equation.Scalar(), equation.Acoustic(), equation.ElasticSpeeds(), equation.Elastic()} {
		for _, m := range e.Models {
			keys[m.Name] = true
		}
	}
	if len(keys) < 80 {
		t.Errorf("a survey has %d keys, want 80 at least", len(keys))
	}
	for key := range keys {
		if !regexp.MustCompile(`\b`+key+`:`).MatchString(all) && !strings.Contains(all, "("+key) && !strings.Contains(all, ", "+key) {
			t.Errorf("no starter shows the key %s", key)
		}
	}
}

// without leaves out the key of an indentation that is active above, with all that belongs to it.
func without(lines []string, indent, key string) []string {
	for i := len(lines) - 1; i >= 0; i-- {
		if rest, ok := strings.CutPrefix(lines[i], indent+key+":"); ok && rest != "" {
			n := 1
			for i+n < len(lines) && strings.HasPrefix(lines[i+n], indent+"  ") {
				n++
			}
			return slices.Concat(lines[:i], lines[i+n:])
		}
		if strings.TrimSpace(lines[i]) != "" && !strings.HasPrefix(lines[i], indent) {
			break // another group
		}
	}
	return slices.Clone(lines)
}

// keysOf collects the keys of a type.
func keysOf(t reflect.Type, into map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		keysOf(t.Elem(), into)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name != "" && name != "-" {
				into[name] = true
			}
			if f.IsExported() {
				keysOf(f.Type, into)
			}
		}
	}
}
