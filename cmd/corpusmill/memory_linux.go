package main

import "syscall"

// physicalMemory is the machine's memory in bytes.
func physicalMemory() int64 {
	var info syscall.Sysinfo_t
	if err := syscall.Sysinfo(&info); err != nil {
		return fallbackMemory
	}
	return int64(info.Totalram) * int64(info.Unit)
}
