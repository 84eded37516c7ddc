package fasttext

// matrix is one of a model's two matrices. Products are converted before they
// are added, so that no machine fuses the two and all have the same scores.
type matrix interface {
	shape() (rows, columns int)
	// addRows adds the rows of that number to sum.
	addRows(sum []float32, rows []int32)
	// dot is the product of a row and x.
	dot(row int, x []float32) float32
}

type dense struct {
	rows, columns int
	data          []float32
}

func readDense(c *cursor, what string) *dense {
	rows, columns := c.int64("the rows of the "+what), c.int64("the columns of the "+what)
	d := &dense{}
	d.rows = c.count(rows, 4, "the rows of the "+what)
	d.columns = c.count(columns, 4, "the columns of the "+what)
	if c.err == nil && (rows < 1 || columns < 1) {
		c.fail("the %s is %d × %d: the file is damaged", what, rows, columns)
	}
	if c.err == nil {
		c.count(rows, 4*d.columns, "the rows of the "+what)
	}
	if c.err == nil {
		d.data = c.floats(d.rows*d.columns, "the "+what)
	}
	return d
}

func (d *dense) shape() (rows, columns int) { return d.rows, d.columns }

func (d *dense) addRows(sum []float32, rows []int32) { addRows(sum, d.data, rows) }

func (d *dense) dot(row int, x []float32) float32 {
	y := d.data[row*d.columns:][:len(x)]
	var a, b, c, e float32
	for len(x) >= 4 && len(y) >= 4 {
		a += float32(x[0] * y[0])
		b += float32(x[1] * y[1])
		c += float32(x[2] * y[2])
		e += float32(x[3] * y[3])
		x, y = x[4:], y[4:]
	}
	for i, v := range x {
		a += float32(v * y[i])
	}
	return (a + b) + (c + e)
}

// addRowsPortable adds rows of a matrix of len(sum) columns to sum.
func addRowsPortable(sum, data []float32, rows []int32) {
	for _, r := range rows {
		row := data[int(r)*len(sum):][:len(sum)]
		for i, v := range row {
			sum[i] += v
		}
	}
}
