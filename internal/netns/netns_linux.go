// Package netns gives tests machines: network namespaces of this one that
// reach each other and nothing else. An engine that listens on all interfaces
// is seen by nobody there. Making them takes root and the ip command.
package netns

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Machine is a network namespace.
type Machine struct {
	Name string // of the namespace
	IP   string
	link string // to the others; "" for the first machine, which has them all
}

// New makes machines that are on one network. They go at the end of the test,
// with all that still runs in them. Where they can't be made the test is
// skipped, or fails when CORPUSMILL_REQUIRE is all.
func New(t testing.TB, n int) []*Machine {
	t.Helper()
	if os.Getuid() != 0 {
		Skip(t, "root is needed to make network namespaces")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		Skip(t, "the ip command is needed to make network namespaces")
	}
	sweep(t)
	var machines []*Machine
	for i := range n {
		m := &Machine{Name: fmt.Sprintf("cm-%d-%d", os.Getpid(), i), IP: fmt.Sprintf("10.77.0.%d", i+1)}
		if err := ip("netns", "add", m.Name); err != nil {
			Skip(t, err.Error())
		}
		t.Cleanup(func() { m.remove(t) })
		machines = append(machines, m)
	}
	must := func(args ...string) {
		t.Helper()
		if err := ip(args...); err != nil {
			t.Fatal(err)
		}
	}
	hub := machines[0].Name
	must("-n", hub, "link", "add", "hub", "type", "bridge")
	for i, m := range machines {
		must("-n", m.Name, "link", "set", "lo", "up")
		if i == 0 {
			must("-n", hub, "addr", "add", m.IP+"/24", "dev", "hub")
			must("-n", hub, "link", "set", "hub", "up")
			continue
		}
		m.link = fmt.Sprintf("link%d", i)
		must("link", "add", m.link, "netns", hub, "type", "veth", "peer", "name", "eth0", "netns", m.Name)
		must("-n", hub, "link", "set", m.link, "master", "hub", "up")
		must("-n", m.Name, "addr", "add", m.IP+"/24", "dev", "eth0")
		must("-n", m.Name, "link", "set", "eth0", "up")
	}
	return machines
}

// sweep removes the machines of tests that were killed.
func sweep(t testing.TB) {
	names, err := filepath.Glob("/run/netns/cm-*-*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range names {
		var pid, i int
		name := filepath.Base(path)
		if _, err := fmt.Sscanf(name, "cm-%d-%d", &pid, &i); err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			(&Machine{Name: name}).remove(t)
		}
	}
}

// Skip skips a test for want of something, or fails it when CORPUSMILL_REQUIRE
// is all.
func Skip(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CORPUSMILL_REQUIRE") == "all" {
		t.Fatal(why)
	}
	t.Skip(why)
}

func ip(args ...string) error {
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// Command is a command on the machine.
func (m *Machine) Command(name string, args ...string) *exec.Cmd {
	return exec.Command("ip", append([]string{"netns", "exec", m.Name, name}, args...)...)
}

// Program writes a program that runs another one on the machine, with the
// arguments that it gets, and returns its path.
func (m *Machine) Program(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), filepath.Base(name))
	text := fmt.Sprintf("#!/bin/sh\nexec ip netns exec %s %q \"$@\"\n", m.Name, name)
	if err := os.WriteFile(path, []byte(text), 0o777); err != nil {
		t.Fatal(err)
	}
	return path
}

