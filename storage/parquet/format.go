package parquet

import (
	"context"
	"errors"
	"fmt"
	"io"

	"corpusmill/storage"
	"corpusmill/storage/object"

	"github.com/apache/arrow-go/v18/parquet/file"
)

// Format reads Parquet files. A segment is a row group and each row group is
// a split; record.ID.Pos is the row's number in the file. Files with flipped
// bits, false counts or pages that unpack out of proportion end in an error
// that names the file, row group and column; encrypted files aren't read.
type Format struct{}

func init() { storage.Register(Format{}) }

// Name is "parquet".
func (Format) Name() string { return "parquet" }

// Extensions is ".parquet".
func (Format) Extensions() []string { return []string{".parquet"} }

// Splits reads the file's footer. Row groups without rows make no split; a
// file without rows has none.
func (Format) Splits(f storage.File, src uint32, _ int64) ([]storage.Split, error) {
	fd, ft, err := openFooter(context.Background(), f)
	if err != nil {
		return nil, err
	}
	defer fd.Close()
	var out []storage.Split
	for i, g := range ft.groups {
		if g.rows > 0 {
			out = append(out, storage.Split{Src: src, Seg: i, Start: g.first, End: g.first + g.rows})
		}
	}
	return out, nil
}

// Open starts at the row group s.Seg.
func (Format) Open(ctx context.Context, f storage.File, s storage.Split, o storage.ReadOptions) (storage.Reader, error) {
	fd, ft, err := openFooter(ctx, f)
	if err != nil {
		return nil, err
	}
	r, err := newReader(ctx, f.Path, fd, ft, s, o)
	if err != nil {
		fd.Close()
		return nil, fmt.Errorf("%s: %w", f.Path, err)
	}
	return r, nil
}

const (
	batchBytes = 1 << 20 // aimed at; rows of uneven size make uneven batches
	batchRows  = 8192
)

type reader struct {
	ctx   context.Context
	path  string
	file  *file.Reader
	guard *guard
	ft    *footer
	split storage.Split
	rows  *rows
	batch storage.Batch

	group int
	done  int64 // rows of the group handed out; -1 before it is opened
	err   error
}

func newReader(ctx context.Context, path string, fd object.File, ft *footer, s storage.Split, o storage.ReadOptions) (r *reader, err error) {
	defer recovered(&err, "the metadata is damaged")
	if s.Seg < 0 || s.Seg > len(ft.groups) || s.Seg < len(ft.groups) && ft.groups[s.Seg].first != s.Start {
		return nil, fmt.Errorf("no row group %d begins at row %d: %w", s.Seg, s.Start, storage.ErrChanged)
	}
	g := &guard{ReaderAt: fd, Seeker: fd, closer: fd}
	pf, err := file.NewParquetReader(g, file.WithMetadata(ft.meta), file.WithReadProps(readerProperties()))
	if err != nil {
		return nil, err
	}
	leaves := make([]*leafReader, len(ft.schema.leaves))
	for i, n := range ft.schema.leaves {
		d := ft.meta.Schema.Column(i)
		leaves[i] = &leafReader{node: n, maxDef: d.MaxDefinitionLevel(), maxRep: d.MaxRepetitionLevel()}
	}
	return &reader{ctx: ctx, path: path, file: pf, guard: g, ft: ft, split: s, group: s.Seg, done: -1,
		rows: newRows(ft.schema, o.Fields, leaves, s.Src, o.MaxRow)}, nil
}

// Next hands out the next rows of a row group: about 1 MiB, at most 8192, and
// none beyond the end of a page of any column.
func (r *reader) Next() (*storage.Batch, error) {
	if r.err == nil {
		r.err = r.next()
	}
	if r.err != nil {
		return nil, r.err
	}
	return &r.batch, nil
}

func (r *reader) next() error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	for r.done >= 0 && r.done == r.ft.groups[r.group].rows {
		if err := r.finish(); err != nil {
			return err
		}
		r.group++
		r.done = -1
		for r.group < len(r.ft.groups) && r.ft.groups[r.group].rows == 0 {
			r.group++
		}
	}
	if r.group >= len(r.ft.groups) || r.split.End >= 0 && r.ft.groups[r.group].first >= r.split.End {
		return io.EOF
	}
	g := &r.ft.groups[r.group]
	if r.done < 0 {
		if err := r.openGroup(); err != nil {
			return err
		}
	}
	n := min(g.rows-r.done, batchRows)
	for _, l := range r.rows.leaves {
		l.used += r.rows.n
	}
	r.rows.n = 0
	for i, l := range r.rows.leaves {
		if l.left() == 0 {
			if err := l.fill(); err != nil {
				return r.damaged(i, err)
			}
			if l.left() == 0 {
				return r.damaged(i, fmt.Errorf("the column ends early, at row %d of %d", r.done, g.rows))
			}
		}
		n = min(n, int64(l.left()))
	}
	r.rows.n = int(n)
	r.rows.first = g.first + r.done
	share := func(rows int64) int64 { return int64(float64(g.bytes) * (float64(rows) / float64(g.rows))) }
	r.batch = storage.Batch{Rows: r.rows, Seg: r.group, Bytes: share(r.done+n) - share(r.done), Lines: n}
	r.done += n
	return nil
}

// damaged says where in the file an error lies.
func (r *reader) damaged(leaf int, err error) error {
	return fmt.Errorf("%s: row group %d, column %s: %w", r.path, r.group, r.ft.meta.Schema.Column(leaf).Path(), err)
}

func (r *reader) openGroup() (err error) {
	defer recovered(&err, fmt.Sprintf("%s: row group %d is damaged", r.path, r.group))
	g := &r.ft.groups[r.group]
	if err := r.guard.set(r.ft, r.group); err != nil {
		return fmt.Errorf("%s: row group %d: %w", r.path, r.group, err)
	}
	rowBytes := max(1, g.bytes/max(1, g.rows))
	rows := min(max(1, batchBytes/rowBytes), batchRows)
	rg := r.file.RowGroup(r.group)
	for i, l := range r.rows.leaves {
		c, err := rg.Column(i)
		if err != nil {
			return r.damaged(i, err)
		}
		perRow := max(1, g.chunks[i].values/max(1, g.rows))
		if err := l.open(c, g.chunks[i].values, int(min(rows*min(perRow, batchRows), 4*batchRows))); err != nil {
			return r.damaged(i, err)
		}
	}
	r.done = 0
	r.rows.n = 0
	return nil
}

// finish checks that a row group that was read had no more than its rows.
func (r *reader) finish() error {
	for i, l := range r.rows.leaves {
		l.used += r.rows.n
		if l.left() == 0 && !l.end {
			if err := l.fill(); err != nil {
				return r.damaged(i, err)
			}
		}
		if l.left() > 0 {
			return r.damaged(i, fmt.Errorf("it has more than the row group's %d rows", r.ft.groups[r.group].rows))
		}
		if n := r.guard.unseen(i); n > 0 {
			return r.damaged(i, fmt.Errorf("its pages lack %d of the values that the metadata tells of", n))
		}
	}
	r.rows.n = 0
	return nil
}

// Close closes the file.
func (r *reader) Close() error {
	if r.file == nil {
		return nil
	}
	var errs []error
	for _, l := range r.rows.leaves {
		errs = append(errs, l.close())
	}
	errs = append(errs, r.file.Close())
	r.file = nil
	r.err = errors.New("the reader is closed")
	return errors.Join(errs...)
}
