//go:build opencl

package opencl

/*
#cgo pkg-config: OpenCL
#define CL_TARGET_OPENCL_VERSION 120
#include <stdlib.h>
#include <CL/cl.h>

static cl_program restore(cl_context c, cl_device_id d, const unsigned char *data, size_t n, const char *options)
{
	cl_int status, err;
	cl_program p = clCreateProgramWithBinary(c, 1, &d, &n, &data, &status, &err);
	if (err != CL_SUCCESS)
		return NULL;
	if (status != CL_SUCCESS || clBuildProgram(p, 1, &d, options, NULL, NULL) != CL_SUCCESS) {
		clReleaseProgram(p);
		return NULL;
	}
	return p;
}

static size_t binary_size(cl_program p)
{
	size_t n = 0;
	cl_uint devices = 0;
	if (clGetProgramInfo(p, CL_PROGRAM_NUM_DEVICES, sizeof devices, &devices, NULL) != CL_SUCCESS || devices != 1)
		return 0;
	if (clGetProgramInfo(p, CL_PROGRAM_BINARY_SIZES, sizeof n, &n, NULL) != CL_SUCCESS)
		return 0;
	return n;
}

static int binary(cl_program p, unsigned char *out)
{
	return clGetProgramInfo(p, CL_PROGRAM_BINARIES, sizeof out, &out, NULL) == CL_SUCCESS;
}
*/
import "C"

import (
	"runtime"
	"strings"
	"unsafe"

	cl "github.com/jgillich/go-opencl/cl"

	"github.com/d52adeda/wave/internal/diskcache"
)

// The binding has no calls for program binaries. Its types begin with the handle of
// the driver's object, so the calls can be made here.
func handle[T any](p *T) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(p)) }

// cacheKey is all that a program's binary depends on.
func cacheKey(f found, text, options string) string {
	return strings.Join([]string{"opencl", f.info.Name, f.info.Driver, f.info.Note, options, text}, "\x00")
}

// restore builds a program from a cached binary. It returns nil if there is none that
// the driver takes.
func restore(c *cl.Context, d *cl.Device, key, options string) *cl.Program {
	data := diskcache.Get(key)
	if len(data) == 0 {
		return nil
	}
	text := C.CString(options)
	defer C.free(unsafe.Pointer(text))
	bytes := C.CBytes(data)
	defer C.free(bytes)
	p := C.restore(C.cl_context(handle(c)), C.cl_device_id(handle(d)), (*C.uchar)(bytes), C.size_t(len(data)), text)
	runtime.KeepAlive(c)
	if p == nil {
		return nil
	}
	program := new(cl.Program) // without the binding's finalizer: Release ends it
	*(*unsafe.Pointer)(unsafe.Pointer(program)) = unsafe.Pointer(p)
	return program
}

// keep caches the binary of a program.
func keep(p *cl.Program, key string) {
	n := C.binary_size(C.cl_program(handle(p)))
	if n == 0 {
		return
	}
	out := C.malloc(n)
	if out == nil {
		return
	}
	defer C.free(out)
	if C.binary(C.cl_program(handle(p)), (*C.uchar)(out)) != 0 {
		diskcache.Put(key, unsafe.Slice((*byte)(out), int(n)))
	}
	runtime.KeepAlive(p)
}
