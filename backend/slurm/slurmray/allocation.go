// Package slurmray makes a Ray cluster out of a Slurm allocation. The lead,
// which is the process that runs on the allocation's first node, starts a
// keeper on every node by srun. A keeper starts Ray's processes there and ends
// them. The lead tells the keepers what to do by srun's standard input: when
// that ends, however the lead has ended, so does the cluster. Nothing is
// written to the folders that nodes share, and the token that lets processes
// into the cluster is in no command line.
//
// Outside of an allocation Submit submits a job that has one.
package slurmray

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"corpusmill/backend/slurm"
)

// Allocation is what Slurm has given a job.
type Allocation struct {
	Job   string
	Nodes []Node // in Slurm's order
	// Here is the name of the node that this process runs on, "" for none.
	Here string
	// KillWait is the time between SIGTERM and SIGKILL when Slurm ends the job.
	KillWait time.Duration
}

// Node is a node of an allocation.
type Node struct {
	Name    string `json:"name"`
	Address string `json:"address"` // a host name or an IP address
}

// Inside says whether this process belongs to a job.
func Inside(getenv func(string) string) bool { return getenv("SLURM_JOB_ID") != "" }

// Find reads the allocation of the job that this process belongs to.
func Find(ctx context.Context, getenv func(string) string) (*Allocation, error) {
	a := &Allocation{Job: getenv("SLURM_JOB_ID"), Here: getenv("SLURMD_NODENAME")}
	list := getenv("SLURM_JOB_NODELIST")
	if list == "" {
		return nil, fmt.Errorf("SLURM_JOB_ID is %s, but SLURM_JOB_NODELIST isn't set: the job's nodes aren't known", a.Job)
	}
	names, err := slurm.Call(ctx, "", "scontrol", "show", "hostnames", list)
	if err != nil {
		return nil, err
	}
	known, err := slurm.Call(ctx, "", "scontrol", "--oneliner", "show", "node", list)
	if err != nil {
		return nil, err
	}
	addresses := map[string]string{}
	for line := range strings.Lines(known) {
		f := fieldsOf(line)
		addresses[f["NodeName"]] = f["NodeAddr"]
	}
	for _, name := range strings.Fields(names) {
		address := addresses[name]
		if address == "" {
			address = name
		}
		a.Nodes = append(a.Nodes, Node{name, address})
	}
	config, err := slurm.Call(ctx, "", "scontrol", "show", "config")
	if err != nil {
		return nil, err
	}
	a.KillWait = killWait(config)
	if len(a.Nodes) == 0 {
		return nil, fmt.Errorf("Slurm names no nodes of job %s for %q", a.Job, list)
	}
	return a, nil
}

// killWait reads Slurm's KillWait from its settings.
func killWait(config string) time.Duration {
	for line := range strings.Lines(config) {
		key, value, _ := strings.Cut(line, "=")
		var seconds int
		if strings.TrimSpace(key) == "KillWait" {
			if _, err := fmt.Sscan(value, &seconds); err == nil {
				return time.Duration(seconds) * time.Second
			}
		}
	}
	return 30 * time.Second // Slurm's default
}

// fieldsOf reads a line of scontrol: words like Name=Value.
func fieldsOf(line string) map[string]string {
	f := map[string]string{}
	for _, word := range strings.Fields(line) {
		if name, value, ok := strings.Cut(word, "="); ok {
			if _, twice := f[name]; !twice {
				f[name] = value
			}
		}
	}
	return f
}

// addressOf is the address by which other nodes reach this one: the one that
// Slurm has for it, when that is one of this machine's; or else that of the
// interface that leads to peer, "" for none; or else the first of any.
func addressOf(n Node, peer string) (string, error) {
	own := map[string]bool{}
	first := ""
	all, err := net.InterfaceAddrs()
	if err != nil {
		return "", err
	}
	for _, a := range all {
		ip, ok := a.(*net.IPNet)
		if !ok || !ip.IP.IsGlobalUnicast() {
			continue
		}
		own[ip.IP.String()] = true
		if first == "" && ip.IP.To4() != nil {
			first = ip.IP.String()
		}
	}
	found, err := net.LookupHost(n.Address)
	for _, ip := range found {
		if own[ip] {
			return ip, nil
		}
	}
	if peer != "" {
		// No packet is sent for it.
		if c, e := net.Dial("udp", net.JoinHostPort(peer, "9")); e == nil {
			defer c.Close()
			if local, ok := c.LocalAddr().(*net.UDPAddr); ok && own[local.IP.String()] {
				return local.IP.String(), nil
			}
		}
	}
	if first == "" {
		return "", errors.Join(fmt.Errorf("node %s has no address that others reach", n.Name), err)
	}
	return first, nil
}
