package shaders

import (
	"strconv"
	"strings"
)

// identifier returns a name that all languages here take for a variable, as like as
// can be: without words that they reserve, or that the printers use.
func identifier(name string) string {
	var b strings.Builder
	last := '_'
	for _, r := range name {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') {
			r = '_'
		}
		if r != '_' || last != '_' { // two in a row are reserved in GLSL
			b.WriteRune(r)
		}
		last = r
	}
	s := strings.TrimRight(b.String(), "_")
	if s == "" || s[0] >= '0' && s[0] <= '9' {
		s = "f" + s
	}
	if prefix, _, _ := strings.Cut(s, "_"); reserved[s] || arguments[prefix] || strings.HasSuffix(s, "_shot") {
		s = "f_" + s
	}
	return s
}

// arguments are what names of arguments and indices begin with.
var arguments = words("at lo first gap count grid strip high gl get")

var reserved = words(`
	at x y z ix iy iz to from part shot item k real count points step tape start cell point weight series sum main
	ROWS PART EACH REAL
	auto break case char const continue default do double else enum extern float for goto if inline int long register
	restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
	bool half uchar ushort uint ulong size_t global local constant private kernel image image2d_t sampler_t event_t
	read_only write_only read_write pipe complex imaginary quad vec_step
	attribute uniform varying buffer shared coherent readonly writeonly layout centroid flat smooth noperspective patch
	sample invariant precise subroutine in out inout true false mat2 mat3 mat4 vec2 vec3 vec4 ivec2 ivec3 ivec4 dvec2
	dvec3 dvec4 lowp mediump highp precision discard common partition active asm class template this resource goto
	noinline public long superp input output hvec2 hvec3 hvec4 fvec2 fvec3 fvec4 filter cast namespace using
	abs sign floor ceil fract mod min max clamp mix smoothstep sqrt pow exp log sin cos tan length distance dot cross
	normalize any all not barrier fma rotate select cbrt erf fabs fmin fmax hypot ldexp rint round trunc degrees radians
	transpose inverse determinant texture equal noise1 isinf isnan printf M_PI NULL INFINITY NAN char2 char4 float2 float4
	double2 double4 int2 int4 bool2 sampler2D`)

func words(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[w] = true
	}
	return out
}

// names is a set of identifiers in use.
type names map[string]bool

// fresh returns an identifier like name that is not in use, and takes it.
func (n names) fresh(name string) string {
	out := name
	for i := 2; n[out]; i++ {
		out = name + "_" + strconv.Itoa(i)
	}
	n[out] = true
	return out
}
