package config

import "fmt"

// NamedFile is a file that a survey names, and the key that names it.
type NamedFile struct {
	Key  string
	Name *string // in the survey
}

// Files lists the files that the survey names.
func (s *Survey) Files() []NamedFile {
	var all []NamedFile
	for _, p := range s.Properties() {
		all = append(all, NamedFile{p.Key + ".file", &p.Values.File})
	}
	if e := s.Model.Topography; e != nil {
		all = append(all, NamedFile{topography + ".file", &e.File})
	}
	all = append(all, NamedFile{"sources.wavelet.file", &s.Sources.Wavelet.File})
	for i := range s.Perturbations {
		all = append(all, NamedFile{fmt.Sprintf("perturbations[%d].file", i), &s.Perturbations[i].File})
	}
	var out []NamedFile
	for _, f := range all {
		if *f.Name != "" {
			out = append(out, f)
		}
	}
	return out
}
