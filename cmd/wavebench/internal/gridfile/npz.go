package gridfile

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// maxRatio is the most that deflate can shrink data: 258 bytes in two bits
// (zlib's technical notes, "Maximum Compression Factor").
const maxRatio = 1032

// maxListed is how many members an error message names.
const maxListed = 20

// archive is an open .npz. It is read with archive/zip, not npyio/npz, which
// does not show the sizes that must be checked.
type archive struct {
	files  map[string]*zip.File // by name without .npy
	size   int64                // of the whole file
	limits Limits
	used   int64 // bytes of values read so far, held against limits
}

func openArchive(r io.ReaderAt, size int64, limits Limits) (*archive, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, unzipped(err))
	}
	a := &archive{files: map[string]*zip.File{}, size: size, limits: limits}
	left := uint64(size)
	for _, f := range z.File {
		name := strings.TrimSuffix(f.Name, ".npy")
		if a.files[name] != nil {
			return nil, fmt.Errorf("%w: member %q comes twice", ErrFormat, name)
		}
		if f.CompressedSize64 > left {
			return nil, fmt.Errorf("%w: member %q is past the end or overlaps another", ErrFormat, name)
		}
		left -= f.CompressedSize64
		a.files[name] = f
	}
	return a, nil
}

func parseNPZ(r io.ReaderAt, size int64, member string, limits Limits) (Member, error) {
	a, err := openArchive(r, size, limits)
	if err != nil {
		return Member{}, err
	}
	name := strings.TrimSuffix(member, ".npy")
	if arrays := a.names(); name == "" && len(arrays) == 1 {
		name = arrays[0]
	}
	if a.files[name] == nil {
		return Member{}, &SpecError{"Member", member, a.list()}
	}
	return a.read(name)
}

func parseAllNPZ(r io.ReaderAt, size int64, limits Limits) (map[string]Member, error) {
	a, err := openArchive(r, size, limits)
	if err != nil {
		return nil, err
	}
	all := map[string]Member{}
	for _, name := range a.names() {
		if all[name], err = a.read(name); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// names returns the members that are arrays: those whose files end in .npy, and are
// not what macOS puts beside them, or all if none does.
func (a *archive) names() []string {
	all := slices.Sorted(maps.Keys(a.files))
	arrays := slices.DeleteFunc(slices.Clone(all), func(name string) bool {
		return !strings.HasSuffix(a.files[name].Name, ".npy") || strings.HasPrefix(path.Base(name), "._")
	})
	if len(arrays) == 0 {
		return all
	}
	return arrays
}

// list names the arrays for an error message, the first ones if many.
func (a *archive) list() string {
	names := a.names()
	more := ""
	if len(names) > maxListed {
		more = fmt.Sprintf(" and %d more", len(names)-maxListed)
		names = names[:maxListed]
	}
	for i, name := range names {
		if q := strconv.Quote(name); q != `"`+name+`"` || name == "" {
			names[i] = q
		}
	}
	if len(names) == 0 {
		return "no arrays"
	}
	return strings.Join(names, ", ") + more
}

// read reads one member. What the zip directory, the .npy header and the
// compressed size say of its length must agree before values are allocated.
func (a *archive) read(name string) (Member, error) {
	m, err := a.readFile(a.files[name])
	if err != nil {
		return Member{}, fmt.Errorf("member %q: %w", name, err)
	}
	return m, nil
}

func (a *archive) readFile(f *zip.File) (Member, error) {
	if f.UncompressedSize64 > maxRatio*(f.CompressedSize64+1) {
		return Member{}, fmt.Errorf("%w: it has %d bytes, want at most %d from %d compressed ones",
			ErrFormat, f.UncompressedSize64, maxRatio*(f.CompressedSize64+1), f.CompressedSize64)
	}
	member, err := f.Open()
	if err != nil {
		return Member{}, fmt.Errorf("%w: %w", ErrFormat, unzipped(err))
	}
	defer member.Close()
	r := unzip{member}
	h, err := readHeader(r)
	if err != nil {
		return Member{}, err
	}
	if int64(f.UncompressedSize64)-h.offset != h.bytes {
		return Member{}, fmt.Errorf("%w: it holds %d bytes of values, want %d for shape %v of %s",
			ErrFormat, int64(f.UncompressedSize64)-h.offset, h.bytes, h.shape, h.kind.name)
	}
	a.used += h.bytes
	if err := a.limits.check(h, a.used, max(64*a.size, 1<<30)); err != nil {
		return Member{}, err
	}
	return decode(h, r)
}

// unzip reads a member, with errors in our words.
type unzip struct{ member io.Reader }

func (u unzip) Read(p []byte) (int, error) {
	n, err := u.member.Read(p)
	return n, unzipped(err)
}

// unzipped puts an error of package zip into words for users.
func unzipped(err error) error {
	switch {
	case errors.Is(err, zip.ErrFormat):
		return errors.New("it is no zip archive, as .npz files are, or is cut short")
	case errors.Is(err, zip.ErrAlgorithm):
		return errors.New("it is compressed by an algorithm that is not read")
	case errors.Is(err, zip.ErrChecksum):
		return errors.New("it is damaged: its checksum differs")
	}
	return err
}
