package runs

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// machine names the boot of this machine and the namespace of process numbers.
func machine() (boot, space string) {
	raw, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // without it hosts and times have to do
	space, _ = os.Readlink("/proc/self/ns/pid")
	return strings.TrimSpace(string(raw)), space
}

// startOf is when a process started, in ticks since the boot. One that has
// ended and that nobody has waited for is not alive.
func startOf(pid int) (start string, alive bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", false
	}
	// The second field is the program's name in parentheses, and may have some
	// itself; behind it the state is the third field, the start the 22nd.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return "", false
	}
	return fields[19], true
}
