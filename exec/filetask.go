package exec

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/zeebo/xxh3"

	"corpusmill/plan"
	"corpusmill/storage"
	"corpusmill/storage/codec"
	"corpusmill/storage/object"
)

// file makes one file of the output.
func (w *Worker) file(ctx context.Context, t Task, emit func(*Segment) error) error {
	if t.From > 0 {
		return nil // an earlier attempt was lost after it had done all
	}
	out, err := w.x.create(t)
	if err != nil {
		return err
	}
	defer out.abandon()
	rows, err := w.x.openRows(ctx, t)
	if err != nil {
		return err
	}
	defer rows.close()
	s := &Segment{Bulk: &Bulk{}}
	made := madeFile{N: t.Range}
	err = wholeLines(rows, func(block []byte) error {
		for row := range lines(block) {
			made.Rows.Add(row)
		}
		return out.write(block)
	})
	if err != nil {
		return err
	}
	if made.Shard, err = out.finish(w.x.target(t)); err != nil {
		return err
	}
	made.Shard.Rows = made.Rows.Rows
	s.Made = &made
	return emit(s)
}

// outputFile is a file of the output that is being made.
type outputFile interface {
	// write appends whole rows, each with its newline.
	write(rows []byte) error
	// finish completes the file and puts it in its place, on the disk, or stages
	// it for its place in an object store. The shard it returns lacks the number of
	// rows.
	finish(path string) (shard, error)
	// abandon drops a file that wasn't finished.
	abandon()
}

func (x *Executor) create(t Task) (outputFile, error) {
	format, err := columnar(x.Plan)
	if err != nil {
		return nil, err
	}
	if format == nil {
		return x.createLines()
	}
	var l layout
	if err := readJSON(x.dir.layout(), &l); err != nil {
		return nil, err
	}
	sketch, err := format.NewSketch(x.Plan.OwnInputs())
	if err == nil {
		err = sketch.Merge(l.Schema)
	}
	if err != nil {
		return nil, err
	}
	return createTable(x.target(t), format, sketch, x.Plan.Output.Codec)
}

// target is where the file of a task goes: into the run folder, or where an
// object store will have it.
func (x *Executor) target(t Task) string {
	if object.In(x.Plan.Output.Path) {
		return finalName(x.Plan.Output, t.Range, t.Ranges)
	}
	return shardPath(x.dir.out(), t.Range)
}

// lineFile is a file of JSON Lines.
type lineFile struct {
	*output
	folder string // has it until it is whole
}

func (x *Executor) createLines() (*lineFile, error) {
	folder := x.dir.at("making", fmt.Sprintf("%s-%d", tempOwner, tempCount.Add(1)))
	if object.In(x.Plan.Output.Path) {
		var err error
		if folder, err = os.MkdirTemp("", "corpusmill-*"); err != nil {
			return nil, diskError(os.TempDir(), 0, err)
		}
	}
	one := x.Plan.Output
	one.Layout, one.Shard = plan.SingleFile, 0
	o, err := openOutput(one, folder, 1, nil, nil)
	if err != nil {
		return nil, err
	}
	return &lineFile{o, folder}, nil
}

func (f *lineFile) finish(path string) (shard, error) {
	all, err := f.output.finish()
	if err != nil {
		return shard{}, err
	}
	from, made := shardPath(f.folder, 0), all[0]
	if !object.In(path) {
		return made, move(from, path)
	}
	whole, err := os.Open(from)
	if err != nil {
		return shard{}, err
	}
	defer whole.Close()
	made.Staged, err = stage(whole, path)
	return made, err
}

func (f *lineFile) abandon() {
	f.close()
	os.RemoveAll(f.folder)
}

// tableFile is a file of a columnar format.
type tableFile struct {
	file *tempFile // nil when it is done
	sum  *xxh3.Hasher
	buf  *bufio.Writer
	pack io.WriteCloser // to buf
	w    storage.RowWriter
	raw  int64
}

func createTable(path string, format storage.Columnar, sketch storage.Sketch, c storage.Codec) (*tableFile, error) {
	file, err := newTemp(path)
	if err != nil {
		return nil, err
	}
	f := &tableFile{file: file, sum: xxh3.New()}
	f.buf = bufio.NewWriterSize(io.MultiWriter(file, f.sum), 1<<20)
	if f.pack, err = codec.NewWriter(f.buf, c); err == nil {
		f.w, err = format.NewWriter(f.pack, sketch)
	}
	if err != nil {
		f.abandon()
		return nil, err
	}
	return f, nil
}

