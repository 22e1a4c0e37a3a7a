// Package diskcache keeps what is costly to make again, such as compiled kernels, in
// files: a cache, in which anything may be missing at any time and no failure
// matters.
//
// It lies in the folder that WAVE_CACHE names, or in the folder wave of the user's
// cache; WAVE_CACHE=off keeps nothing.
package diskcache

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Variable is the environment variable that names the folder.
const Variable = "WAVE_CACHE"

const suffix = ".kernels"

// What is kept at most; a test wants less.
var (
	maxFiles = 512
	maxBytes = int64(512 << 20)
)

// folder returns where the files are, "" for nowhere.
func folder() string {
	switch dir := os.Getenv(Variable); dir {
	case "":
		if dir, err := os.UserCacheDir(); err == nil {
			return filepath.Join(dir, "wave")
		}
		return ""
	case "off":
		return ""
	default:
		return dir
	}
}

func path(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(folder(), hex.EncodeToString(sum[:])+suffix)
}

// Get returns what was put under a key, or nil. A key of everything the data depends
// on (driver, device, program) may be long.
func Get(key string) []byte {
	if folder() == "" {
		return nil
	}
	file, err := os.ReadFile(path(key))
	if err != nil || len(file) < sha256.Size {
		return nil
	}
	data := file[sha256.Size:]
	if sum := sha256.Sum256(data); !bytes.Equal(sum[:], file[:sha256.Size]) {
		return nil // cut short, or damaged
	}
	return data
}

// Put keeps data under a key, in place of what was there.
func Put(key string, data []byte) {
	dir := folder()
	if dir == "" || os.MkdirAll(dir, 0o700) != nil {
		return
	}
	// Another process must never see half a file.
	f, err := os.CreateTemp(dir, "*.new")
	if err != nil {
		return
	}
	sum := sha256.Sum256(data)
	_, err = f.Write(append(sum[:], data...))
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path(key))
	}
	if err != nil {
		os.Remove(f.Name())
	}
	prune(dir)
}

// prune removes the oldest files where there are too many, or they are too large; the
// newest stays.
func prune(dir string) {
	all, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	var files []fs.FileInfo
	size := int64(0)
	for _, e := range all {
		if info, err := e.Info(); err == nil && strings.HasSuffix(e.Name(), suffix) {
			files, size = append(files, info), size+info.Size()
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return cmp.Compare(a.ModTime().UnixNano(), b.ModTime().UnixNano()) })
	for len(files) > maxFiles || size > maxBytes && len(files) > 1 {
		os.Remove(filepath.Join(dir, files[0].Name()))
		size -= files[0].Size()
		files = files[1:]
	}
}
