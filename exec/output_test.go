package exec

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"corpusmill/internal/scratch"
	"corpusmill/plan"
	"corpusmill/storage"
)

var outputs = []plan.Output{
	{Format: "jsonl", Layout: plan.SingleFile},
	{Format: "jsonl", Layout: plan.SingleFile, Codec: storage.Zstd},
	{Format: "jsonl", Layout: plan.SingleFile, Codec: storage.Gzip},
	{Format: "jsonl", Layout: plan.Folder, Shard: 3 << 20},
	{Format: "jsonl", Layout: plan.Numbered, Shard: 3 << 20, Codec: storage.Zstd},
}

func outputRows(rnd *rand.Rand) []byte {
	var b []byte
	for i := 0; len(b) < 13<<20; i++ {
		b = fmt.Appendf(b, `{"n":%d,"pad":%q}`+"\n", i, make([]byte, rnd.IntN(700)))
	}
	return b
}

// pieces cuts rows between rows at random.
func pieces(rnd *rand.Rand, rows []byte) (out [][]byte) {
	for len(rows) > 0 {
		n := min(1+rnd.IntN(2<<20), len(rows))
		for n < len(rows) && rows[n-1] != '\n' {
			n++
		}
		out, rows = append(out, rows[:n]), rows[n:]
		if rnd.IntN(4) == 0 {
			out = append(out, nil)
		}
	}
	return out
}

// outputFiles are the shards in a folder by name.
func outputFiles(t *testing.T, dir string, shards []shard) map[string]string {
	t.Helper()
	files := map[string]string{}
	for i, s := range shards {
		b, err := os.ReadFile(shardPath(dir, i))
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(b)) != s.Bytes {
			t.Errorf("shard %d has %d bytes, not %d", i, len(b), s.Bytes)
		}
		files[fmt.Sprint(i)] = string(b)
	}
	return files
}

// TestOutputIgnoresCuts writes rows in one piece and in many, by one worker
// and by several, and as a run that is interrupted at every commit, with
// rubbish behind what was committed: the files have the same bytes.
func TestOutputIgnoresCuts(t *testing.T) {
	rnd := rand.New(rand.NewPCG(8, 9))
	rows := outputRows(rnd)
	for i, spec := range outputs {
		t.Run(fmt.Sprint(i, spec.Layout, spec.Codec), func(t *testing.T) {
			whole := scratch.Dir(t)
			o, err := openOutput(spec, whole, 1, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := o.write(rows); err != nil {
				t.Fatal(err)
			}
			shards, err := o.finish()
			if err != nil {
				t.Fatal(err)
			}
			want := outputFiles(t, whole, shards)

			dir := scratch.Dir(t)
			var at *outputState
			for _, p := range pieces(rnd, rows) {
				o, err := openOutput(spec, dir, 3, at, nil)
				if err != nil {
					t.Fatal(err)
				}
				if err := o.write(p); err != nil {
					t.Fatal(err)
				}
				at = resumedState(t, o)
				if !at.intact(dir) {
					t.Fatal("the state doesn't fit the files that it was taken of")
				}
				// What comes after the commit is lost.
				if err := o.write(rows[:min(1<<20, len(rows))]); err == nil && rnd.IntN(2) == 0 {
					o.endShard()
				}
				o.close()
			}
			if o, err = openOutput(spec, dir, 2, at, nil); err != nil {
				t.Fatal(err)
			}
			got, err := o.finish()
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(got) != fmt.Sprint(shards) || !maps.Equal(outputFiles(t, dir, got), want) {
				t.Errorf("interrupted, the output has %d shards %+v, want %+v", len(got), got, shards)
			}
		})
	}
}

// TestTailsDontPileUp commits many times amid a frame: only what a resume may
// need stays on the disk.
func TestTailsDontPileUp(t *testing.T) {
	dir := scratch.Dir(t)
	o, err := openOutput(outputs[1], dir, 1, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	var synced *outputState
	for i := range 40 {
		if err := o.write([]byte("{}\n")); err != nil {
			t.Fatal(err)
		}
		s, err := o.state(i%15 == 0)
		if err != nil {
			t.Fatal(err)
		}
		o.committed(s, i%15 == 0)
		if i%15 == 0 {
			synced = s
		}
		if !s.intact(dir) || !synced.intact(dir) {
			t.Fatalf("after commit %d: the last is intact: %t, the last synced: %t", i, s.intact(dir), synced.intact(dir))
		}
		tails, err := filepath.Glob(filepath.Join(dir, "tail-*"))
		if err != nil || len(tails) > 2 {
			t.Fatalf("%v, %d files after commit %d", err, len(tails), i)
		}
	}
}

// resumedState takes the output's state through the journal's JSON.
func resumedState(t *testing.T, o *output) *outputState {
	t.Helper()
	s, err := o.state(false)
	if err != nil {
		t.Fatal(err)
	}
	o.committed(s, false)
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	at := &outputState{}
	if err := json.Unmarshal(raw, at); err != nil {
		t.Fatal(err)
	}
	return at
}
