// The loops of rows.go with AVX: the same operations in the same order for each
// element, without fused multiply-adds but in fma, so that the bits are those of a plain loop.
// rows_amd64.s includes this once for each element type T, having defined
//
//	SIZE, LANES              bytes of an element, elements of a vector
//	VMOV, VADD, ...          instructions on vectors
//	SMOV, SADD, ...          the same on one element; SPREAD fills a vector with one
//	ADD, ADD_ARGS, ...       each function's name and size of arguments
//
// AX counts elements: whole vectors first, then one element at a time.

// func add(dst, a, b *T, n int)
TEXT ADD(SB), NOSPLIT, ADD_ARGS
	MOVQ dst+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DX
	MOVQ n+24(FP), CX
	BEGIN
vector:
	CMPQ AX, R15
	JGE  single
	VMOV (SI)(AX*SIZE), Y0
	VADD (DX)(AX*SIZE), Y0, Y0
	VMOV Y0, (DI)(AX*SIZE)
	ADDQ $LANES, AX
	JMP  vector
single:
	CMPQ AX, CX
	JGE  done
	SMOV (SI)(AX*SIZE), X0
	SADD (DX)(AX*SIZE), X0, X0
	SMOV X0, (DI)(AX*SIZE)
	INCQ AX
	JMP  single
done:
	VZEROUPPER
	RET

// func scale(dst, a *T, n int, s T)
TEXT SCALE(SB), NOSPLIT, SCALE_ARGS
	MOVQ dst+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ n+16(FP), CX
	SPREAD s+24(FP), Y3
	BEGIN
vector:
	CMPQ AX, R15
	JGE  single
	VMUL (SI)(AX*SIZE), Y3, Y0
	VMOV Y0, (DI)(AX*SIZE)
	ADDQ $LANES, AX
	JMP  vector
single:
	CMPQ AX, CX
	JGE  done
	SMUL (SI)(AX*SIZE), X3, X0
	SMOV X0, (DI)(AX*SIZE)
	INCQ AX
	JMP  single
done:
	VZEROUPPER
	RET

// func mul(dst, a, b *T, n int, s T)
TEXT MUL(SB), NOSPLIT, MUL_ARGS
	MOVQ dst+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DX
	MOVQ n+24(FP), CX
	SPREAD s+32(FP), Y3
	BEGIN
vector:
	CMPQ AX, R15
	JGE  single
	VMUL (SI)(AX*SIZE), Y3, Y0
	VMUL (DX)(AX*SIZE), Y0, Y0
	VMOV Y0, (DI)(AX*SIZE)
	ADDQ $LANES, AX
	JMP  vector
single:
	CMPQ AX, CX
	JGE  done
	SMUL (SI)(AX*SIZE), X3, X0
	SMUL (DX)(AX*SIZE), X0, X0
	SMOV X0, (DI)(AX*SIZE)
	INCQ AX
	JMP  single
done:
	VZEROUPPER
	RET

// func axpy(dst, y, a *T, n int, s T)
TEXT AXPY(SB), NOSPLIT, AXPY_ARGS
	MOVQ dst+0(FP), DI
	MOVQ y+8(FP), SI
	MOVQ a+16(FP), DX
	MOVQ n+24(FP), CX
	SPREAD s+32(FP), Y3
	BEGIN
vector:
	CMPQ AX, R15
	JGE  single
	VMUL (DX)(AX*SIZE), Y3, Y0
	VADD (SI)(AX*SIZE), Y0, Y0
	VMOV Y0, (DI)(AX*SIZE)
	ADDQ $LANES, AX
	JMP  vector
single:
	CMPQ AX, CX
	JGE  done
	SMUL (DX)(AX*SIZE), X3, X0
	SADD (SI)(AX*SIZE), X0, X0
	SMOV X0, (DI)(AX*SIZE)
	INCQ AX
	JMP  single
done:
	VZEROUPPER
	RET

// func addMul(dst, y, a, b *T, n int, s T)
TEXT ADDMUL(SB), NOSPLIT, ADDMUL_ARGS
	MOVQ dst+0(FP), DI
	MOVQ y+8(FP), SI
	MOVQ a+16(FP), DX
	MOVQ b+24(FP), BX
	MOVQ n+32(FP), CX
	SPREAD s+40(FP), Y3
	BEGIN
vector:
	CMPQ AX, R15
	JGE  single
	VMUL (DX)(AX*SIZE), Y3, Y0
	VMUL (BX)(AX*SIZE), Y0, Y0
	VADD (SI)(AX*SIZE), Y0, Y0
	VMOV Y0, (DI)(AX*SIZE)
	ADDQ $LANES, AX
	JMP  vector
