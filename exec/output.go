package exec

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/zeebo/xxh3"

	"corpusmill/plan"
	"corpusmill/storage"
	"corpusmill/storage/codec"
	"corpusmill/storage/object"
)

// frameBytes is the uncompressed size of a compressed piece of output. Pieces
// are cut at fixed counts of output bytes, so the files don't depend on how
// the input was split.
const frameBytes = 4 << 20

// output writes the kept rows in order: to one file, to shards, or to
// standard output.
type output struct {
	spec   plan.Output
	dir    string
	stdout io.Writer
	frames []*codec.Frames // one a worker; nil for plain output
	cur    *stream
	sent   int64        // bytes written to stdout
	sum    *xxh3.Hasher // of what went to stdout
	tail   []byte       // rows that don't fill a frame yet
	total  int64        // bytes of rows in all shards
	kept   [2]string    // tail files of the last commit that was synced, and of the last
	raw    int64        // bytes of rows in the current shard
	rows   int64
	shards []shard
}

// shard is a finished file of output.
type shard struct {
	Bytes int64  `json:"bytes"`
	Raw   int64  `json:"raw"`
	Rows  int64  `json:"rows"`
	Sum   string `json:"xxh3_128"`
	// Staged is what makes an object of the file that its task has staged.
	Staged string `json:"staged,omitempty"`
}

// outputState is an output at a commit.
type outputState struct {
	Shards []shard     `json:"shards,omitempty"`
	Cur    streamState `json:"cur"`
	Raw    int64       `json:"raw"`
	Rows   int64       `json:"rows"`
	Total  int64       `json:"total"`
	Tail   *tailState  `json:"tail,omitempty"`
}

type tailState struct {
	Name string `json:"name"`
	Len  int    `json:"len"`
	Sum  uint64 `json:"sum"`
}

func shardPath(dir string, n int) string { return filepath.Join(dir, fmt.Sprintf("%06d", n)) }

// openOutput opens the output as it was at a commit; nil for the beginning.
func openOutput(spec plan.Output, dir string, workers int, at *outputState, stdout io.Writer) (*output, error) {
	o := &output{spec: spec, dir: dir, stdout: stdout, sum: xxh3.New()}
	if at == nil {
		at = &outputState{}
	}
	o.shards, o.raw, o.rows, o.total = at.Shards, at.Raw, at.Rows, at.Total
	if spec.Codec != storage.Plain {
		for range workers {
			f, err := codec.NewFrames(spec.Codec)
			if err != nil {
				return nil, err
			}
			o.frames = append(o.frames, f)
		}
	}
	if spec.Layout == plan.Stream {
		return o, nil
	}
	var err error
	if o.cur, err = openStream(shardPath(dir, len(o.shards)), at.Cur); err != nil {
		return nil, err
	}
	o.cur.pastCache()
	if at.Tail != nil {
		name := filepath.Join(dir, at.Tail.Name)
		if o.tail, err = os.ReadFile(name); err != nil {
			return nil, err
		}
		o.kept = [2]string{name, name}
	}
	return o, nil
}

// written is the number of rows in all shards, counted by their newlines.
func (o *output) written() int64 {
	n := o.rows
	for _, s := range o.shards {
		n += s.Rows
	}
	return n
}

// write appends rows, each with its newline.
func (o *output) write(rows []byte) error {
	for len(rows) > 0 {
		take := len(rows)
		if o.spec.Shard > 0 {
			if o.raw >= o.spec.Shard {
				if err := o.rotate(); err != nil {
					return err
				}
			}
			// The row that fills the shard is its last.
			if last := int(o.spec.Shard-o.raw) - 1; last < take {
				take = last + bytes.IndexByte(rows[last:], '\n') + 1
			}
		}
		if err := o.add(rows[:take]); err != nil {
			return err
		}
		rows = rows[take:]
	}
	return nil
}

func (o *output) add(rows []byte) error {
	o.raw += int64(len(rows))
	o.total += int64(len(rows))
	o.rows += int64(bytes.Count(rows, newline))
	if o.frames == nil {
		return o.store(rows)
	}
	o.tail = append(o.tail, rows...)
	whole := len(o.tail) / frameBytes * frameBytes
	if err := o.compress(o.tail[:whole]); err != nil {
		return err
	}
	o.tail = append(o.tail[:0], o.tail[whole:]...)
	return nil
}

var newline = []byte{'\n'}

// compress stores b as frames of frameBytes, which all workers make.
func (o *output) compress(b []byte) error {
	for len(b) > 0 {
		n := min(len(o.frames), (len(b)+frameBytes-1)/frameBytes)
		done := make([][]byte, n)
		errs := make([]error, n)
		var wg sync.WaitGroup
		for i := range n {
			piece := b[i*frameBytes : min((i+1)*frameBytes, len(b))]
			wg.Go(func() { done[i], errs[i] = o.frames[i].AppendFrame(nil, piece) })
		}
		wg.Wait()
		for i := range n {
			if errs[i] != nil {
				return errs[i]
			}
			if err := o.store(done[i]); err != nil {
				return err
			}
		}
		b = b[min(n*frameBytes, len(b)):]
	}
	return nil
}

func (o *output) store(b []byte) error {
	if o.cur == nil {
		o.sum.Write(b)
		n, err := o.stdout.Write(b)
		o.sent += int64(n)
		return err
	}
	return o.cur.append(b)
}

// rotate ends the current shard and begins the next.
func (o *output) rotate() error {
	if err := o.endShard(); err != nil {
		return err
	}
	var err error
	if o.cur, err = openStream(shardPath(o.dir, len(o.shards)), streamState{}); err != nil {
		return err
	}
	o.cur.pastCache()
	return nil
}

