#include "textflag.h"

// The bytes that stop a run, in every lane.
DATA quote<>+0(SB)/8, $0x2222222222222222
DATA quote<>+8(SB)/8, $0x2222222222222222
DATA quote<>+16(SB)/8, $0x2222222222222222
DATA quote<>+24(SB)/8, $0x2222222222222222
GLOBL quote<>(SB), RODATA|NOPTR, $32
DATA backslash<>+0(SB)/8, $0x5c5c5c5c5c5c5c5c
DATA backslash<>+8(SB)/8, $0x5c5c5c5c5c5c5c5c
DATA backslash<>+16(SB)/8, $0x5c5c5c5c5c5c5c5c
DATA backslash<>+24(SB)/8, $0x5c5c5c5c5c5c5c5c
GLOBL backslash<>(SB), RODATA|NOPTR, $32
DATA control<>+0(SB)/8, $0x1f1f1f1f1f1f1f1f
DATA control<>+8(SB)/8, $0x1f1f1f1f1f1f1f1f
DATA control<>+16(SB)/8, $0x1f1f1f1f1f1f1f1f
DATA control<>+24(SB)/8, $0x1f1f1f1f1f1f1f1f
GLOBL control<>(SB), RODATA|NOPTR, $32

// func plainRunAVX2(p *byte, n int) (run int, high uint64)
TEXT ·plainRunAVX2(SB), NOSPLIT, $0-32
	MOVQ    p+0(FP), SI
	MOVQ    n+8(FP), CX
	XORL    AX, AX
	XORL    R8, R8
	VMOVDQU quote<>(SB), Y1
	VMOVDQU backslash<>(SB), Y2
	VMOVDQU control<>(SB), Y3
	SUBQ    $32, CX

next:
	CMPQ      AX, CX
	JGT       done
	VMOVDQU   (SI)(AX*1), Y0
	VPCMPEQB  Y0, Y1, Y4
	VPCMPEQB  Y0, Y2, Y5
	VPMINUB   Y0, Y3, Y6
	VPCMPEQB  Y0, Y6, Y6
	VPOR      Y4, Y5, Y4
	VPOR      Y4, Y6, Y4
	VPMOVMSKB Y4, BX
	VPMOVMSKB Y0, DX
	TESTL     BX, BX
	JNZ       stop
	ORL       DX, R8
	ADDQ      $32, AX
	JMP       next

stop:
	BSFL BX, R9
	ADDQ R9, AX
	MOVL BX, R10
	NEGL R10
	ANDL BX, R10
	DECL R10
	ANDL R10, DX
	ORL  DX, R8

done:
	MOVQ AX, run+16(FP)
	MOVQ R8, high+24(FP)
	VZEROUPPER
	RET

