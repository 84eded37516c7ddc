package slurmray

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestOffer reads what Slurm tells a step of its node.
func TestOffer(t *testing.T) {
	type env map[string]string
	for name, c := range map[string]struct {
		env   env
		want  offer
		flags string
	}{
		"all": {env{"SLURM_CPUS_ON_NODE": "16", "SLURM_GPUS_ON_NODE": "4", "SLURM_MEM_PER_NODE": "65536"}, offer{16, 4, 64 << 30},
			"--num-cpus=16 --num-gpus=4 --object-store-memory=268435456 --memory=68451041280"},
		"memory of a CPU":    {env{"SLURM_CPUS_ON_NODE": "4", "SLURM_MEM_PER_CPU": "256"}, offer{4, 0, 1 << 30}, "--num-cpus=4 --num-gpus=0 --object-store-memory=134217728 --memory=939524096"},
		"little memory":      {env{"SLURM_CPUS_ON_NODE": "1", "SLURM_MEM_PER_NODE": "64"}, offer{1, 0, 64 << 20}, "--num-cpus=1 --num-gpus=0 --object-store-memory=83886080"},
		"all memory":         {env{"SLURM_CPUS_ON_NODE": "2", "SLURM_MEM_PER_NODE": "0"}, offer{2, 0, 0}, "--num-cpus=2 --num-gpus=0 --object-store-memory=268435456"},
		"GPUs by their list": {env{"CUDA_VISIBLE_DEVICES": "0,3"}, offer{7, 2, 0}, "--num-cpus=7 --num-gpus=2 --object-store-memory=268435456"},
		"no GPUs":            {env{"SLURM_CPUS_ON_NODE": "many", "CUDA_VISIBLE_DEVICES": "NoDevFiles"}, offer{7, 0, 0}, "--num-cpus=7 --num-gpus=0 --object-store-memory=268435456"},
	} {
		got := offerOf(func(k string) string { return c.env[k] }, 7)
		if flags := strings.Join(got.flags(), " "); got != c.want || flags != c.flags {
			t.Errorf("%s: %+v, %s; want %+v, %s", name, got, flags, c.want, c.flags)
		}
	}
}

// TestStepEnviron leaves out what would give a keeper less than its node.
func TestStepEnviron(t *testing.T) {
	got := stepEnviron([]string{"SLURM_JOB_ID=1", "SLURM_CPUS_PER_TASK=2", "SLURM_NTASKS=8", "SLURM_CPU_BIND_TYPE=mask", "PATH=/bin", "SLURM_CONF=/c"})
	if want := []string{"SLURM_JOB_ID=1", "PATH=/bin", "SLURM_CONF=/c"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestVerdict tells how jobs ended.
func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		state state
		exit  int
		want  string
	}{
		{state{name: "FAILED", exit: 3}, 3, "job 7 ended with exit code 3"},
		{state{name: "TIMEOUT", reason: "TimeLimit"}, 0, "Slurm has ended job 7: TIMEOUT (TimeLimit); what is done is kept"},
		{state{name: unknown}, 0, "doesn't know job 7 any more"},
	} {
		f, ok := c.state.verdict("7").(*Failed)
		if !ok || f.Exit != c.exit || !strings.Contains(f.Error(), c.want) || !c.state.ended() {
			t.Errorf("%+v: %+v", c.state, f)
		}
	}
	if done := (state{name: "COMPLETED"}); done.verdict("7") != nil || !done.ended() {
		t.Error("a completed job is a failure")
	}
	for _, name := range []string{"PENDING", "RUNNING", "COMPLETING"} {
		if (state{name: name}).ended() {
			t.Errorf("a job that is %s has ended", name)
		}
	}
}

// TestPipe passes on a file that grows, once.
func TestPipe(t *testing.T) {
	var out bytes.Buffer
	p := pipe{path: filepath.Join(t.TempDir(), "log"), to: &out}
	for _, text := range []string{"", "one", "one\ntwo", "one\ntwo"} {
		if text != "" {
			if err := os.WriteFile(p.path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.pass(); err != nil || out.String() != text {
			t.Errorf("passed %q, %v; want %q", &out, err, text)
		}
	}
}

// TestGrace leaves Ray's processes time to end, whatever Slurm gives a job.
func TestGrace(t *testing.T) {
	for config, want := range map[string]time.Duration{
		"KillOnBadExit           = 0\nKillWait                = 30 sec\n": 10 * time.Second,
		"KillWait=6 sec\n":   2 * time.Second,
		"KillWait = 0 sec\n": time.Second,
		"nothing":            10 * time.Second,
	} {
		if got := grace(killWait(config)); got != want {
			t.Errorf("%q: %v, want %v", config, got, want)
		}
	}
}
