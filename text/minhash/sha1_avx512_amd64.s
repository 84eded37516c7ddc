#include "textflag.h"

// Every 32-bit word turned around.
DATA turn16<>+0(SB)/8, $0x0405060700010203
DATA turn16<>+8(SB)/8, $0x0c0d0e0f08090a0b
GLOBL turn16<>(SB), RODATA|NOPTR, $16

// The state at the beginning, the constants of the rounds, and the bit behind
// a message.
DATA sha1Words<>+0(SB)/4, $0x67452301
DATA sha1Words<>+4(SB)/4, $0xefcdab89
DATA sha1Words<>+8(SB)/4, $0x98badcfe
DATA sha1Words<>+12(SB)/4, $0x10325476
DATA sha1Words<>+16(SB)/4, $0xc3d2e1f0
DATA sha1Words<>+20(SB)/4, $0x5a827999
DATA sha1Words<>+24(SB)/4, $0x6ed9eba1
DATA sha1Words<>+28(SB)/4, $0x8f1bbcdc
DATA sha1Words<>+32(SB)/4, $0xca62c1d6
DATA sha1Words<>+36(SB)/4, $0x80808080
GLOBL sha1Words<>(SB), RODATA|NOPTR, $40

// LOAD puts a block of message i into row, with the bit behind the message
// and zeros. DX is the text at the block's offset, CX that offset.
#define LOAD(i, row) \
	MOVL        (8*i)(SI), R8         \
	MOVL        (8*i+4)(SI), R9       \
	SUBL        R8, R9                \
	SUBL        CX, R9                \
	LEAL        1(R9), R10            \
	TESTL       R9, R9                \
	CMOVLLT     R13, R9               \
	TESTL       R10, R10              \
	CMOVLLT     R13, R10              \
	BZHIQ       R9, R12, R9           \
	BZHIQ       R10, R12, R10         \
	XORQ        R9, R10               \
	KMOVQ       R9, K1                \
	KMOVQ       R10, K2               \
	VMOVDQU8.Z  (DX)(R8*1), K1, row   \
	VMOVDQU8    Z30, K2, row          \
	VPSHUFB     Z31, row, row

// PAIR begins and QUAD goes on with turning rows to columns, QUARTERS
// and HALVES end it: a and b of each step make lo and hi.
#define PAIR(a, b, lo, hi) \
	VPUNPCKLDQ b, a, lo \
	VPUNPCKHDQ b, a, hi

#define QUAD(a, b, lo, hi) \
	VPUNPCKLQDQ b, a, lo \
	VPUNPCKHQDQ b, a, hi

#define QUARTERS(a, b, lo, hi) \
	VSHUFI32X4 $0x88, b, a, lo \
	VSHUFI32X4 $0xdd, b, a, hi

// ROUND is one of the 80 with the word w; f is the truth table of its
// function. Z23 is its constant.
#define ROUND(a, b, c, d, e, w, f) \
	VPADDD     w, e, e      \
	VPROLD     $5, a, Z22   \
	VMOVDQA32  b, Z21       \
	VPTERNLOGD $f, d, c, Z21 \
	VPADDD     Z23, e, e    \
	VPADDD     Z21, Z22, Z22 \
	VPROLD     $30, b, b    \
	VPADDD     Z22, e, e

// NEXT makes the word 16 after w of those 2, 8 and 13 after it.
#define NEXT(w, w2, w8, w13) \
	VPTERNLOGD $0x96, w8, w2, w \
	VPXORD     w13, w, w        \
	VPROLD     $1, w, w

// func sha1AVX512(dst *uint32, buf *byte, messages *text.Span, groups, blocks int)
//
// SHA-1 (FIPS 180-4) with one message in each lane. Z0-Z15 are the last 16
// words, Z16-Z20 the state; the frame is the state before the block.
TEXT ·sha1AVX512(SB), NOSPLIT, $320-40
	MOVQ dst+0(FP), DI
	MOVQ messages+16(FP), SI
	MOVQ $-1, R12
	XORL R13, R13

