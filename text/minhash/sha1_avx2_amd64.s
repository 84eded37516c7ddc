#include "textflag.h"

// Every 32-bit word turned around.
DATA turn8<>+0(SB)/8, $0x0405060700010203
DATA turn8<>+8(SB)/8, $0x0c0d0e0f08090a0b
GLOBL turn8<>(SB), RODATA|NOPTR, $16

// The state at the beginning and the constants of the rounds.
DATA words8<>+0(SB)/4, $0x67452301
DATA words8<>+4(SB)/4, $0xefcdab89
DATA words8<>+8(SB)/4, $0x98badcfe
DATA words8<>+12(SB)/4, $0x10325476
DATA words8<>+16(SB)/4, $0xc3d2e1f0
DATA words8<>+20(SB)/4, $0x5a827999
DATA words8<>+24(SB)/4, $0x6ed9eba1
DATA words8<>+28(SB)/4, $0x8f1bbcdc
DATA words8<>+32(SB)/4, $0xca62c1d6
GLOBL words8<>(SB), RODATA|NOPTR, $36

// 64 bytes that end n after the beginning of keep<> + 64 - n have n ones, and
// of behind<> + 64 - n the bit behind n bytes; n is -8 to 64.
DATA keep<>+0(SB)/8, $0xffffffffffffffff
DATA keep<>+8(SB)/8, $0xffffffffffffffff
DATA keep<>+16(SB)/8, $0xffffffffffffffff
DATA keep<>+24(SB)/8, $0xffffffffffffffff
DATA keep<>+32(SB)/8, $0xffffffffffffffff
DATA keep<>+40(SB)/8, $0xffffffffffffffff
DATA keep<>+48(SB)/8, $0xffffffffffffffff
DATA keep<>+56(SB)/8, $0xffffffffffffffff
DATA keep<>+64(SB)/8, $0x0000000000000000
DATA keep<>+72(SB)/8, $0x0000000000000000
DATA keep<>+80(SB)/8, $0x0000000000000000
DATA keep<>+88(SB)/8, $0x0000000000000000
DATA keep<>+96(SB)/8, $0x0000000000000000
DATA keep<>+104(SB)/8, $0x0000000000000000
DATA keep<>+112(SB)/8, $0x0000000000000000
DATA keep<>+120(SB)/8, $0x0000000000000000
DATA keep<>+128(SB)/8, $0x0000000000000000
GLOBL keep<>(SB), RODATA|NOPTR, $136
DATA behind<>+0(SB)/8, $0x0000000000000000
DATA behind<>+8(SB)/8, $0x0000000000000000
DATA behind<>+16(SB)/8, $0x0000000000000000
DATA behind<>+24(SB)/8, $0x0000000000000000
DATA behind<>+32(SB)/8, $0x0000000000000000
DATA behind<>+40(SB)/8, $0x0000000000000000
DATA behind<>+48(SB)/8, $0x0000000000000000
DATA behind<>+56(SB)/8, $0x0000000000000000
DATA behind<>+64(SB)/8, $0x0000000000000080
DATA behind<>+72(SB)/8, $0x0000000000000000
DATA behind<>+80(SB)/8, $0x0000000000000000
DATA behind<>+88(SB)/8, $0x0000000000000000
DATA behind<>+96(SB)/8, $0x0000000000000000
DATA behind<>+104(SB)/8, $0x0000000000000000
DATA behind<>+112(SB)/8, $0x0000000000000000
DATA behind<>+120(SB)/8, $0x0000000000000000
DATA behind<>+128(SB)/8, $0x0000000000000000
GLOBL behind<>(SB), RODATA|NOPTR, $136

// LOAD puts 32 bytes of a block of message i into row, with the bit behind
// the message and zeros. DX is the text at their offset, CX the block's
// offset and 64 more; AX and BX are keep<> and behind<> at the place of half.
#define LOAD(i, row) \
	MOVL    (8*i)(SI), R8          \
	MOVL    (8*i+4)(SI), R9        \
	SUBL    R8, R9                 \
	MOVL    CX, R10                \
	SUBL    R9, R10                \
	CMOVLLT R13, R10               \
	VMOVDQU (DX)(R8*1), row        \
	VPAND   (AX)(R10*1), row, row  \
	VPOR    (BX)(R10*1), row, row  \
	VPSHUFB Y15, row, row

