package slurmray

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// TestFolders chooses where a keeper has its files.
func TestFolders(t *testing.T) {
	own := filepath.Join(t.TempDir(), "a-long-way-to-it", "user.1234.0")
	shared := filepath.Join(t.TempDir(), "a-long-way-to-it", "user.12345")
	for _, dir := range []string{own, shared} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		slurm, temp string
		want        []string
	}{
		{own, "/tmp", []string{own, "/tmp", "/tmp"}},
		{"", own, []string{own, "/tmp"}},
		{"", shared, []string{"/tmp"}},
		{own + ".gone", "/tmp", []string{"/tmp", "/tmp"}},
	} {
		t.Setenv("TMPDIR", c.temp)
		got := folders(func(name string) string { return map[string]string{"SLURM_TMPDIR": c.slurm}[name] }, "1234")
		if !slices.Equal(got, c.want) {
			t.Errorf("SLURM_TMPDIR %q, TMPDIR %q: %q, want %q", c.slurm, c.temp, got, c.want)
		}
	}
}

// TestFolder makes folders with short paths, which go when they are removed.
func TestFolder(t *testing.T) {
	deep := filepath.Join(t.TempDir(), strings.Repeat("deep", 20))
	if err := os.Mkdir(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	bases := []string{"/tmp"}
	if runtime.GOOS == "linux" {
		bases = append(bases, deep)
	}
	for _, base := range bases {
		d, err := newFolder(base, "2")
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(d.path); err != nil || info.Mode().Perm() != 0o700 || filepath.Dir(d.path) != base {
			t.Errorf("the folder is %s, %v, %v", d.path, info.Mode(), err)
		}
		socket := filepath.Join(d.short, "1", "session_2026-11-22_12-31-06_123456_4194304", "sockets", "plasma_store")
		if err := os.MkdirAll(filepath.Dir(socket), 0o700); err != nil {
			t.Fatal(err)
		}
		if l, err := net.Listen("unix", socket); err != nil {
			t.Errorf("a socket below %s: %v", base, err)
		} else {
			l.Close()
		}
		if err := d.remove(); err != nil || exists(d.path) {
			t.Errorf("%s is left, %v", d.path, err)
		}
	}
}

// TestSweep removes the folders of keepers that were killed, and not those of
// others.
func TestSweep(t *testing.T) {
	base := t.TempDir()
	leave := func(name string, age time.Duration) string {
		dir := filepath.Join(base, folderPrefix+name)
		lock := filepath.Join(dir, "lock")
		if err := os.MkdirAll(filepath.Join(dir, "1", "session"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(lock, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(lock, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	old, young, own, like := leave("1-x", time.Hour), leave("1-y", 0), leave("7-x", 0), leave("77-x", 0)
	alive, err := newFolder(base, "7")
	if err != nil {
		t.Fatal(err)
	}
	if err := sweep([]string{base, base}, "", time.Now()); err != nil {
		t.Fatal(err)
	}
	if exists(old) || !exists(young) || !exists(own) || !exists(alive.path) {
		t.Errorf("left are old %t, young %t, own %t, alive %t", exists(old), exists(young), exists(own), exists(alive.path))
	}
	if err := sweep([]string{base}, "7", time.Time{}); err != nil {
		t.Fatal(err)
	}
	if exists(own) || !exists(like) || !exists(young) || !exists(alive.path) {
		t.Errorf("left are own %t, like %t, young %t, alive %t", exists(own), exists(like), exists(young), exists(alive.path))
	}
	if err := alive.remove(); err != nil {
		t.Fatal(err)
	}
}
