//go:build amd64 && !noasm

// The loops of loops_amd64.h for both element types.

#include "textflag.h"

#define BEGIN \
	XORQ AX, AX; \
	MOVQ CX, R15; \
	ANDQ $~(LANES-1), R15

#define WEIGHTS \
	SPREAD 0(R10), Y4; \
	SPREAD SIZE(R10), Y5; \
	SPREAD (2*SIZE)(R10), Y6; \
	SPREAD (3*SIZE)(R10), Y7; \
	SPREAD (4*SIZE)(R10), Y8

#define PAIR(OP, P, W) \
	MOVQ P(R11), R8; \
	MOVQ (P+24)(R11), R9; \
	VMOV (R8)(AX*SIZE), Y2; \
	OP (R9)(AX*SIZE), Y2, Y2; \
	VMUL Y2, W, Y2

#define PAIR1(OP, P, W) \
	MOVQ P(R11), R8; \
	MOVQ (P+24)(R11), R9; \
	SMOV (R8)(AX*SIZE), X2; \
	OP (R9)(AX*SIZE), X2, X2; \
	SMUL X2, W, X2

// float32
#define SIZE 4
#define LANES 8
#define VMOV VMOVUPS
#define VCOPY VMOVAPS
#define VADD VADDPS
#define VSUB VSUBPS
#define VMUL VMULPS
#define VFMA VFMADD231PS
#define VMAX VMAXPS
#define VAND VANDPS
#define VOR VORPS
#define VCMP VCMPPS
#define SMOV VMOVSS
#define SADD VADDSS
#define SSUB VSUBSS
#define SMUL VMULSS
#define SFMA VFMADD231SS
#define SPREAD VBROADCASTSS
#define MAGNITUDE VPSRLD $1, X15, X15
#define ADD ·add32
#define ADD_ARGS $0-32
#define SCALE ·scale32
#define SCALE_ARGS $0-28
#define MUL ·mul32
#define MUL_ARGS $0-36
#define AXPY ·axpy32
#define AXPY_ARGS $0-36
#define ADDMUL ·addMul32
#define ADDMUL_ARGS $0-44
#define FMA ·fma32
#define FMA_ARGS $0-48
#define FMASCALAR ·fmaScalar32
#define FMASCALAR_ARGS $0-40
#define PAIRFMA ·pairFMA32
#define PAIRFMA_ARGS $0-48
#define PEAK ·peak32
#define PEAK_ARGS $0-24
#define SYM ·sym32
#define SYM_ARGS $0-48
#define ANTI ·anti32
#define ANTI_ARGS $0-40
#include "loops_amd64.h"

#undef SIZE
#undef LANES
#undef VMOV
#undef VCOPY
#undef VADD
#undef VSUB
#undef VMUL
#undef VFMA
#undef VMAX
#undef VAND
#undef VOR
#undef VCMP
#undef MAGNITUDE
#undef SMOV
#undef SADD
#undef SSUB
#undef SMUL
#undef SFMA
#undef SPREAD
#undef ADD
#undef ADD_ARGS
#undef SCALE
#undef SCALE_ARGS
#undef MUL
#undef MUL_ARGS
#undef AXPY
#undef AXPY_ARGS
#undef ADDMUL
#undef ADDMUL_ARGS
#undef FMA
#undef FMA_ARGS
#undef FMASCALAR
#undef FMASCALAR_ARGS
#undef PAIRFMA
#undef PAIRFMA_ARGS
#undef PEAK
#undef PEAK_ARGS
#undef SYM
#undef SYM_ARGS
#undef ANTI
#undef ANTI_ARGS

// float64
#define SIZE 8
#define LANES 4
#define VMOV VMOVUPD
#define VCOPY VMOVAPD
#define VADD VADDPD
#define VSUB VSUBPD
#define VMUL VMULPD
#define VFMA VFMADD231PD
#define VMAX VMAXPD
#define VAND VANDPD
#define VOR VORPD
#define VCMP VCMPPD
#define SMOV VMOVSD
#define SADD VADDSD
#define SSUB VSUBSD
#define SMUL VMULSD
#define SFMA VFMADD231SD
#define SPREAD VBROADCASTSD
#define MAGNITUDE VPSRLQ $1, X15, X15
#define ADD ·add64
#define ADD_ARGS $0-32
#define SCALE ·scale64
#define SCALE_ARGS $0-32
#define MUL ·mul64
#define MUL_ARGS $0-40
#define AXPY ·axpy64
#define AXPY_ARGS $0-40
#define ADDMUL ·addMul64
#define ADDMUL_ARGS $0-48
#define FMA ·fma64
#define FMA_ARGS $0-56
#define FMASCALAR ·fmaScalar64
#define FMASCALAR_ARGS $0-48
#define PAIRFMA ·pairFMA64
#define PAIRFMA_ARGS $0-56
#define PEAK ·peak64
#define PEAK_ARGS $0-24
#define SYM ·sym64
#define SYM_ARGS $0-48
#define ANTI ·anti64
#define ANTI_ARGS $0-40
#include "loops_amd64.h"
