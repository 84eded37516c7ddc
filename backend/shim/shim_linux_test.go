package shim_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"corpusmill/backend/backendtest"
	"corpusmill/backend/shim"
	"corpusmill/backend/shim/shimtest"
	"corpusmill/exec"
	"corpusmill/internal/netns"
)

func TestMain(m *testing.M) { shimtest.Main(m) }

// threads is an engine that runs bundles in the driver itself.
const threads = `
import types

class Engine:
    def __init__(self, init, source):
        self.worker = types.ModuleType("worker")
        exec(source, self.worker.__dict__)
        self.ready = {"cpus": 2, "gpus": 0, "node_cpus": 2, "node_gpus": 0, "node_memory": 0}
        self.job = {"folder": init["folder"], "dir": init["dir"], "keep": True, "memory": 0, "env": init["env"],
                    "binaries": {b["platform"]: b["sha256"] for b in init["binaries"]}}
        self.programs = {b["sha256"]: b["path"] for b in init["binaries"]}
        self.running = set()

    def read(self, sha):
        with open(self.programs[sha], "rb") as f:
            return f.read()

    def run(self, bundle):
        self.running.add(bundle["bundle"])
        yield from self.worker.run(dict(self.job, cpus=1), bundle["tasks"], self.read, bundle["bundle"])
        self.running.discard(bundle["bundle"])

    def kill(self, number):
        self.worker.kill(number)

    def close(self):
        for number in list(self.running):
            self.kill(number)
        self.worker.stop(self.job["folder"])
`

func clock() exec.Clock {
	began := time.Now()
	return func() int64 { return int64(time.Since(began)) }
}

func python(t *testing.T) string {
	t.Helper()
	path, err := osexec.LookPath("python3")
	if err != nil {
		netns.Skip(t, "python3 is needed")
	}
	return path
}

func TestThreads(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	e := shim.Engine{Name: "Threads", Package: "nothing", Source: threads, Work: time.Second, Pulse: true}
	backend := shimtest.New(t, e, python(t), clock())
	backendtest.Run(t, backendtest.Engine{New: func() exec.Backend { return backend() }, Apart: true, Slow: true})
}

// TestUnbegun has an engine that keeps bundles to itself: one that others
// overtake is sent again, however often and whether or not the engine ends it;
// one that nothing overtakes waits for others to make room.
func TestUnbegun(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	const keeps = threads + `
import threading

class Engine(Engine):
    kept = threading.Lock()
    left = KEPT

    def run(self, bundle):
        with self.kept:
            keep = FIRST <= bundle["bundle"] and self.left > 0
            if keep:
                type(self).left -= 1
        if not keep:
            yield from super().run(bundle)
            return
        unwanted = threading.Event()
        self.waiting = dict(getattr(self, "waiting", {}), **{str(bundle["bundle"]): unwanted})
        unwanted.wait()
        raise Gone("it was ended")

    def kill(self, number):
        unwanted = self.waiting.get(str(number))
        if unwanted is not None and ENDS:
            unwanted.set()
`
	for _, x := range []struct {
		name              string
		first, kept, ends string
		pace              int64 // of the clock: a look comes every two real seconds
		err               string
	}{
		{"overtaken", "0", "1", "True", 10, ""},
		{"as often as a task may be lost", "1", "4", "True", 70, ""},
		{"and not ended", "0", "1", "False", 10, ""},
		{"nothing begun", "0", "100", "True", 600, "Threads has started nothing for 15m0s"},
		{"nothing more begun", "1", "100", "True", 200, "Threads has started nothing for 15m0s"},
	} {
		t.Run(x.name, func(t *testing.T) {
			source := strings.NewReplacer("FIRST", x.first, "KEPT", x.kept, "ENDS", x.ends).Replace(keeps)
			began := time.Now()
			e := shim.Engine{Name: "Threads", Package: "nothing", Source: source, Work: time.Second, Pulse: true, Silence: shim.LeastSilence}
			b := shimtest.New(t, e, python(t), func() int64 { return x.pace * int64(time.Since(began)) })()
			var said strings.Builder
			b.Logf = func(format string, args ...any) { fmt.Fprintf(&said, format+"\n", args...) }
			err := backendtest.OneRun(t.Context(), t, b)
			if x.err == "" && err != nil || x.err != "" && (err == nil || !strings.Contains(err.Error(), x.err)) {
				t.Errorf("the run ended with %v, want %q", err, x.err)
			}
			if again := strings.Contains(said.String(), "they are sent again"); again != (x.first == "1" || x.err == "") {
				t.Errorf("sent again: %t; said:\n%s", again, said.String())
			}
		})
	}
}