group:
	VPBROADCASTD sha1Words<>+0(SB), Z16
	VPBROADCASTD sha1Words<>+4(SB), Z17
	VPBROADCASTD sha1Words<>+8(SB), Z18
	VPBROADCASTD sha1Words<>+12(SB), Z19
	VPBROADCASTD sha1Words<>+16(SB), Z20
	VMOVDQU32 Z16, state0-320(SP)
	VMOVDQU32 Z17, state1-256(SP)
	VMOVDQU32 Z18, state2-192(SP)
	VMOVDQU32 Z19, state3-128(SP)
	VMOVDQU32 Z20, state4-64(SP)
	MOVQ buf+8(FP), DX
	XORL CX, CX
	MOVQ blocks+32(FP), BX

block:
	VBROADCASTI32X4 turn16<>(SB), Z31
	VPBROADCASTD sha1Words<>+36(SB), Z30
	LOAD(0, Z0)
	LOAD(1, Z1)
	LOAD(2, Z2)
	LOAD(3, Z3)
	LOAD(4, Z4)
	LOAD(5, Z5)
	LOAD(6, Z6)
	LOAD(7, Z7)
	LOAD(8, Z8)
	LOAD(9, Z9)
	LOAD(10, Z10)
	LOAD(11, Z11)
	LOAD(12, Z12)
	LOAD(13, Z13)
	LOAD(14, Z14)
	LOAD(15, Z15)

	PAIR(Z0, Z1, Z16, Z17)
	PAIR(Z2, Z3, Z18, Z19)
	PAIR(Z4, Z5, Z20, Z21)
	PAIR(Z6, Z7, Z22, Z23)
	PAIR(Z8, Z9, Z24, Z25)
	PAIR(Z10, Z11, Z26, Z27)
	PAIR(Z12, Z13, Z28, Z29)
	PAIR(Z14, Z15, Z30, Z31)
	QUAD(Z16, Z18, Z0, Z1)
	QUAD(Z17, Z19, Z2, Z3)
	QUAD(Z20, Z22, Z4, Z5)
	QUAD(Z21, Z23, Z6, Z7)
	QUAD(Z24, Z26, Z8, Z9)
	QUAD(Z25, Z27, Z10, Z11)
	QUAD(Z28, Z30, Z12, Z13)
	QUAD(Z29, Z31, Z14, Z15)
	QUARTERS(Z0, Z4, Z16, Z17)
	QUARTERS(Z8, Z12, Z18, Z19)
	QUARTERS(Z1, Z5, Z20, Z21)
	QUARTERS(Z9, Z13, Z22, Z23)
	QUARTERS(Z2, Z6, Z24, Z25)
	QUARTERS(Z10, Z14, Z26, Z27)
	QUARTERS(Z3, Z7, Z28, Z29)
	QUARTERS(Z11, Z15, Z30, Z31)
	QUARTERS(Z16, Z18, Z0, Z8)
	QUARTERS(Z17, Z19, Z4, Z12)
	QUARTERS(Z20, Z22, Z1, Z9)
	QUARTERS(Z21, Z23, Z5, Z13)
	QUARTERS(Z24, Z26, Z2, Z10)
	QUARTERS(Z25, Z27, Z6, Z14)
	QUARTERS(Z28, Z30, Z3, Z11)
	QUARTERS(Z29, Z31, Z7, Z15)

	CMPQ BX, $1
	JNE  compress
	VMOVDQU32    (SI), Z16 // the length in bits
	VMOVDQU32    64(SI), Z17
	VPSRLQ       $32, Z16, Z18
	VPSRLQ       $32, Z17, Z19
	VPSUBD       Z16, Z18, Z18
	VPSUBD       Z17, Z19, Z19
	VPMOVQD      Z18, Y18
	VPMOVQD      Z19, Y19
	VINSERTI64X4 $1, Y19, Z18, Z18
	VPSLLD       $3, Z18, Z15

