// Package shim runs tasks on an engine that is driven from Python. A backend
// starts one Python process, the driver, which connects to the engine, and
// gives it bundles of tasks. Inside the engine's worker processes worker.py
// gives the tasks to children of this program, and their events come back the
// same way.
//
// What is here is the same for all engines: the process and its end, the size
// of bundles, deadlines. What differs is in the engine's Python file, a class
// that connects, runs a bundle, kills one, and disconnects.
package shim

import (
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"corpusmill/doctor"
	"corpusmill/exec"
	"corpusmill/storage/object"
)

//go:embed worker.py
var workerSource string

//go:embed driver.py
var driverSource string

// bootstrap is the program that Python is started with. The rest comes by
// standard input, so that nothing has to lie in a file. A module must not be
// taken from the working folder, as -c would have it.
const bootstrap = `import sys
sys.path[:] = [p for p in sys.path if p]
import json
sources = json.loads(sys.stdin.buffer.readline())
exec(compile(sources["driver"], "corpusmill/driver.py", "exec"))
driver = Driver(sources["worker"])
exec(compile(sources["engine"], "corpusmill/engine.py", "exec"))
driver.serve(Engine)
`

// Engine is what one engine differs by.
type Engine struct {
	Name    string // as users know it
	Package string // that Python has to have, with its version
	Source  string // the Python that defines class Engine
	// Settings are for the engine's class; they must be JSON.
	Settings map[string]any
	// Work is how long a bundle should run: long against what the engine
	// needs to start one.
	Work time.Duration
	// Pulse says that running bundles give signs of life.
	Pulse bool
	// Silence is how long a running bundle may give none; 0 for 45 seconds.
	// Signs come every five seconds.
	Silence time.Duration
}

// Resources are what each task of a stage asks of the engine.
type Resources struct {
	CPUs   float64 `json:"cpus"`
	GPUs   float64 `json:"gpus"`
	Memory int64   `json:"memory"` // bytes to reserve; 0 for none
	// Hold says that what runs a bundle runs further ones, in the same child
	// process: it has models open, or GPUs.
	Hold bool `json:"hold"`
	// Accelerated asks for a GPU where the cluster has any.
	Accelerated bool `json:"-"`
	// Tasks is how many of the stage's tasks may run at once; 0 for any
	// number.
	Tasks int `json:"-"`
}

// Backend is an exec.Backend over an engine.
type Backend struct {
	Engine Engine
	// Python is the interpreter; "python3" when empty.
	Python string
	// Programs are this program's binaries, one for each platform.
	Programs []Program
	// Needs are what the stages ask for, by stage. A stage that isn't there
	// asks for one CPU.
	Needs []Resources
	// Slots is the number of bundles at once; 0 for as many as the cluster
	// has CPUs.
	Slots int
	Clock exec.Clock
	Logf  func(format string, args ...any) // nil for silence

	session *session
	ready   ready
	bundles int // that there were; no two in a session have the same number
}

// ready is what a cluster has.
type ready struct {
	CPUs       float64 `json:"cpus"`
	GPUs       float64 `json:"gpus"`
	NodeCPUs   float64 `json:"node_cpus"` // of the node that has most
	NodeGPUs   float64 `json:"node_gpus"`
	NodeMemory float64 `json:"node_memory"`
	// Nodes are the machines, of engines that tell.
	Nodes []node `json:"nodes"`
}

// node is what one machine has.
type node struct {
	CPUs   float64 `json:"cpus"`
	GPUs   float64 `json:"gpus"`
	Memory float64 `json:"memory"` // bytes
}

// room is how many tasks a machine has room for.
func (n node) room(need Resources) int {
	room := n.CPUs / need.CPUs
	if g := need.GPUs; g > 1 {
		room = min(room, math.Floor(n.GPUs/g))
	} else if g > 0 {
		room = min(room, math.Floor(1/g)*math.Floor(n.GPUs)) // parts of a GPU are of one GPU
	}
	if need.Memory > 0 {
		room = min(room, n.Memory/float64(need.Memory))
	}
	return int(room)
}

// Program is a binary of this program.
type Program struct {
	Path     string `json:"path"`
	Platform string `json:"platform"` // "linux-amd64"
	SHA256   string `json:"sha256"`
}

