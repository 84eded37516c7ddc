package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"corpusmill/bench/peers"
)

// similarContender is a program with the parameters that it runs with.
type similarContender struct {
	contender
	program string
	tokens  string // what its shingles are made of, as bench/judge calls it
}

// millVariant is corpusmill with other parameters than those of the recipe.
type millVariant struct {
	name   string
	tokens string
	memory bool // for the table of memory
	env    string
	args   []string
}

const avx2 = "GODEBUG=cpu.avx512f=off"

func minhashArg(param, value string) []string {
	return []string{"--document_minhash_deduplicator." + param, value}
}

var millVariants = []millVariant{
	{name: "default", tokens: "words"},
	{name: "default-avx2", tokens: "words", env: avx2},
	{name: "xxh3", tokens: "words", args: minhashArg("hash", "xxh3")},
	{name: "xxh3-avx2", tokens: "words", env: avx2, args: minhashArg("hash", "xxh3")},
	{name: "verify", tokens: "words", args: minhashArg("verify", "true")},
	{name: "recall95", tokens: "words", args: minhashArg("target_recall", "0.95")},
	{name: "recall95-verify", tokens: "words", args: slices.Concat(minhashArg("target_recall", "0.95"), minhashArg("verify", "true"))},
	{name: "characters", tokens: "characters", args: minhashArg("tokenization", "character")},
	{name: "characters-avx2", tokens: "characters", env: avx2, args: minhashArg("tokenization", "character")},
	{name: "characters-xxh3", tokens: "characters", args: slices.Concat(minhashArg("tokenization", "character"), minhashArg("hash", "xxh3"))},
	{name: "characters-xxh3-avx2", tokens: "characters", env: avx2, args: slices.Concat(minhashArg("tokenization", "character"), minhashArg("hash", "xxh3"))},
	{name: "memory-1GB", memory: true, args: []string{"--memory", "1GB"}},
	{name: "memory-256MB", memory: true, args: []string{"--memory", "256MB", "--max_row", "4MiB"}},
}

// similarPeer is a peer with parameters. Python ones run bench/peers/similar.py.
type similarPeer struct {
	name, program string
	slow          bool
	args          []string // of gaoya
}

var similarPeers = []similarPeer{
	{"data-juicer", "data-juicer", true, nil},
	{"gaoya 14x8", "gaoya", false, []string{"14", "8"}},
	{"gaoya 25x10", "gaoya", false, []string{"25", "10"}},
	{"rensa 128", "rensa", false, nil},
	{"datasketch 128", "datasketch", true, nil},
	{"text-dedup 256", "text-dedup", true, nil},
}

func similarPeerNames() []string {
	var names []string
	for _, p := range similarPeers {
		if !slices.Contains(names, p.program) {
			names = append(names, p.program)
		}
	}
	return names
}

// similarContenders are the variants of ours and the peers that the flags
// name. opened has corpusmill and, where it is asked for, Data-Juicer.
func similarContenders(c config, f similarFlags, opened []contender) ([]similarContender, error) {
	var list []similarContender
	for _, v := range millVariants {
		if slices.Contains(f.variants, v.name) {
			list = append(list, similarContender{contender: opened[0], program: ours, tokens: v.tokens})
			p := &list[len(list)-1]
			p.name = ours + " " + v.name
			p.command = func(s setting) func(string) *exec.Cmd {
				plain := opened[0].command(s)
				return func(out string) *exec.Cmd {
					cmd := plain(out)
					cmd.Args = append(cmd.Args, v.args...)
					if v.env != "" {
						cmd.Env = append(os.Environ(), v.env)
					}
					return cmd
				}
			}
		}
	}
	for _, p := range similarPeers {
		if !slices.Contains(c.peers, p.program) {
			continue
		}
		open := openPythonPeer
		switch p.program {
		case "data-juicer":
			open = func(similarPeer) (contender, error) {
				return opened[slices.IndexFunc(opened, func(o contender) bool { return o.name == p.program })], nil
			}
		case "gaoya":
			open = openGaoya
		}
		o, err := open(p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w (-peers none runs without)", p.name, err)
		}
		o.name, o.slow = p.name, p.slow
		list = append(list, similarContender{contender: o, program: p.program, tokens: "words"})
	}
	return list, nil
}

func openPythonPeer(p similarPeer) (contender, error) {
	bin, err := peers.Environment("similar")
	if err != nil {
		return contender{}, err
	}
	v, err := moduleVersion(bin, p.program)
	return contender{version: v, command: func(s setting) func(string) *exec.Cmd {
		return func(out string) *exec.Cmd {
			cmd := exec.Command(filepath.Join(bin, "python"), filepath.Join("bench", "peers", "similar.py"),
				p.program, s.corpus, filepath.Join(out, outputName))
			cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1", "HF_HOME="+filepath.Join(out, "hf"))
			return cmd
		}
	}}, err
}

// openGaoya builds bench/peers/gaoya.
func openGaoya(p similarPeer) (contender, error) {
	const folder, target = "bench/peers/gaoya", "bench/venv/gaoya"
	build := exec.Command("cargo", "build", "--release", "--locked", "--quiet", "--manifest-path", folder+"/Cargo.toml", "--target-dir", target)
	if out, err := build.CombinedOutput(); err != nil {
		return contender{}, fmt.Errorf("%s: %w\n%s", build, err, out)
	}
	manifest, err := os.ReadFile(folder + "/Cargo.toml")
	_, v, _ := strings.Cut(string(manifest), `gaoya = "=`)
	v, _, _ = strings.Cut(v, `"`)
	return contender{version: v, command: func(s setting) func(string) *exec.Cmd {
		return func(out string) *exec.Cmd {
			return exec.Command(target+"/release/gaoya-near-duplicates", append([]string{s.corpus, filepath.Join(out, outputName)}, p.args...)...)
		}
	}}, err
}
