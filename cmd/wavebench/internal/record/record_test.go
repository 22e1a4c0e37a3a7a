package record

import (
	"strings"
	"testing"
)

func TestIs(t *testing.T) {
	for text, want := range map[string]bool{
		`{"wavebench_record": 1}`: true, "\n {\"wavebench_record\": 9, \"x\": [1]}\n": true,
		`{"model": {}}`: false, "model: {}": false, "": false, `{"wavebench_record": `: false, "wavebench_record: 1": false,
	} {
		if got := Is([]byte(text)); got != want {
			t.Errorf("Is(%q) is %v", text, got)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"wavebench_record": 2, "survey": {}}`:                       "wavebench_record is 2, want 1",
		`{"wavebench_record": 1}`:                                     "survey is missing",
		`{"wavebench_record": "1"}`:                                   "r.json",
		`{"wavebench_record": 1, "survey": {"model": {"spcing": 3}}}`: `r.json: unknown key "spcing" in model`,
		`{"wavebench_record": 1, "survey": []}`:                       "r.json: the survey is a list",
	} {
		if _, err := Parse("r.json", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func TestHashMissing(t *testing.T) {
	if _, err := Hash(t.Context(), "no-such-file", nil); err == nil || !strings.Contains(err.Error(), "no-such-file") {
		t.Errorf("got %v", err)
	}
}
