package main

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"corpusmill/exec"
	"corpusmill/internal/scratch"
	"corpusmill/storage/object"
	"corpusmill/storage/object/s3/s3test"
)

// store is a bucket, and the state of the user that works with it.
type store struct {
	*s3test.Server
	object.Store
}

func newStore(t *testing.T) *store {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", scratch.Dir(t))
	s := &store{Server: s3test.Start(t)}
	var err error
	if s.Store, err = object.Of(s.Path("")); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *store) write(t *testing.T, key string, content []byte) string {
	t.Helper()
	if err := s.Put(t.Context(), s.Path(key), bytes.NewReader(content), int64(len(content))); err != nil {
		t.Fatal(err)
	}
	return s.Path(key)
}

// away is a trial whose result goes to a folder of the bucket.
func (s *store) away(t *testing.T, x trial, folder, input string) []string {
	t.Helper()
	return append(x.in(t, scratch.Dir(t), input), "--export_path", s.Path(folder+"/"+x.out))
}

// clean holds that a finished run has left nothing but its result and what
// tells of it.
func (s *store) clean(t *testing.T, r exec.Report, folder string) {
	t.Helper()
	var strange []string
	for info, err := range s.List(t.Context(), s.Path(folder)+"/") {
		if err != nil {
			t.Fatal(err)
		}
		_, inRun, ofRun := strings.Cut(info.Path, ".run/")
		ofRun = ofRun && !strings.HasPrefix(inRun, "work") && inRun != "lock"
		if !ofRun && !strings.HasSuffix(info.Path, "_stats.jsonl") && !slices.ContainsFunc(r.Output, func(f exec.OutputFile) bool { return f.Path == info.Path }) {
			strange = append(strange, info.Path)
		}
	}
	if len(strange) > 0 {
		t.Errorf("a finished run has left %q", strange)
	}
	uploads, err := s.Client(t).ListMultipartUploads(t.Context(), s.Bucket, "", "", "", "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	if len(uploads.Uploads) > 0 {
		t.Errorf("uploads that nobody completes: %+v", uploads.Uploads)
	}
}

// objectTrials write every kind of result.
var objectTrials = []trial{
	{"jsonl", similar, "out.jsonl", []string{"--task_memory", "2MiB"}},
	{"zstd", mapDedup, "out.jsonl.zst", []string{"--backend", "processes"}},
	{"shards", mapOnly, "out", []string{"--export_shard_size", "3MB", "--backend", "processes"}},
	{"numbered", twoReads, "out.jsonl.gz", []string{"--export_shard_size", "3MB"}},
	{"parquet", mapDedup, "out.parquet", []string{"--backend", "processes"}},
	{"csv", mapOnly, "out", []string{"--export_type", "csv"}},
}

// TestObjects reads from a store and writes to it: what comes out is, byte for
// byte, what a run on files of this machine writes.
func TestObjects(t *testing.T) {
	s := newStore(t)
	whole := rows(10<<20, 0.3)
	local := scratch.Dir(t)
	if err := os.Mkdir(filepath.Join(local, "in"), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(local, "in", "a.jsonl"), string(whole))
	s.write(t, "in/a.jsonl", whole)
	for _, x := range objectTrials {
		t.Run(x.name, func(t *testing.T) {
			o := corpusmill(t, x.in(t, filepath.Join(local, x.name), filepath.Join(local, "in"))...)
			o.want(t, 0)
			calm := report(t, o)
			args := s.away(t, x, x.name, s.Path("in"))
			o = corpusmill(t, args...)
			x.check(t, o, calm, contents(t, calm))
			s.clean(t, report(t, o), x.name)
			// Once more, in place of the result that is there.
			o = corpusmill(t, args...)
			x.check(t, o, calm, contents(t, calm))
			s.clean(t, report(t, o), x.name)
			corpusmill(t, "verify", s.Path(x.name+"/"+x.out)).wantOut(t, calm.Digest)
		})
	}
	t.Run("another machine", func(t *testing.T) {
		t.Setenv("XDG_STATE_HOME", scratch.Dir(t))
		corpusmill(t, "explain", s.Path("shards/out"), "--row", s.Path("in/a.jsonl")+":3").wantOut(t, "text_length_filter")
		corpusmill(t, "verify", s.Path("shards/out")).want(t, 0)
		o := corpusmill(t, append(s.away(t, objectTrials[2], "shards", s.Path("in")), "--export_shard_size", "6MB")...)
		o.want(t, 0)
		s.clean(t, report(t, o), "shards")
	})
	t.Run("stranger", func(t *testing.T) {
		stranger := s.write(t, "csv/out/notes.txt", []byte("mine"))
		corpusmill(t, s.away(t, objectTrials[5], "csv", s.Path("in"))...).want(t, 1, stranger, "no earlier run made")
		if _, err := s.Stat(t.Context(), s.Path("csv/out.run/lock")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a refused run keeps the place: %v", err)
		}
	})
	t.Run("nothing there", func(t *testing.T) {
		corpusmill(t, s.away(t, objectTrials[0], "x", s.Path("inn"))...).want(t, 1, s.Path("inn")+": there is no such object", "did you mean "+s.Path("in"))
		corpusmill(t, s.away(t, objectTrials[0], "x", s.Path("in/*.parquet"))...).want(t, 1, "no file matches")
	})
}

