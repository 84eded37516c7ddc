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
)

// columnar is the output's format when it needs a schema; nil for JSON Lines.
func columnar(p *plan.Plan) (storage.Columnar, error) {
	if p.Output.Format == "jsonl" {
		return nil, nil
	}
	f, _ := storage.Lookup(p.Output.Format)
	c, ok := f.(storage.Columnar)
	if !ok {
		return nil, fmt.Errorf("this corpusmill can't write the format %q", p.Output.Format)
	}
	return c, nil
}

// encode turns the spooled rows into the output's format. It starts from the
// beginning when it is resumed: the rows are there, only their encoding is
// done again.
func (d *driver) encode(ctx context.Context) error {
	format, err := columnar(d.plan)
	if err != nil {
		return err
	}
	sketch, err := format.NewSketch(d.plan.OwnInputs())
	if err != nil {
		return err
	}
	for _, s := range d.sketches {
		if err := sketch.Merge(s); err != nil {
			return err
		}
	}
	spool, err := codec.Open(shardPath(d.work.spool(), 0), storage.Zstd)
	if err != nil {
		return err
	}
	defer spool.Close()
	e := &encoder{d: d, format: format, sketch: sketch}
	defer e.abandon()
	var rows int64
	err = eachLine(contextReader{ctx, spool}, func(line []byte) error {
		rows++
		return e.write(line)
	})
	if err != nil {
		return fmt.Errorf("encoding the rows: %w", err)
	}
	if err := e.finish(); err != nil {
		return err
	}
	if rows != d.account.Written {
		return &AccountError{fmt.Errorf("%d rows were encoded, %d were written", rows, d.account.Written)}
	}
	d.shards = e.shards
	return d.done(len(d.plan.Stages)-1, 0)
}

// eachLine calls fn for the lines of r, without their newlines.
func eachLine(r io.Reader, fn func(line []byte) error) error {
	b := bufio.NewReaderSize(r, 1<<20)
	var long []byte
	for {
		line, err := b.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			long = long[:0]
			for errors.Is(err, bufio.ErrBufferFull) {
				long = append(long, line...)
				line, err = b.ReadSlice('\n')
			}
			long = append(long, line...)
			line = long
		}
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err := fn(bytes.TrimSuffix(line, newline)); err != nil {
			return err
		}
	}
}

// encoder writes rows to one file, or to shards.
type encoder struct {
	d      *driver
	format storage.Columnar
	sketch storage.Sketch
	file   *tempFile
	sum    *xxh3.Hasher
	buf    *bufio.Writer
	w      storage.RowWriter
	cur    shard
	shards []shard
}

func (e *encoder) write(row []byte) error {
	if limit := e.d.plan.Output.Shard; e.w != nil && limit > 0 && e.cur.Raw >= limit {
		if err := e.end(); err != nil {
			return err
		}
	}
	if e.w == nil {
		if err := e.begin(); err != nil {
			return err
		}
	}
	e.cur.Raw += int64(len(row)) + 1
	e.cur.Rows++
	return diskError(e.file.path, 0, e.w.WriteJSON(row))
}

func (e *encoder) begin() (err error) {
	if e.file, err = newTemp(shardPath(e.d.work.out(), len(e.shards))); err != nil {
		return err
	}
	e.sum = xxh3.New()
	e.cur = shard{}
	e.buf = bufio.NewWriterSize(io.MultiWriter(e.file, e.sum), 1<<20)
	e.w, err = e.format.NewWriter(e.buf, e.sketch)
	return err
}

func (e *encoder) end() error {
	err := e.w.Close()
	if err == nil {
		err = e.buf.Flush()
	}
	var info os.FileInfo
	if err == nil {
		info, err = e.file.Stat()
	}
	if err != nil {
		return diskError(e.file.path, 0, err)
	}
	e.cur.Bytes, e.cur.Sum = info.Size(), fmt.Sprintf("%x", e.sum.Sum128().Bytes())
	e.shards = append(e.shards, e.cur)
	f := e.file
	e.file, e.w = nil, nil
	return f.commit(true)
}

// finish ends the last file; without rows there is one file all the same.
func (e *encoder) finish() error {
	if e.w == nil {
		if err := e.begin(); err != nil {
			return err
		}
	}
	return e.end()
}

func (e *encoder) abandon() {
	if e.file != nil {
		e.file.abort()
	}
}
