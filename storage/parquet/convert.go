package parquet

import (
	"fmt"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// form is how values of a leaf look in JSON.
type form uint8

const (
	boolForm form = iota
	intForm
	uintForm
	floatForm
	halfForm // float16
	textForm
	jsonForm // any JSON value, as the text of a string column
	base64Form
	uuidForm
	decimalForm
	dateForm
	timeForm
	timestampForm
	int96Form
)

// conv turns the values of a leaf into JSON and back.
type conv struct {
	form   form
	phys   parquet.Type
	length int   // of fixed-length values, in bytes
	bits   int   // of integers
	digits int   // of the fraction of a second
	unit   int64 // ticks in a second
	utc    bool
	scale  int // of decimals
}

// maxDecimalBytes bounds the time to spell a decimal out; 78 digits take 33.
const maxDecimalBytes = 1024

func convOf(n *schema.PrimitiveNode) (conv, error) {
	c := conv{phys: n.PhysicalType(), length: n.TypeLength()}
	switch c.phys {
	case parquet.Types.Boolean:
		c.form = boolForm
	case parquet.Types.Int32:
		c.form, c.bits = intForm, 32
	case parquet.Types.Int64:
		c.form, c.bits = intForm, 64
	case parquet.Types.Int96:
		c.form, c.unit, c.digits = int96Form, 1e9, 9
	case parquet.Types.Float, parquet.Types.Double:
		c.form = floatForm
	case parquet.Types.ByteArray, parquet.Types.FixedLenByteArray:
		c.form = base64Form
	default:
		return c, fmt.Errorf("unknown physical type %s", c.phys)
	}
	integer := c.phys == parquet.Types.Int32 || c.phys == parquet.Types.Int64
	bytes := c.phys == parquet.Types.ByteArray
	fixed := c.phys == parquet.Types.FixedLenByteArray
	switch t := n.LogicalType().(type) {
	case schema.StringLogicalType, schema.EnumLogicalType, schema.JSONLogicalType:
		if bytes {
			c.form = textForm
		}
	case schema.UUIDLogicalType:
		if fixed && c.length == 16 {
			c.form = uuidForm
		}
	case schema.Float16LogicalType:
		if fixed && c.length == 2 {
			c.form = halfForm
		}
	case schema.IntLogicalType:
		if integer && int(t.BitWidth()) <= c.bits {
			c.bits = int(t.BitWidth())
		}
		if integer && !t.IsSigned() {
			c.form = uintForm
		}
	case schema.DateLogicalType:
		if c.phys == parquet.Types.Int32 {
			c.form = dateForm
		}
	case schema.TimeLogicalType:
		if integer {
			c.form, c.utc = timeForm, t.IsAdjustedToUTC()
			c.setUnit(t.TimeUnit())
		}
	case schema.TimestampLogicalType:
		if c.phys == parquet.Types.Int64 {
			c.form, c.utc = timestampForm, t.IsAdjustedToUTC()
			c.setUnit(t.TimeUnit())
		}
	case schema.DecimalLogicalType:
		c.scale = int(t.Scale())
		if c.scale < 0 || c.scale > 4*maxDecimalBytes || fixed && c.length > maxDecimalBytes {
			return c, fmt.Errorf("a decimal of scale %d in %d bytes isn't supported", c.scale, c.length)
		}
		if integer || bytes || fixed {
			c.form = decimalForm
		}
	}
	return c, nil
}

func (c *conv) setUnit(u schema.TimeUnitType) {
	switch u {
	case schema.TimeUnitMillis:
		c.unit, c.digits = 1e3, 3
	case schema.TimeUnitMicros:
		c.unit, c.digits = 1e6, 6
	default:
		c.unit, c.digits = 1e9, 9
	}
}

// column holds values of one leaf in the order of their levels. Only the
// slice of the leaf's physical type is in use. Byte values that were read are
// ptrs into pages; those to write lie in data, value i from off[i] to
// off[i+1].
type column struct {
	def, rep []int16
	bools    []bool
	i32      []int32
	i64      []int64
	i96      []parquet.Int96
	f32      []float32
	f64      []float64
	ptrs     []parquet.ByteArray
	data     []byte
	off      []int
}

func (v *column) bytes(i int) []byte {
	if len(v.ptrs) > 0 {
		return v.ptrs[i]
	}
	return v.data[v.off[i]:v.off[i+1]]
}

func (v *column) int(c *conv, i int) int64 {
	if c.phys == parquet.Types.Int32 {
		return int64(v.i32[i])
	}
	return v.i64[i]
}

// appendInt adds an integer to a column of either width.
func (v *column) appendInt(c *conv, n int64) {
	if c.phys == parquet.Types.Int32 {
		v.i32 = append(v.i32, int32(n))
	} else {
		v.i64 = append(v.i64, n)
	}
}

// endBytes closes the value whose bytes were appended to data.
func (v *column) endBytes() { v.off = append(v.off, len(v.data)) }

// reset empties the column and keeps its memory.
func (v *column) reset() {
	v.def, v.rep = v.def[:0], v.rep[:0]
	v.bools, v.i32, v.i64, v.i96, v.f32, v.f64 = v.bools[:0], v.i32[:0], v.i64[:0], v.i96[:0], v.f32[:0], v.f64[:0]
	v.data, v.off = v.data[:0], append(v.off[:0], 0)
}
