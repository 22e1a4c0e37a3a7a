// Package fuse makes few kernels of many array operations.
//
// A Builder is told the operations of a computation in order. It does not compute:
// it keeps of each value the expression of an element, in terms of buffers' elements
// at an offset, piece by piece. Shifts, weighted sums of shifts and products of such
// values are expressions again; only what is read at an offset while it consists of
// several pieces, and what comes out, is stored.
//
//	operations -> graph      expressions, equal ones once
//	           -> target     a buffer that gets pieces: boxes with an expression each
//	           -> kernel     boxes of one size with common expressions, in phases
//	           -> Program    kernels compiled by package jit, or run row by row
//
// A Program runs its kernels again and again on buffers that it is given. What it
// computes for an element does not depend on the number of goroutines, on the
// extents of other axes, or on which kernels share it.
//
// Arrays are row-major, with at most 8 axes. The package imports internal/crew
// and internal/jit of this module.
package fuse
