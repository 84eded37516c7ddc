package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"corpusmill/bench/peers"
)

const (
	ours = "corpusmill"

	// outputName is the result's name in the output folder.
	outputName = "out.jsonl"

	// slowLimit is the largest corpus, in bytes, that slow contenders get
	// unless the flags ask for more.
	slowLimit = 150e6
)

// contender is a program that can do some of the jobs.
type contender struct {
	name    string
	version string
	slow    bool
	// command gives what does a setting's job and leaves its result in a
	// folder; nil for jobs that the contender doesn't have.
	command func(s setting) func(out string) *exec.Cmd
}

// peer is a contender of the Python world with an environment of its own,
// which the first run makes from bench/peers/<env>.txt.
type peer struct {
	name, env, module string
	slow              bool
	command           func(bin string, s setting) func(out string) *exec.Cmd
}

var peerList = []peer{
	{"polars", "dataframes", "polars", false, dataframe("polars")},
	{"duckdb", "dataframes", "duckdb", false, dataframe("duckdb")},
	{"data-juicer", "datajuicer", "py-data-juicer", true, dataJuicer},
	{"data-juicer-fusion", "datajuicer", "py-data-juicer", true, fusedDataJuicer},
	{"kenlm", "kenlm", "kenlm", true, perplexity},
}

func peerNames() []string {
	var names []string
	for _, p := range peerList {
		names = append(names, p.name)
	}
	return names
}

// openContenders builds this tree's binary and the environments of the peers
// that the flags name.
func openContenders(c config) ([]contender, error) {
	binary := c.binary
	if binary == "" {
		binary = "build/corpusmill"
		build := exec.Command("go", "build", "-trimpath", "-o", binary, "./cmd/corpusmill")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", build, err, out)
		}
	}
	out, err := exec.Command(binary, "version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s version: %w", binary, err)
	}
	first, _, _ := strings.Cut(string(out), "\n")
	list := []contender{{name: ours, version: strings.TrimSpace(strings.TrimPrefix(first, ours)), command: mill(binary)}}
	for _, p := range peerList {
		if !slices.Contains(c.peers, p.name) {
			continue
		}
		bin, err := peers.Environment(p.env)
		if err != nil {
			return nil, fmt.Errorf("%w (-peers none runs without)", err)
		}
		v, err := moduleVersion(bin, p.module)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		list = append(list, contender{p.name, v, p.slow,
			func(s setting) func(string) *exec.Cmd { return p.command(bin, s) }})
	}
	return list, nil
}

// moduleVersion is that of a package in a Python environment.
func moduleVersion(bin, module string) (string, error) {
	v, err := exec.Command(filepath.Join(bin, "python"), "-c",
		"import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))", module).Output()
	if err != nil {
		return "", fmt.Errorf("the version of %s: %w", module, err)
	}
	return strings.TrimSpace(string(v)), nil
}

func mill(binary string) func(setting) func(string) *exec.Cmd {
	return func(s setting) func(string) *exec.Cmd {
		return func(out string) *exec.Cmd {
			if s.job.recipe == "" {
				return exec.Command(binary, "version")
			}
			args := recipeArgs(s, out, "process", "--config")
			if s.models != "" {
				args = append(args, "--models", s.models)
			}
			return exec.Command(binary, args...)
		}
	}
}

// recipeArgs are the arguments that corpusmill and Data-Juicer share.
func recipeArgs(s setting, out string, before ...string) []string {
	return append(before, s.job.recipe,
		"--dataset_path", s.corpus, "--export_path", filepath.Join(out, outputName), "--np", strconv.Itoa(s.workers))
}

// dataJuicer runs the same recipe file. Its cache goes to the output folder:
// nothing is left for the next run to find. The monitor of resources, which
// is a process of its own, is off.
func dataJuicer(bin string, s setting) func(string) *exec.Cmd {
	if s.job.recipe == "" {
		return nil
	}
	return func(out string) *exec.Cmd {
		args := append(recipeArgs(s, out, "--config"), "--open_monitor", "false", "--ds_cache_dir", filepath.Join(out, "cache"))
		cmd := exec.Command(filepath.Join(bin, "dj-process"), args...)
		cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1", "HF_HOME="+filepath.Join(out, "hf"), "RAY_USAGE_STATS_ENABLED=0")
		if s.models != "" {
			cmd.Env = append(cmd.Env, "DATA_JUICER_MODELS_CACHE="+s.models)
		}
		return cmd
	}
}

// fusedDataJuicer runs the job of filters that share words and lines with
// op_fusion, which also puts the fast ones first.
func fusedDataJuicer(bin string, s setting) func(string) *exec.Cmd {
	if s.job.name != "ten" {
		return nil
	}
	plain := dataJuicer(bin, s)
	return func(out string) *exec.Cmd {
		cmd := plain(out)
		cmd.Args = append(cmd.Args, "--op_fusion", "true")
		return cmd
	}
}

// dataframe runs bench/peers/<name>_filter.py, which does what filter.yaml does.
func dataframe(name string) func(string, setting) func(string) *exec.Cmd {
	return func(bin string, s setting) func(string) *exec.Cmd {
		if s.job.recipe != "bench/recipes/filter.yaml" {
			return nil
		}
		return func(out string) *exec.Cmd {
			cmd := exec.Command(filepath.Join(bin, "python"), filepath.Join("bench", "peers", name+"_filter.py"),
				s.corpus, filepath.Join(out, outputName), strconv.Itoa(s.workers))
			cmd.Env = append(os.Environ(), "POLARS_MAX_THREADS="+strconv.Itoa(s.workers))
			return cmd
		}
	}
}

// perplexity runs bench/peers/kenlm_perplexity.py, which does what
// perplexity.yaml does, in one process.
func perplexity(bin string, s setting) func(string) *exec.Cmd {
	if s.job.recipe != perplexityRecipe || s.workers != 1 {
		return nil
	}
	return func(out string) *exec.Cmd {
		return exec.Command(filepath.Join(bin, "python"), filepath.Join("bench", "peers", "kenlm_perplexity.py"),
			s.corpus, filepath.Join(out, outputName), s.models)
	}
}

// countRows counts lines.
func countRows(name string) (int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	buf := make([]byte, 1<<20)
	var rows int64
	for {
		n, err := f.Read(buf)
		rows += int64(bytes.Count(buf[:n], []byte("\n")))
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return 0, err
		}
	}
}
