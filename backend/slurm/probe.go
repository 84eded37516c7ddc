package slurm

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"corpusmill/doctor"
)

// Prober submits a job for each node.
type Prober struct {
	// Command is the program and its arguments; those of a probe are added.
	Command []string
	Options []string // for sbatch
	Post    *doctor.Post
	// Call runs one of Slurm's programs; nil for those on the PATH.
	Call func(ctx context.Context, stdin, program string, args ...string) (string, error)
	// Every is the time between two looks at Slurm's queue, a second by default.
	Every time.Duration
}

// mostProbes is the most nodes that are looked at; the first in Slurm's order.
const mostProbes = 64

// probed is a node's job.
type probed struct {
	id   string
	why  string // of the job's waiting
	gone bool
	doctor.Answer
}

// Probe implements doctor.Prober. Nodes that are down or full are Answers with
// Waits.
func (p *Prober) Probe(ctx context.Context, r doctor.Request) ([]doctor.Answer, error) {
	if p.Call == nil {
		p.Call = Call
	}
	p.Every = cmp.Or(p.Every, time.Second)
	if err := Reserved(p.Options, append(own[:len(own):len(own)], "--nodelist", "-w")); err != nil {
		return nil, err
	}
	nodes, err := p.nodes(ctx)
	if err != nil {
		return nil, err
	}
	name := jobName("doctor-" + p.Post.Nonce)
	defer func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
		defer cancel()
		// Those that still wait; without Slurm's answer they find no folder and end.
		_, _ = p.Call(late, "", "scancel", "--name="+name)
	}()
	for _, n := range nodes {
		if n.Err == "" {
			if err := p.submit(ctx, r, name, n); err != nil {
				return nil, err
			}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, r.StartLimit()+r.Limit())
	defer cancel()
	for {
		open, err := p.look(ctx, name, nodes)
		if err != nil && ctx.Err() == nil {
			return nil, err
		}
		if err == nil && open == 0 {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(p.Every):
		}
		if ctx.Err() == context.DeadlineExceeded {
			break
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	answers := make([]doctor.Answer, len(nodes))
	for i, n := range nodes {
		if n.Facts == nil && n.Err == "" {
			n.Err, n.Waits = fmt.Sprintf("its job waits in Slurm's queue (%s)", cmp.Or(n.why, "no reason given")), true
		}
		answers[i] = n.Answer
	}
	return answers, nil
}

// nodes are those of the partition that jobs go to, or all.
func (p *Prober) nodes(ctx context.Context) (nodes []*probed, err error) {
	args := []string{"--noheader", "--Node", "--format=%N|%T"}
	if partition := option(p.Options, "--partition", "-p"); partition != "" {
		args = append(args, "--partition="+partition)
	}
	out, err := p.Call(ctx, "", "sinfo", args...)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(out) {
		f := strings.Split(strings.TrimSpace(line), "|")
		if len(f) != 2 || slices.ContainsFunc(nodes, func(n *probed) bool { return n.Node == f[0] }) {
			continue
		}
		n := &probed{Answer: doctor.Answer{Node: f[0]}}
		switch state := strings.TrimRight(f[1], "*~#!%$@^-+"); {
		case !containsAny(state, "idle", "mixed", "allocated", "completing", "planned"), strings.Contains(f[1], "*"):
			n.Err, n.Waits = "Slurm has it as "+f[1], true
		case len(nodes) >= mostProbes:
			n.Err, n.Waits = fmt.Sprintf("only %d nodes are looked at", mostProbes), true
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// option is the value of an option of sbatch.
func option(options []string, long, short string) string {
	for i, o := range options {
		name, value, given := strings.Cut(o, "=")
		switch {
		case name == long && given:
			return value
		case (o == long || o == short) && i+1 < len(options):
			return options[i+1]
		case strings.HasPrefix(o, short) && !strings.HasPrefix(o, "--") && len(o) > len(short):
			return o[len(short):]
		}
	}
	return ""
}

func (p *Prober) log(id string) string {
	return filepath.Join(p.Post.Folder, "slurm-"+id+".log")
}

// submit submits the probe of a node. That Slurm doesn't take it for this one
// node is the node's Err.
func (p *Prober) submit(ctx context.Context, r doctor.Request, name string, n *probed) error {
	r.Name, r.Nonce = n.Node, p.Post.Nonce
	request, err := json.Marshal(r)
	if err != nil {
		return err
	}
	script := Script(append(p.Command[:len(p.Command):len(p.Command)], "--probe="+string(request)))
	args := append([]string{"--parsable", "--job-name=" + name, "--nodelist=" + n.Node, "--output=" + p.log("%j"), "--ntasks=1"}, p.Options...)
	out, err := p.Call(ctx, script, "sbatch", args...)
	if err != nil {
		if containsAny(err.Error(), "node configuration", "not available", "node specification") {
			n.Err, n.Waits = err.Error(), true
			return nil
		}
		return err
	}
	n.id, _, _ = strings.Cut(strings.TrimSpace(out), ";")
	return nil
}

// look takes in the facts, and of jobs that ended without any the reason. open
// is how many nodes are left.
func (p *Prober) look(ctx context.Context, name string, nodes []*probed) (open int, err error) {
	out, err := p.Call(ctx, "", "squeue", "--noheader", "--name="+name, "--format=%i|%r")
	if err != nil {
		return 0, err
	}
	queue := map[string]string{}
	for line := range strings.Lines(out) {
		id, why, _ := strings.Cut(strings.TrimSpace(line), "|")
		queue[id] = why
	}
	facts, err := p.Post.Facts()
	if err != nil {
		return 0, err
	}
	for _, n := range nodes {
		if n.Err != "" || n.Facts != nil {
			continue
		}
		f, ok := facts[n.Node]
		var there bool
		n.why, there = queue[n.id]
		switch {
		case ok:
			n.Facts = &f
		case there:
			open++
		case !n.gone:
			n.gone = true // what it wrote last may be on its way
			open++
		default:
			n.Facts, n.Err = p.postMortem(ctx, n.id)
		}
	}
	return open, nil
}

// postMortem is what a job has left that has ended: facts in its log, or why
// there are none.
func (p *Prober) postMortem(ctx context.Context, id string) (*doctor.Facts, string) {
	raw, err := os.ReadFile(p.log(id))
	if err == nil {
		var f doctor.Facts
		if json.Unmarshal(raw, &f) == nil && f.ID != "" {
			return &f, ""
		}
		if said := strings.TrimSpace(string(raw)); said != "" {
			return nil, "the job ended: " + said[max(0, len(said)-500):]
		}
		return nil, "the job ended and wrote nothing"
	}
	how := ""
	if out, err := p.Call(ctx, "", "scontrol", "show", "job", id); err == nil {
		for word := range strings.FieldsSeq(out) {
			if code, ok := strings.CutPrefix(word, "ExitCode="); ok {
				how = " (exit code " + code + ")"
			}
		}
	}
	return nil, fmt.Sprintf("the job ended%s, and its output isn't in %s: the node doesn't see that folder, or can't write there", how, p.Post.Folder)
}
