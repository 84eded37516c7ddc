package parquet

import (
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
)

// leafReader decodes one column chunk, some rows at a time. Byte values
// point into the decoder's page, so it decodes on only when all rows it holds
// were used.
type leafReader struct {
	node   *node
	maxDef int16
	maxRep int16
	chunk  file.ColumnChunkReader
	step   int   // levels to decode at once
	todo   int64 // levels of the chunk not yet decoded

	col   column
	valAt []int32 // of each level, the values before it; unused when all levels have values
	rowAt []int   // the level at which each row begins; unused without repetition
	held  int     // whole rows in col
	used  int     // of these, given out
	end   bool    // the chunk has no more levels

	fixed []parquet.FixedLenByteArray
}

// open starts on another chunk.
func (l *leafReader) open(c file.ColumnChunkReader, levels int64, step int) error {
	if err := l.close(); err != nil {
		return err
	}
	l.chunk, l.todo, l.step = c, levels, step
	l.col.reset()
	l.col.ptrs = l.col.ptrs[:0]
	l.valAt, l.rowAt = l.valAt[:0], l.rowAt[:0]
	l.held, l.used, l.end = 0, 0, false
	return nil
}

func (l *leafReader) close() error {
	if l.chunk == nil {
		return nil
	}
	err := l.chunk.Close()
	l.chunk = nil
	return err
}

// left is the number of rows that can be used before the next fill.
func (l *leafReader) left() int { return l.held - l.used }

// span is the range of levels of a row, counted from the first unused.
func (l *leafReader) span(row int) (from, to int) {
	row += l.used
	if l.maxRep == 0 {
		return row, row + 1
	}
	if row+1 < len(l.rowAt) {
		return l.rowAt[row], l.rowAt[row+1]
	}
	return l.rowAt[row], len(l.col.rep)
}

// value is the index of the value at a level that has one.
func (l *leafReader) value(level int) int {
	if l.maxDef == 0 {
		return level
	}
	return int(l.valAt[level])
}

// def is the definition level at a level.
func (l *leafReader) def(level int) int16 {
	if l.maxDef == 0 {
		return 0
	}
	return l.col.def[level]
}

// levels is the number of levels held.
func (l *leafReader) levels() int {
	if l.maxDef > 0 {
		return len(l.col.def)
	}
	return l.values()
}

// fill decodes until there is a whole row to use or the chunk ends. It is
// called when none is left.
func (l *leafReader) fill() error {
	l.keepTail()
	for l.left() == 0 && !l.end {
		was := l.levels()
		n, err := l.decode(was)
		if err != nil {
			return err
		}
		if n == 0 {
			if err := l.chunk.Err(); err != nil {
				return err
			}
		}
		l.todo -= int64(n)
		l.end = n == 0 || l.todo == 0
		if err := l.index(was); err != nil {
			return err
		}
		if l.left() == 0 && !l.end {
			l.own()
		}
	}
	return nil
}

// keepTail drops the rows used and keeps the levels of a row that isn't
// whole, in memory of their own.
func (l *leafReader) keepTail() {
	from := l.levels()
	if l.maxRep > 0 && l.held < len(l.rowAt) {
		from = l.rowAt[l.held]
	}
	v := &l.col
	val := l.values()
	if from < l.levels() {
		val = l.value(from)
	}
	v.ptrs = slices.Delete(v.ptrs, 0, min(val, len(v.ptrs)))
	v.bools = slices.Delete(v.bools, 0, min(val, len(v.bools)))
	v.i32 = slices.Delete(v.i32, 0, min(val, len(v.i32)))
	v.i64 = slices.Delete(v.i64, 0, min(val, len(v.i64)))
	v.i96 = slices.Delete(v.i96, 0, min(val, len(v.i96)))
	v.f32 = slices.Delete(v.f32, 0, min(val, len(v.f32)))
	v.f64 = slices.Delete(v.f64, 0, min(val, len(v.f64)))
	v.def = slices.Delete(v.def, 0, min(from, len(v.def)))
	v.rep = slices.Delete(v.rep, 0, min(from, len(v.rep)))
	l.valAt = slices.Delete(l.valAt, 0, min(from, len(l.valAt)))
	for i := range l.valAt {
		l.valAt[i] -= int32(val)
	}
	l.rowAt = l.rowAt[:0]
	if len(v.rep) > 0 {
		l.rowAt = append(l.rowAt, 0)
	}
	l.held, l.used = 0, 0
	l.own()
}

// own copies the byte values held, once each where a dictionary repeats
// them, as the next page overwrites the memory that they point to.
func (l *leafReader) own() {
	if len(l.col.ptrs) == 0 {
		return
	}
	copies := map[*byte]parquet.ByteArray{}
	for i, p := range l.col.ptrs {
		at := unsafe.SliceData(p)
		if c, ok := copies[at]; !ok || len(c) != len(p) {
			copies[at] = slices.Clone(p)
		}
		l.col.ptrs[i] = copies[at]
	}
}

