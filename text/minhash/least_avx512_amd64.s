#include "textflag.h"

// func blockMinima64AVX512(mins, mul, add, hashes *uint32, size, blocks, stride int)
//
// Z0-Z3 mul, Z4-Z7 add, Z8-Z11 the minima.
TEXT ·blockMinima64AVX512(SB), NOSPLIT, $0-56
	MOVQ       mins+0(FP), DI
	MOVQ       mul+8(FP), AX
	MOVQ       add+16(FP), BX
	MOVQ       hashes+24(FP), SI
	MOVQ       size+32(FP), R8
	MOVQ       blocks+40(FP), CX
	MOVQ       stride+48(FP), DX
	VMOVDQU32  (AX), Z0
	VMOVDQU32  64(AX), Z1
	VMOVDQU32  128(AX), Z2
	VMOVDQU32  192(AX), Z3
	VMOVDQU32  (BX), Z4
	VMOVDQU32  64(BX), Z5
	VMOVDQU32  128(BX), Z6
	VMOVDQU32  192(BX), Z7
	VPTERNLOGD $0xff, Z16, Z16, Z16

begin:
	VMOVDQA32 Z16, Z8
	VMOVDQA32 Z16, Z9
	VMOVDQA32 Z16, Z10
	VMOVDQA32 Z16, Z11
	MOVQ      R8, R9

next:
	VPMULLD.BCST (SI), Z0, Z12
	VPMULLD.BCST (SI), Z1, Z13
	VPMULLD.BCST (SI), Z2, Z14
	VPMULLD.BCST (SI), Z3, Z15
	VPADDD       Z4, Z12, Z12
	VPADDD       Z5, Z13, Z13
	VPADDD       Z6, Z14, Z14
	VPADDD       Z7, Z15, Z15
	VPMINUD      Z12, Z8, Z8
	VPMINUD      Z13, Z9, Z9
	VPMINUD      Z14, Z10, Z10
	VPMINUD      Z15, Z11, Z11
	ADDQ         $4, SI
	DECQ         R9
	JNZ          next

	VMOVDQU32 Z8, (DI)
	VMOVDQU32 Z9, 64(DI)
	VMOVDQU32 Z10, 128(DI)
	VMOVDQU32 Z11, 192(DI)
	ADDQ      DX, DI
	DECQ      CX
	JNZ       begin
	VZEROUPPER
	RET

// func blockMinima16AVX512(mins, mul, add, hashes *uint32, size, blocks, stride int)
TEXT ·blockMinima16AVX512(SB), NOSPLIT, $0-56
	MOVQ      mins+0(FP), DI
	MOVQ      mul+8(FP), AX
	MOVQ      add+16(FP), BX
	MOVQ      hashes+24(FP), SI
	MOVQ      size+32(FP), R8
	MOVQ      blocks+40(FP), CX
	MOVQ      stride+48(FP), DX
	VMOVDQU32 (AX), Z0
	VMOVDQU32 (BX), Z1

begin:
	VPTERNLOGD $0xff, Z2, Z2, Z2
	MOVQ       R8, R9

next:
	VPMULLD.BCST (SI), Z0, Z3
	VPADDD       Z1, Z3, Z3
	VPMINUD      Z3, Z2, Z2
	ADDQ         $4, SI
	DECQ         R9
	JNZ          next

	VMOVDQU32 Z2, (DI)
	ADDQ      DX, DI
	DECQ      CX
	JNZ       begin
	VZEROUPPER
	RET

// func searchAVX512(sig, mins, mul, add *uint32, a, b *uint64, hashes *uint32, blocks, permutations, most int) bool
//
// Z31 all ones, Z30 all ones less 7, Z29 seven. The frame is the bounds of 16
// permutations, and their minima's begin.
TEXT ·searchAVX512(SB), NOSPLIT, $72-81
	MOVQ       sig+0(FP), DI
	MOVQ       mins+8(FP), SI
	MOVQ       mul+16(FP), R8
	MOVQ       add+24(FP), R9
	MOVQ       a+32(FP), R10
	MOVQ       b+40(FP), R11
	MOVQ       permutations+64(FP), R12
	SHLQ       $2, R12
	SHRQ       $4, permutations+64(FP)
	VPTERNLOGD $0xff, Z31, Z31, Z31
	VPSRLD     $29, Z31, Z29
	VPSUBD     Z29, Z31, Z30

