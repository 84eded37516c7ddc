package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"corpusmill/backend/dask/dasktest"
	"corpusmill/doctor"
	"corpusmill/internal/netns"
	"corpusmill/internal/scratch"
	"corpusmill/storage/object/s3/s3test"
)

// bare holds that a bucket has the objects that the test has put there, and no
// incomplete upload.
func (s *store) bare(t *testing.T, objects ...string) {
	t.Helper()
	var there []string
	for info, err := range s.List(t.Context(), s.Path("")) {
		if err != nil {
			t.Fatal(err)
		}
		there = append(there, info.Path)
	}
	if fmt.Sprint(there) != fmt.Sprint(objects) {
		t.Errorf("the bucket has %q, want %q", there, objects)
	}
	uploads, err := s.Client(t).ListMultipartUploads(t.Context(), s.Bucket, "", "", "", "", 1000)
	if err != nil || len(uploads.Uploads) > 0 {
		t.Errorf("uploads that nobody completes: %+v (%v)", uploads.Uploads, err)
	}
}

// TestDoctorStore looks at this machine and a bucket, with and without a recipe.
func TestDoctorStore(t *testing.T) {
	s := newStore(t)
	in := s.write(t, "in/a.jsonl", rows(1<<20, 0))
	recipe := write(t, filepath.Join(scratch.Dir(t), "recipe.yaml"), fmt.Sprintf("dataset_path: %s\nexport_path: %s\n", s.Path("in"), s.Path("out/part")))
	for _, backend := range []string{"local", "processes"} {
		for name, args := range map[string][]string{"folder": {"--folder", s.Path("out")}, "recipe": {"--config", recipe}} {
			t.Run(backend+" "+name, func(t *testing.T) {
				args := append([]string{"doctor", "--backend", backend}, args...)
				if name == "folder" {
					o := corpusmill(t, args...)
					o.want(t, 0)
					o.wantOut(t, "store    "+s.Path("out/doctor.jsonl")+", works, ", "\nfit\n")
					s.bare(t, in)
				}
				o := corpusmill(t, append(args, "--json")...)
				o.want(t, 0)
				r := diagnosed(t, o)
				if !r.Fit || r.Here.Store == nil || len(r.Nodes) != 1 || r.Nodes[0].Facts.Store == nil {
					t.Fatalf("the report is %+v", r)
				}
				got := r.Nodes[0].Facts.Store
				if got.Failed != "" || got.Kept || got.Clock == nil || got.Clock[0] > 0 || got.Clock[1] < 0 || name == "recipe" && r.Input == 0 {
					t.Errorf("it reached %+v", got)
				}
				s.bare(t, in)
			})
		}
	}
}

// TestDoctorStoreUnfit has what keeps a run from its store.
func TestDoctorStoreUnfit(t *testing.T) {
	s := newStore(t)
	in := s.write(t, "in.jsonl", rows(1<<10, 0))
	for name, x := range map[string]struct {
		env  map[string]string
		args []string
		want []string
	}{
		"secret":    {map[string]string{"AWS_SECRET_ACCESS_KEY": "wrong"}, nil, []string{"refuses the key of AWS_ACCESS_KEY_ID", "an id and a secret that belong together"}},
		"no key":    {map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, nil, []string{"without credentials", "set AWS_ACCESS_KEY_ID"}},
		"half":      {map[string]string{"AWS_SECRET_ACCESS_KEY": ""}, nil, []string{"open doesn't work", "AWS_SECRET_ACCESS_KEY isn't"}},
		"no bucket": {nil, []string{"--folder", "s3://no-such-bucket/out"}, []string{"there is no bucket no-such-bucket", "make the bucket"}},
		"endpoint":  {map[string]string{"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"}, nil, []string{"no answer from http://127.0.0.1:1", "see whether AWS_ENDPOINT_URL is right", "from here"}},
		"no input":  {nil, []string{"--dataset_path", s.Path("inn"), "--export_path", s.Path("out")}, []string{"input: " + s.Path("inn") + ": there is no such object", "mend dataset_path"}},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range x.env {
				t.Setenv(k, v)
			}
			args := x.args
			if args == nil {
				args = []string{"--folder", s.Path("out")}
			}
			o := corpusmill(t, append([]string{"doctor"}, args...)...)
			o.want(t, exitFailure, "not fit: 1 error")
			o.wantOut(t, x.want...)
			if strings.Contains(o.stdout+o.stderr, s.Secret) {
				t.Error("it prints the secret")
			}
		})
	}
	s.bare(t, in)
	corpusmill(t, "doctor", "--backend", "spark", "--spark_address", "sc://127.0.0.1:1", "--folder", s.Path("out")).want(t, exitUsage, "set work_dir")
	corpusmill(t, "doctor", "--dataset_path", in, "--export_path", s.Path("out"), "--folder", s.Path("x")).want(t, exitUsage, "export_path is the place")
}

