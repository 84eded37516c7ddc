#include "textflag.h"

// How many rows ahead memory is asked for.
#define AHEAD 12

// func addRows16(sum, data *float32, stride int, rows *int32, n int)
TEXT ·addRows16(SB), NOSPLIT, $0-40
	MOVQ    sum+0(FP), DI
	MOVQ    data+8(FP), SI
	MOVQ    stride+16(FP), R8
	MOVQ    rows+24(FP), DX
	MOVQ    n+32(FP), CX
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	XORL    AX, AX
	MOVQ    CX, R9
	SUBQ    $AHEAD, R9

ahead:
	CMPQ        AX, R9
	JGE         rest
	MOVLQSX     (4*AHEAD)(DX)(AX*4), R10
	IMULQ       R8, R10
	PREFETCHT0  (SI)(R10*1)
	PREFETCHT0  63(SI)(R10*1)
	MOVLQSX     (DX)(AX*4), R11
	IMULQ       R8, R11
	VADDPS      (SI)(R11*1), Y0, Y0
	VADDPS      32(SI)(R11*1), Y1, Y1
	INCQ        AX
	JMP         ahead

rest:
	CMPQ    AX, CX
	JGE     done
	MOVLQSX (DX)(AX*4), R11
	IMULQ   R8, R11
	VADDPS  (SI)(R11*1), Y0, Y0
	VADDPS  32(SI)(R11*1), Y1, Y1
	INCQ    AX
	JMP     rest

done:
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VZEROUPPER
	RET
