package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/doctor"
	"corpusmill/internal/scratch"
)

// TestDoctor looks at this machine, with and without a recipe.
func TestDoctor(t *testing.T) {
	dir := scratch.Dir(t)
	in := write(t, filepath.Join(dir, "in.jsonl"), string(rows(1<<10, 0)))
	recipe := write(t, filepath.Join(dir, "recipe.yaml"), fmt.Sprintf("dataset_path: %s\nexport_path: %s/later/out.jsonl\nprocess: [text_length_filter: {}]\n", in, dir))
	for _, backend := range []string{"local", "processes"} {
		for name, args := range map[string][]string{"folder": {"--folder", dir}, "recipe": {"--config", recipe}} {
			t.Run(backend+" "+name, func(t *testing.T) {
				args := append([]string{"doctor", "--backend", backend}, args...)
				o := corpusmill(t, args...)
				o.want(t, 0)
				o.wantOut(t, "backend  "+backend, "shared   "+dir, "linux-", "seen after", "\nfit\n")
				o = corpusmill(t, append(args, "--json")...)
				o.want(t, 0)
				r := diagnosed(t, o)
				if !r.Fit || r.Shared != dir || len(r.Nodes) != 1 || r.Nodes[0].Facts == nil || r.Nodes[0].Facts.Build != buildVersion().String() || name == "recipe" && r.Input == 0 {
					t.Errorf("the report is %+v", r)
				}
				if o := corpusmill(t, append(args, "--quiet")...); o.stdout+o.stderr != "" {
					t.Errorf("--quiet says %q, %q", o.stdout, o.stderr)
				}
				nothingStays(t, dir)
			})
		}
	}
}

// TestDoctorUnfit has what this machine alone can lack.
func TestDoctorUnfit(t *testing.T) {
	dir := t.TempDir()
	for name, x := range map[string]struct {
		args []string
		code int
		want []string // of stdout and stderr
	}{
		"no folder":     {[]string{"--folder", "/nowhere"}, exitFailure, []string{"error    storage: /nowhere can't be written here", "Mend: ", "not fit: 1 error"}},
		"no temporary":  {[]string{"--folder", dir}, exitFailure, []string{"folder for temporary files /nowhere can't be used", "TMPDIR"}},
		"no Python":     {[]string{"--folder", dir, "--backend", "ray", "--python", "/nowhere/python"}, exitFailure, []string{"python: /nowhere/python can't be run: there is no such program", "CORPUSMILL_PYTHON"}},
		"no dashboard":  {[]string{"--folder", dir, "--backend", "ray", "--ray_address", "http://127.0.0.1:1"}, exitFailure, []string{"address: nobody listens at ray_address"}},
		"no backend":    {[]string{"--folder", dir, "--backend", "flink"}, exitUsage, []string{"flink"}},
		"no wait":       {[]string{"--folder", dir, "--wait", "long"}, exitUsage, []string{`--wait is "long"`}},
		"no rank":       {[]string{"--folder", dir, "--backend", "ranks", "--rank", "x"}, exitUsage, []string{`--rank is "x"`}},
		"ranks of what": {[]string{"--folder", dir, "--backend", "ranks", "--rank", "0"}, exitUsage, []string{"give --world-size"}},
		"no address":    {[]string{"--folder", dir, "--backend", "dask"}, exitUsage, []string{"set dask_address"}},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "no temporary" {
				t.Setenv("TMPDIR", "/nowhere")
			}
			o := corpusmill(t, append([]string{"doctor"}, x.args...)...)
			o.want(t, x.code)
			for _, w := range x.want {
				if !strings.Contains(o.stdout+o.stderr, w) {
					t.Errorf("it lacks %q:\n%s%s", w, o.stdout, o.stderr)
				}
			}
			nothingStays(t, dir)
		})
	}
}

// TestDoctorRanks has three ranks, then two of three, and one that looks into
// another folder.
func TestDoctorRanks(t *testing.T) {
	dir := scratch.Dir(t)
	rank := func(n int, folder string, more ...string) func() outcome {
		_, wait := begin(t, append([]string{"doctor", "--backend", "ranks", "--folder", folder, "--world-size", "3", "--rank", fmt.Sprint(n)}, more...))
		return wait
	}
	first, second := rank(1, dir), rank(2, dir) // before there is a rank 0
	zero := rank(0, dir)()
	zero.want(t, 0)
	zero.wantOut(t, "rank 0 (", "rank 1 (", "rank 2 (", "fit")
	first().want(t, 0)
	second().want(t, 0)
	nothingStays(t, dir)

	first, second = rank(1, dir), rank(2, t.TempDir(), "--wait", "5")
	r := rank(0, dir, "--wait", "6", "--json")()
	r.want(t, exitFailure)
	wantFinding(t, diagnosed(t, r), doctor.Error, "rank 2", "no answer within 6s")
	first().want(t, exitFailure, "rank 0: not fit: 1 error")
	o := second()
	o.want(t, exitFailure, "not fit")
	o.wantOut(t, "storage on rank 2 (", "is another folder than here")
	nothingStays(t, dir)
}
