//go:build opencl

package wave_test

import _ "github.com/d52adeda/wave/backend/opencl"
