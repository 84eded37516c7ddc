#include "textflag.h"

// A step of eight lanes: a = b + (a + f(b, c, d) + word + sine) <<< s, with f in
// t and the sine in Y12. Two groups of lanes take turns, since a step waits for
// the one before it.
#define END(a, b, t, u, at, word, s) \
	VPADDD (64*word+at)(SI), a, a \
	VPADDD Y12, a, a       \
	VPADDD t, a, a         \
	VPSLLD $s, a, u        \
	VPSRLD $(32-s), a, a   \
	VPOR   u, a, a         \
	VPADDD b, a, a

#define F(b, c, d, t) \
	VPXOR c, d, t \
	VPAND b, t, t \
	VPXOR d, t, t

#define G(b, c, d, t) F(d, b, c, t)

#define H(b, c, d, t) \
	VPXOR c, d, t \
	VPXOR b, t, t

#define I(b, c, d, t) \
	VPXOR Y13, d, t \
	VPOR  b, t, t   \
	VPXOR c, t, t

#define STEP(f, a, b, c, d, e, g, h, k, i, word, s) \
	VPBROADCASTD (4*i)(BX), Y12 \
	f(b, c, d, Y8)              \
	f(g, h, k, Y10)             \
	END(a, b, Y8, Y9, 0, word, s)    \
	END(e, g, Y10, Y11, 32, word, s)

// func md5AVX2(words *[16][16]uint32, out *[2][16]uint32)
TEXT ·md5AVX2(SB), NOSPLIT, $0-16
	MOVQ words+0(FP), SI
	MOVQ out+8(FP), DI
	LEAQ ·sines(SB), BX
	VPCMPEQD Y13, Y13, Y13
	VPBROADCASTD ·start+0(SB), Y0
	VPBROADCASTD ·start+4(SB), Y1
	VPBROADCASTD ·start+8(SB), Y2
	VPBROADCASTD ·start+12(SB), Y3
	VMOVDQA Y0, Y4
	VMOVDQA Y1, Y5
	VMOVDQA Y2, Y6
	VMOVDQA Y3, Y7
	VMOVDQA Y0, Y14
	VMOVDQA Y1, Y15

	STEP(F, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 0, 0, 7)
	STEP(F, Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 1, 1, 12)
	STEP(F, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 2, 2, 17)
	STEP(F, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 3, 3, 22)
	STEP(F, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 4, 4, 7)
	STEP(F, Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 5, 5, 12)
	STEP(F, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 6, 6, 17)
	STEP(F, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 7, 7, 22)
	STEP(F, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 8, 8, 7)
	STEP(F, Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 9, 9, 12)
	STEP(F, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 10, 10, 17)
	STEP(F, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 11, 11, 22)
	STEP(F, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 12, 12, 7)
	STEP(F, Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 13, 13, 12)
	STEP(F, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 14, 14, 17)
	STEP(F, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 15, 15, 22)
	STEP(G, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 16, 1, 5)
	STEP(G, Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 17, 6, 9)
	STEP(G, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 18, 11, 14)
	STEP(G, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 19, 0, 20)
	STEP(G, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 20, 5, 5)
	STEP(G, Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 21, 10, 9)
	STEP(G, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 22, 15, 14)
	STEP(G, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 23, 4, 20)
	STEP(G, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 24, 9, 5)
	STEP(G, Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 25, 14, 9)
	STEP(G, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 26, 3, 14)
	STEP(G, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 27, 8, 20)
	STEP(G, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 28, 13, 5)
	STEP(G, Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 29, 2, 9)
	STEP(G, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 30, 7, 14)
	STEP(G, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 31, 12, 20)
	STEP(H, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 32, 5, 4)
	STEP(H, Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 33, 8, 11)
	STEP(H, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 34, 11, 16)
	STEP(H, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 35, 14, 23)
	STEP(H, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 36, 1, 4)
	STEP(H, Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 37, 4, 11)
	STEP(H, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 38, 7, 16)
	STEP(H, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 39, 10, 23)
	STEP(H, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 40, 13, 4)
	STEP(H, Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 41, 0, 11)
	STEP(H, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 42, 3, 16)
	STEP(H, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 43, 6, 23)
	STEP(H, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 44, 9, 4)
	STEP(H, Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 45, 12, 11)
	STEP(H, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 46, 15, 16)
	STEP(H, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 47, 2, 23)
	STEP(I, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 48, 0, 6)
	STEP(I, Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 49, 7, 10)
	STEP(I, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 50, 14, 15)
	STEP(I, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 51, 5, 21)
	STEP(I, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 52, 12, 6)
	STEP(I, Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 53, 3, 10)
	STEP(I, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 54, 10, 15)
	STEP(I, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 55, 1, 21)
	STEP(I, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 56, 8, 6)
	STEP(I, Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 57, 15, 10)
	STEP(I, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 58, 6, 15)
	STEP(I, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 59, 13, 21)
	STEP(I, Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, 60, 4, 6)
	STEP(I, Y3, Y0, Y1, Y2, Y7, Y4, Y5, Y6, 61, 11, 10)
	STEP(I, Y2, Y3, Y0, Y1, Y6, Y7, Y4, Y5, 62, 2, 15)
	STEP(I, Y1, Y2, Y3, Y0, Y5, Y6, Y7, Y4, 63, 9, 21)

	VPADDD Y14, Y0, Y0
	VPADDD Y15, Y1, Y1
	VPADDD Y14, Y4, Y4
	VPADDD Y15, Y5, Y5
	VMOVDQU Y0, (DI)
	VMOVDQU Y4, 32(DI)
	VMOVDQU Y1, 64(DI)
	VMOVDQU Y5, 96(DI)
	VZEROUPPER
	RET
