package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"corpusmill/internal/scratch"
	"corpusmill/runs"
)

// TestObjectRuns takes runs to a store through all that can be done to them by
// the path of their result.
func TestObjectRuns(t *testing.T) {
	s := newStore(t)
	input := s.write(t, "in.jsonl", rows(20<<20, 0.3))
	x := byProcesses
	o := corpusmill(t, s.away(t, x, "calm", input)...)
	o.want(t, 0)
	calm := report(t, o)
	for name, flags := range map[string][]string{"state folder": nil, "work_dir": {"--work_dir", scratch.Dir(t)}} {
		t.Run(name, func(t *testing.T) {
			out := s.Path("run/" + x.out)
			o := corpusmill(t, append(append([]string{"submit"}, s.away(t, x, "run", input)[1:]...), flags...)...)
			o.want(t, 0)
			var begun started
			if err := json.Unmarshal([]byte(o.stdout), &begun); err != nil || begun.Output != out || !filepath.IsAbs(begun.Folder) {
				t.Fatalf("submit says %q (%v)", o.stdout, err)
			}
			got := status1(t, out)
			if got.ID != begun.ID || got.Folder != begun.Folder || got.Driver == nil {
				t.Fatalf("by the path of its result the run is %+v", got)
			}
			corpusmill(t, "cancel", out).want(t, 0)
			if got := status1(t, out+runs.Suffix); got.State != runs.Cancelled {
				t.Errorf("it is %s", got.State)
			}
			corpusmill(t, "status").wantOut(t, begun.ID, "cancelled", out)
			corpusmill(t, "resume", out).want(t, 0)
			corpusmill(t, "logs", "-f", out).want(t, 0)
			o = corpusmill(t, "status", out)
			o.want(t, 0)
			o.wantOut(t, "state     done", "result    "+out, "folder    "+begun.Folder)
			o = corpusmill(t, "report", out, "--json")
			o.want(t, 0)
			if r := report(t, o); r.Digest != calm.Digest {
				t.Errorf("the digest is %s, want %s", r.Digest, calm.Digest)
			}
			corpusmill(t, "verify", out).wantOut(t, calm.Digest)
			s.clean(t, report(t, o), "run")
		})
	}
	t.Run("folders alone", func(t *testing.T) {
		t.Chdir(t.TempDir())
		corpusmill(t, "dedup", "index", "build", s.Path("ix"), "--dataset_path", input, "--document_minhash_deduplicator").want(t, exitUsage, "an index lies in a folder")
		corpusmill(t, "partition", input, "-o", s.Path("shares"), "--nodes", "2").want(t, exitUsage, "partition writes to a folder of this machine")
		if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
			t.Errorf("the folder has %v (%v)", left, err)
		}
	})
	t.Run("another machine", func(t *testing.T) {
		t.Setenv("XDG_STATE_HOME", scratch.Dir(t))
		out := s.Path("run/" + x.out)
		for _, command := range []string{"status", "logs", "cancel", "resume"} {
			corpusmill(t, command, out).want(t, exitFailure, "no run of "+out+" is known here", "corpusmill report")
		}
		corpusmill(t, "report", out).wantOut(t, calm.Digest)
		corpusmill(t, "drops", out).want(t, 0)
	})
}
