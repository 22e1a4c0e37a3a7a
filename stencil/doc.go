// Package stencil states finite-difference equations as data, so that each is
// written once and everything else is derived from it.
//
// A Program is one time step: a list of statements over fields on a grid.
//
//	Update   assigns fields from expressions, all at once: every right-hand side
//	         sees the state before the Update, as in Go's a, b = b, a
//	Inject   adds a time series at points to a field (sources)
//	Record   samples an expression at points into a time series (receivers)
//
// From a Program come, in this package:
//
//	Bind, Simplify   partial evaluation: numbers for parameters, folding
//	Specialize       the program inside or outside a dimension's PML
//	Without          the program without sources or receivers that nobody has
//	JVP              the program together with its derivative (Born modelling)
//	Adjoint          forward with a tape and reverse over it (gradients, Hessian products)
//	Transpose        the adjoint of a linear program
//	NewLayout        where fields live: padding, PML strips, regions
//	NewSchedule      which buffer each assignment writes, and the swaps; Split divides it
//	NewGraph         straight-line arithmetic for one point, for kernels
//
// and the backends turn those into array operations, row kernels or shaders.
//
// Grid axes are numbered from 0, the slowest, to NDim-1, the fastest (x). States
// and memory fields are zero in the outermost Reach cells of the padded grid, so
// no expression needs a boundary case; Updates write only inside that halo. Models
// and profiles have values there too.
//
// Staggered grids: a field may sit half a cell further on along some dimensions
// (Field.Half), which those who choose derivatives and points ask. A Profile may vary along
// its dimension beyond any PML (Everywhere). A Record may hold any expression, with loads
// at offsets, and so may the coefficient of an Inject.
//
// Programs and expressions are immutable once built and safe for concurrent
// use. The package imports nothing else of this module.
package stencil