func (f *tableFile) write(rows []byte) error {
	f.raw += int64(len(rows))
	for row := range lines(rows) {
		if err := f.w.WriteJSON(row); err != nil {
			return diskError(f.file.where(), 0, err)
		}
	}
	return nil
}

func (f *tableFile) finish(path string) (shard, error) {
	err := f.w.Close()
	if err == nil {
		err = f.pack.Close()
	}
	if err == nil {
		err = f.buf.Flush()
	}
	var info os.FileInfo
	if err == nil {
		info, err = f.file.Stat()
	}
	if err != nil {
		return shard{}, diskError(f.file.where(), 0, err)
	}
	file, made := f.file, shard{Bytes: info.Size(), Raw: f.raw, Sum: fmt.Sprintf("%x", f.sum.Sum128().Bytes())}
	f.file = nil
	if object.In(path) {
		defer file.abort()
		made.Staged, err = stage(file.File, path)
		return made, err
	}
	return made, file.commit(true)
}

func (f *tableFile) abandon() {
	if f.file != nil {
		f.file.abort()
	}
}

// rowsReader reads the rows from one place to another.
type rowsReader struct {
	ctx   context.Context
	dir   workDir
	segs  []segmentInfo // from the first that is read
	at    int64         // offset in the first of segs
	end   int64         // offset in the last of segs at which to end; -1 for its end
	file  *recReader    // of the first of segs; nil when it isn't open
	chunk []byte        // that wasn't handed out
	buf   []byte
}

func (x *Executor) openRows(ctx context.Context, t Task) (*rowsReader, error) {
	all, err := x.segments()
	if err != nil {
		return nil, err
	}
	for len(all) > 0 && x.Plan.Inputs[all[0].Src].Indexed {
		all = all[1:] // an index's come first
	}
	r := &rowsReader{ctx: ctx, dir: x.dir, at: t.Begin.Off, end: t.End.Off}
	last := t.End.Seg + 1
	if t.End.Off == 0 {
		last, r.end = t.End.Seg, -1
	}
	r.segs = all[t.Begin.Seg:last]
	return r, nil
}

// Read implements io.Reader. What it returns is checked.
func (r *rowsReader) Read(p []byte) (int, error) {
	for len(r.chunk) == 0 {
		if err := r.ctx.Err(); err != nil {
			return 0, err
		}
		if len(r.segs) == 0 {
			return 0, io.EOF
		}
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.chunk)
	r.chunk = r.chunk[n:]
	return n, nil
}

func (r *rowsReader) next() (err error) {
	if r.file == nil {
		if r.file, err = openRec(r.dir.rows(r.segs[0].Src, r.segs[0].Seg)); err != nil {
			return err
		}
	}
	end := r.file.n
	if len(r.segs) == 1 && r.end >= 0 {
		end = r.end
	}
	to := min((r.at/recChunk+1)*recChunk, end)
	if r.buf, err = r.file.readInto(r.buf, r.at, to); err != nil {
		return err
	}
	r.chunk = r.buf
	if r.at = to; to == end {
		err = r.file.close()
		r.file, r.at, r.segs = nil, 0, r.segs[1:]
	}
	return err
}

func (r *rowsReader) close() {
	if r.file != nil {
		r.file.close()
		r.file = nil
	}
}

// wholeLines calls fn for what r has, in pieces of whole lines.
func wholeLines(r io.Reader, fn func(lines []byte) error) error {
	buf := make([]byte, 0, 1<<20)
	for {
		if len(buf) == cap(buf) {
			buf = append(make([]byte, 0, 2*cap(buf)), buf...)
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		old := len(buf)
		buf = buf[:old+n]
		if i := bytes.LastIndexByte(buf[old:], '\n'); i >= 0 {
			end := old + i + 1
			if err := fn(buf[:end]); err != nil {
				return err
			}
			buf = buf[:copy(buf, buf[end:])]
		}
		switch {
		case errors.Is(err, io.EOF) && len(buf) > 0:
			return errDamaged // a row without its end
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// storeRows writes a segment's kept rows to a file of their own.
func (s *segmentState) storeRows() error {
	s.RowBytes = int64(len(s.bulk.Rows))
	err := place(s.x.dir.rows(s.Src, s.Seg), false, func(f *os.File) error {
		w := newRecWriter(f)
		if _, err := w.Write(s.bulk.Rows); err != nil {
			return err
		}
		return w.finish(0, 0)
	})
	s.bulk.Rows = s.bulk.Rows[:0]
	return err
}
