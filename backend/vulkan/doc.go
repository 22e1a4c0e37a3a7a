// Package vulkan runs stencil programs on any device with a Vulkan 1.0 driver. A
// program is printed as SPIR-V by package shaders and compiled by the driver; no
// shader compiler is needed, nor any header or -dev package to build this.
//
// It is there in builds with cgo for 64-bit Linux, and loads libvulkan.so.1 when it
// is first used. Environment variables:
//
//	WAVE_VULKAN_DEVICE    the device that "vulkan" means: its number, or a part of its name that begins with a letter
//	WAVE_VULKAN_VALIDATE  set: run under Khronos' validation layer; what it says fails a run
//	WAVE_CACHE            folder of compiled kernels; "off" keeps none
//
// Array layout: every buffer of a stencil.Schedule is one Vulkan buffer, [shot] then
// the field's shape as package stencil stores it, row-major. It imports backend,
// stencil, array, shaders and internal/diskcache of this module.
package vulkan
