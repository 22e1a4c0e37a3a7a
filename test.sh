#!/usr/bin/env bash
# Installs what the tests need (Debian packages) and runs them all: formatting,
# vet, staticcheck, builds without cgo, the tests (also those of examples/equation, which
# is a module of its own), the race detector, the GPU backends on drivers that run on any
# processor (PoCL, lavapipe), and a few seconds of each fuzz target. WAVE_LONG=1 adds the
# long tests.
#
# It may be run on a new machine that has git and Go only, as root or with sudo. What
# fails does not keep the rest from running: it is listed again at the end.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit

# gcc: the race detector needs cgo. python3-segyio: an independent SEG-Y reader.
packages="gcc libc6-dev python3-segyio"
# OpenCL and Vulkan: loaders, headers, drivers, validation, compilers of shaders.
packages="$packages pkg-config ocl-icd-opencl-dev pocl-opencl-icd libvulkan1 mesa-vulkan-drivers vulkan-validationlayers spirv-tools glslc"
if command -v apt-get >/dev/null; then
	missing=$(for p in $packages; do dpkg -s "$p" >/dev/null 2>&1 || echo "$p"; done)
	if [ -n "$missing" ]; then
		echo "== installing" $missing
		sudo=$([ "$(id -u)" = 0 ] || echo sudo)
		$sudo apt-get update -qq
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
			{ echo "test.sh: these could not be installed, and without them tests fail:" $missing >&2 && exit 1; }
	fi
else
	echo "not a Debian system: have these at hand, or tests that need them skip or fail: $packages" >&2
fi
export CI=${CI:-true} # a test that would skip for want of a package fails instead
export CGO_CFLAGS="${CGO_CFLAGS:--O2 -g} -DCL_TARGET_OPENCL_VERSION=120" # what the headers ask for
work=$(mktemp -d)
export WAVE_CACHE=$work/cache # compiled kernels
trap 'rm -rf "$work"' EXIT

failed=()

# section NAME COMMAND...: runs the command, which is one below, says when and what, and
# notes whether it failed, with its output.
section() {
	local name=$1 log="$work/section${#failed[@]}"
	shift
	printf '\n== %s %s\n' "$(date +%H:%M:%S)" "$name"
	if ! "$@" 2>&1 | tee "$log"; then
		printf '== %s FAILED: %s\n' "$(date +%H:%M:%S)" "$name"
		failed+=("$name")
	fi
}

# each COMMAND...: runs it for each line of input, as many at a time as there are
# processors. What one prints appears together, when it ends.
each() {
	xargs -P "$(getconf _NPROCESSORS_ONLN)" -I{} \
		bash -c 'out=$("$@" 2>&1); rc=$?; printf "%s\n" "$out"; exit $((rc != 0))' each "$@"
}

# gotest FLAGS -- PACKAGES: go test, package by package.
gotest() {
	local flags=()
	while [ "$1" != -- ]; do
		flags+=("$1")
		shift
	done
	shift
	go list -tags opencl "$@" | each go test -timeout 60m "${flags[@]}" {}
}

formatting() {
	local files
	files=$(gofmt -l .) && [ -z "$files" ] || { echo "not gofmt-clean: $files" && return 1; }
}

checks() {
	local tags rc=0
	for tags in "" opencl; do
		go vet -tags "$tags" ./... || rc=1
		go tool staticcheck -tags "$tags" ./... || rc=1
	done
	go vet -tags nojit ./... || rc=1
	return $rc
}

builds() {
	local rc=0
	go build ./... || rc=1
	CGO_ENABLED=0 go build ./... || rc=1
	CGO_ENABLED=0 GOARCH=arm64 go build ./... || rc=1
	CGO_ENABLED=0 GOARCH=386 go build ./... || rc=1
	return $rc
}

races() {
	export CGO_ENABLED=1
	local rc=0
	gotest -race -short -- ./... || rc=1
	gotest -tags opencl -race -short -- ./backend/opencl || rc=1
	return $rc
}

# references runs the scalar cases; tests run staggered ones, all with WAVE_LONG.
references() {
	go run -tags opencl ./cmd/wavebench verify --backend opencl --backend vulkan testdata/reference/*.npz >"$work/verify" 2>&1
	local rc=$?
	grep -Ev ' ok($|;)' "$work/verify"
	return $rc
}

# A module of a user's own, which "./..." above does not see.
own() {
	local rc=0 staticcheck
	staticcheck=$(go tool -n staticcheck) || return
	cd examples/equation || return
	go vet -tags opencl ./... || rc=1
	"$staticcheck" -tags opencl ./... || rc=1
	CGO_ENABLED=0 go build -o /dev/null . || rc=1
	go test -timeout 60m -tags opencl ./... || rc=1
	return $rc
}

fuzz() {
	local dir target rc=0
	for dir in $(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do
		for target in $(grep -h '^func Fuzz' "$dir"/*_test.go | sed 's/func \(Fuzz[A-Za-z0-9_]*\).*/\1/'); do
			go test -timeout 60m "$dir" -run '^$' -fuzz "^$target\$" -fuzztime 3s -fuzzminimizetime 1x || rc=1
		done
	done
	return $rc
}

section "formatting" formatting
section "vet and staticcheck" checks
section "builds without OpenCL, without cgo, and for processors without kernels of their own" builds
section "tests, a line when a package ends (the longest part)" gotest -tags opencl -- ./...
section "an equation of a user's, in a module of its own" own
section "tests without generated code" gotest -tags nojit -short -- ./internal/jit ./internal/fuse ./backend/cpu ./backend/eager
section "race detector" races
section "reference cases on OpenCL and Vulkan" references
section "pointers handed to C, while garbage is collected all the time" \
	env GOGC=1 GOEXPERIMENT=cgocheck2 go test -timeout 60m -tags opencl -short ./backend/vulkan ./backend/opencl
section "fuzz targets, a few seconds each" fuzz

printf '\n== %s %d min in all\n' "$(date +%H:%M:%S)" $((SECONDS / 60))
if [ ${#failed[@]} -gt 0 ]; then
	for i in "${!failed[@]}"; do
		printf '\nFAILED: %s\n' "${failed[$i]}"
		grep -E '^ *--- FAIL|^FAIL|^panic:|_test\.go:[0-9]+:|^[^ ]+\.go:[0-9]+|not gofmt-clean|: error' "$work/section$i" | head -40
	done
	exit 1
fi
echo "== all passed"