// index checks the levels from was on and notes rows and values.
func (l *leafReader) index(was int) error {
	if l.maxDef > 0 {
		vals := int32(0)
		if was > 0 {
			vals = l.valAt[was-1]
			if l.col.def[was-1] == l.maxDef {
				vals++
			}
		}
		for _, d := range l.col.def[was:] {
			if d < 0 || d > l.maxDef {
				return fmt.Errorf("a definition level of %d, above %d: the page is damaged", d, l.maxDef)
			}
			l.valAt = append(l.valAt, vals)
			if d == l.maxDef {
				vals++
			}
		}
		if int(vals) != l.values() {
			return fmt.Errorf("%d values where the levels tell of %d: the page is damaged", l.values(), vals)
		}
	}
	if l.maxRep == 0 {
		l.held = l.levels()
		return nil
	}
	for i, r := range l.col.rep[was:] {
		if r < 0 || r > l.maxRep || r > 0 && was+i == 0 {
			return fmt.Errorf("a repetition level of %d at value %d: the page is damaged", r, was+i)
		}
		if r == 0 {
			l.rowAt = append(l.rowAt, was+i)
		}
	}
	l.held = len(l.rowAt)
	if !l.end && l.held > 0 {
		l.held--
	}
	return nil
}

// values is the number of values held.
func (l *leafReader) values() int {
	v := &l.col
	return len(v.ptrs) + len(v.bools) + len(v.i32) + len(v.i64) + len(v.i96) + len(v.f32) + len(v.f64)
}

// decode adds up to l.step levels and their values, from one page.
func (l *leafReader) decode(was int) (levels int, err error) {
	defer recovered(&err, "the page is damaged")
	v := &l.col
	var def, rep []int16
	n := l.step
	if l.maxDef > 0 {
		v.def = slices.Grow(v.def, n)
		def = v.def[was : was+n]
	}
	if l.maxRep > 0 {
		v.rep = slices.Grow(v.rep, n)
		rep = v.rep[was : was+n]
	}
	var total int64
	read := 0
	switch c := l.chunk.(type) {
	case *file.BooleanColumnChunkReader:
		total, read, err = decodeInto(&v.bools, n, func(dst []bool) (int64, int, error) {
			return c.ReadBatchInPage(int64(n), dst, def, rep)
		})
	case *file.Int32ColumnChunkReader:
		total, read, err = decodeInto(&v.i32, n, func(dst []int32) (int64, int, error) {
			return c.ReadBatchInPage(int64(n), dst, def, rep)
		})
	case *file.Int64ColumnChunkReader:
		total, read, err = decodeInto(&v.i64, n, func(dst []int64) (int64, int, error) {
			return c.ReadBatchInPage(int64(n), dst, def, rep)
		})
	case *file.Int96ColumnChunkReader:
		total, read, err = decodeInto(&v.i96, n, func(dst []parquet.Int96) (int64, int, error) {
			return c.ReadBatchInPage(int64(n), dst, def, rep)
		})
	case *file.Float32ColumnChunkReader:
		total, read, err = decodeInto(&v.f32, n, func(dst []float32) (int64, int, error) {
			return c.ReadBatchInPage(int64(n), dst, def, rep)
		})
	case *file.Float64ColumnChunkReader:
		total, read, err = decodeInto(&v.f64, n, func(dst []float64) (int64, int, error) {
			return c.ReadBatchInPage(int64(n), dst, def, rep)
		})
	case *file.ByteArrayColumnChunkReader:
		total, read, err = decodeInto(&v.ptrs, n, func(dst []parquet.ByteArray) (int64, int, error) {
			return c.ReadBatchInPage(int64(n), dst, def, rep)
		})
	case *file.FixedLenByteArrayColumnChunkReader:
		l.fixed = l.fixed[:0]
		total, read, err = decodeInto(&l.fixed, n, func(dst []parquet.FixedLenByteArray) (int64, int, error) {
			return c.ReadBatchInPage(int64(n), dst, def, rep)
		})
		for _, f := range l.fixed {
			if len(f) != l.node.conv.length {
				return 0, fmt.Errorf("a value of %d bytes in a column of %d: the page is damaged", len(f), l.node.conv.length)
			}
			v.ptrs = append(v.ptrs, parquet.ByteArray(f))
		}
	default:
		return 0, errors.New("the column's type isn't supported")
	}
	if err != nil {
		return 0, err
	}
	if total < 0 || total > int64(n) || l.maxDef == 0 && int64(read) != total {
		return 0, fmt.Errorf("%d values for %d levels: the page is damaged", read, total)
	}
	if l.maxDef > 0 {
		v.def = v.def[:was+int(total)]
	}
	if l.maxRep > 0 {
		v.rep = v.rep[:was+int(total)]
	}
	if l.node.conv.form == decimalForm {
		if i := slices.IndexFunc(v.ptrs, func(p parquet.ByteArray) bool { return len(p) > maxDecimalBytes }); i >= 0 {
			return 0, fmt.Errorf("a decimal of %d bytes", len(v.ptrs[i]))
		}
	}
	return int(total), nil
}

// decodeInto lets read append up to n values to *dst.
func decodeInto[T any](dst *[]T, n int, read func([]T) (int64, int, error)) (int64, int, error) {
	have := len(*dst)
	*dst = slices.Grow(*dst, n)
	total, got, err := read((*dst)[have : have+n])
	if err == nil && got >= 0 && got <= n {
		*dst = (*dst)[:have+got]
	}
	return total, got, err
}

// bytesIn is the size of the values of a row, in bytes.
func (l *leafReader) bytesIn(row int) int64 {
	from, to := l.span(row)
	if len(l.col.ptrs) == 0 {
		return 8 * int64(to-from)
	}
	a := l.value(from)
	b := len(l.col.ptrs)
	if to < l.levels() {
		b = l.value(to)
	}
	size := 8 * int64(to-from)
	for _, p := range l.col.ptrs[a:b] {
		size += int64(len(p))
	}
	return size
}
