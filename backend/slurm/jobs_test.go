package slurm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"corpusmill/backend/queue"
)

func TestCPUs(t *testing.T) {
	for options, want := range map[string]string{
		"":                                  "1",
		"--partition=cpu --cpus-per-task=4": "4",
		"--cpus-per-task 4":                 "4",
		"-c 8":                              "8",
		"-c8 -p cpu":                        "8",
		"-c none":                           `slurm_options: -c asks for "none" CPUs`,
		"--cpus-per-task=0":                 `slurm_options: --cpus-per-task asks for "0" CPUs`,
		"--array=0-3":                       "slurm_options can't have --array: it is set by the run",
		"-J name":                           "slurm_options can't have -J: it is set by the run",
		"-n4":                               "slurm_options can't have -n4: it is set by the run",
	} {
		n, err := cpusOf(strings.Fields(options))
		got := fmt.Sprint(n)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %s, want %s", options, got, want)
		}
	}
}

// fake is a Slurm that says what the test wants.
type fake struct {
	now     time.Duration
	limit   int      // jobs that a user may have
	refuse  error    // what sbatch says
	queue   []string // of squeue
	arrays  []string // that sbatch was asked for
	scripts []string
}

func (f *fake) call(_ context.Context, stdin, program string, args ...string) (string, error) {
	switch program {
	case "scontrol":
		return "Configuration data\nMaxArraySize            = 6\nMaxJobCount             = 10000\n", nil
	case "squeue":
		return strings.Join(f.queue, "\n"), nil
	case "sbatch":
		if f.refuse != nil {
			return "", f.refuse
		}
		var last, n int
		for _, a := range args {
			if _, err := fmt.Sscanf(a, "--array=0-%d", &last); err == nil {
				n = last + 1
			}
		}
		if len(f.queue)+n > f.limit {
			return "", errors.New("sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy")
		}
		id := len(f.arrays) + 1
		f.arrays, f.scripts = append(f.arrays, fmt.Sprint(n)), append(f.scripts, stdin)
		for i := range n {
			f.queue = append(f.queue, fmt.Sprintf("%d_%d|RUNNING|None", id, i))
		}
		return fmt.Sprintf("%d;cluster\n", id), nil
	}
	return "", fmt.Errorf("%s isn't expected", program)
}

func newJobs(t *testing.T, f *fake, workers, cpus int) *jobs {
	t.Helper()
	f.now = time.Second
	b := &Backend{Workers: workers, Worth: 10 * time.Second, Every: time.Second, Call: f.call, Command: []string{"/opt/it's", "worker"}, notice: "/n"}
	b.Clock = func() int64 { return int64(f.now) }
	j := &jobs{b: b, name: "corpusmill-x", logs: t.TempDir(), cpus: cpus, elements: map[string]*element{}}
	if err := j.limits(t.Context()); err != nil {
		t.Fatal(err)
	}
	return j
}

// watch looks again after a while.
func (f *fake) watch(t *testing.T, j *jobs, w queue.Work) map[string]string {
	t.Helper()
	f.now += j.b.Every
	gone, err := j.watch(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return gone
}

func (f *fake) want(t *testing.T, arrays ...string) {
	t.Helper()
	if got, want := strings.Join(f.arrays, " "), strings.Join(arrays, " "); got != want {
		t.Errorf("arrays of %s jobs were submitted, want %s", got, want)
	}
}

// TestJobs submits as many jobs as the work is worth, in arrays that Slurm
// allows, and others for those that are gone.
func TestJobs(t *testing.T) {
	f := &fake{limit: 100}
	j := newJobs(t, f, 20, 2)
	f.watch(t, j, queue.Work{})
	f.want(t)
	f.watch(t, j, queue.Work{Tasks: 41}) // of a second each, as far as is known: 2 CPUs for 10 s
	f.want(t, "3")
	f.watch(t, j, queue.Work{Tasks: 41, Average: 4 * time.Second}) // 82 s of work for 2 CPUs
	f.want(t, "3", "6")
	f.watch(t, j, queue.Work{Tasks: 400, Average: 4 * time.Second, Workers: []string{"1_1"}}) // no more than np
	f.want(t, "3", "6", "1")
	f.queue = append(f.queue[:1], f.queue[2:]...)
	gone := f.watch(t, j, queue.Work{Tasks: 400, Average: 4 * time.Second})
	if len(gone) != 1 || gone["1_1"] != "Slurm has ended the job: it wrote nothing" {
		t.Errorf("gone: %v", gone)
	}
	f.want(t, "3", "6", "1", "1")
	var all []string
	for name := range j.elements {
		all = append(all, name)
	}
	f.queue = nil
	f.watch(t, j, queue.Work{Workers: all, Tasks: 1, Average: time.Minute}) // no more jobs than tasks
	f.want(t, "3", "6", "1", "1", "1")
	if want := "#!/bin/sh\nexec '/opt/it'\\''s' 'worker' '--session=/n' --name=\"${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}\" --np=\"${SLURM_CPUS_PER_TASK:-1}\"\n"; f.scripts[0] != want {
		t.Errorf("the script is\n%s\nwant\n%s", f.scripts[0], want)
	}
}

// TestJobLimit has an account that may have few jobs: as many are submitted
// as go, and more when there is room.
func TestJobLimit(t *testing.T) {
	f := &fake{limit: 4}
	j := newJobs(t, f, 6, 1)
	work := queue.Work{Tasks: 60}
	f.watch(t, j, work)
	f.want(t, "3")
	f.watch(t, j, work)
	f.want(t, "3", "1")
	f.watch(t, j, work) // nothing goes: it waits before it asks again
	f.limit = 100
	f.watch(t, j, work)
	f.want(t, "3", "1")
	f.now += 10 * j.b.Every
	f.watch(t, j, work)
	f.want(t, "3", "1", "2")
}

// TestSlurmAway has a controller that doesn't answer, for a while and for
// good, and a mistake that time doesn't mend.
func TestSlurmAway(t *testing.T) {
	f := &fake{limit: 100, refuse: errors.New("sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)")}
	j := newJobs(t, f, 6, 1)
	work := queue.Work{Tasks: 60}
	f.watch(t, j, work)
	f.now += time.Minute
	f.refuse = nil
	f.watch(t, j, work)
	f.want(t, "6")
	f.refuse = errors.New("sbatch: error: invalid partition specified: none")
	f.queue = nil
	f.now += time.Minute
	if _, err := j.watch(t.Context(), work); err == nil || !strings.Contains(err.Error(), "invalid partition") {
		t.Errorf("the error is %v", err)
	}
	f.refuse = errors.New("sbatch: error: slurm_receive_msg: Socket timed out on send/recv operation")
	var err error
	for n := 0; err == nil && n < 100; n++ {
		f.now += time.Minute
		_, err = j.watch(t.Context(), work)
	}
	if err == nil || !strings.Contains(err.Error(), "Socket timed out") {
		t.Errorf("the error is %v", err)
	}
}
