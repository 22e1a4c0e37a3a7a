// Package jit compiles arithmetic at the points of a grid into machine code at run
// time: AVX2 and AVX-512, in pure Go.
//
// A Kernel is straight-line arithmetic at one point: loads of fields at offsets,
// sums, products, fused multiply-adds, and stores. Compile makes a loop over rows
// of points of it,
//
//	Kernel -> expand   several rows and vectors at a time share what they load
//	       -> schedule the order of the operations
//	       -> body     registers and instructions
//	       -> Code     executable pages, called through a small trampoline
//	       -> Bound    placed on buffers
//
// What a kernel computes at a point does not depend on the processor, on how many
// rows and vectors are taken at a time, or on where the points begin, to the bit. Where
// no code can be generated, or is not worth it, the same arithmetic is done by loops over
// rows (portable.go), one for each operation.
//
// Pages are never writable and executable at once. A call reads and writes what was
// proved before to lie within the buffers, since a fault in generated code cannot
// be recovered; it cannot be interrupted either, so long ones are cut (to less than
// about 200 microseconds).
//
// The package imports only internal/rows of this module.
package jit
