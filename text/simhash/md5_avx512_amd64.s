#include "textflag.h"

// A step: a = b + (a + f(b, c, d) + word + sine) <<< s. The tables of the three
// functions are those of VPTERNLOGD.
#define STEP(a, b, i, word, s) \
	VPADDD.BCST (4*i)(BX), a, a \
	VPADDD (64*word)(SI), a, a  \
	VPADDD Z4, a, a             \
	VPROLD $s, a, a             \
	VPADDD b, a, a

#define STEPF(a, b, c, d, i, word, s) \
	VMOVDQA32  b, Z4            \
	VPTERNLOGD $0xCA, d, c, Z4  \
	STEP(a, b, i, word, s)

#define STEPG(a, b, c, d, i, word, s) \
	VMOVDQA32  d, Z4            \
	VPTERNLOGD $0xCA, c, b, Z4  \
	STEP(a, b, i, word, s)

#define STEPH(a, b, c, d, i, word, s) \
	VMOVDQA32  b, Z4            \
	VPTERNLOGD $0x96, d, c, Z4  \
	STEP(a, b, i, word, s)

#define STEPI(a, b, c, d, i, word, s) \
	VMOVDQA32  b, Z4            \
	VPTERNLOGD $0x39, d, c, Z4  \
	STEP(a, b, i, word, s)

// func md5AVX512(words *[16][16]uint32, out *[2][16]uint32)
TEXT ·md5AVX512(SB), NOSPLIT, $0-16
	MOVQ words+0(FP), SI
	MOVQ out+8(FP), DI
	LEAQ ·sines(SB), BX
	VPBROADCASTD ·start+0(SB), Z0
	VPBROADCASTD ·start+4(SB), Z1
	VPBROADCASTD ·start+8(SB), Z2
	VPBROADCASTD ·start+12(SB), Z3
	VMOVDQA32 Z0, Z5
	VMOVDQA32 Z1, Z6

	STEPF(Z0, Z1, Z2, Z3, 0, 0, 7)
	STEPF(Z3, Z0, Z1, Z2, 1, 1, 12)
	STEPF(Z2, Z3, Z0, Z1, 2, 2, 17)
	STEPF(Z1, Z2, Z3, Z0, 3, 3, 22)
	STEPF(Z0, Z1, Z2, Z3, 4, 4, 7)
	STEPF(Z3, Z0, Z1, Z2, 5, 5, 12)
	STEPF(Z2, Z3, Z0, Z1, 6, 6, 17)
	STEPF(Z1, Z2, Z3, Z0, 7, 7, 22)
	STEPF(Z0, Z1, Z2, Z3, 8, 8, 7)
	STEPF(Z3, Z0, Z1, Z2, 9, 9, 12)
	STEPF(Z2, Z3, Z0, Z1, 10, 10, 17)
	STEPF(Z1, Z2, Z3, Z0, 11, 11, 22)
	STEPF(Z0, Z1, Z2, Z3, 12, 12, 7)
	STEPF(Z3, Z0, Z1, Z2, 13, 13, 12)
	STEPF(Z2, Z3, Z0, Z1, 14, 14, 17)
	STEPF(Z1, Z2, Z3, Z0, 15, 15, 22)
	STEPG(Z0, Z1, Z2, Z3, 16, 1, 5)
	STEPG(Z3, Z0, Z1, Z2, 17, 6, 9)
	STEPG(Z2, Z3, Z0, Z1, 18, 11, 14)
	STEPG(Z1, Z2, Z3, Z0, 19, 0, 20)
	STEPG(Z0, Z1, Z2, Z3, 20, 5, 5)
	STEPG(Z3, Z0, Z1, Z2, 21, 10, 9)
	STEPG(Z2, Z3, Z0, Z1, 22, 15, 14)
	STEPG(Z1, Z2, Z3, Z0, 23, 4, 20)
	STEPG(Z0, Z1, Z2, Z3, 24, 9, 5)
	STEPG(Z3, Z0, Z1, Z2, 25, 14, 9)
	STEPG(Z2, Z3, Z0, Z1, 26, 3, 14)
	STEPG(Z1, Z2, Z3, Z0, 27, 8, 20)
	STEPG(Z0, Z1, Z2, Z3, 28, 13, 5)
	STEPG(Z3, Z0, Z1, Z2, 29, 2, 9)
	STEPG(Z2, Z3, Z0, Z1, 30, 7, 14)
	STEPG(Z1, Z2, Z3, Z0, 31, 12, 20)
	STEPH(Z0, Z1, Z2, Z3, 32, 5, 4)
	STEPH(Z3, Z0, Z1, Z2, 33, 8, 11)
	STEPH(Z2, Z3, Z0, Z1, 34, 11, 16)
	STEPH(Z1, Z2, Z3, Z0, 35, 14, 23)
	STEPH(Z0, Z1, Z2, Z3, 36, 1, 4)
	STEPH(Z3, Z0, Z1, Z2, 37, 4, 11)
	STEPH(Z2, Z3, Z0, Z1, 38, 7, 16)
	STEPH(Z1, Z2, Z3, Z0, 39, 10, 23)
	STEPH(Z0, Z1, Z2, Z3, 40, 13, 4)
	STEPH(Z3, Z0, Z1, Z2, 41, 0, 11)
	STEPH(Z2, Z3, Z0, Z1, 42, 3, 16)
	STEPH(Z1, Z2, Z3, Z0, 43, 6, 23)
	STEPH(Z0, Z1, Z2, Z3, 44, 9, 4)
	STEPH(Z3, Z0, Z1, Z2, 45, 12, 11)
	STEPH(Z2, Z3, Z0, Z1, 46, 15, 16)
	STEPH(Z1, Z2, Z3, Z0, 47, 2, 23)
	STEPI(Z0, Z1, Z2, Z3, 48, 0, 6)
	STEPI(Z3, Z0, Z1, Z2, 49, 7, 10)
	STEPI(Z2, Z3, Z0, Z1, 50, 14, 15)
	STEPI(Z1, Z2, Z3, Z0, 51, 5, 21)
	STEPI(Z0, Z1, Z2, Z3, 52, 12, 6)
	STEPI(Z3, Z0, Z1, Z2, 53, 3, 10)
	STEPI(Z2, Z3, Z0, Z1, 54, 10, 15)
	STEPI(Z1, Z2, Z3, Z0, 55, 1, 21)
	STEPI(Z0, Z1, Z2, Z3, 56, 8, 6)
	STEPI(Z3, Z0, Z1, Z2, 57, 15, 10)
	STEPI(Z2, Z3, Z0, Z1, 58, 6, 15)
	STEPI(Z1, Z2, Z3, Z0, 59, 13, 21)
	STEPI(Z0, Z1, Z2, Z3, 60, 4, 6)
	STEPI(Z3, Z0, Z1, Z2, 61, 11, 10)
	STEPI(Z2, Z3, Z0, Z1, 62, 2, 15)
	STEPI(Z1, Z2, Z3, Z0, 63, 9, 21)

	VPADDD Z5, Z0, Z0
	VPADDD Z6, Z1, Z1
	VMOVDQU32 Z0, (DI)
	VMOVDQU32 Z1, 64(DI)
	VZEROUPPER
	RET
