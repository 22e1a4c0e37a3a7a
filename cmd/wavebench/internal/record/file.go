package record

import (
	"context"
	"encoding/json"
	"unicode/utf8"

	"github.com/d52adeda/wave/cmd/wavebench/internal/meter"
	"github.com/d52adeda/wave/cmd/wavebench/internal/userfile"
)

// File is a file that was read or written.
type File struct {
	Key      string // of the survey, for an input
	Path     string // absolute for an input
	Relative string // to the folder of the record, for an input; "" if there is no such path
	Bytes    int64
	SHA256   string
}

// jsonFile is a File in JSON, which holds Unicode only. Names of files are any
// bytes, so a name that is no UTF-8 is there twice: to be read, and exactly.
type jsonFile struct {
	Key      string `json:"key,omitempty"`
	Path     string `json:"path"`
	Relative string `json:"relative,omitempty"`
	Exact    []byte `json:"path_base64,omitempty"`
	ExactRel []byte `json:"relative_base64,omitempty"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
}

// MarshalJSON implements json.Marshaler.
func (f File) MarshalJSON() ([]byte, error) {
	j := jsonFile{Key: f.Key, Path: f.Path, Relative: f.Relative, Bytes: f.Bytes, SHA256: f.SHA256}
	if !utf8.ValidString(f.Path) {
		j.Exact = []byte(f.Path)
	}
	if !utf8.ValidString(f.Relative) {
		j.ExactRel = []byte(f.Relative)
	}
	return json.Marshal(j)
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *File) UnmarshalJSON(data []byte) error {
	var j jsonFile
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*f = File{Key: j.Key, Path: j.Path, Relative: j.Relative, Bytes: j.Bytes, SHA256: j.SHA256}
	if len(j.Exact) > 0 {
		f.Path = string(j.Exact)
	}
	if len(j.ExactRel) > 0 {
		f.Relative = string(j.ExactRel)
	}
	return nil
}

// Hash describes the file at path; Path is as given. It stops with ctx; progress
// may be nil.
func Hash(ctx context.Context, path string, progress func(meter.Reading)) (File, error) {
	f, err := userfile.Open(ctx, path, progress)
	if err != nil {
		return File{}, err // names the path
	}
	defer f.Close()
	sum, err := f.Sum()
	return File{Path: path, Bytes: f.Size(), SHA256: sum}, err
}
