//go:build unix && !nojit

#include "textflag.h"

// func call(code uintptr, f *Frame)
TEXT ·call(SB), 0, $64-16
	MOVQ code+0(FP), AX
	MOVQ f+8(FP), DI
	CALL AX
	RET
