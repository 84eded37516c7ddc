#include "textflag.h"

// func blockMinima32AVX2(mins, mul, add, hashes *uint32, size, blocks, stride int)
//
// Y0-Y3 mul, Y4-Y7 add, Y8-Y11 the minima.
TEXT ·blockMinima32AVX2(SB), NOSPLIT, $0-56
	MOVQ    mins+0(FP), DI
	MOVQ    mul+8(FP), AX
	MOVQ    add+16(FP), BX
	MOVQ    hashes+24(FP), SI
	MOVQ    size+32(FP), R8
	MOVQ    blocks+40(FP), CX
	MOVQ    stride+48(FP), DX
	VMOVDQU (AX), Y0
	VMOVDQU 32(AX), Y1
	VMOVDQU 64(AX), Y2
	VMOVDQU 96(AX), Y3
	VMOVDQU (BX), Y4
	VMOVDQU 32(BX), Y5
	VMOVDQU 64(BX), Y6
	VMOVDQU 96(BX), Y7

begin:
	VPCMPEQD Y8, Y8, Y8
	VPCMPEQD Y9, Y9, Y9
	VPCMPEQD Y10, Y10, Y10
	VPCMPEQD Y11, Y11, Y11
	MOVQ     R8, R9

next:
	VPBROADCASTD (SI), Y15
	VPMULLD      Y15, Y0, Y12
	VPMULLD      Y15, Y1, Y13
	VPMULLD      Y15, Y2, Y14
	VPMULLD      Y15, Y3, Y15
	VPADDD       Y4, Y12, Y12
	VPADDD       Y5, Y13, Y13
	VPADDD       Y6, Y14, Y14
	VPADDD       Y7, Y15, Y15
	VPMINUD      Y12, Y8, Y8
	VPMINUD      Y13, Y9, Y9
	VPMINUD      Y14, Y10, Y10
	VPMINUD      Y15, Y11, Y11
	ADDQ         $4, SI
	DECQ         R9
	JNZ          next

	VMOVDQU Y8, (DI)
	VMOVDQU Y9, 32(DI)
	VMOVDQU Y10, 64(DI)
	VMOVDQU Y11, 96(DI)
	ADDQ    DX, DI
	DECQ    CX
	JNZ     begin
	VZEROUPPER
	RET

// func blockMinima16AVX2(mins, mul, add, hashes *uint32, size, blocks, stride int)
TEXT ·blockMinima16AVX2(SB), NOSPLIT, $0-56
	MOVQ    mins+0(FP), DI
	MOVQ    mul+8(FP), AX
	MOVQ    add+16(FP), BX
	MOVQ    hashes+24(FP), SI
	MOVQ    size+32(FP), R8
	MOVQ    blocks+40(FP), CX
	MOVQ    stride+48(FP), DX
	VMOVDQU (AX), Y0
	VMOVDQU 32(AX), Y1
	VMOVDQU (BX), Y2
	VMOVDQU 32(BX), Y3

begin:
	VPCMPEQD Y4, Y4, Y4
	VPCMPEQD Y5, Y5, Y5
	MOVQ     R8, R9

next:
	VPBROADCASTD (SI), Y6
	VPMULLD      Y6, Y0, Y7
	VPMULLD      Y6, Y1, Y8
	VPADDD       Y2, Y7, Y7
	VPADDD       Y3, Y8, Y8
	VPMINUD      Y7, Y4, Y4
	VPMINUD      Y8, Y5, Y5
	ADDQ         $4, SI
	DECQ         R9
	JNZ          next

	VMOVDQU Y4, (DI)
	VMOVDQU Y5, 32(DI)
	ADDQ    DX, DI
	DECQ    CX
	JNZ     begin
	VZEROUPPER
	RET

// EIGHT puts into mask, from bit at on, which of 8 hashes come into question.
// Y2 mul, Y3 add, Y4 the bound; Y5, Y6 and tmp are used.
#define EIGHT(at, mask, tmp) \
	VPMULLD   (4*at)(BX), Y2, Y5 \
	VPADDD    Y3, Y5, Y5         \
	VPMINUD   Y4, Y5, Y6         \
	VPCMPEQD  Y6, Y5, Y5         \
	VMOVMSKPS Y5, tmp            \
	SHLQ      $at, tmp           \
	ORQ       tmp, mask

// func searchAVX2(sig, mins, mul, add *uint32, a, b *uint64, hashes *uint32, blocks, permutations, most int) bool
//
// Y13 all ones, Y14 all ones less 7, Y15 seven. The frame is the bounds of 8
// permutations, and their minima's begin.
TEXT ·searchAVX2(SB), NOSPLIT, $40-81
	MOVQ     sig+0(FP), DI
	MOVQ     mins+8(FP), SI
	MOVQ     mul+16(FP), R8
	MOVQ     add+24(FP), R9
	MOVQ     a+32(FP), R10
	MOVQ     b+40(FP), R11
	MOVQ     permutations+64(FP), R12
	SHLQ     $2, R12
	SHRQ     $3, permutations+64(FP)
	VPCMPEQD Y13, Y13, Y13
	VPSRLD   $29, Y13, Y15
	VPSUBD   Y15, Y13, Y14

