package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMain lets this program be the processes that the tests measure.
func TestMain(m *testing.M) {
	switch os.Getenv("BENCH_TEST_CHILD") {
	case "burn":
		for start := threadTime(); threadTime()-start < 0.3; {
			yardstick()
		}
	case "hold":
		held := make([]byte, 100<<20)
		for i := range held {
			held[i] = 1
		}
		awaitOther(os.Getenv("BENCH_TEST_DIR"))
		time.Sleep(1500 * time.Millisecond) // longer than between two samples
		os.Stdout.Write(held[:1])
	case "fail":
		os.Exit(3)
	default:
		os.Exit(m.Run())
	}
}

// awaitOther returns when two processes have called it with the same folder.
func awaitOther(dir string) {
	f, err := os.CreateTemp(dir, "")
	if err != nil {
		panic(err)
	}
	f.Close()
	for range 1000 {
		if list, _ := os.ReadDir(dir); len(list) == 2 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// child is this program as what, started by script in a shell: $0 stands for it.
func child(t *testing.T, what, script string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := startMeasuring(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", script, self)
	cmd.Env = append(os.Environ(), "BENCH_TEST_CHILD="+what)
	return cmd
}

func TestMeasureCountsGrandchildren(t *testing.T) {
	m, err := measure(child(t, "burn", `"$0"; "$0"`), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if m.cpu() < 0.6 || m.cpu() > 6 {
		t.Errorf("CPU %.2f s, want 0.6 and what starting costs", m.cpu())
	}
}

func TestMeasureMemory(t *testing.T) {
	cmd := child(t, "hold", `"$0" & "$0" & wait`)
	cmd.Env = append(cmd.Env, "BENCH_TEST_DIR="+t.TempDir())
	m, err := measure(cmd, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if mb := m.Largest >> 20; mb < 100 || mb > 150 {
		t.Errorf("largest process %d MB, want a little over 100", mb)
	}
	if mb := m.Tree >> 20; mb < 190 || mb > 280 {
		t.Errorf("tree %d MB, want a little over 200", mb)
	}
}

func TestMeasureEndsOrphans(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	m, err := measure(child(t, "", `(sleep 60 & echo $! >`+pid+`) >/dev/null 2>&1`), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/proc/" + strconv.Itoa(n)); err == nil || m.Wall > 30 {
		t.Errorf("process %d is still there after %.1f s", n, m.Wall)
	}
}

func TestMeasureFailure(t *testing.T) {
	if _, err := measure(child(t, "fail", `"$0"`), time.Minute); err == nil {
		t.Error("exit status 3 is no error")
	}
	start := time.Now()
	_, err := measure(child(t, "", "sleep 60"), 100*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "ended after") || time.Since(start) > 30*time.Second {
		t.Errorf("after %s: %v, want that it took too long", time.Since(start), err)
	}
}