// Processes are the processes that run on the machine.
func (m *Machine) Processes() (pids []int, err error) {
	out, err := exec.Command("ip", "netns", "pids", m.Name).Output()
	for _, f := range strings.Fields(string(out)) {
		if pid, err := strconv.Atoi(f); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids, err
}

// Find are the processes on the machine whose command line has a text in it.
func (m *Machine) Find(t testing.TB, text string) (pids []int) {
	t.Helper()
	all, err := m.Processes()
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range all {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err == nil && strings.Contains(strings.ReplaceAll(string(line), "\x00", " "), text) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// KillOne kills one process on the machine whose command line has a text in it,
// and waits some seconds for it to be there.
func (m *Machine) KillOne(t testing.TB, text string) {
	t.Helper()
	KillOneOf(t, []*Machine{m}, text)
}

// KillOneOf is KillOne on whichever of the machines has such a process.
func KillOneOf(t testing.TB, machines []*Machine, text string) {
	t.Helper()
	for range 200 {
		for _, m := range machines {
			pids := m.Find(t, text)
			if len(pids) == 0 {
				continue
			}
			if err := syscall.Kill(pids[0], syscall.SIGKILL); err != nil {
				t.Error(err)
			}
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("nothing has %q in its command line", text)
}

// Mount has the mount command run for the processes that are on the machine
// now, and those that they start: they see the file systems so, and nobody
// else does.
func (m *Machine) Mount(t testing.TB, args ...string) {
	t.Helper()
	pids, err := m.Processes()
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		t.Fatal(err)
	}
	done := map[string]bool{}
	for _, pid := range pids {
		// Each command on the machine has a view of its own.
		view := fmt.Sprintf("/proc/%d/ns/mnt", pid)
		name, err := os.Readlink(view)
		if err != nil || done[name] {
			continue // it has ended, or another one stands for it
		}
		if name == own {
			t.Fatalf("process %d on %s sees the file systems of this machine: what it mounts would be mounted here", pid, m.IP)
		}
		done[name] = true
		if out, err := exec.Command("nsenter", append([]string{"--mount=" + view, "mount"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("mount %v: %v: %s", args, err, out)
		}
	}
	if len(done) == 0 {
		t.Fatalf("nothing runs on %s", m.IP)
	}
}

// Cut takes the machine off the network, as a cable that is pulled. The first
// machine can't be cut off.
func (m *Machine) Cut(t testing.TB) {
	t.Helper()
	if err := ip("-n", m.Name, "link", "set", "eth0", "down"); err != nil {
		t.Fatal(err)
	}
}

// Freeze stops the processes on the machine whose command line has a text in it,
// until they are killed, as soon as there is one. It doesn't wait for that.
func (m *Machine) Freeze(t testing.TB, text string) {
	done := make(chan struct{})
	t.Cleanup(func() { <-done })
	go func() {
		defer close(done)
		for range 600 {
			if pids := m.Find(t, text); len(pids) > 0 {
				freeze(t, pids)
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Errorf("nothing on %s has %q in its command line", m.IP, text)
	}()
}

func freeze(t testing.TB, pids []int) {
	t.Helper()
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil && err != syscall.ESRCH {
			t.Error(err)
		}
	}
}

// FreezeFor stops all that runs on the machine, as one that swaps or sleeps, and
// wakes it after a while, or when the test ends.
func (m *Machine) FreezeFor(t testing.TB, d time.Duration) {
	t.Helper()
	pids, err := m.Processes()
	if err != nil {
		t.Fatal(err)
	}
	freeze(t, pids)
	var once sync.Once
	wake := func() {
		once.Do(func() {
			for _, pid := range pids {
				syscall.Kill(pid, syscall.SIGCONT) // some may be gone
			}
		})
	}
	timer := time.AfterFunc(d, wake)
	t.Cleanup(func() { timer.Stop(); wake() })
}

// Kill kills all that runs on the machine.
func (m *Machine) Kill() {
	pids, _ := m.Processes()
	for _, pid := range pids {
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

func (m *Machine) remove(t testing.TB) {
	for range 50 {
		pids, err := m.Processes()
		if err != nil || len(pids) == 0 {
			break
		}
		m.Kill()
		time.Sleep(100 * time.Millisecond)
	}
	if err := ip("netns", "del", m.Name); err != nil {
		t.Log(err) // another test may have swept it
	}
}