// TestDoctorStoreRanks has ranks meet in a folder and write to a store, which
// one of them can't.
func TestDoctorStoreRanks(t *testing.T) {
	s := newStore(t)
	in, dir := s.write(t, "in.jsonl", rows(1<<10, 0)), scratch.Dir(t)
	args := func(rank string) []string {
		return []string{"doctor", "--backend", "ranks", "--world-size", "2", "--rank", rank, "--work_dir", dir, "--dataset_path", in, "--export_path", s.Path("out"), "--json"}
	}
	pair := func(t *testing.T, second ...string) doctor.Report {
		own := program(t.Context(), args("1")...)
		own.Env = append(own.Env, second...)
		done := make(chan outcome, 1)
		go func() { done <- finish(t, own, own.Run) }()
		o := corpusmill(t, args("0")...)
		if code := (<-done).code; code != o.code {
			t.Errorf("rank 1 ends with %d, rank 0 with %d", code, o.code)
		}
		nothingStays(t, dir)
		s.bare(t, in)
		return diagnosed(t, o)
	}
	if r := pair(t); !r.Fit || r.Shared != dir || len(r.Nodes) != 2 || r.Nodes[1].Facts.Store == nil {
		t.Errorf("the report is %+v", r)
	}
	r := pair(t, "AWS_ENDPOINT_URL_S3=http://127.0.0.1:1")
	wantFinding(t, r, doctor.Error, "rank 1", "store", "no answer from http://127.0.0.1:1", "from that machine")
}

// doctorApart asks the doctor on a machine that reaches the store.
func doctorApart(t *testing.T, m *netns.Machine, s *s3test.Server, args ...string) outcome {
	t.Helper()
	own := program(t.Context(), append([]string{"doctor"}, args...)...)
	cmd := m.Command(own.Path, own.Args[1:]...)
	cmd.Env = append(append(own.Env, s.Env(s.Endpoint)...), "XDG_STATE_HOME="+scratch.Dir(t))
	defer time.AfterFunc(2*time.Minute, m.Kill).Stop()
	return finish(t, cmd, cmd.Run)
}

// bareFolder holds that a store's bucket has one object, by its file.
func bareFolder(t *testing.T, s *s3test.Server, object string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(s.Folder, s.Bucket), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && path != object {
			t.Errorf("the doctor has left %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestDoctorDaskApart has machines that share no folder, one of which doesn't
// get through to the store. The workers have its key from the driver alone.
func TestDoctorDaskApart(t *testing.T) {
	c := dasktest.Start(t, 2, true)
	c.Setenv(t)
	t.Setenv("CORPUSMILL_PYTHON", filepath.Join(c.Bin, "python"))
	// The store has an address of its own, which a machine may take for itself.
	door := *c.Machines[0]
	door.IP = "10.77.1.1"
	ip := func(m *netns.Machine, args ...string) {
		t.Helper()
		if out, err := m.Command("ip", args...).CombinedOutput(); err != nil {
			t.Fatalf("ip %v: %v: %s", args, err, out)
		}
	}
	ip(c.Machines[0], "addr", "add", door.IP+"/32", "dev", "lo")
	ip(c.Machines[1], "route", "add", door.IP, "via", c.Machines[0].IP)
	s := s3test.StartOn(t, &door)
	in := write(t, filepath.Join(s.Folder, s.Bucket, "in.jsonl"), string(rows(1<<10, 0)))
	on := []string{"--backend", "dask", "--dask_address", c.Address, "--dataset_path", s.Path("in.jsonl"), "--export_path", s.Path("out")}
	began := time.Now()
	o := doctorApart(t, c.Machines[0], s, on...)
	t.Logf("a doctor on Dask and a store took %.1f s", time.Since(began).Seconds())
	o.want(t, 0)
	o.wantOut(t, "shared   none is needed", "own      ", "store    "+s.Path("out")+", works", "\nfit\n")
	bareFolder(t, s, in)

	ip(c.Machines[1], "addr", "add", door.IP+"/32", "dev", "lo")
	o = doctorApart(t, c.Machines[0], s, append(on, "--json")...)
	o.want(t, exitFailure)
	r := diagnosed(t, o)
	wantFinding(t, r, doctor.Error, c.Machines[1].IP, "store", "create doesn't work", "no answer from "+s.Endpoint, "from that machine")
	wantFinding(t, r, doctor.Error, c.Machines[1].IP, "input", s.Path("in.jsonl"), "no answer")
	if n := len(r.Nodes); n != 2 || r.Shared != "" {
		t.Errorf("the report is %+v", r)
	}
	bareFolder(t, s, in)
}
