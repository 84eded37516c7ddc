// Package machine describes where figures were taken.
package machine

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
)

// Machine is a machine, and the state of the tree on it.
type Machine struct {
	CPU        string   `json:"cpu"`
	Cores      int      `json:"cores"`
	Extensions []string `json:"extensions"` // instruction sets that matter here
	Memory     string   `json:"memory"`
	System     string   `json:"system"`
	Go         string   `json:"go"`
	Commit     string   `json:"commit"`
	LoadBefore string   `json:"load_before"`
	LoadAfter  string   `json:"load_after"`
}

var extensions = []string{"sse4_2", "avx2", "bmi2", "avx512f", "avx512bw", "avx512vbmi", "sha_ni", "asimd", "sha2", "sve"}

// Describe reads what the machine tells about itself; what it doesn't is empty.
func Describe() Machine {
	cpu := readFile("/proc/cpuinfo")
	flags := strings.Fields(valueOf(cpu, "flags") + " " + valueOf(cpu, "Features"))
	return Machine{
		CPU:        valueOf(cpu, "model name"),
		Cores:      runtime.NumCPU(),
		Extensions: slices.DeleteFunc(slices.Clone(extensions), func(e string) bool { return !slices.Contains(flags, e) }),
		Memory:     valueOf(readFile("/proc/meminfo"), "MemTotal"),
		System:     runtime.GOOS + "/" + runtime.GOARCH + " " + strings.TrimSpace(readFile("/proc/sys/kernel/osrelease")),
		Go:         runtime.Version(),
		Commit:     Commit(),
		LoadBefore: LoadAverage(),
	}
}

// Commit names the tree's state, with + for a tree that has changes.
func Commit() string {
	hash, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	name := strings.TrimSpace(string(hash))
	if changes, err := exec.Command("git", "status", "--porcelain").Output(); err != nil || len(changes) > 0 {
		name += "+"
	}
	return name
}

// LoadAverage is the machine's over the last 1, 5 and 15 minutes.
func LoadAverage() string {
	f := strings.Fields(readFile("/proc/loadavg"))
	return strings.Join(f[:min(3, len(f))], " ")
}

// readFile is empty for a file that is not there.
func readFile(name string) string {
	text, _ := os.ReadFile(name)
	return string(text)
}

// valueOf finds "key : value" in the text of a /proc file.
func valueOf(text, key string) string {
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
