package local

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	osexec "os/exec"
	"runtime"
	"time"

	"corpusmill/doctor"
	"corpusmill/internal/child"
)

// Probe implements doctor.Prober: the one machine is this one.
func (p *Processes) Probe(ctx context.Context, r doctor.Request) ([]doctor.Answer, error) {
	runtime.LockOSThread() // as Run does
	defer runtime.UnlockOSThread()
	a := doctor.Answer{Node: "this machine"}
	if host, err := os.Hostname(); err == nil {
		a.Node = host
	}
	r.Tied = true
	request, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	limit, cancel := context.WithTimeout(ctx, r.StartLimit()+r.Limit())
	defer cancel()
	c := osexec.CommandContext(limit, p.Command[0], append(p.Command[1:len(p.Command):len(p.Command)], "--probe="+string(request))...)
	words := &child.Tail{Max: 1 << 10}
	c.Stderr, c.Dir, c.WaitDelay = words, p.Dir, time.Second
	child.Tie(c)
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	raw, err := c.Output()
	if err == nil {
		err = json.Unmarshal(raw, &a.Facts)
	}
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case limit.Err() != nil:
		a.Err = fmt.Sprintf("no answer within %v", r.StartLimit()+r.Limit())
	case err != nil:
		a.Facts, a.Err = nil, fmt.Sprintf("%v: %s", err, words)
	}
	return []doctor.Answer{a}, nil
}
