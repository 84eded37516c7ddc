package backendtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/exec"
)

// powerLoss stops runs at several places and damages what had not been forced
// to the disk by then, as a power failure may: files are gone, cut short, or
// full of zeros from some place on. The run goes on to the calm result.
func (e Engine) powerLoss(t *testing.T) {
	for i, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			digest, files := k.calm(t, e)
			rnd := rand.New(rand.NewPCG(uint64(i), 77))
			for stop := 2; stop < 14; stop += 2 {
				j := k.job(t, e)
				ctx, cancel := context.WithCancel(t.Context())
				left := stop
				_, err := j.run(ctx, &tap{Backend: e.New(), event: func(ev exec.Event) []exec.Event {
					if ev.Kind == exec.SegmentDone {
						if left--; left == 0 {
							cancel()
						}
					}
					return []exec.Event{ev}
				}})
				cancel()
				if err == nil {
					break // the run has no more segments
				}
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				what := cutPower(t, rnd, filepath.Join(j.folder(), "work"))
				report, err := j.run(t.Context(), e.New())
				if err != nil {
					t.Fatalf("stopped at segment %d, %s: %v", stop, what, err)
				}
				j.checkFinished(t, report)
				sameOutput(t, digest, files, report)
			}
		})
	}
}

// nextShard is the name of the file after a shard's.
func nextShard(name string) string {
	var n int
	if _, err := fmt.Sscanf(name, "%06d", &n); err != nil {
		return name + " has no next"
	}
	return fmt.Sprintf("%06d", n+1)
}

// cutPower damages the files that may be damaged and tells what it did. Of
// the stages that are done everything is on the disk, and of the journal all
// up to the last entry that says so.
func cutPower(t *testing.T, rnd *rand.Rand, work string) string {
	t.Helper()
	journal := []byte(readFile(t, filepath.Join(work, "journal")))
	synced := 0
	if i := bytes.LastIndex(journal, []byte(`"synced":true`)); i >= 0 {
		synced = i + bytes.IndexByte(journal[i:], '\n') + 1
	}
	stage := bytes.Count(journal[:synced], []byte(`"done":{`))
	var what []string
	err := filepath.WalkDir(work, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(work, path)
		if err != nil {
			return err
		}
		from := 0
		switch first, rest, _ := strings.Cut(filepath.ToSlash(name), "/"); first {
		case "journal":
			from = synced
		case "out", "rows", "stats.jsonl":
			if next, err := os.Stat(filepath.Join(filepath.Dir(path), nextShard(d.Name()))); err == nil && !next.IsDir() {
				return nil // a shard that is done is on the disk
			}
		case "held", "keys":
			if !strings.HasPrefix(rest, fmt.Sprint(stage)+"/") {
				return nil
			}
		case "drops", "quarantine":
			if !strings.HasPrefix(rest, fmt.Sprintf("stage-%02d.", stage)) {
				return nil
			}
		default:
			return nil
		}
		if rnd.IntN(3) > 0 {
			return nil
		}
		b := []byte(readFile(t, path))
		if len(b) == from {
			return nil
		}
		at := from + rnd.IntN(len(b)-from)
		switch rnd.IntN(3) {
		case 0:
			b = b[:at]
		case 1:
			clear(b[at:])
		case 2:
			if from == 0 {
				what = append(what, name+" gone")
				return os.Remove(path)
			}
			b = b[:from]
		}
		what = append(what, fmt.Sprintf("%s damaged from byte %d of %d", name, at, len(b)))
		return os.WriteFile(path, b, 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(what, ", ")
}
