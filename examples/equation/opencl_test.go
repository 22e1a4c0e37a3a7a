//go:build opencl

package main

import _ "github.com/d52adeda/wave/backend/opencl"

func init() { backends = append(backends, "opencl") }
