package slurm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"corpusmill/backend/queue"
)

// jobs are the array jobs of a session: its name in Slurm finds them.
type jobs struct {
	b    *Backend
	name string
	logs string // folder
	cpus int    // of a job, which runs as many tasks at once
	most int    // jobs in an array

	elements  map[string]*element // by ARRAY_INDEX, those that are in Slurm's queue
	looked    time.Duration
	said      time.Duration
	hold      time.Duration // until when nothing is submitted
	silent    time.Duration // since when squeue fails; 0 when it does not
	refused   time.Duration // since when sbatch is to be asked again; 0 when it is not
	stillborn int           // jobs that ended without having joined, since one has
}

// element is one job of an array.
type element struct {
	state  string
	reason string
	joined bool
}

// patience is how long Slurm may fail to answer.
const patience = 10 * time.Minute

// limits reads what Slurm allows.
func (j *jobs) limits(ctx context.Context) error {
	out, err := j.b.Call(ctx, "", "scontrol", "show", "config")
	if err != nil {
		return fmt.Errorf("--backend slurm: %w", err)
	}
	j.most = 1000
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(line, "=")
		var n int
		switch strings.TrimSpace(key) {
		case "MaxArraySize", "MaxJobCount":
			if _, err := fmt.Sscan(value, &n); err == nil {
				j.most = min(j.most, n)
			}
		}
	}
	if j.most < 1 {
		return errors.New("--backend slurm: Slurm's MaxArraySize is 0: it allows no job arrays; --backend ranks under srun does without")
	}
	return os.MkdirAll(j.logs, 0o777)
}

// watch looks after the jobs: it tells which are gone, and submits as many as
// the work asks for.
func (j *jobs) watch(ctx context.Context, w queue.Work) (gone map[string]string, err error) {
	for _, name := range w.Workers {
		if e := j.elements[name]; e != nil && !e.joined {
			e.joined, j.stillborn = true, 0
		}
	}
	now := time.Duration(j.b.Clock())
	if j.looked > 0 && now-j.looked < j.b.Every && (len(j.elements) > 0 || now < j.hold) {
		return nil, nil
	}
	j.looked = now
	gone, err = j.look(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		j.silent = cmp.Or(j.silent, now)
		if now-j.silent > patience {
			return nil, err
		}
		j.b.logf("%v; trying again", err)
		return nil, nil
	}
	j.silent = 0
	if j.stillborn > 2*max(j.wanted(w), 3) {
		return nil, fmt.Errorf("%d jobs in a row ended without having begun to work; the last said: %s", j.stillborn, j.lastWords())
	}
	if n := j.wanted(w) - len(j.elements); n > 0 && now >= j.hold {
		err = j.submit(ctx, n)
	}
	j.report(now, len(w.Workers))
	return gone, err
}

// wanted is how many jobs the work is worth. As long as no task is done, one
// counts as a second.
func (j *jobs) wanted(w queue.Work) int {
	average := cmp.Or(w.Average, time.Second)
	work := time.Duration(w.Tasks) * average
	n := int((work + time.Duration(j.cpus)*j.b.Worth - 1) / (time.Duration(j.cpus) * j.b.Worth))
	return min(n, max(j.b.Workers/j.cpus, 1), (w.Tasks+j.cpus-1)/j.cpus)
}

// look compares Slurm's queue with what was submitted.
func (j *jobs) look(ctx context.Context) (gone map[string]string, err error) {
	out, err := j.b.Call(ctx, "", "squeue", "--noheader", "--array", "--name="+j.name, "--format=%F_%K|%T|%r")
	if err != nil {
		return nil, err
	}
	now := map[string]*element{}
	for line := range strings.Lines(out) {
		f := strings.SplitN(strings.TrimSpace(line), "|", 3)
		if len(f) != 3 {
			continue
		}
		// One that isn't known is of an sbatch that didn't live to tell.
		e := j.elements[f[0]]
		if e == nil {
			e = &element{}
		}
		e.state, e.reason = f[1], f[2]
		now[f[0]] = e
	}
	gone = map[string]string{}
	for name, e := range j.elements {
		if now[name] != nil {
			continue
		}
		gone[name] = "Slurm has ended the job: " + cmp.Or(j.log(name), "it wrote nothing")
		if !e.joined {
			j.stillborn++
		}
	}
	j.elements = now
	return gone, nil
}

// submit submits n jobs, or as many of them as Slurm takes.
func (j *jobs) submit(ctx context.Context, n int) error {
	now := time.Duration(j.b.Clock())
	for n = min(n, j.most); ; n /= 2 {
		args := append([]string{"--parsable", "--job-name=" + j.name, fmt.Sprintf("--array=0-%d", n-1), "--output=" + filepath.Join(j.logs, "%A_%a.log"),
			"--ntasks=1", fmt.Sprintf("--cpus-per-task=%d", j.cpus)}, j.b.Options...)
		out, err := j.b.Call(ctx, j.b.script(), "sbatch", args...)
		if err == nil {
			j.refused = 0
			id, _, _ := strings.Cut(strings.TrimSpace(out), ";")
			for i := range n {
				j.elements[fmt.Sprintf("%s_%d", id, i)] = &element{state: "PENDING"}
			}
			return nil
		}
		text := err.Error()
		limited := containsAny(text, "limit", "QOS", "job array specification", "array index")
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case limited && n > 1:
			continue
		case limited && len(j.elements) > 0, containsAny(text, "contact slurm", "timed out", "temporarily", "onnection refused"):
			j.hold = now + 6*j.b.Every
			j.b.logf("%v; trying again", err)
			j.refused = cmp.Or(j.refused, now)
			if now-j.refused > patience && len(j.elements) == 0 {
				return err
			}
			return nil
		}
		return err
	}
}

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(s, p) })
}

// report tells once a minute of jobs that wait while none works.
func (j *jobs) report(now time.Duration, workers int) {
	if workers > 0 || len(j.elements) == 0 {
		j.said = now
		return
	}
	if now-j.said < time.Minute {
		return
	}
	j.said = now
	reason := ""
	for _, e := range j.elements {
		reason = e.reason
	}
	j.b.logf("%d jobs wait in Slurm's queue (%s)", len(j.elements), reason)
}

// cancel cancels all jobs and waits until Slurm has none of them.
func (j *jobs) cancel() error {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	for again := false; ; again = true {
		if _, err := j.look(ctx); err != nil || len(j.elements) == 0 {
			return err
		}
		if !again {
			if _, err := j.b.Call(ctx, "", "scancel", "--name="+j.name); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("Slurm still has %d jobs that were cancelled, named %s", len(j.elements), j.name)
		case <-time.After(min(j.b.Every, 200*time.Millisecond)):
		}
	}
}

// log is the end of what a job has written.
func (j *jobs) log(name string) string {
	raw, err := os.ReadFile(filepath.Join(j.logs, name+".log"))
	if err != nil {
		return ""
	}
	const most = 2 << 10
	return strings.TrimSpace(string(raw[max(0, len(raw)-most):]))
}

// lastWords is the log of the job that ended last.
func (j *jobs) lastWords() string {
	files, err := os.ReadDir(j.logs)
	if err != nil {
		return err.Error()
	}
	var newest time.Time
	words := "nothing"
	for _, f := range files {
		info, err := f.Info()
		if err != nil || info.ModTime().Before(newest) {
			continue
		}
		if s := j.log(strings.TrimSuffix(f.Name(), ".log")); s != "" {
			newest, words = info.ModTime(), s
		}
	}
	return words
}
