package main

import (
	_ "github.com/d52adeda/wave/backend/opencl" // in builds with the tag opencl
	_ "github.com/d52adeda/wave/backend/vulkan" // in builds with cgo
)
