package doctor

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// fileSystems are the names of file systems by their number in statfs(2).
// Those of FUSE, object storage mounted as a folder among them, share one.
var fileSystems = map[int64]string{
	unix.NFS_SUPER_MAGIC: "nfs", 0x0bd00bd0: "lustre", 0x47504653: "gpfs", unix.CEPH_SUPER_MAGIC: "ceph", 0x19830326: "beegfs",
	unix.FUSE_SUPER_MAGIC: "fuse", unix.CIFS_SUPER_MAGIC: "cifs", unix.SMB2_SUPER_MAGIC: "smb", unix.V9FS_MAGIC: "9p",
	unix.EXT4_SUPER_MAGIC: "ext4", unix.XFS_SUPER_MAGIC: "xfs", unix.BTRFS_SUPER_MAGIC: "btrfs", unix.TMPFS_MAGIC: "tmpfs", unix.OVERLAYFS_SUPER_MAGIC: "overlay",
}

// diskOf describes the file system of a folder.
func diskOf(path string) Disk {
	d := Disk{Path: path}
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		d.Err = err.Error()
		return d
	}
	d.Type = fileSystems[int64(s.Type)]
	d.Free, d.Size = int64(s.Bavail)*s.Bsize, int64(s.Blocks)*s.Bsize
	d.Inodes = int64(s.Ffree)
	if s.Files == 0 {
		d.Inodes = -1
	}
	return d
}

// memory is what the machine has and what of it is free, in bytes, within the
// bounds of the control groups that this process is in.
func memory() (total, available int64) {
	raw, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, 0
	}
	for line := range bytes.Lines(raw) {
		var kib int64
		if _, err := fmt.Sscanf(string(line), "MemTotal: %d kB", &kib); err == nil {
			total = kib << 10
		}
		if _, err := fmt.Sscanf(string(line), "MemAvailable: %d kB", &kib); err == nil {
			available = kib << 10
		}
	}
	if bound := groupBound(); bound > 0 && bound < total {
		total, available = bound, min(bound, available)
	}
	return total, available
}

// groupBound is the least memory.max of the process's control group and those
// around it, 0 for none.
func groupBound() (least int64) {
	take := func(file string) {
		raw, err := os.ReadFile(file)
		if err != nil {
			return
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64)
		if err == nil && n > 0 && (least == 0 || n < least) {
			least = n
		}
	}
	raw, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) != 3 {
			continue
		}
		root, file := "/sys/fs/cgroup", "memory.max"
		switch {
		case f[1] == "memory":
			root, file = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
		case f[1] != "":
			continue
		}
		for group := f[2]; ; group = filepath.Dir(group) {
			take(filepath.Join(root, group, file))
			if group == "/" || group == "." {
				break
			}
		}
	}
	return least
}

// gpus counts the NVIDIA devices that this process can open.
func gpus() (n int) {
	devices, err := filepath.Glob("/dev/nvidia[0-9]*")
	if err != nil {
		return 0
	}
	for _, d := range devices {
		if unix.Access(d, unix.R_OK|unix.W_OK) == nil {
			n++
		}
	}
	return n
}

// openFiles is the most files that a process may have open. Go raises the
// bound to the one that the user may raise it to.
func openFiles() uint64 {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0
	}
	return l.Max
}
