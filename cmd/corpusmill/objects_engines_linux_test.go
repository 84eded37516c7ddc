package main

import (
	"io/fs"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"corpusmill/backend/dask/dasktest"
	"corpusmill/backend/ray/raytest"
	"corpusmill/exec"
	"corpusmill/internal/netns"
	"corpusmill/internal/scratch"
	"corpusmill/storage/object/s3/s3test"
)

// apart is a store that machines of a network share, and nothing else.
type apart struct {
	*s3test.Server
	machines []*netns.Machine
	env      []string // of drivers
	flags    []string
	input    string // in the store
	calm     exec.Report
	files    map[string]string
}

// apartTrial has every way in which tasks hand rows and keys to one another.
var apartTrial = trial{"apart", similar, "out", []string{"--export_shard_size", "3MB", "--task_memory", "2MiB"}}

func newApart(t *testing.T, machines []*netns.Machine, flags ...string) *apart {
	t.Helper()
	a := &apart{Server: s3test.StartOn(t, machines[0]), machines: machines, flags: flags}
	a.env = append(a.Env(a.Endpoint), "XDG_STATE_HOME="+scratch.Dir(t))
	input := write(t, filepath.Join(scratch.Dir(t), "in.jsonl"), string(rows(20<<20, 0.3)))
	o := corpusmill(t, apartTrial.in(t, scratch.Dir(t), input)...)
	o.want(t, 0)
	a.calm = report(t, o)
	a.files = contents(t, a.calm)
	a.input = a.Path("in.jsonl")
	write(t, filepath.Join(a.Folder, a.Bucket, "in.jsonl"), read(t, input))
	return a
}

// begin starts a run on the first machine.
func (a *apart) begin(t *testing.T, name string) (c *osexec.Cmd, wait func() outcome) {
	t.Helper()
	own := program(t.Context(), append(append(apartTrial.in(t, scratch.Dir(t), a.input), a.flags...), "--export_path", a.Path(name+"/out"))...)
	c = a.machines[0].Command(own.Path, own.Args[1:]...)
	c.Env = append(own.Env, a.env...)
	started, done := make(chan error, 1), make(chan outcome, 1)
	go func() {
		done <- finish(t, c, func() error {
			err := c.Start()
			started <- err
			if err != nil {
				return err
			}
			defer time.AfterFunc(apartTime, func() { c.Process.Kill() }).Stop()
			return c.Wait()
		})
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	return c, func() outcome { return <-done }
}

// apartTime is more than any of the runs takes.
const apartTime = 3 * time.Minute

// run does a whole run; strike is called when it has begun.
func (a *apart) run(t *testing.T, name string, strike func()) exec.Report {
	t.Helper()
	_, wait := a.begin(t, name)
	strike()
	o := wait()
	o.want(t, 0)
	r := report(t, o)
	if r.Digest != a.calm.Digest || r.Rows != a.calm.Rows {
		t.Errorf("digest %s and rows %+v, want %s and %+v", r.Digest, r.Rows, a.calm.Digest, a.calm.Rows)
	}
	folder := filepath.Join(a.Folder, a.Bucket, name)
	for file, want := range a.files {
		if read(t, filepath.Join(folder, "out", file)) != want {
			t.Errorf("%s isn't the file of a run on one machine", file)
		}
	}
	a.clean(t, folder)
	return r
}

// clean holds that a run has left its result and the copy of its run folder,
// and no part of an upload.
func (a *apart) clean(t *testing.T, folder string) {
	t.Helper()
	var strange []string
	for _, root := range []string{folder, filepath.Join(a.Folder, a.Bucket, ".sgwtmp")} {
		filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return nil
			}
			name, err := filepath.Rel(folder, path)
			_, ours := a.files[filepath.Base(path)]
			if err != nil || !ours && name != "out_stats.jsonl" && !strings.HasPrefix(name, "out.run/") || strings.HasPrefix(name, "out.run/work") || name == "out.run/lock" {
				strange = append(strange, path)
			}
			return nil
		})
	}
	if len(strange) > 0 {
		t.Errorf("the run has left %q", strange)
	}
}

// workers waits for the run's workers, which work from the store.
func (a *apart) workers(t *testing.T) {
	t.Helper()
	until(t, "no worker works from the store", func() bool {
		return slices.ContainsFunc(a.machines, func(m *netns.Machine) bool { return len(m.Find(t, "worker s3://")) > 0 })
	})
}

// TestRayApart has a cluster without a folder that its machines share.
func TestRayApart(t *testing.T) {
	c := raytest.Start(t, 3)
	c.Setenv(t)
	t.Setenv("CORPUSMILL_PYTHON", filepath.Join(c.Bin, "python"))
	a := newApart(t, c.Machines, "--backend", "ray", "--ray_address", c.Address)
	t.Run("worker killed", func(t *testing.T) {
		a.run(t, "killed", func() { netns.KillOneOf(t, c.Machines, "worker s3://") })
	})
	t.Run("driver killed", func(t *testing.T) {
		driver, wait := a.begin(t, "driver")
		a.workers(t)
		driver.Process.Kill()
		wait()
		a.run(t, "driver", func() {})
	})
	t.Run("node lost", func(t *testing.T) {
		a.run(t, "lost", func() {
			until(t, "the node has no worker", func() bool { return len(c.Machines[2].Find(t, "worker s3://")) > 0 })
			c.Machines[2].Cut(t)
		})
	})
}

// TestDaskApart has one on Dask.
func TestDaskApart(t *testing.T) {
	c := dasktest.Start(t, 2, true)
	c.Setenv(t)
	t.Setenv("CORPUSMILL_PYTHON", filepath.Join(c.Bin, "python"))
	a := newApart(t, c.Machines, "--backend", "dask", "--dask_address", c.Address)
	t.Run("worker killed", func(t *testing.T) {
		a.run(t, "killed", func() { netns.KillOneOf(t, c.Machines, "worker s3://") })
	})
}
