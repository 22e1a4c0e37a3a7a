//go:build amd64 && unix && !linux && !nojit

package jit

import "errors"

func mapFile([]byte) ([]byte, error) { return nil, errors.ErrUnsupported }
