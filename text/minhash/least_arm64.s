#include "textflag.h"

// MUL puts the products of Vn.S4 and Vm.S4 into Vd.S4.
#define MUL(m, n, d) WORD $(0x4ea09c00 | m<<16 | n<<5 | d)

// func blockMinima16NEON(mins, mul, add, hashes *uint32, size, blocks, stride int)
//
// V0-V3 mul, V4-V7 add, V8-V11 the minima.
TEXT ·blockMinima16NEON(SB), NOSPLIT, $0-56
	MOVD mins+0(FP), R0
	MOVD mul+8(FP), R1
	MOVD add+16(FP), R2
	MOVD hashes+24(FP), R3
	MOVD size+32(FP), R4
	MOVD blocks+40(FP), R5
	MOVD stride+48(FP), R6
	VLD1 (R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1 (R2), [V4.S4, V5.S4, V6.S4, V7.S4]

begin:
	VMOVI $255, V8.B16
	VMOVI $255, V9.B16
	VMOVI $255, V10.B16
	VMOVI $255, V11.B16
	MOVD  R4, R7

next:
	VLD1R.P 4(R3), [V16.S4]
	MUL(16, 0, 12)
	MUL(16, 1, 13)
	MUL(16, 2, 14)
	MUL(16, 3, 15)
	VADD    V4.S4, V12.S4, V12.S4
	VADD    V5.S4, V13.S4, V13.S4
	VADD    V6.S4, V14.S4, V14.S4
	VADD    V7.S4, V15.S4, V15.S4
	VUMIN   V12.S4, V8.S4, V8.S4
	VUMIN   V13.S4, V9.S4, V9.S4
	VUMIN   V14.S4, V10.S4, V10.S4
	VUMIN   V15.S4, V11.S4, V11.S4
	SUBS    $1, R7
	BNE     next

	VST1 [V8.S4, V9.S4, V10.S4, V11.S4], (R0)
	ADD  R6, R0
	SUBS $1, R5
	BNE  begin
	RET
