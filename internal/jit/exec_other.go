//go:build !amd64 || !unix || nojit

package jit

import (
	"errors"
	"fmt"
)

func call(uintptr, *Frame) { panic("jit: no generated code in this build") }

func best() (ISA, string) { return Generic, "this build generates no code" }

func mapExecutable([]byte) ([]byte, error) {
	return nil, fmt.Errorf("jit: this build generates no code: %w", errors.ErrUnsupported)
}

func unmap([]byte) {}