compress:
	VMOVDQU32 state0-320(SP), Z16
	VMOVDQU32 state1-256(SP), Z17
	VMOVDQU32 state2-192(SP), Z18
	VMOVDQU32 state3-128(SP), Z19
	VMOVDQU32 state4-64(SP), Z20

	VPBROADCASTD sha1Words<>+20(SB), Z23
	ROUND(Z16, Z17, Z18, Z19, Z20, Z0, 0xca)
	ROUND(Z20, Z16, Z17, Z18, Z19, Z1, 0xca)
	ROUND(Z19, Z20, Z16, Z17, Z18, Z2, 0xca)
	ROUND(Z18, Z19, Z20, Z16, Z17, Z3, 0xca)
	ROUND(Z17, Z18, Z19, Z20, Z16, Z4, 0xca)
	ROUND(Z16, Z17, Z18, Z19, Z20, Z5, 0xca)
	ROUND(Z20, Z16, Z17, Z18, Z19, Z6, 0xca)
	ROUND(Z19, Z20, Z16, Z17, Z18, Z7, 0xca)
	ROUND(Z18, Z19, Z20, Z16, Z17, Z8, 0xca)
	ROUND(Z17, Z18, Z19, Z20, Z16, Z9, 0xca)
	ROUND(Z16, Z17, Z18, Z19, Z20, Z10, 0xca)
	ROUND(Z20, Z16, Z17, Z18, Z19, Z11, 0xca)
	ROUND(Z19, Z20, Z16, Z17, Z18, Z12, 0xca)
	ROUND(Z18, Z19, Z20, Z16, Z17, Z13, 0xca)
	ROUND(Z17, Z18, Z19, Z20, Z16, Z14, 0xca)
	ROUND(Z16, Z17, Z18, Z19, Z20, Z15, 0xca)
	NEXT(Z0, Z2, Z8, Z13)
	ROUND(Z20, Z16, Z17, Z18, Z19, Z0, 0xca)
	NEXT(Z1, Z3, Z9, Z14)
	ROUND(Z19, Z20, Z16, Z17, Z18, Z1, 0xca)
	NEXT(Z2, Z4, Z10, Z15)
	ROUND(Z18, Z19, Z20, Z16, Z17, Z2, 0xca)
	NEXT(Z3, Z5, Z11, Z0)
	ROUND(Z17, Z18, Z19, Z20, Z16, Z3, 0xca)

	VPBROADCASTD sha1Words<>+24(SB), Z23
	NEXT(Z4, Z6, Z12, Z1)
	ROUND(Z16, Z17, Z18, Z19, Z20, Z4, 0x96)
	NEXT(Z5, Z7, Z13, Z2)
	ROUND(Z20, Z16, Z17, Z18, Z19, Z5, 0x96)
	NEXT(Z6, Z8, Z14, Z3)
	ROUND(Z19, Z20, Z16, Z17, Z18, Z6, 0x96)
	NEXT(Z7, Z9, Z15, Z4)
	ROUND(Z18, Z19, Z20, Z16, Z17, Z7, 0x96)
	NEXT(Z8, Z10, Z0, Z5)
	ROUND(Z17, Z18, Z19, Z20, Z16, Z8, 0x96)
	NEXT(Z9, Z11, Z1, Z6)
	ROUND(Z16, Z17, Z18, Z19, Z20, Z9, 0x96)
	NEXT(Z10, Z12, Z2, Z7)
	ROUND(Z20, Z16, Z17, Z18, Z19, Z10, 0x96)
	NEXT(Z11, Z13, Z3, Z8)
	ROUND(Z19, Z20, Z16, Z17, Z18, Z11, 0x96)
	NEXT(Z12, Z14, Z4, Z9)
	ROUND(Z18, Z19, Z20, Z16, Z17, Z12, 0x96)
	NEXT(Z13, Z15, Z5, Z10)
	ROUND(Z17, Z18, Z19, Z20, Z16, Z13, 0x96)
	NEXT(Z14, Z0, Z6, Z11)
	ROUND(Z16, Z17, Z18, Z19, Z20, Z14, 0x96)
	NEXT(Z15, Z1, Z7, Z12)
	ROUND(Z20, Z16, Z17, Z18, Z19, Z15, 0x96)
	NEXT(Z0, Z2, Z8, Z13)
	ROUND(Z19, Z20, Z16, Z17, Z18, Z0, 0x96)
	NEXT(Z1, Z3, Z9, Z14)
	ROUND(Z18, Z19, Z20, Z16, Z17, Z1, 0x96)
	NEXT(Z2, Z4, Z10, Z15)
	ROUND(Z17, Z18, Z19, Z20, Z16, Z2, 0x96)
	NEXT(Z3, Z5, Z11, Z0)
	ROUND(Z16, Z17, Z18, Z19, Z20, Z3, 0x96)
	NEXT(Z4, Z6, Z12, Z1)
	ROUND(Z20, Z16, Z17, Z18, Z19, Z4, 0x96)
	NEXT(Z5, Z7, Z13, Z2)
	ROUND(Z19, Z20, Z16, Z17, Z18, Z5, 0x96)
	NEXT(Z6, Z8, Z14, Z3)
	ROUND(Z18, Z19, Z20, Z16, Z17, Z6, 0x96)
	NEXT(Z7, Z9, Z15, Z4)
	ROUND(Z17, Z18, Z19, Z20, Z16, Z7, 0x96)

	VPBROADCASTD sha1Words<>+28(SB), Z23
	NEXT(Z8, Z10, Z0, Z5)
	ROUND(Z16, Z17, Z18, Z19, Z20, Z8, 0xe8)
	NEXT(Z9, Z11, Z1, Z6)
	ROUND(Z20, Z16, Z17, Z18, Z19, Z9, 0xe8)
	NEXT(Z10, Z12, Z2, Z7)
	ROUND(Z19, Z20, Z16, Z17, Z18, Z10, 0xe8)
	NEXT(Z11, Z13, Z3, Z8)
	ROUND(Z18, Z19, Z20, Z16, Z17, Z11, 0xe8)
	NEXT(Z12, Z14, Z4, Z9)
	ROUND(Z17, Z18, Z19, Z20, Z16, Z12, 0xe8)
	NEXT(Z13, Z15, Z5, Z10)
	ROUND(Z16, Z17, Z18, Z19, Z20, Z13, 0xe8)
	NEXT(Z14, Z0, Z6, Z11)
	ROUND(Z20, Z16, Z17, Z18, Z19, Z14, 0xe8)
	NEXT(Z15, Z1, Z7, Z12)
	ROUND(Z19, Z20, Z16, Z17, Z18, Z15, 0xe8)
	NEXT(Z0, Z2, Z8, Z13)
	ROUND(Z18, Z19, Z20, Z16, Z17, Z0, 0xe8)
	NEXT(Z1, Z3, Z9, Z14)
	ROUND(Z17, Z18, Z19, Z20, Z16, Z1, 0xe8)
	NEXT(Z2, Z4, Z10, Z15)
	ROUND(Z16, Z17, Z18, Z19, Z20, Z2, 0xe8)
	NEXT(Z3, Z5, Z11, Z0)
	ROUND(Z20, Z16, Z17, Z18, Z19, Z3, 0xe8)
	NEXT(Z4, Z6, Z12, Z1)
	ROUND(Z19, Z20, Z16, Z17, Z18, Z4, 0xe8)
	NEXT(Z5, Z7, Z13, Z2)
	ROUND(Z18, Z19, Z20, Z16, Z17, Z5, 0xe8)
	NEXT(Z6, Z8, Z14, Z3)
	ROUND(Z17, Z18, Z19, Z20, Z16, Z6, 0xe8)
	NEXT(Z7, Z9, Z15, Z4)
	ROUND(Z16, Z17, Z18, Z19, Z20, Z7, 0xe8)
	NEXT(Z8, Z10, Z0, Z5)
	ROUND(Z20, Z16, Z17, Z18, Z19, Z8, 0xe8)
	NEXT(Z9, Z11, Z1, Z6)
	ROUND(Z19, Z20, Z16, Z17, Z18, Z9, 0xe8)
	NEXT(Z10, Z12, Z2, Z7)
	ROUND(Z18, Z19, Z20, Z16, Z17, Z10, 0xe8)
	NEXT(Z11, Z13, Z3, Z8)
	ROUND(Z17, Z18, Z19, Z20, Z16, Z11, 0xe8)

	VPBROADCASTD sha1Words<>+32(SB), Z23
	NEXT(Z12, Z14, Z4, Z9)
	ROUND(Z16, Z17, Z18, Z19, Z20, Z12, 0x96)
	NEXT(Z13, Z15, Z5, Z10)
	ROUND(Z20, Z16, Z17, Z18, Z19, Z13, 0x96)
	NEXT(Z14, Z0, Z6, Z11)
	ROUND(Z19, Z20, Z16, Z17, Z18, Z14, 0x96)
	NEXT(Z15, Z1, Z7, Z12)
	ROUND(Z18, Z19, Z20, Z16, Z17, Z15, 0x96)
	NEXT(Z0, Z2, Z8, Z13)
	ROUND(Z17, Z18, Z19, Z20, Z16, Z0, 0x96)
	NEXT(Z1, Z3, Z9, Z14)
	ROUND(Z16, Z17, Z18, Z19, Z20, Z1, 0x96)
	NEXT(Z2, Z4, Z10, Z15)
	ROUND(Z20, Z16, Z17, Z18, Z19, Z2, 0x96)
	NEXT(Z3, Z5, Z11, Z0)
	ROUND(Z19, Z20, Z16, Z17, Z18, Z3, 0x96)
	NEXT(Z4, Z6, Z12, Z1)
	ROUND(Z18, Z19, Z20, Z16, Z17, Z4, 0x96)
	NEXT(Z5, Z7, Z13, Z2)
	ROUND(Z17, Z18, Z19, Z20, Z16, Z5, 0x96)
	NEXT(Z6, Z8, Z14, Z3)
	ROUND(Z16, Z17, Z18, Z19, Z20, Z6, 0x96)
	NEXT(Z7, Z9, Z15, Z4)
	ROUND(Z20, Z16, Z17, Z18, Z19, Z7, 0x96)
	NEXT(Z8, Z10, Z0, Z5)
	ROUND(Z19, Z20, Z16, Z17, Z18, Z8, 0x96)
	NEXT(Z9, Z11, Z1, Z6)
	ROUND(Z18, Z19, Z20, Z16, Z17, Z9, 0x96)
	NEXT(Z10, Z12, Z2, Z7)
	ROUND(Z17, Z18, Z19, Z20, Z16, Z10, 0x96)
	NEXT(Z11, Z13, Z3, Z8)
	ROUND(Z16, Z17, Z18, Z19, Z20, Z11, 0x96)
	NEXT(Z12, Z14, Z4, Z9)
	ROUND(Z20, Z16, Z17, Z18, Z19, Z12, 0x96)
	NEXT(Z13, Z15, Z5, Z10)
	ROUND(Z19, Z20, Z16, Z17, Z18, Z13, 0x96)
	NEXT(Z14, Z0, Z6, Z11)
	ROUND(Z18, Z19, Z20, Z16, Z17, Z14, 0x96)
	NEXT(Z15, Z1, Z7, Z12)
	ROUND(Z17, Z18, Z19, Z20, Z16, Z15, 0x96)

	VPADDD state0-320(SP), Z16, Z16
	VPADDD state1-256(SP), Z17, Z17
	VPADDD state2-192(SP), Z18, Z18
	VPADDD state3-128(SP), Z19, Z19
	VPADDD state4-64(SP), Z20, Z20
	VMOVDQU32 Z16, state0-320(SP)
	VMOVDQU32 Z17, state1-256(SP)
	VMOVDQU32 Z18, state2-192(SP)
	VMOVDQU32 Z19, state3-128(SP)
	VMOVDQU32 Z20, state4-64(SP)
	ADDQ $64, DX
	ADDL $64, CX
	DECQ BX
	JNZ  block

	VBROADCASTI32X4 turn16<>(SB), Z31
	VPSHUFB   Z31, Z16, Z16
	VMOVDQU32 Z16, (DI)
	ADDQ      $64, DI
	ADDQ      $128, SI
	DECQ      groups+24(FP)
	JNZ       group
	VZEROUPPER
	RET
