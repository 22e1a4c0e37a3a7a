#!/usr/bin/env bash
# Installs what the tests need (Debian packages) and runs them all: formatting,
# vet, staticcheck, builds without cgo, the tests, the race detector, the GPU backends
# on drivers that run on any processor (PoCL, lavapipe), and a few seconds of each
# fuzz target. WAVE_LONG=1 adds the long tests.
#
# It may be run on a new machine that has git and Go only, as root or with sudo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

say() { printf '\n== %s\n' "$*"; }

# gcc: the race detector needs cgo. python3-segyio: an independent SEG-Y reader.
packages="gcc libc6-dev python3-segyio"
# OpenCL and Vulkan: loaders, headers, drivers, validation, compilers of shaders.
packages="$packages pkg-config ocl-icd-opencl-dev pocl-opencl-icd libvulkan1 mesa-vulkan-drivers vulkan-validationlayers spirv-tools glslc"
if command -v apt-get >/dev/null; then
	missing=$(for p in $packages; do dpkg -s "$p" >/dev/null 2>&1 || echo "$p"; done)
	if [ -n "$missing" ]; then
		say "installing" $missing
		sudo=$([ "$(id -u)" = 0 ] || echo sudo)
		$sudo apt-get update -qq
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
	fi
else
	echo "not a Debian system: have these at hand, or tests that need them skip or fail: $packages" >&2
fi
export CI=${CI:-true} # a test that would skip for want of a package fails instead
export CGO_CFLAGS="${CGO_CFLAGS:--O2 -g} -DCL_TARGET_OPENCL_VERSION=120" # what the headers ask for
WAVE_CACHE=$(mktemp -d) # compiled kernels
export WAVE_CACHE
trap 'rm -rf "$WAVE_CACHE"' EXIT

say "formatting, vet, staticcheck"
unformatted=$(gofmt -l .)
if [ -n "$unformatted" ]; then
	echo "not gofmt-clean: $unformatted" >&2
	exit 1
fi
for tags in "" opencl; do
	go vet -tags "$tags" ./...
	go tool staticcheck -tags "$tags" ./...
done

say "build without OpenCL, without cgo, and for processors without kernels of their own"
go build ./...
CGO_ENABLED=0 go build ./...
CGO_ENABLED=0 GOARCH=arm64 go build ./...
CGO_ENABLED=0 GOARCH=386 go build ./...
go vet -tags nojit ./...

say "tests"
go test -tags opencl ./...

say "tests without generated code"
go test -tags nojit -short ./internal/jit ./internal/fuse ./backend/cpu ./backend/eager

say "race detector"
CGO_ENABLED=1 go test -race -short ./...
CGO_ENABLED=1 go test -tags opencl -race -short ./backend/opencl

say "reference cases on OpenCL and Vulkan"
go run -tags opencl ./cmd/wavebench verify --backend opencl --backend vulkan testdata/reference | grep -Ev ' ok($|;)'

say "pointers handed to C, while garbage is collected all the time"
GOGC=1 GOEXPERIMENT=cgocheck2 go test -tags opencl -short ./backend/vulkan ./backend/opencl

say "fuzz targets, a few seconds each"
grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u | while read -r dir; do
	for target in $(grep -h '^func Fuzz' "$dir"/*_test.go | sed 's/func \(Fuzz[A-Za-z0-9_]*\).*/\1/'); do
		go test "$dir" -run '^$' -fuzz "^$target\$" -fuzztime 3s -fuzzminimizetime 1x
	done
done

say "all passed"