// TestParallel tells how many tasks run at once: what was asked for, or what
// the cluster has.
func TestParallel(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	e := shim.Engine{Name: "Threads", Package: "nothing", Source: threads, Work: time.Second, Pulse: true}
	b := shimtest.New(t, e, python(t), clock())()
	b.Slots = 0
	if err := backendtest.OneRun(t.Context(), t, b); err != nil {
		t.Fatal(err)
	}
	if n := b.Parallel(); n != 2 {
		t.Errorf("a cluster of two CPUs runs %d tasks at once", n)
	}
	if b.Slots = 5; b.Parallel() != 5 {
		t.Errorf("of five tasks %d run at once", b.Parallel())
	}
}

// TestDrivers has drivers that fail in every way. Each time Run or Open tells
// what happened, and nothing of the driver is left.
func TestDrivers(t *testing.T) {
	engine := func(open, run string) string {
		return strings.ReplaceAll(strings.ReplaceAll(`
import os, sys, time
class Engine:
    def __init__(self, init, source):
        OPEN
        self.ready = {"cpus": 1, "node_cpus": 1}
    def run(self, bundle):
        RUN
        yield []
    def kill(self, number): pass
    def close(self): pass
`, "OPEN", open), "RUN", run)
	}
	for name, x := range map[string]struct {
		python, source string
		want           []string
	}{
		"no python":       {"/nowhere/python3", "", []string{"/nowhere/python3", "set CORPUSMILL_PYTHON"}},
		"no package":      {"", "import no_such_package", []string{"no_such_package", "runs through Python with a package", "set CORPUSMILL_PYTHON"}},
		"no cluster":      {"", engine(`raise OSError("nobody listens")`, "pass"), []string{"connecting to Engine: OSError: nobody listens"}},
		"error":           {"", engine("pass", `raise ValueError("a mistake")`), []string{"Engine: ValueError: a mistake"}},
		"death":           {"", engine("pass", `os._exit(7)`), []string{"the driver of Engine ended: exit status 7"}},
		"chatter":         {"", engine(`print("chatter"); os.system("echo chatter")`, `print("chatter"); raise ValueError("heard")`), []string{"ValueError: heard"}},
		"lost bundles":    {"", engine("pass", `raise Gone("the machine is gone")`), []string{"was lost 4 times", "the machine is gone"}},
		"too many CPUs":   {"", engine("pass", "pass"), []string{"stage 1 asks for 4 by cpu_required"}},
		"ends and no end": {"", engine("pass", "return"), []string{"was lost 4 times", "the engine ended it"}},
	} {
		t.Run(name, func(t *testing.T) {
			if x.python == "" {
				x.python = python(t)
			}
			b := shimtest.New(t, shim.Engine{Name: "Engine", Package: "a package", Source: x.source, Work: time.Second}, x.python, clock())()
			if name == "too many CPUs" {
				b.Needs = []shim.Resources{{CPUs: 4}}
			}
			err := backendtest.OneRun(t.Context(), t, b)
			if err == nil {
				t.Fatal("the run succeeded")
			}
			for _, w := range x.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("the error is %q, which lacks %q", err, w)
				}
			}
		})
	}
}

// TestStop has a run end whose driver takes no notice.
func TestStop(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "runs")
	source := `
import time
class Engine:
    def __init__(self, init, source):
        self.ready = {"cpus": 1, "node_cpus": 1}
    def run(self, bundle):
        open("` + marker + `", "w").close()
        time.sleep(600)
        yield []
    def kill(self, number): pass
    def close(self): pass
`
	b := shimtest.New(t, shim.Engine{Name: "Engine", Source: source, Work: time.Second}, python(t), clock())()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for {
			if _, err := os.Stat(marker); err == nil {
				cancel()
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if err := backendtest.OneRun(ctx, t, b); !errors.Is(err, context.Canceled) {
		t.Errorf("the run ended with %v", err)
	}
}