single:
	CMPQ AX, CX
	JGE  done
	SMUL (DX)(AX*SIZE), X3, X0
	SMUL (BX)(AX*SIZE), X0, X0
	SADD (SI)(AX*SIZE), X0, X0
	SMOV X0, (DI)(AX*SIZE)
	INCQ AX
	JMP  single
done:
	VZEROUPPER
	RET

// func fma(dst, a, b, c *T, n int, s, r T): (s a)*b + r c, rounded once
TEXT FMA(SB), NOSPLIT, FMA_ARGS
	MOVQ dst+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DX
	MOVQ c+24(FP), BX
	MOVQ n+32(FP), CX
	SPREAD s+40(FP), Y3
	SPREAD r+(40+SIZE)(FP), Y4
	BEGIN
vector:
	CMPQ AX, R15
	JGE  single
	VMUL (SI)(AX*SIZE), Y3, Y1
	VMUL (BX)(AX*SIZE), Y4, Y0
	VFMA (DX)(AX*SIZE), Y1, Y0
	VMOV Y0, (DI)(AX*SIZE)
	ADDQ $LANES, AX
	JMP  vector
single:
	CMPQ AX, CX
	JGE  done
	SMUL (SI)(AX*SIZE), X3, X1
	SMUL (BX)(AX*SIZE), X4, X0
	SFMA (DX)(AX*SIZE), X1, X0
	SMOV X0, (DI)(AX*SIZE)
	INCQ AX
	JMP  single
done:
	VZEROUPPER
	RET

// func fmaScalar(dst, b, c *T, n int, s, r T): s*b + r c, rounded once
TEXT FMASCALAR(SB), NOSPLIT, FMASCALAR_ARGS
	MOVQ dst+0(FP), DI
	MOVQ b+8(FP), DX
	MOVQ c+16(FP), BX
	MOVQ n+24(FP), CX
	SPREAD s+32(FP), Y3
	SPREAD r+(32+SIZE)(FP), Y4
	BEGIN
vector:
	CMPQ AX, R15
	JGE  single
	VMUL (BX)(AX*SIZE), Y4, Y0
	VFMA (DX)(AX*SIZE), Y3, Y0
	VMOV Y0, (DI)(AX*SIZE)
	ADDQ $LANES, AX
	JMP  vector
single:
	CMPQ AX, CX
	JGE  done
	SMUL (BX)(AX*SIZE), X4, X0
	SFMA (DX)(AX*SIZE), X3, X0
	SMOV X0, (DI)(AX*SIZE)
	INCQ AX
	JMP  single
done:
	VZEROUPPER
	RET

// func pairFMA(dst, a, b, c *T, n int, s, q T): s*(a + q b) + c, the pair and all rounded
TEXT PAIRFMA(SB), NOSPLIT, PAIRFMA_ARGS
	MOVQ dst+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DX
	MOVQ c+24(FP), BX
	MOVQ n+32(FP), CX
	SPREAD s+40(FP), Y3
	SPREAD q+(40+SIZE)(FP), Y4
	BEGIN
vector:
	CMPQ AX, R15
	JGE  single
	VMUL (DX)(AX*SIZE), Y4, Y1
	VADD (SI)(AX*SIZE), Y1, Y1
	VMOV (BX)(AX*SIZE), Y0
	VFMA Y1, Y3, Y0
	VMOV Y0, (DI)(AX*SIZE)
	ADDQ $LANES, AX
	JMP  vector
single:
	CMPQ AX, CX
	JGE  done
	SMUL (DX)(AX*SIZE), X4, X1
	SADD (SI)(AX*SIZE), X1, X1
	SMOV (BX)(AX*SIZE), X0
	SFMA X1, X3, X0
	SMOV X0, (DI)(AX*SIZE)
	INCQ AX
	JMP  single
done:
	VZEROUPPER
	RET

// func peak(lanes *[LANES]T, x *T, n int)
//
// Y0 to Y3 collect the greatest magnitudes, which a NaN passes by; Y4 to Y7 add them
// up, and where the sum is NaN, so is what is returned. Y15 holds all bits but the
// sign. n is a multiple of four vectors.
TEXT PEAK(SB), NOSPLIT, PEAK_ARGS
	MOVQ lanes+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VPCMPEQD X15, X15, X15
	MAGNITUDE
	VINSERTF128 $1, X15, Y15, Y15
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	XORQ AX, AX
vector:
	CMPQ AX, CX
	JGE  done
	VAND (SI)(AX*SIZE), Y15, Y8
	VAND 32(SI)(AX*SIZE), Y15, Y9
	VAND 64(SI)(AX*SIZE), Y15, Y10
	VAND 96(SI)(AX*SIZE), Y15, Y11
	VMAX Y0, Y8, Y0
	VMAX Y1, Y9, Y1
	VMAX Y2, Y10, Y2
	VMAX Y3, Y11, Y3
	VADD Y8, Y4, Y4
	VADD Y9, Y5, Y5
	VADD Y10, Y6, Y6
	VADD Y11, Y7, Y7
	ADDQ $(4*LANES), AX
	JMP  vector