// Programs finds the binaries to ship: this process's own, and for other
// platforms those that lie beside it as corpusmill-linux-arm64 and the like.
func Programs() ([]Program, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	own := runtime.GOOS + "-" + runtime.GOARCH
	found := []Program{{Path: self, Platform: own}}
	others, err := filepath.Glob(filepath.Join(filepath.Dir(self), "corpusmill-linux-*"))
	if err != nil {
		return nil, err
	}
	for _, path := range others {
		if p := strings.TrimPrefix(filepath.Base(path), "corpusmill-"); p != own && strings.Count(p, "-") == 1 {
			found = append(found, Program{Path: path, Platform: p})
		}
	}
	for i := range found {
		if found[i].SHA256, err = doctor.HashOf(found[i].Path); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Deadlines. A session that has passed one is killed.
const (
	openDeadline  = 3 * time.Minute
	closeDeadline = 20 * time.Second
)

// Open implements exec.Backend.
func (b *Backend) Open(ctx context.Context, folder string, _ int) error {
	var err error
	if !object.In(folder) {
		if folder, err = filepath.Abs(folder); err != nil {
			return err
		}
	}
	// Paths of inputs and models are as the recipe has them.
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	python := b.Python
	if python == "" {
		python = "python3"
	}
	if b.session, err = start(python, b.Engine.Name); err != nil {
		return fmt.Errorf("%w\n%s runs through Python with %s: install it, or set CORPUSMILL_PYTHON to a Python that has it", err, b.Engine.Name, b.Engine.Package)
	}
	version := sha256.Sum256([]byte(workerSource))
	init := map[string]any{"folder": folder, "dir": dir, "binaries": b.Programs, "version": hex.EncodeToString(version[:8]), "env": object.Environment()}
	for k, v := range b.Engine.Settings {
		init[k] = v
	}
	b.session.send(map[string]string{"driver": driverSource, "worker": workerSource, "engine": b.Engine.Source})
	b.session.send(init)
	if err := b.connect(ctx); err != nil {
		b.Close()
		return err
	}
	return b.check()
}

func (b *Backend) connect(ctx context.Context) error {
	late := time.NewTimer(openDeadline)
	defer late.Stop()
	select {
	case m, ok := <-b.session.messages:
		switch {
		case !ok:
			return fmt.Errorf("%w\n%s runs through Python with %s: install it, or set CORPUSMILL_PYTHON to a Python that has it", b.session.died(), b.Engine.Name, b.Engine.Package)
		case m.Kind == "failed":
			return fmt.Errorf("connecting to %s: %s", b.Engine.Name, m.Err)
		case m.Ready == nil:
			return fmt.Errorf("connecting to %s: its driver said %q", b.Engine.Name, m.Kind)
		}
		b.ready = *m.Ready
		return nil
	case <-late.C:
		return fmt.Errorf("%s did not answer within %s: see that it runs, that %s_address is right, and that this machine can reach it%s",
			b.Engine.Name, openDeadline, strings.ToLower(b.Engine.Name), b.session.words())
	case <-ctx.Done():
		return ctx.Err()
	}
}

// check says what the cluster can't do, before anything runs.
func (b *Backend) check() error {
	var errs []error
	accelerated := false
	for i := range b.Needs {
		need, found := b.needs(i), len(errs)
		accelerated = accelerated || b.Needs[i].Accelerated
		for _, c := range []struct {
			key        string
			want, have float64
		}{
			{"cpu_required", need.CPUs, b.ready.NodeCPUs},
			{"gpu_required", need.GPUs, b.ready.NodeGPUs},
			{"mem_required", float64(need.Memory), b.ready.NodeMemory},
		} {
			if c.want > c.have {
				errs = append(errs, fmt.Errorf("stage %d asks for %g by %s; the largest machine that %s has offers %g", i+1, c.want, c.key, b.Engine.Name, c.have))
			}
		}
		if len(errs) == found && b.room(need) == 0 {
			errs = append(errs, fmt.Errorf("stage %d asks for %g CPUs, %g GPUs and %d bytes of memory; no machine of %s has all of them together", i+1, need.CPUs, need.GPUs, need.Memory, b.Engine.Name))
		}
	}
	if accelerated && b.ready.GPUs == 0 {
		b.logf("%s has no GPUs: operators with accelerator: cuda run on the CPU", b.Engine.Name)
	}
	return errors.Join(errs...)
}

func (b *Backend) needs(stage int) Resources {
	r := Resources{}
	if stage < len(b.Needs) {
		r = b.Needs[stage]
	}
	if r.CPUs == 0 {
		r.CPUs = 1
	}
	switch {
	case r.GPUs == 0 && r.Accelerated && b.ready.GPUs > 0:
		r.GPUs = 1
	case r.GPUs > 1:
		r.GPUs = math.Ceil(r.GPUs) // engines give parts of one GPU alone
	}
	r.Hold = r.Hold || r.GPUs > 0
	return r
}

// room is how many tasks the cluster has room for.
func (b *Backend) room(need Resources) int {
	if b.ready.Nodes == nil {
		return max(int(b.ready.CPUs/need.CPUs), 1) // how they are shared out isn't known
	}
	room := 0
	for _, n := range b.ready.Nodes {
		room += n.room(need)
	}
	return room
}

// slots is how many bundles of a stage run at once.
func (b *Backend) slots(need Resources) int {
	room, n := b.room(need), b.Slots
	if n == 0 || need.Hold && b.ready.Nodes != nil { // what is held has to stay
		n = min(cmp.Or(n, room), room)
	}
	if need.Tasks > 0 {
		n = min(n, need.Tasks)
	}
	return max(n, 1)
}

// Parallel implements exec.Wide.
func (b *Backend) Parallel() int {
	if b.Slots > 0 {
		return b.Slots
	}
	return int(b.ready.CPUs)
}

// Close implements exec.Backend.
func (b *Backend) Close() error {
	if b.session == nil {
		return nil
	}
	err := b.session.close()
	b.session = nil
	return err
}

func (b *Backend) logf(format string, args ...any) {
	if b.Logf != nil {
		b.Logf(format, args...)
	}
}

// message is a line from the driver.
type message struct {
	Kind   string            `json:"kind"` // ready, events, end, unbegun, probed, failed, closed
	Ready  *ready            `json:"ready"`
	Bundle int               `json:"bundle"`
	Events []json.RawMessage `json:"events"`
	Err    string            `json:"err"`
	// Answers are those of a probe.
	Answers []doctor.Answer `json:"answers"`
}

// event is an exec.Event, or says when a bundle began and what it took.
type event struct {
	exec.Event
	Node    string   `json:"node"`
	Seconds float64  `json:"seconds"`
	Lines   []string `json:"lines"`
}

const (
	bundleBegan exec.EventKind = "begin"
	bundleTook  exec.EventKind = "took"
	// childSaid is what the worker process has printed.
	childSaid exec.EventKind = "said"
)