// Which errors two neighbouring bytes may mean, by the first one's high and
// low half and the second one's high half, in both 128-bit lanes:
// 1 too short, 2 too long, 4 overlong of 3, 8 too large, 16 surrogate,
// 32 overlong of 2, 64 overlong of 4 or too large, 128 two continuations.
DATA firstHigh<>+0(SB)/8, $0x0202020202020202
DATA firstHigh<>+8(SB)/8, $0x4915012180808080
DATA firstHigh<>+16(SB)/8, $0x0202020202020202
DATA firstHigh<>+24(SB)/8, $0x4915012180808080
GLOBL firstHigh<>(SB), RODATA|NOPTR, $32
DATA firstLow<>+0(SB)/8, $0xcbcbcb8b8383a3e7
DATA firstLow<>+8(SB)/8, $0xcbcbdbcbcbcbcbcb
DATA firstLow<>+16(SB)/8, $0xcbcbcb8b8383a3e7
DATA firstLow<>+24(SB)/8, $0xcbcbdbcbcbcbcbcb
GLOBL firstLow<>(SB), RODATA|NOPTR, $32
DATA secondHigh<>+0(SB)/8, $0x0101010101010101
DATA secondHigh<>+8(SB)/8, $0x01010101babaaee6
DATA secondHigh<>+16(SB)/8, $0x0101010101010101
DATA secondHigh<>+24(SB)/8, $0x01010101babaaee6
GLOBL secondHigh<>(SB), RODATA|NOPTR, $32
// A block is incomplete when one of its last three bytes is above these.
DATA complete<>+0(SB)/8, $0xffffffffffffffff
DATA complete<>+8(SB)/8, $0xffffffffffffffff
DATA complete<>+16(SB)/8, $0xffffffffffffffff
DATA complete<>+24(SB)/8, $0xbfdfefffffffffff
GLOBL complete<>(SB), RODATA|NOPTR, $32
DATA half<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA half<>+8(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA half<>+16(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA half<>+24(SB)/8, $0x0f0f0f0f0f0f0f0f
GLOBL half<>(SB), RODATA|NOPTR, $32
DATA third<>+0(SB)/8, $0x6060606060606060
DATA third<>+8(SB)/8, $0x6060606060606060
DATA third<>+16(SB)/8, $0x6060606060606060
DATA third<>+24(SB)/8, $0x6060606060606060
GLOBL third<>(SB), RODATA|NOPTR, $32
DATA fourth<>+0(SB)/8, $0x7070707070707070
DATA fourth<>+8(SB)/8, $0x7070707070707070
DATA fourth<>+16(SB)/8, $0x7070707070707070
DATA fourth<>+24(SB)/8, $0x7070707070707070
GLOBL fourth<>(SB), RODATA|NOPTR, $32
DATA top<>+0(SB)/8, $0x8080808080808080
DATA top<>+8(SB)/8, $0x8080808080808080
DATA top<>+16(SB)/8, $0x8080808080808080
DATA top<>+24(SB)/8, $0x8080808080808080
GLOBL top<>(SB), RODATA|NOPTR, $32

// func validBlocksAVX2(p *byte, n int) bool
//
// Y0 the block, Y1 the one before, Y2 the errors found.
TEXT ·validBlocksAVX2(SB), NOSPLIT, $0-17
	MOVQ    p+0(FP), SI
	MOVQ    n+8(FP), CX
	ADDQ    SI, CX
	VPXOR   Y1, Y1, Y1
	VPXOR   Y2, Y2, Y2
	VMOVDQU firstHigh<>(SB), Y8
	VMOVDQU firstLow<>(SB), Y9
	VMOVDQU secondHigh<>(SB), Y10
	VMOVDQU complete<>(SB), Y11
	VMOVDQU half<>(SB), Y12
	VMOVDQU third<>(SB), Y13
	VMOVDQU fourth<>(SB), Y14
	VMOVDQU top<>(SB), Y15

next:
	CMPQ      SI, CX
	JGE       done
	VMOVDQU   (SI), Y0
	ADDQ      $32, SI
	VPMOVMSKB Y0, AX
	TESTL     AX, AX
	JZ        ascii

	VPERM2I128 $0x21, Y0, Y1, Y3
	VPALIGNR   $15, Y3, Y0, Y4  // each byte's first neighbour to the left
	VPALIGNR   $14, Y3, Y0, Y5  // its second
	VPALIGNR   $13, Y3, Y0, Y6  // its third
	VPSRLW     $4, Y4, Y7
	VPAND      Y12, Y7, Y7
	VPSHUFB    Y7, Y8, Y7
	VPAND      Y12, Y4, Y4
	VPSHUFB    Y4, Y9, Y4
	VPAND      Y4, Y7, Y7
	VPSRLW     $4, Y0, Y4
	VPAND      Y12, Y4, Y4
	VPSHUFB    Y4, Y10, Y4
	VPAND      Y4, Y7, Y7
	VPSUBUSB   Y13, Y5, Y5      // top bit: a third byte is due
	VPSUBUSB   Y14, Y6, Y6      // top bit: a fourth byte is due
	VPOR       Y5, Y6, Y5
	VPAND      Y15, Y5, Y5
	VPXOR      Y5, Y7, Y7
	VPOR       Y7, Y2, Y2
	VMOVDQA    Y0, Y1
	JMP        next

ascii:
	VPSUBUSB Y11, Y1, Y1
	VPOR     Y1, Y2, Y2
	VMOVDQA  Y0, Y1
	JMP      next

done:
	VPTEST Y2, Y2
	SETEQ  ret+16(FP)
	VZEROUPPER
	RET
