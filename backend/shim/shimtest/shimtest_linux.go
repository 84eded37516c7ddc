// Package shimtest is what the tests of the Python engines share: where the
// engines' programs are, and daemons on machines of package netns.
package shimtest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"corpusmill/backend/local"
	"corpusmill/backend/shim"
	"corpusmill/exec"
	"corpusmill/internal/netns"
)

// Main is the TestMain of a backend: the test binary is the program that the
// engine gets.
func Main(m *testing.M) {
	if len(os.Args) != 3 || os.Args[1] != "worker" {
		os.Exit(m.Run())
	}
	var now atomic.Int64
	tick := func() int64 { return now.Add(int64(time.Millisecond)) }
	if err := local.Serve(context.Background(), os.Args[2], os.Stdin, os.Stdout, tick); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// New returns a function that makes backends over an engine with two slots.
func New(t testing.TB, e shim.Engine, python string, clock exec.Clock) func() *shim.Backend {
	t.Helper()
	programs, err := shim.Programs()
	if err != nil {
		t.Fatal(err)
	}
	return func() *shim.Backend {
		return &shim.Backend{Engine: e, Python: python, Programs: programs, Slots: 2,
			Clock: clock, Logf: t.Logf}
	}
}

// Bin is where the engines' programs are: CORPUSMILL_ENGINES, or
// build/python-engines/bin of the repository, which .ci/run makes. The test is
// skipped without them.
func Bin(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("CORPUSMILL_ENGINES")
	up, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir == "" && up != filepath.Dir(up); up = filepath.Dir(up) {
		if _, err := os.Stat(filepath.Join(up, "go.mod")); err == nil {
			dir = filepath.Join(up, "build", "python-engines", "bin")
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "python")); err != nil {
		netns.Skip(t, "no engines: .ci/run installs them into build/python-engines")
	}
	return dir
}

// Daemon is a program that runs on a machine until the test ends.
type Daemon struct {
	Name  string
	mu    sync.Mutex
	said  bytes.Buffer
	Ended chan struct{}
}

// Write takes what the program says.
func (d *Daemon) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.said.Write(p)
}

// Said is all that the program has said.
func (d *Daemon) Said() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.said.String()
}

// Start starts a program in a folder. At the end of the test all that runs on
// the machine is killed.
func Start(t testing.TB, m *netns.Machine, dir string, env []string, name string, args ...string) *Daemon {
	t.Helper()
	d := &Daemon{Name: filepath.Base(name), Ended: make(chan struct{})}
	cmd := m.Command(name, args...)
	cmd.Env, cmd.Dir = append(append(os.Environ(), env...), "TMPDIR="+dir), dir
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = d, d, time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(d.Ended)
		cmd.Wait() // Said tells how it ended
	}()
	t.Cleanup(func() {
		m.Kill()
		<-d.Ended
	})
	return d
}

// patience is how long a daemon may take to be there.
const patience = 4 * time.Minute

// Wait waits until the daemon is there.
func (d *Daemon) Wait(t testing.TB, there func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !there(ctx) {
		select {
		case <-d.Ended:
			t.Fatalf("%s ended:\n%s", d.Name, d.Said())
		case <-ctx.Done():
			t.Fatalf("%s isn't there after %s:\n%s", d.Name, patience, d.Said())
		case <-time.After(500 * time.Millisecond):
		}
	}
}
