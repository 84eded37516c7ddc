package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"testing"

	"corpusmill/exec"
	"corpusmill/internal/scratch"
)

// TestDiskFull runs on disks of growing size until one is large enough: on
// each smaller one the run ends with a message that says what is needed, and
// goes on once there is room.
func TestDiskFull(t *testing.T) {
	input := write(t, filepath.Join(scratch.Dir(t), "in.jsonl"), string(rows(3<<20, 0.1)))
	failed := map[string]int{} // by the kind of file that couldn't be written
	// Where nothing is kept, the journal has its share of the disk.
	none := trial{"nothing kept", "process: [text_length_filter: {min_len: 100000}]\n", "out.jsonl", nil}
	for _, x := range append(trials, none) {
		t.Run(x.name, func(t *testing.T) {
			calmDir := scratch.Dir(t)
			o := corpusmill(t, x.in(t, calmDir, input)...)
			o.want(t, 0)
			calm := report(t, o)
			files := contents(t, calm)
			size := 32 << 10
			if x.name == "minhash" {
				size = 1 << 20
			}
			for !x.onDisk(t, input, size, calm, files, failed) {
				switch x.name {
				case none.name:
					size += 4 << 10
				case "minhash": // its stages are many
					size += size / 15
				default:
					size += size / 3
				}
			}
			t.Logf("%d KiB are enough", size>>10)
		})
	}
	t.Logf("what couldn't be written, and how often: %v", failed)
	for _, phase := range []string{"out", "held", "keys", "found", "payloads", "rows", "journal"} {
		if failed[phase] == 0 {
			t.Errorf("no disk was full when %s was to be written; of others: %v", phase, slices.Sorted(maps.Keys(failed)))
		}
	}
}

var (
	fullDisk = regexp.MustCompile(`no space left on the disk that holds \S+\.run/?(?:work/)?([a-z]*)`)
	bytesOf  = regexp.MustCompile(`about \d+ bytes must be free to finish`)
)

// onDisk runs on a disk of that size and says whether it was enough. When it
// wasn't, the run goes on when the disk is larger.
func (x trial) onDisk(t *testing.T, input string, size int, calm exec.Report, files map[string]string, failed map[string]int) bool {
	t.Helper()
	disk := t.TempDir()
	mountDisk(t, disk, size)
	defer syscall.Unmount(disk, syscall.MNT_DETACH)
	o := corpusmill(t, x.in(t, disk, input)...)
	if o.code == 0 {
		x.check(t, o, calm, files)
		return true
	}
	o.want(t, exitFailure)
	phase := fullDisk.FindStringSubmatch(o.stderr)
	if phase == nil || !bytesOf.MatchString(o.stderr) {
		t.Errorf("the message doesn't say what to do:\n%s", o.stderr)
	} else {
		failed[phase[1]]++
	}
	x.nothingHalf(t, disk, files)
	growDisk(t, disk)
	x.check(t, corpusmill(t, x.in(t, disk, input)...), calm, files)
	return false
}

// mountDisk mounts a disk of a size on a folder.
func mountDisk(t *testing.T, dir string, size int) {
	t.Helper()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size))
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		lacking(t, "mounting a small disk needs root")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// growDisk makes room on a disk of mountDisk.
func growDisk(t *testing.T, dir string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
}
