package fetch

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// disk mounts a small disk.
func disk(t *testing.T, flags uintptr, options string) string {
	t.Helper()
	dir := t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", flags, options)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		if os.Getenv("CORPUSMILL_REQUIRE") == "all" {
			t.Fatal("mounting a small disk needs root")
		}
		t.Skip("mounting a small disk needs root")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

func TestDiskFull(t *testing.T) {
	file := words(1<<20, 0)
	s := newSite(t, file)
	f, waited := quick()
	f.Checkpoint = 100 << 10
	r := request(t, s.URL)
	r.Folder = disk(t, 0, "size=512k")
	_, err := f.Fetch(t.Context(), r)
	wantError(t, err, "no space left on the disk that holds "+r.Folder, " more bytes are needed", "give the same command to go on")
	if len(*waited) > 0 {
		t.Errorf("it waited %v for room", *waited)
	}
	if _, err := os.Stat(filepath.Join(r.Folder, r.Name)); err == nil {
		t.Error("half a model has its name")
	}
	if err := syscall.Mount("tmpfs", r.Folder, "tmpfs", syscall.MS_REMOUNT, "size=4m"); err != nil {
		t.Fatal(err)
	}
	res, err := f.Fetch(t.Context(), r)
	if err != nil || res.Resumed == 0 {
		t.Fatalf("%v: %+v", err, res)
	}
	wantFile(t, r, res, file)
}

func TestReadOnlyFolder(t *testing.T) {
	s := newSite(t, words(1<<10, 0))
	f, _ := quick()
	r := request(t, s.URL)
	r.Folder = disk(t, syscall.MS_RDONLY, "")
	for _, folder := range []string{r.Folder, filepath.Join(r.Folder, "below")} {
		r.Folder = folder
		_, err := f.Fetch(t.Context(), r)
		wantError(t, err, "can't write to the folder "+folder, "read-only file system", "name another one with --models")
	}
	if len(s.asked()) > 0 {
		t.Error("it asked the server, with nowhere to put the answer")
	}
}
