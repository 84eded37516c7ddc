package doctor

import (
	"runtime"

	"golang.org/x/sys/cpu"
)

// features are the instruction sets that this program or the Go library looks
// for before it takes a faster path.
func features() (out []string) {
	add := func(name string, has bool) {
		if has {
			out = append(out, name)
		}
	}
	switch runtime.GOARCH {
	case "amd64":
		add("avx", cpu.X86.HasAVX)
		add("avx2", cpu.X86.HasAVX2)
		add("bmi1", cpu.X86.HasBMI1)
		add("bmi2", cpu.X86.HasBMI2)
		add("avx512", cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ)
	case "arm64":
		add("asimd", cpu.ARM64.HasASIMD)
		add("aes", cpu.ARM64.HasAES)
		add("sha2", cpu.ARM64.HasSHA2)
		add("crc32", cpu.ARM64.HasCRC32)
		add("sve", cpu.ARM64.HasSVE)
	}
	return out
}