// COLUMNS turns 8 rows of 8 words, Y0-Y7, to columns, and stores them.
#define COLUMNS(at) \
	VPUNPCKLDQ Y1, Y0, Y8 \
	VPUNPCKHDQ Y1, Y0, Y0 \
	VPUNPCKLDQ Y3, Y2, Y9 \
	VPUNPCKHDQ Y3, Y2, Y2 \
	VPUNPCKLDQ Y5, Y4, Y10 \
	VPUNPCKHDQ Y5, Y4, Y4 \
	VPUNPCKLDQ Y7, Y6, Y11 \
	VPUNPCKHDQ Y7, Y6, Y6 \
	VPUNPCKLQDQ Y9, Y8, Y1 \
	VPUNPCKHQDQ Y9, Y8, Y3 \
	VPUNPCKLQDQ Y11, Y10, Y5 \
	VPUNPCKHQDQ Y11, Y10, Y7 \
	VPUNPCKLQDQ Y2, Y0, Y8 \
	VPUNPCKHQDQ Y2, Y0, Y9 \
	VPUNPCKLQDQ Y6, Y4, Y10 \
	VPUNPCKHQDQ Y6, Y4, Y11 \
	VPERM2I128 $0x20, Y5, Y1, Y12 \
	VMOVDQU Y12, words-672+32*(at+0)(SP) \
	VPERM2I128 $0x31, Y5, Y1, Y12 \
	VMOVDQU Y12, words-672+32*(at+4)(SP) \
	VPERM2I128 $0x20, Y7, Y3, Y12 \
	VMOVDQU Y12, words-672+32*(at+1)(SP) \
	VPERM2I128 $0x31, Y7, Y3, Y12 \
	VMOVDQU Y12, words-672+32*(at+5)(SP) \
	VPERM2I128 $0x20, Y10, Y8, Y12 \
	VMOVDQU Y12, words-672+32*(at+2)(SP) \
	VPERM2I128 $0x31, Y10, Y8, Y12 \
	VMOVDQU Y12, words-672+32*(at+6)(SP) \
	VPERM2I128 $0x20, Y11, Y9, Y12 \
	VMOVDQU Y12, words-672+32*(at+3)(SP) \
	VPERM2I128 $0x31, Y11, Y9, Y12 \
	VMOVDQU Y12, words-672+32*(at+7)(SP)

// END is the end of a round whose function is in Y6. Y9 is its constant.
#define END(a, b, e) \
	VPADDD Y9, e, e         \
	VPSLLD $5, a, Y7        \
	VPSRLD $27, a, Y8       \
	VPADDD Y6, e, e         \
	VPOR   Y8, Y7, Y7       \
	VPADDD Y7, e, e         \
	VPSLLD $30, b, Y8       \
	VPSRLD $2, b, b         \
	VPOR   Y8, b, b

#define CHOOSE(a, b, c, d, e) \
	VPXOR c, d, Y6  \
	VPAND b, Y6, Y6 \
	VPXOR d, Y6, Y6 \
	END(a, b, e)

#define PARITY(a, b, c, d, e) \
	VPXOR c, d, Y6  \
	VPXOR b, Y6, Y6 \
	END(a, b, e)

#define MAJORITY(a, b, c, d, e) \
	VPXOR  c, b, Y6  \
	VPAND  c, b, Y7  \
	VPAND  d, Y6, Y6 \
	VPADDD Y7, e, e  \
	END(a, b, e)

// FIRST adds a word of the block to e.
#define FIRST(e, w) \
	VPADDD words-672+32*w(SP), e, e

// NEXT makes the word 16 after w of those 2, 8 and 13 after it, and adds it
// to e.
#define NEXT(e, w, w2, w8, w13) \
	VMOVDQU words-672+32*w(SP), Y5        \
	VPXOR   words-672+32*w2(SP), Y5, Y5   \
	VPXOR   words-672+32*w8(SP), Y5, Y5   \
	VPXOR   words-672+32*w13(SP), Y5, Y5  \
	VPADDD  Y5, Y5, Y6                    \
	VPSRLD  $31, Y5, Y5                   \
	VPOR    Y6, Y5, Y5                    \
	VMOVDQU Y5, words-672+32*w(SP)        \
	VPADDD  Y5, e, e

// func sha1AVX2(dst *uint32, buf *byte, messages *text.Span, groups, blocks int)
//
// SHA-1 (FIPS 180-4) with one message in each lane. Y0-Y4 are the state; the
// frame is the last 16 words and the state before the block.
TEXT ·sha1AVX2(SB), NOSPLIT, $672-40
	MOVQ dst+0(FP), DI
	MOVQ messages+16(FP), SI
	XORL R13, R13