vector:
	MOVQ    SI, begin-8(SP)
	VMOVDQA Y13, Y0
	MOVQ    blocks+56(FP), CX

least:
	VPMINUD (SI), Y0, Y0
	ADDQ    R12, SI
	DECQ    CX
	JNZ     least

	VPMINUD  (DI), Y0, Y1
	VPMINUD  Y14, Y1, Y1
	VPADDD   Y15, Y1, Y1
	VPMAXUD  Y15, Y0, Y2
	VPCMPEQD Y2, Y0, Y2          // least >= 7
	VPXOR    Y13, Y2, Y2
	VPOR     Y2, Y1, Y1
	VMOVDQU  Y1, bounds-40(SP)
	MOVQ     begin-8(SP), AX
	MOVQ     hashes+48(FP), BX
	MOVQ     blocks+56(FP), CX

next:
	VPMAXUD   (AX), Y1, Y2
	VPCMPEQD  Y2, Y1, Y2
	VMOVMSKPS Y2, R13
	TESTL     R13, R13
	JZ        nextBlock

permutation:
	TZCNTL       R13, R14
	VPBROADCASTD (R8)(R14*4), Y2
	VPBROADCASTD (R9)(R14*4), Y3
	VPBROADCASTD bounds-40(SP)(R14*4), Y4
	XORL         DX, DX
	EIGHT(0, DX, SI)
	EIGHT(8, DX, SI)
	EIGHT(16, DX, SI)
	EIGHT(24, DX, SI)
	EIGHT(32, DX, SI)
	EIGHT(40, DX, SI)
	EIGHT(48, DX, SI)
	EIGHT(56, DX, SI)

hash:
	DECQ   most+72(FP)
	JS     much
	TZCNTQ DX, SI
	MOVL   (BX)(SI*4), SI
	IMULQ  (R10)(R14*8), SI
	ADDQ   (R11)(R14*8), SI
	MOVQ   SI, R15
	SHRQ   $61, R15
	ADDL   R15, SI
	CMPL   SI, (DI)(R14*4)
	JCC    nextHash
	MOVL   SI, (DI)(R14*4)

nextHash:
	LEAQ -1(DX), SI
	ANDQ SI, DX
	JNZ  hash
	LEAL -1(R13), SI
	ANDL SI, R13
	JNZ  permutation

nextBlock:
	ADDQ $256, BX
	ADDQ R12, AX
	DECQ CX
	JNZ  next

	MOVQ begin-8(SP), SI
	ADDQ $32, SI
	ADDQ $32, DI
	ADDQ $32, R8
	ADDQ $32, R9
	ADDQ $64, R10
	ADDQ $64, R11
	DECQ permutations+64(FP)
	JNZ  vector
	MOVB $1, ret+80(FP)
	VZEROUPPER
	RET

much:
	MOVB $0, ret+80(FP)
	VZEROUPPER
	RET

// func exactMinimaAVX2(sig *uint32, a, b *uint64, hashes *uint32, n, permutations int)
//
// Y0, Y1 a, Y2, Y3 its high half, Y4, Y5 b; the low halves of Y6 and Y7 are
// the minima of 8 permutations.
TEXT ·exactMinimaAVX2(SB), NOSPLIT, $0-48
	MOVQ sig+0(FP), DI
	MOVQ a+8(FP), AX
	MOVQ b+16(FP), BX
	MOVQ permutations+40(FP), CX

vector:
	MOVQ     hashes+24(FP), SI
	MOVQ     n+32(FP), DX
	VMOVDQU  (AX), Y0
	VMOVDQU  32(AX), Y1
	VPSRLQ   $32, Y0, Y2
	VPSRLQ   $32, Y1, Y3
	VMOVDQU  (BX), Y4
	VMOVDQU  32(BX), Y5
	VPCMPEQD Y6, Y6, Y6
	VPCMPEQD Y7, Y7, Y7

next:
	VPBROADCASTD (SI), Y8
	VPMULUDQ     Y8, Y2, Y9
	VPMULUDQ     Y8, Y3, Y10
	VPMULUDQ     Y8, Y0, Y11
	VPMULUDQ     Y8, Y1, Y12
	VPSLLQ       $32, Y9, Y9
	VPSLLQ       $32, Y10, Y10
	VPADDQ       Y4, Y11, Y11
	VPADDQ       Y5, Y12, Y12
	VPADDQ       Y9, Y11, Y11
	VPADDQ       Y10, Y12, Y12
	VPSRLQ       $61, Y11, Y9
	VPSRLQ       $61, Y12, Y10
	VPADDD       Y9, Y11, Y11
	VPADDD       Y10, Y12, Y12
	VPMINUD      Y11, Y6, Y6
	VPMINUD      Y12, Y7, Y7
	ADDQ         $4, SI
	DECQ         DX
	JNZ          next

	VSHUFPS $0x88, Y7, Y6, Y6
	VPERMQ  $0xd8, Y6, Y6
	VPMINUD (DI), Y6, Y6
	VMOVDQU Y6, (DI)
	ADDQ    $32, DI
	ADDQ    $64, AX
	ADDQ    $64, BX
	SUBQ    $8, CX
	JNZ     vector
	VZEROUPPER
	RET
