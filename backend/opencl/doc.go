// Package opencl runs stencil programs on any device with an OpenCL driver: GPUs, and
// processors through PoCL. It is built with the tag opencl only, since it links to
// the OpenCL loader and needs its headers:
//
//	go build -tags opencl ./...
//
// Kernels are printed by package shaders for the program at hand and compiled by the
// driver; compiled programs are kept on disk (WAVE_CACHE names another folder than the
// user's, "off" keeps none). All shots of a plan lie in the same buffers, one
// buffer a slot, and run in the same dispatches; injecting and recording are kernels
// too, so that a step needs nothing of the host.
//
// It imports backend, stencil, array, shaders, internal/memory and internal/diskcache of this
// module.
package opencl
