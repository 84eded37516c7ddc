package record

import "slices"

// JSONRows is the backing of JSON Lines: the lines of one batch in one
// buffer. A reader fills it with Reset, Add and AddBad; operators then use it
// as Rows. Seek reads the whole row once, checks its grammar and notes where
// the fields of the table lie; nothing is decoded before it is asked for.
//
// The grammar is RFC 8259 with these choices: a row is one object; its text
// is strict UTF-8; escapes of lone surrogates are allowed; numbers have any
// range and precision; of duplicate keys the last counts; containers nest at
// most MaxDepth deep.
type JSONRows struct {
	src   uint32
	buf   []byte
	lines []jsonLine
	bad   []badLine

	paths *pathTree
	cur   jsonLine
	scan  jsonScan
	cuts  []cut
}

// MaxDepth is how deep the lists and objects of a row may nest, the row's
// own object included.
const MaxDepth = 10_000

type jsonLine struct {
	start, end int // in the buffer, without the line end
	pos        uint64
	line       int
}

type badLine struct {
	row int
	err error
}

// NewJSONRows returns an empty backing that finds the fields of the table.
func NewJSONRows(fields *Fields) *JSONRows {
	j := &JSONRows{paths: newPathTree(fields)}
	j.scan.tree = j.paths
	j.scan.spans = make([]span, j.paths.spans)
	j.scan.objects = make([]object, len(j.paths.nodes))
	return j
}

// Reset empties the batch and begins one over buf, the lines of the input
// file src. The rows point into buf, which the caller owns and leaves alone
// until the next Reset.
func (j *JSONRows) Reset(src uint32, buf []byte) {
	j.src, j.buf = src, buf
	j.lines, j.bad = j.lines[:0], j.bad[:0]
	j.cur = jsonLine{}
}

// Add appends the row buf[start:end], whose line has the offset pos in the
// uncompressed file and a number relative to its segment. A byte below 0x20
// or the end of buf follows the row.
func (j *JSONRows) Add(start, end int, pos uint64, line int) {
	j.lines = append(j.lines, jsonLine{start, end, pos, line})
}

// AddBad appends a row as Add does that Seek refuses with err.
func (j *JSONRows) AddBad(start, end int, pos uint64, line int, err error) {
	j.bad = append(j.bad, badLine{len(j.lines), err})
	j.Add(start, end, pos, line)
}

// Len is the number of rows.
func (j *JSONRows) Len() int { return len(j.lines) }

// ID names a row by the offset of its line.
func (j *JSONRows) ID(row int) ID { return ID{Src: j.src, Pos: j.lines[row].pos} }

// Line is the number of the row's line relative to its segment.
func (j *JSONRows) Line(row int) int { return j.lines[row].line }

// Seek makes row current. Its error is a *SyntaxError or what AddBad noted.
func (j *JSONRows) Seek(row int) error {
	j.cur = j.lines[row]
	if len(j.bad) > 0 {
		k, found := slices.BinarySearchFunc(j.bad, row, func(b badLine, row int) int { return b.row - row })
		if found {
			j.scan.reset()
			return j.bad[k].err
		}
	}
	err := j.scan.row(j.buf[j.cur.start:], j.cur.end-j.cur.start)
	if err != nil {
		j.scan.reset()
	}
	return err
}

// Size is the length of the row in bytes.
func (j *JSONRows) Size(row int) int { return j.lines[row].end - j.lines[row].start }

// Trust makes row current without reading it; see Truster.
func (j *JSONRows) Trust(row int) {
	j.cur = j.lines[row]
	j.scan.reset()
}

// Raw returns the current row as read, without its line end.
func (j *JSONRows) Raw() []byte { return j.buf[j.cur.start:j.cur.end:j.cur.end] }

// Field returns the value of p in the current row. A string without escapes
// is a part of the buffer.
func (j *JSONRows) Field(p Path, s *Scratch) ([]byte, Kind) {
	f := j.find(p)
	switch {
	case f.kind == Missing:
		return nil, Missing
	case f.kind != String:
		return j.value(f.start, f.end), f.kind
	case !f.escaped:
		return j.value(f.start+1, f.end-1), String
	}
	text := j.value(f.start+1, f.end-1)
	return appendUnescaped(s.Grow(len(text)), text), String
}

// find returns where the value of p lies, of kind Missing when it is nowhere.
func (j *JSONRows) find(p Path) span {
	f := j.scan.spans[p]
	if f.kind == Missing {
		if k := j.paths.fields[p].nested; k >= 0 {
			f = j.scan.spans[k]
		}
	}
	return f
}

func (j *JSONRows) value(start, end int) []byte {
	row := j.Raw()
	return row[start:end:end]
}