done:
	VMAX Y1, Y0, Y0
	VMAX Y3, Y2, Y2
	VMAX Y2, Y0, Y0
	VADD Y5, Y4, Y4
	VADD Y7, Y6, Y6
	VADD Y6, Y4, Y4
	VCMP $3, Y4, Y4, Y4
	VOR  Y4, Y0, Y0
	VMOV Y0, (DI)
	VZEROUPPER
	RET

// func sym(dst, c *T, p *[8][]T, w *[5]T, n, pairs int)
// func anti(dst *T, p *[8][]T, w *[5]T, n, pairs int)
//
// R11 points at the slices of the pairs, whose rows R8 and R9 point at in turn; Y4
// and Y5 ... Y8 hold the weights of the centre and the pairs, BX their number.

TEXT SYM(SB), NOSPLIT, SYM_ARGS
	MOVQ dst+0(FP), DI
	MOVQ c+8(FP), SI
	MOVQ p+16(FP), R11
	MOVQ w+24(FP), R10
	MOVQ n+32(FP), CX
	MOVQ pairs+40(FP), BX
	WEIGHTS
	BEGIN
vector:
	CMPQ AX, R15
	JGE  single
	VMUL (SI)(AX*SIZE), Y4, Y0
	PAIR(VADD, 0, Y5)
	VADD Y2, Y0, Y0
	CMPQ BX, $2
	JLT  store
	PAIR(VADD, 48, Y6)
	VADD Y2, Y0, Y0
	CMPQ BX, $3
	JLT  store
	PAIR(VADD, 96, Y7)
	VADD Y2, Y0, Y0
	CMPQ BX, $4
	JLT  store
	PAIR(VADD, 144, Y8)
	VADD Y2, Y0, Y0
store:
	VMOV Y0, (DI)(AX*SIZE)
	ADDQ $LANES, AX
	JMP  vector
single:
	CMPQ AX, CX
	JGE  done
	SMUL (SI)(AX*SIZE), X4, X0
	PAIR1(SADD, 0, X5)
	SADD X2, X0, X0
	CMPQ BX, $2
	JLT  store1
	PAIR1(SADD, 48, X6)
	SADD X2, X0, X0
	CMPQ BX, $3
	JLT  store1
	PAIR1(SADD, 96, X7)
	SADD X2, X0, X0
	CMPQ BX, $4
	JLT  store1
	PAIR1(SADD, 144, X8)
	SADD X2, X0, X0
store1:
	SMOV X0, (DI)(AX*SIZE)
	INCQ AX
	JMP  single
done:
	VZEROUPPER
	RET

TEXT ANTI(SB), NOSPLIT, ANTI_ARGS
	MOVQ dst+0(FP), DI
	MOVQ p+8(FP), R11
	MOVQ w+16(FP), R10
	MOVQ n+24(FP), CX
	MOVQ pairs+32(FP), BX
	WEIGHTS
	BEGIN
vector:
	CMPQ AX, R15
	JGE  single
	PAIR(VSUB, 0, Y5)
	VCOPY Y2, Y0
	CMPQ BX, $2
	JLT  store
	PAIR(VSUB, 48, Y6)
	VADD Y2, Y0, Y0
	CMPQ BX, $3
	JLT  store
	PAIR(VSUB, 96, Y7)
	VADD Y2, Y0, Y0
	CMPQ BX, $4
	JLT  store
	PAIR(VSUB, 144, Y8)
	VADD Y2, Y0, Y0
store:
	VMOV Y0, (DI)(AX*SIZE)
	ADDQ $LANES, AX
	JMP  vector
single:
	CMPQ AX, CX
	JGE  done
	PAIR1(SSUB, 0, X5)
	VCOPY X2, X0
	CMPQ BX, $2
	JLT  store1
	PAIR1(SSUB, 48, X6)
	SADD X2, X0, X0
	CMPQ BX, $3
	JLT  store1
	PAIR1(SSUB, 96, X7)
	SADD X2, X0, X0
	CMPQ BX, $4
	JLT  store1
	PAIR1(SSUB, 144, X8)
	SADD X2, X0, X0
store1:
	SMOV X0, (DI)(AX*SIZE)
	INCQ AX
	JMP  single
done:
	VZEROUPPER
	RET