vector:
	MOVQ      SI, begin-8(SP)
	VMOVDQA32 Z31, Z0
	MOVQ      blocks+56(FP), CX

least:
	VPMINUD (SI), Z0, Z0
	ADDQ    R12, SI
	DECQ    CX
	JNZ     least

	VPMINUD   (DI), Z0, Z1
	VPMINUD   Z30, Z1, Z1
	VPADDD    Z29, Z1, Z1
	VPCMPUD   $1, Z29, Z0, K1
	VMOVDQA32 Z31, K1, Z1
	VMOVDQU32 Z1, bounds-72(SP)
	MOVQ      begin-8(SP), AX
	MOVQ      hashes+48(FP), BX
	MOVQ      blocks+56(FP), CX

next:
	VPCMPUD $5, (AX), Z1, K1
	KMOVW   K1, R13
	TESTL   R13, R13
	JZ      nextBlock

permutation:
	TZCNTL       R13, R14
	VPBROADCASTD (R8)(R14*4), Z2
	VPBROADCASTD (R9)(R14*4), Z3
	VPBROADCASTD bounds-72(SP)(R14*4), Z4
	VPMULLD      (BX), Z2, Z5
	VPMULLD      64(BX), Z2, Z6
	VPMULLD      128(BX), Z2, Z7
	VPMULLD      192(BX), Z2, Z8
	VPADDD       Z3, Z5, Z5
	VPADDD       Z3, Z6, Z6
	VPADDD       Z3, Z7, Z7
	VPADDD       Z3, Z8, Z8
	VPCMPUD      $2, Z4, Z5, K1
	VPCMPUD      $2, Z4, Z6, K2
	VPCMPUD      $2, Z4, Z7, K3
	VPCMPUD      $2, Z4, Z8, K4
	KUNPCKWD     K1, K2, K1
	KUNPCKWD     K3, K4, K3
	KUNPCKDQ     K1, K3, K1
	KMOVQ        K1, DX

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
	ADDQ $64, SI
	ADDQ $64, DI
	ADDQ $64, R8
	ADDQ $64, R9
	ADDQ $128, R10
	ADDQ $128, R11
	DECQ permutations+64(FP)
	JNZ  vector
	MOVB $1, ret+80(FP)
	VZEROUPPER
	RET

much:
	MOVB $0, ret+80(FP)
	VZEROUPPER
	RET

// func exactMinimaAVX512(sig *uint32, a, b *uint64, hashes *uint32, n, permutations int)
//
// The low halves of Z4 and Z5 are the minima of 16 permutations.
TEXT ·exactMinimaAVX512(SB), NOSPLIT, $0-48
	MOVQ  sig+0(FP), DI
	MOVQ  a+8(FP), AX
	MOVQ  b+16(FP), BX
	MOVQ  permutations+40(FP), CX
	MOVL  $0x5555, R8
	KMOVW R8, K1

vector:
	MOVQ       hashes+24(FP), SI
	MOVQ       n+32(FP), DX
	VMOVDQU64  (AX), Z0
	VMOVDQU64  64(AX), Z1
	VMOVDQU64  (BX), Z2
	VMOVDQU64  64(BX), Z3
	VPTERNLOGD $0xff, Z4, Z4, Z4
	VMOVDQA32  Z4, Z5

next:
	VPBROADCASTD.Z (SI), K1, Z6
	VPMULLQ        Z6, Z0, Z7
	VPMULLQ        Z6, Z1, Z8
	VPADDQ         Z2, Z7, Z7
	VPADDQ         Z3, Z8, Z8
	VPSRLQ         $61, Z7, Z9
	VPSRLQ         $61, Z8, Z10
	VPADDD         Z9, Z7, Z7
	VPADDD         Z10, Z8, Z8
	VPMINUD        Z7, Z4, Z4
	VPMINUD        Z8, Z5, Z5
	ADDQ           $4, SI
	DECQ           DX
	JNZ            next

	VPMOVQD      Z4, Y4
	VPMOVQD      Z5, Y5
	VINSERTI64X4 $1, Y5, Z4, Z4
	VPMINUD      (DI), Z4, Z4
	VMOVDQU32    Z4, (DI)
	ADDQ         $64, DI
	ADDQ         $128, AX
	ADDQ         $128, BX
	SUBQ         $16, CX
	JNZ          vector
	VZEROUPPER
	RET
