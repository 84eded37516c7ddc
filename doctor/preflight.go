package doctor

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	osexec "os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"corpusmill/internal/child"
)

//go:embed preflight.py
var preflight string

// Engine is what an engine that is driven from Python asks of this machine.
type Engine struct {
	Name    string // as users know it
	Package string // the distribution whose version counts
	Least   string // that version
	// Install is what pip installs, and Modules what has to be there then.
	Install string
	Modules []string
	Key     string // of the recipe, for the address
	Example string // of an address
	Start   string // the command that starts it
	File    bool   // an address may be a file with the address in it
}

var engines = map[string]Engine{
	"ray": {Name: "Ray", Package: "ray", Least: "2.60", Install: "ray", Modules: []string{"ray"},
		Key: "ray_address", Example: "HOST:6379", Start: "ray start --head"},
	"dask": {Name: "Dask", Package: "distributed", Least: "2026.8", Install: "distributed", Modules: []string{"distributed"},
		Key: "dask_address", Example: "tcp://HOST:8786", Start: "dask scheduler", File: true},
	"spark": {Name: "Spark", Package: "pyspark", Least: "4", Install: "pyspark[connect]", Modules: []string{"pyspark", "grpc", "grpc_status", "pandas", "pyarrow"},
		Key: "spark_address", Example: "sc://HOST:15002", Start: "start-connect-server.sh"},
}

// EngineOf is the engine of a backend, false for one that needs no Python.
func EngineOf(backend string) (Engine, bool) {
	e, ok := engines[backend]
	return e, ok
}

// Preflight is what Python tells before it connects.
type Preflight struct {
	Executable string            `json:"executable"`
	Versions   map[string]string `json:"versions"`
	Lacking    []string          `json:"lacking"` // modules
	Address    string            `json:"address"` // "" for none
	Trouble    string            `json:"trouble"` // what Address has: file, address, name, silent, refused, network
	Words      string            `json:"words"`
}

// How long Python may take, and an address to answer.
const (
	preflightTime = time.Minute
	reachTime     = 5 * time.Second
)

// Look asks a Python, "" for python3, what it has for the engine, and whether
// the address answers; "" is looked for by the engine itself.
func (e Engine) Look(ctx context.Context, python, address string) (p Preflight, found []Finding) {
	if python == "" {
		python = "python3"
	}
	order, err := json.Marshal(map[string]any{"modules": e.Modules, "package": e.Package, "address": address, "file": e.File, "seconds": reachTime.Seconds()})
	if err != nil {
		return p, []Finding{e.noPython(python, err.Error())}
	}
	ctx, cancel := context.WithTimeout(ctx, preflightTime)
	defer cancel()
	// A module must not be taken from the working folder.
	c := osexec.CommandContext(ctx, python, "-c", "import sys\nsys.path[:] = [p for p in sys.path if p]\n"+preflight, string(order))
	words := &child.Tail{Max: 1 << 10}
	c.Stderr, c.WaitDelay = words, time.Second
	raw, err := c.Output()
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err != nil {
		said := err.Error()
		if ctx.Err() != nil {
			said = fmt.Sprintf("it did not end within %s", preflightTime)
		}
		if lines := strings.Split(words.String(), "\n"); lines[0] != "" {
			said += ": " + lines[len(lines)-1]
		}
		if errors.Is(err, osexec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			said = "there is no such program"
		}
		return p, []Finding{e.noPython(python, said)}
	}
	return p, e.judge(p)
}

func (e Engine) noPython(python, said string) Finding {
	return Finding{Error, "python", nil, fmt.Sprintf("%s can't be run: %s", python, said),
		fmt.Sprintf("install Python with %s, or set CORPUSMILL_PYTHON to one that has it", e.Install)}
}

// judge says what is wrong before anything connects.
func (e Engine) judge(p Preflight) (out []Finding) {
	have := p.Versions[e.Package]
	switch {
	case len(p.Lacking) > 0:
		out = append(out, Finding{Error, "python", nil, fmt.Sprintf("%s lacks %s", p.Executable, strings.Join(p.Lacking, ", ")),
			fmt.Sprintf("%s -m pip install '%s', in the cluster's version; or set CORPUSMILL_PYTHON to a Python that has it", p.Executable, e.Install)})
	case have != "" && older(have, e.Least):
		out = append(out, Finding{Error, "version", nil, fmt.Sprintf("%s has %s %s; %s or newer is needed", p.Executable, e.Package, have, e.Least),
			fmt.Sprintf("install %s %s or newer, on the cluster too", e.Package, e.Least)})
	}
	add := func(what, mend string) { out = append(out, Finding{Error, "address", nil, what, mend}) }
	switch p.Trouble {
	case "":
	case "file":
		add("the scheduler file can't be read: "+p.Words, "give the file that `dask scheduler --scheduler-file` writes")
	case "address":
		add(p.Words, fmt.Sprintf("set %s as in %s", e.Key, e.Example))
	case "name":
		add(fmt.Sprintf("the host of %s isn't known: %s", p.Address, p.Words), fmt.Sprintf("see whether %s is spelt right, or give the host's IP address", e.Key))
	case "refused":
		add(fmt.Sprintf("nobody listens at %s: %s", p.Address, p.Words), fmt.Sprintf("start %s there (%s), or set %s to where it is, as in %s", e.Name, e.Start, e.Key, e.Example))
	default:
		add(fmt.Sprintf("%s can't be reached: %s", p.Address, p.Words), "see whether the host is up, and whether a firewall is between; run this on a machine of the cluster's network")
	}
	return out
}

// older compares versions by their leading numbers.
func older(a, b string) bool {
	return slices.Compare(numbers(a), numbers(b)) < 0
}

func numbers(version string) (out []int) {
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			break
		}
		out = append(out, n)
	}
	return out
}