func (o *output) endShard() error {
	if err := o.compress(o.tail); err != nil {
		return err
	}
	o.tail = o.tail[:0]
	if o.raw == 0 && o.frames != nil {
		// A file without content is no gzip file; an empty frame makes it one.
		b, err := o.frames[0].AppendFrame(nil, nil)
		if err != nil {
			return err
		}
		if err := o.store(b); err != nil {
			return err
		}
	}
	s := shard{Raw: o.raw, Rows: o.rows}
	sum := o.sum
	if o.cur != nil {
		sum = o.cur.sum
		if err := o.cur.sync(); err != nil {
			return err
		}
		s.Bytes = o.cur.len
		if err := o.cur.close(); err != nil {
			return diskError(o.cur.path, 0, err)
		}
		o.cur = nil
	} else {
		s.Bytes = o.sent
	}
	s.Sum = fmt.Sprintf("%x", sum.Sum128().Bytes())
	o.shards = append(o.shards, s)
	o.raw, o.rows = 0, 0
	return nil
}

// state is what a resume needs. Rows that don't fill a frame yet are saved
// beside the output. With sync, all of it is on the disk when state returns.
func (o *output) state(sync bool) (*outputState, error) {
	if o.cur == nil {
		return nil, nil
	}
	if err := o.cur.flush(); err != nil {
		return nil, err
	}
	if sync {
		if err := o.cur.sync(); err != nil {
			return nil, err
		}
	}
	s := &outputState{Shards: o.shards, Cur: o.cur.state(), Raw: o.raw, Rows: o.rows, Total: o.total}
	if len(o.tail) > 0 {
		s.Tail = &tailState{Name: fmt.Sprintf("tail-%d", o.total), Len: len(o.tail), Sum: xxh3.Hash(o.tail)}
		path := filepath.Join(o.dir, s.Tail.Name)
		if err := o.save(path, sync); err != nil {
			return nil, diskError(path, int64(len(o.tail)), err)
		}
	}
	return s, nil
}

// save writes the tail to a file, unless the last commit left it there.
func (o *output) save(path string, sync bool) error {
	if path != o.kept[1] {
		return writeTail(path, o.tail, sync)
	}
	if sync {
		return syncFile(path)
	}
	return nil
}

// committed removes the tail files that no resume can need any more, now that
// the journal has s. A resume needs that of the last entry or, after a power
// failure, that of the last synced one.
func (o *output) committed(s *outputState, sync bool) {
	if s == nil {
		return
	}
	last := ""
	if s.Tail != nil {
		last = filepath.Join(o.dir, s.Tail.Name)
	}
	old := o.kept
	o.kept[1] = last
	if sync {
		o.kept[0] = last
	}
	for _, f := range old {
		if f != "" && f != o.kept[0] && f != o.kept[1] {
			os.Remove(f)
		}
	}
}

func writeTail(path string, b []byte, sync bool) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil && sync {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// intact says whether the output's files still have what they had then.
func (s *outputState) intact(dir string) bool {
	if s == nil {
		return true
	}
	if s.Tail != nil {
		b, err := os.ReadFile(filepath.Join(dir, s.Tail.Name))
		if err != nil || len(b) != s.Tail.Len || xxh3.Hash(b) != s.Tail.Sum {
			return false
		}
	}
	for i, sh := range s.Shards {
		if info, err := os.Stat(shardPath(dir, i)); err != nil || info.Size() != sh.Bytes {
			return false
		}
	}
	return intact(shardPath(dir, len(s.Shards)), s.Cur)
}

// finish completes the last shard and returns all of them.
func (o *output) finish() ([]shard, error) {
	if err := o.endShard(); err != nil {
		return nil, err
	}
	return o.shards, nil
}

// finalName is what the file i of n is called in the end.
func finalName(spec plan.Output, i, n int) string {
	before, after, several := nameParts(spec)
	if !several {
		return spec.Path
	}
	width := 5
	if spec.Layout == plan.Numbered {
		width = len(fmt.Sprint(n)) + 1
	}
	return fmt.Sprintf("%s%0*d-of-%0*d%s", before, width, i, width, n, after)
}

// nameParts are what stands before and behind the numbers in the names of an
// output of several files.
func nameParts(spec plan.Output) (before, after string, several bool) {
	switch spec.Layout {
	case plan.Folder:
		return object.Join(spec.Path, "part-"), extension(spec), true
	case plan.Numbered:
		name, ext, _ := strings.Cut(filepath.Base(spec.Path), ".")
		return object.Join(object.Dir(spec.Path), name+"-"), "." + ext, true
	}
	return "", "", false
}

// finalNames pairs the files of n shards with their names. The files of a
// folder are named in the run folder first; the folder then moves as one.
func finalNames(spec plan.Output, dir workDir, n int) [][2]string {
	var out [][2]string
	if spec.Layout == plan.Stream || spec.Layout == plan.IndexFolder {
		return nil
	}
	for i := range n {
		name := finalName(spec, i, n)
		if spec.Layout == plan.Folder {
			name = dir.at("folder", filepath.Base(name))
		}
		out = append(out, [2]string{shardPath(dir.out(), i), name})
	}
	if spec.Layout == plan.Folder {
		out = append(out, [2]string{dir.at("folder"), spec.Path})
	}
	return out
}

func extension(spec plan.Output) string {
	ext := "." + spec.Format
	switch spec.Codec {
	case storage.Gzip:
		ext += ".gz"
	case storage.Zstd:
		ext += ".zst"
	}
	return ext
}

func (o *output) close() {
	if o.cur != nil {
		o.cur.close()
		o.cur = nil
	}
}
