// Package shaders turns the statements of a stencil program into kernels for
// devices: as text in OpenCL C and in GLSL, and as SPIR-V.
//
//	NewModule    one Kernel for each statement; for each combination of PMLs, of an Update
//	NewGrid      how fields lie in a device's buffers, and the numbers kernels ask for
//	OpenCL       the text of a module
//	GLSL         the text of a kernel, to read and to check SPIR-V with
//
// # Buffers
//
// Each slot of the schedule is one buffer that holds all shots (Grid says where a
// value lies; a tape's holds several of these, slabs, one after the other);
// Kernel.Buffers lists the slots that a kernel wants, in the order of its bindings.
// After each step the slots' buffers change places, by
// Schedule.Rotate. Kernels of injecting and recording statements want more, in this
// order, see Kernel.Tables:
//
//	start    int [count+1]    entries start[i] to start[i+1] belong to item i
//	cell     int              Inject: [count], where item i's cell lies in the grid of one
//	                          shot; Record: [entries], likewise
//	point    int [entries]    Inject only: column of the series that an entry adds
//	weight   real [entries]
//	series   real [steps][columns], a column a point of a shot: shot*points + point
//
// # Arguments
//
// The other numbers that a kernel wants are whole and of 32 bits: Kernel.Args in
// their order, with their values from Kernel.Values. All are the same at every
// step, but for the tape and the last one of injecting and recording kernels, the step.
//
//	lo_x first_x gap_x count_x    of each axis: item i is at lo + i, or at lo + i + gap if
//	                              i >= first; there are count items (first and gap: only on
//	                              axes whose PML is in force, where the low and the high
//	                              zone follow each other)
//	grid_z grid_y                 distance of neighbours along an axis, in fields that span
//	                              the grid; 1 along x (Inject, Record: where it is asked for)
//	grid_shot                     distance of shots in those
//	v_shot                        the same for each model: 0 if shots share it
//	strip_y_z strip_y_y           distance of neighbours along an axis, in the strips of y
//	strip_y_shot high_y           of shots there; what to add to y for the index of the
//	                              high strip
//	tape                          where a tape: where the step's slab begins in its buffers
//	count points columns          Inject, Record: items of all shots, points of one shot,
//	                              points of all shots
//	step                          Inject, Record: row of the series
//
// # Work items
//
// An Update's kernel has one item a cell: x, y, and third shot*count_z + z (just the
// shot in fewer than three dimensions). All its right-hand sides are computed
// before anything is stored: a slot it writes is read at the point only. Kernels of
// one Update touch different cells and may run side by side. Inject has one item a
// cell, Record one a point, in a row of count: nothing is added by two items.
//
// # In Vulkan
//
// Buffers and tables are the bindings 0, 1, ... of set 0. Specialization constants 0, 1
// and 2 are the extents of a workgroup, 3, 4, ... the arguments in order, but for
// tape, count, points, columns and step, which are push constants.
//
// The package imports only package stencil of this module.
package shaders