group:
	VPBROADCASTD words8<>+0(SB), Y0
	VPBROADCASTD words8<>+4(SB), Y1
	VPBROADCASTD words8<>+8(SB), Y2
	VPBROADCASTD words8<>+12(SB), Y3
	VPBROADCASTD words8<>+16(SB), Y4
	VMOVDQU Y0, state0-160(SP)
	VMOVDQU Y1, state1-128(SP)
	VMOVDQU Y2, state2-96(SP)
	VMOVDQU Y3, state3-64(SP)
	VMOVDQU Y4, state4-32(SP)
	MOVQ buf+8(FP), DX
	MOVL $64, CX
	MOVQ blocks+32(FP), R11

block:
	VBROADCASTI128 turn8<>(SB), Y15
	LEAQ keep<>(SB), AX
	LEAQ behind<>(SB), BX
	LOAD(0, Y0)
	LOAD(1, Y1)
	LOAD(2, Y2)
	LOAD(3, Y3)
	LOAD(4, Y4)
	LOAD(5, Y5)
	LOAD(6, Y6)
	LOAD(7, Y7)
	COLUMNS(0)
	ADDQ $32, DX
	ADDQ $32, AX
	ADDQ $32, BX
	LOAD(0, Y0)
	LOAD(1, Y1)
	LOAD(2, Y2)
	LOAD(3, Y3)
	LOAD(4, Y4)
	LOAD(5, Y5)
	LOAD(6, Y6)
	LOAD(7, Y7)
	COLUMNS(8)
	ADDQ $32, DX
	ADDL $64, CX

	CMPQ R11, $1
	JNE  compress
	VMOVDQU (SI), Y0 // the length in bits
	VMOVDQU 32(SI), Y1
	VPSRLQ  $32, Y0, Y2
	VPSRLQ  $32, Y1, Y3
	VPSUBD  Y0, Y2, Y0
	VPSUBD  Y1, Y3, Y1
	VSHUFPS $0x88, Y1, Y0, Y0
	VPERMQ  $0xd8, Y0, Y0
	VPSLLD  $3, Y0, Y0
	VMOVDQU Y0, words-672+32*15(SP)