// TestObjectsKilled kills runs to a store at random times: the same command
// goes on, and ends as a calm run does.
func TestObjectsKilled(t *testing.T) {
	s := newStore(t)
	input := s.write(t, "in.jsonl", rows(10<<20, 0.3))
	for i, x := range []trial{objectTrials[2], objectTrials[4]} {
		t.Run(x.name, func(t *testing.T) {
			began := time.Now()
			o := corpusmill(t, s.away(t, x, x.name+"-calm", input)...)
			took := time.Since(began)
			o.want(t, 0)
			calm := report(t, o)
			files := contents(t, calm)
			args := s.away(t, x, x.name, input)
			rnd := rand.New(rand.NewPCG(uint64(i), 60))
			resumed := 0
			for n := 0; n < 6; {
				c, wait := begin(t, args)
				kill := time.AfterFunc(time.Duration(rnd.Int64N(int64(took))), func() { c.Process.Kill() })
				o := wait()
				kill.Stop()
				if o.code == -1 {
					n++
					continue
				}
				resumed += x.check(t, o, calm, files)
			}
			o = corpusmill(t, args...)
			resumed += x.check(t, o, calm, files)
			s.clean(t, report(t, o), x.name)
			if resumed == 0 {
				t.Error("no run went on where a killed one had stopped")
			}
		})
	}
}

// TestFlakyStore has a store fail one request in fifteen: the run doesn't show it.
func TestFlakyStore(t *testing.T) {
	s := newStore(t)
	input := s.write(t, "in.jsonl", rows(10<<20, 0.3))
	for i, x := range []trial{objectTrials[0], objectTrials[2]} {
		o := corpusmill(t, s.away(t, x, "calm", input)...)
		o.want(t, 0)
		calm := report(t, o)
		files := contents(t, calm)
		proxy := s3test.Flaky(t, s.Endpoint, uint64(i), 1./15)
		args := s.away(t, x, "flaky", input)
		c := program(t.Context(), args...)
		c.Env = append(c.Env, s.Env(proxy.URL)...)
		o = finish(t, c, c.Run)
		x.check(t, o, calm, files)
		if proxy.Failed() == 0 {
			t.Error("the store has failed nothing")
		}
		t.Logf("%s: %v, of which %d failed", x.name, proxy.Requests(), proxy.Failed())
	}
	s.clean(t, exec.Report{Output: []exec.OutputFile{{Path: s.Path("flaky/out.jsonl")}, {Path: s.Path("flaky/out")}}}, "flaky/none")
}

// TestLease has two machines write to one place.
func TestLease(t *testing.T) {
	s := newStore(t)
	input := s.write(t, "in.jsonl", rows(30<<20, 0.3))
	x := objectTrials[2]
	args := s.away(t, x, "both", input)
	first := os.Getenv("XDG_STATE_HOME")
	c, wait := begin(t, args)
	until(t, "the run commits nothing", func() bool {
		f, err := filepath.Glob(filepath.Join(first, "corpusmill", "s3", s.Bucket, "both", "out.run", "work", "journal"))
		return err == nil && len(f) > 0 && len(read(t, f[0])) > 0
	})
	c.Process.Kill()
	wait()

	t.Setenv("XDG_STATE_HOME", scratch.Dir(t))
	other := program(t.Context(), args...)
	finish(t, other, other.Run).want(t, 1, "another run is at work", first, "--restart")
	corpusmill(t, "status", s.Path("both/out")).want(t, 1, "the run of "+s.Path("both/out"), first)
	t.Setenv("XDG_STATE_HOME", first)
	o := corpusmill(t, args...)
	o.want(t, 0)
	if !report(t, o).Resumed {
		t.Error("the run began anew")
	}
	s.clean(t, report(t, o), "both")
}

// TestObjectChanges has an input replaced while a run is interrupted.
func TestObjectChanges(t *testing.T) {
	s := newStore(t)
	content := rows(10<<20, 0.3)
	input := s.write(t, "in.jsonl", content)
	args := s.away(t, objectTrials[2], "out", input)
	c, wait := begin(t, args)
	until(t, "the run commits nothing", func() bool {
		f, err := filepath.Glob(filepath.Join(os.Getenv("XDG_STATE_HOME"), "corpusmill", "s3", s.Bucket, "out", "out.run", "work", "journal"))
		return err == nil && len(f) > 0 && len(read(t, f[0])) > 0
	})
	c.Process.Kill()
	wait()
	s.write(t, "in.jsonl", bytes.ToUpper(content))
	corpusmill(t, args...).want(t, 4, input+" has changed")
}
