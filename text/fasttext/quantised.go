package fasttext

// centroids is the number of centroids of each part of a vector.
const centroids = 256

// quantiser maps a code of one byte for each part of a vector to that part's
// nearest centroid. A part has width columns, the last one lastWidth.
type quantiser struct {
	columns, parts   int
	width, lastWidth int
	data             []float32
}

func readQuantiser(c *cursor, what string) (q quantiser) {
	q.columns, q.parts = c.int32("the columns of the "+what), c.int32("the parts of the "+what)
	q.width, q.lastWidth = c.int32("the width of the "+what), c.int32("the last width of the "+what)
	if c.err != nil {
		return q
	}
	if q.columns < 1 || q.parts < 1 || q.width < 1 || q.lastWidth < 1 || q.lastWidth > q.width ||
		int64(q.parts-1)*int64(q.width)+int64(q.lastWidth) != int64(q.columns) {
		c.fail("the %s has %d columns in %d parts of %d and a last one of %d: the file is damaged", what, q.columns, q.parts, q.width, q.lastWidth)
		return q
	}
	c.count(int64(q.columns), 4*centroids, "the columns of the "+what)
	q.data = c.floats(q.columns*centroids, "the "+what)
	return q
}

// part returns the centroid of a code and the first of its columns.
func (q *quantiser) part(i int, code byte) (at int, centroid []float32) {
	at = i * q.width
	if i == q.parts-1 {
		return at, q.data[at*centroids+int(code)*q.lastWidth:][:q.lastWidth]
	}
	return at, q.data[at*centroids+int(code)*q.width:][:q.width]
}

// quantised is a matrix whose rows are codes of a quantiser, by norms that may
// be coded too.
type quantised struct {
	rows      int
	codes     []byte
	quantiser quantiser
	normCodes []byte // nil when the rows have their own lengths
	norms     quantiser
}

func readQuantised(c *cursor, what string) *quantised {
	m := &quantised{}
	hasNorms := c.bool("the flag for the norms of the " + what)
	rows, columns := c.int64("the rows of the "+what), c.int64("the columns of the "+what)
	m.rows = c.count(rows, 1, "the rows of the "+what)
	size := c.int32("the codes of the " + what)
	m.codes = c.take(c.count(int64(size), 1, "the codes of the "+what), "the codes of the "+what)
	m.quantiser = readQuantiser(c, "quantiser of the "+what)
	if c.err != nil {
		return m
	}
	if m.rows < 1 || int64(m.quantiser.columns) != columns || int64(size) != rows*int64(m.quantiser.parts) {
		c.fail("the %s is %d × %d but has %d codes for %d columns in %d parts: the file is damaged", what, rows, columns, size, m.quantiser.columns, m.quantiser.parts)
		return m
	}
	if !hasNorms {
		return m
	}
	m.normCodes = c.take(m.rows, "the norms of the "+what)
	m.norms = readQuantiser(c, "quantiser of the norms of the "+what)
	if c.err == nil && m.norms.columns != 1 {
		c.fail("the norms of the %s have %d columns, not 1: the file is damaged", what, m.norms.columns)
	}
	return m
}

func (m *quantised) shape() (rows, columns int) { return m.rows, m.quantiser.columns }

func (m *quantised) norm(row int) float32 {
	if m.normCodes == nil {
		return 1
	}
	return m.norms.data[m.normCodes[row]]
}

func (m *quantised) addRows(sum []float32, rows []int32) {
	q := &m.quantiser
	for _, row := range rows {
		norm := m.norm(int(row))
		codes := m.codes[int(row)*q.parts:][:q.parts]
		if q.width == 2 && q.lastWidth == 2 { // the usual one
			table := q.data
			for i, code := range codes {
				c := table[2*int(code):][:2]
				s := sum[2*i:][:2]
				s[0] += float32(norm * c[0])
				s[1] += float32(norm * c[1])
				table = table[2*centroids:]
			}
			continue
		}
		for i, code := range codes {
			at, centroid := q.part(i, code)
			for k, v := range centroid {
				sum[at+k] += float32(norm * v)
			}
		}
	}
}

func (m *quantised) dot(row int, x []float32) (sum float32) {
	q := &m.quantiser
	for i, code := range m.codes[row*q.parts:][:q.parts] {
		at, centroid := q.part(i, code)
		for k, v := range centroid {
			sum += float32(x[at+k] * v)
		}
	}
	return sum * m.norm(row)
}