compress:
	VMOVDQU state0-160(SP), Y0
	VMOVDQU state1-128(SP), Y1
	VMOVDQU state2-96(SP), Y2
	VMOVDQU state3-64(SP), Y3
	VMOVDQU state4-32(SP), Y4

	VPBROADCASTD words8<>+20(SB), Y9
	FIRST(Y4, 0)
	CHOOSE(Y0, Y1, Y2, Y3, Y4)
	FIRST(Y3, 1)
	CHOOSE(Y4, Y0, Y1, Y2, Y3)
	FIRST(Y2, 2)
	CHOOSE(Y3, Y4, Y0, Y1, Y2)
	FIRST(Y1, 3)
	CHOOSE(Y2, Y3, Y4, Y0, Y1)
	FIRST(Y0, 4)
	CHOOSE(Y1, Y2, Y3, Y4, Y0)
	FIRST(Y4, 5)
	CHOOSE(Y0, Y1, Y2, Y3, Y4)
	FIRST(Y3, 6)
	CHOOSE(Y4, Y0, Y1, Y2, Y3)
	FIRST(Y2, 7)
	CHOOSE(Y3, Y4, Y0, Y1, Y2)
	FIRST(Y1, 8)
	CHOOSE(Y2, Y3, Y4, Y0, Y1)
	FIRST(Y0, 9)
	CHOOSE(Y1, Y2, Y3, Y4, Y0)
	FIRST(Y4, 10)
	CHOOSE(Y0, Y1, Y2, Y3, Y4)
	FIRST(Y3, 11)
	CHOOSE(Y4, Y0, Y1, Y2, Y3)
	FIRST(Y2, 12)
	CHOOSE(Y3, Y4, Y0, Y1, Y2)
	FIRST(Y1, 13)
	CHOOSE(Y2, Y3, Y4, Y0, Y1)
	FIRST(Y0, 14)
	CHOOSE(Y1, Y2, Y3, Y4, Y0)
	FIRST(Y4, 15)
	CHOOSE(Y0, Y1, Y2, Y3, Y4)
	NEXT(Y3, 0, 2, 8, 13)
	CHOOSE(Y4, Y0, Y1, Y2, Y3)
	NEXT(Y2, 1, 3, 9, 14)
	CHOOSE(Y3, Y4, Y0, Y1, Y2)
	NEXT(Y1, 2, 4, 10, 15)
	CHOOSE(Y2, Y3, Y4, Y0, Y1)
	NEXT(Y0, 3, 5, 11, 0)
	CHOOSE(Y1, Y2, Y3, Y4, Y0)

	VPBROADCASTD words8<>+24(SB), Y9
	NEXT(Y4, 4, 6, 12, 1)
	PARITY(Y0, Y1, Y2, Y3, Y4)
	NEXT(Y3, 5, 7, 13, 2)
	PARITY(Y4, Y0, Y1, Y2, Y3)
	NEXT(Y2, 6, 8, 14, 3)
	PARITY(Y3, Y4, Y0, Y1, Y2)
	NEXT(Y1, 7, 9, 15, 4)
	PARITY(Y2, Y3, Y4, Y0, Y1)
	NEXT(Y0, 8, 10, 0, 5)
	PARITY(Y1, Y2, Y3, Y4, Y0)
	NEXT(Y4, 9, 11, 1, 6)
	PARITY(Y0, Y1, Y2, Y3, Y4)
	NEXT(Y3, 10, 12, 2, 7)
	PARITY(Y4, Y0, Y1, Y2, Y3)
	NEXT(Y2, 11, 13, 3, 8)
	PARITY(Y3, Y4, Y0, Y1, Y2)
	NEXT(Y1, 12, 14, 4, 9)
	PARITY(Y2, Y3, Y4, Y0, Y1)
	NEXT(Y0, 13, 15, 5, 10)
	PARITY(Y1, Y2, Y3, Y4, Y0)
	NEXT(Y4, 14, 0, 6, 11)
	PARITY(Y0, Y1, Y2, Y3, Y4)
	NEXT(Y3, 15, 1, 7, 12)
	PARITY(Y4, Y0, Y1, Y2, Y3)
	NEXT(Y2, 0, 2, 8, 13)
	PARITY(Y3, Y4, Y0, Y1, Y2)
	NEXT(Y1, 1, 3, 9, 14)
	PARITY(Y2, Y3, Y4, Y0, Y1)
	NEXT(Y0, 2, 4, 10, 15)
	PARITY(Y1, Y2, Y3, Y4, Y0)
	NEXT(Y4, 3, 5, 11, 0)
	PARITY(Y0, Y1, Y2, Y3, Y4)
	NEXT(Y3, 4, 6, 12, 1)
	PARITY(Y4, Y0, Y1, Y2, Y3)
	NEXT(Y2, 5, 7, 13, 2)
	PARITY(Y3, Y4, Y0, Y1, Y2)
	NEXT(Y1, 6, 8, 14, 3)
	PARITY(Y2, Y3, Y4, Y0, Y1)
	NEXT(Y0, 7, 9, 15, 4)
	PARITY(Y1, Y2, Y3, Y4, Y0)

	VPBROADCASTD words8<>+28(SB), Y9
	NEXT(Y4, 8, 10, 0, 5)
	MAJORITY(Y0, Y1, Y2, Y3, Y4)
	NEXT(Y3, 9, 11, 1, 6)
	MAJORITY(Y4, Y0, Y1, Y2, Y3)
	NEXT(Y2, 10, 12, 2, 7)
	MAJORITY(Y3, Y4, Y0, Y1, Y2)
	NEXT(Y1, 11, 13, 3, 8)
	MAJORITY(Y2, Y3, Y4, Y0, Y1)
	NEXT(Y0, 12, 14, 4, 9)
	MAJORITY(Y1, Y2, Y3, Y4, Y0)
	NEXT(Y4, 13, 15, 5, 10)
	MAJORITY(Y0, Y1, Y2, Y3, Y4)
	NEXT(Y3, 14, 0, 6, 11)
	MAJORITY(Y4, Y0, Y1, Y2, Y3)
	NEXT(Y2, 15, 1, 7, 12)
	MAJORITY(Y3, Y4, Y0, Y1, Y2)
	NEXT(Y1, 0, 2, 8, 13)
	MAJORITY(Y2, Y3, Y4, Y0, Y1)
	NEXT(Y0, 1, 3, 9, 14)
	MAJORITY(Y1, Y2, Y3, Y4, Y0)
	NEXT(Y4, 2, 4, 10, 15)
	MAJORITY(Y0, Y1, Y2, Y3, Y4)
	NEXT(Y3, 3, 5, 11, 0)
	MAJORITY(Y4, Y0, Y1, Y2, Y3)
	NEXT(Y2, 4, 6, 12, 1)
	MAJORITY(Y3, Y4, Y0, Y1, Y2)
	NEXT(Y1, 5, 7, 13, 2)
	MAJORITY(Y2, Y3, Y4, Y0, Y1)
	NEXT(Y0, 6, 8, 14, 3)
	MAJORITY(Y1, Y2, Y3, Y4, Y0)
	NEXT(Y4, 7, 9, 15, 4)
	MAJORITY(Y0, Y1, Y2, Y3, Y4)
	NEXT(Y3, 8, 10, 0, 5)
	MAJORITY(Y4, Y0, Y1, Y2, Y3)
	NEXT(Y2, 9, 11, 1, 6)
	MAJORITY(Y3, Y4, Y0, Y1, Y2)
	NEXT(Y1, 10, 12, 2, 7)
	MAJORITY(Y2, Y3, Y4, Y0, Y1)
	NEXT(Y0, 11, 13, 3, 8)
	MAJORITY(Y1, Y2, Y3, Y4, Y0)

	VPBROADCASTD words8<>+32(SB), Y9
	NEXT(Y4, 12, 14, 4, 9)
	PARITY(Y0, Y1, Y2, Y3, Y4)
	NEXT(Y3, 13, 15, 5, 10)
	PARITY(Y4, Y0, Y1, Y2, Y3)
	NEXT(Y2, 14, 0, 6, 11)
	PARITY(Y3, Y4, Y0, Y1, Y2)
	NEXT(Y1, 15, 1, 7, 12)
	PARITY(Y2, Y3, Y4, Y0, Y1)
	NEXT(Y0, 0, 2, 8, 13)
	PARITY(Y1, Y2, Y3, Y4, Y0)
	NEXT(Y4, 1, 3, 9, 14)
	PARITY(Y0, Y1, Y2, Y3, Y4)
	NEXT(Y3, 2, 4, 10, 15)
	PARITY(Y4, Y0, Y1, Y2, Y3)
	NEXT(Y2, 3, 5, 11, 0)
	PARITY(Y3, Y4, Y0, Y1, Y2)
	NEXT(Y1, 4, 6, 12, 1)
	PARITY(Y2, Y3, Y4, Y0, Y1)
	NEXT(Y0, 5, 7, 13, 2)
	PARITY(Y1, Y2, Y3, Y4, Y0)
	NEXT(Y4, 6, 8, 14, 3)
	PARITY(Y0, Y1, Y2, Y3, Y4)
	NEXT(Y3, 7, 9, 15, 4)
	PARITY(Y4, Y0, Y1, Y2, Y3)
	NEXT(Y2, 8, 10, 0, 5)
	PARITY(Y3, Y4, Y0, Y1, Y2)
	NEXT(Y1, 9, 11, 1, 6)
	PARITY(Y2, Y3, Y4, Y0, Y1)
	NEXT(Y0, 10, 12, 2, 7)
	PARITY(Y1, Y2, Y3, Y4, Y0)
	NEXT(Y4, 11, 13, 3, 8)
	PARITY(Y0, Y1, Y2, Y3, Y4)
	NEXT(Y3, 12, 14, 4, 9)
	PARITY(Y4, Y0, Y1, Y2, Y3)
	NEXT(Y2, 13, 15, 5, 10)
	PARITY(Y3, Y4, Y0, Y1, Y2)
	NEXT(Y1, 14, 0, 6, 11)
	PARITY(Y2, Y3, Y4, Y0, Y1)
	NEXT(Y0, 15, 1, 7, 12)
	PARITY(Y1, Y2, Y3, Y4, Y0)

	VPADDD state0-160(SP), Y0, Y0
	VPADDD state1-128(SP), Y1, Y1
	VPADDD state2-96(SP), Y2, Y2
	VPADDD state3-64(SP), Y3, Y3
	VPADDD state4-32(SP), Y4, Y4
	VMOVDQU Y0, state0-160(SP)
	VMOVDQU Y1, state1-128(SP)
	VMOVDQU Y2, state2-96(SP)
	VMOVDQU Y3, state3-64(SP)
	VMOVDQU Y4, state4-32(SP)
	DECQ R11
	JNZ  block

	VBROADCASTI128 turn8<>(SB), Y15
	VPSHUFB Y15, Y0, Y0
	VMOVDQU Y0, (DI)
	ADDQ    $32, DI
	ADDQ    $64, SI
	DECQ    groups+24(FP)
	JNZ     group
	VZEROUPPER
	RET
