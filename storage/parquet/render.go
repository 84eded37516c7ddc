package parquet

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow/float16"
	"github.com/apache/arrow-go/v18/parquet"
)

// append appends value i as JSON. What it renders as a string has no escapes,
// unless the leaf is text.
func (c *conv) append(dst []byte, v *column, i int) []byte {
	switch c.form {
	case boolForm:
		return strconv.AppendBool(dst, v.bools[i])
	case intForm:
		return strconv.AppendInt(dst, v.int(c, i), 10)
	case uintForm:
		if c.phys == parquet.Types.Int32 {
			return strconv.AppendUint(dst, uint64(uint32(v.i32[i])), 10)
		}
		return strconv.AppendUint(dst, uint64(v.i64[i]), 10)
	case floatForm:
		if c.phys == parquet.Types.Float {
			return appendFloat(dst, float64(v.f32[i]), 32)
		}
		return appendFloat(dst, v.f64[i], 64)
	case halfForm:
		h := float16.FromBits(binary.LittleEndian.Uint16(v.bytes(i)))
		return appendFloat(dst, float64(h.Float32()), 32)
	case textForm, jsonForm:
		return appendString(dst, v.bytes(i))
	case base64Form:
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, v.bytes(i))
		return append(dst, '"')
	case uuidForm:
		return appendUUID(dst, v.bytes(i))
	case decimalForm:
		return c.appendDecimal(dst, v, i)
	case dateForm:
		dst = append(dst, '"')
		dst = appendDate(dst, int64(v.i32[i]))
		return append(dst, '"')
	case timeForm:
		return c.appendTime(dst, v.int(c, i))
	case timestampForm:
		return c.appendTimestamp(dst, floorDiv(v.i64[i], 86400*c.unit), floorMod(v.i64[i], 86400*c.unit))
	default: // int96Form
		return c.appendInt96(dst, v.i96[i])
	}
}

func appendFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	a := math.Abs(f)
	if a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(dst, f, 'e', -1, bits)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, bits)
	if !slices.Contains(dst[start:], '.') {
		dst = append(dst, ".0"...)
	}
	return dst
}

func appendUUID(dst, b []byte) []byte {
	dst = append(dst, '"')
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:16]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return append(dst, '"')
}

func (c *conv) appendDecimal(dst []byte, v *column, i int) []byte {
	dst = append(dst, '"')
	start := len(dst)
	switch {
	case c.phys == parquet.Types.Int32 || c.phys == parquet.Types.Int64:
		dst = strconv.AppendInt(dst, v.int(c, i), 10)
	case len(v.bytes(i)) <= 8:
		dst = strconv.AppendInt(dst, intFromBytes(v.bytes(i)), 10)
	default:
		dst = bigFromBytes(v.bytes(i)).Append(dst, 10)
	}
	if dst[start] == '-' {
		start++
	}
	for len(dst)-start < c.scale+1 {
		dst = slices.Insert(dst, start, '0')
	}
	if c.scale > 0 {
		dst = slices.Insert(dst, len(dst)-c.scale, '.')
	}
	return append(dst, '"')
}

// intFromBytes reads up to 8 bytes as bigFromBytes does.
func intFromBytes(b []byte) int64 {
	var n int64
	for i, x := range b {
		if i == 0 {
			n = int64(int8(x))
		} else {
			n = n<<8 | int64(x)
		}
	}
	return n
}

// bigFromBytes reads a big-endian two's complement integer.
func bigFromBytes(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

// appendDate appends the date that is days after 1970-01-01 in the proleptic
// Gregorian calendar (algorithm: H. Hinnant, chrono-Compatible Low-Level Date
// Algorithms).
func appendDate(dst []byte, days int64) []byte {
	z := days + 719468
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day := doy - (153*mp+2)/5 + 1
	month := mp + 3
	year := yoe + era*400
	if month > 12 {
		month -= 12
		year++
	}
	switch {
	case year < 0:
		dst = append(dst, '-')
		year = -year
	case year > 9999:
		dst = append(dst, '+')
	}
	dst = appendPadded(dst, year, 4)
	dst = append(dst, '-')
	dst = appendPadded(dst, month, 2)
	dst = append(dst, '-')
	return appendPadded(dst, day, 2)
}

func appendPadded(dst []byte, n int64, width int) []byte {
	start := len(dst)
	dst = strconv.AppendInt(dst, n, 10)
	for len(dst)-start < width {
		dst = slices.Insert(dst, start, '0')
	}
	return dst
}

// appendClock appends the time of day at ticks, without quotes.
func (c *conv) appendClock(dst []byte, ticks int64) []byte {
	s := ticks / c.unit
	dst = appendPadded(dst, s/3600, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, s/60%60, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, s%60, 2)
	dst = append(dst, '.')
	return appendPadded(dst, ticks%c.unit, c.digits)
}

func (c *conv) appendTime(dst []byte, ticks int64) []byte {
	if ticks < 0 || ticks >= 86400*c.unit {
		return strconv.AppendInt(dst, ticks, 10)
	}
	dst = append(dst, '"')
	dst = c.appendClock(dst, ticks)
	return append(dst, '"')
}

func (c *conv) appendTimestamp(dst []byte, days, ticks int64) []byte {
	dst = append(dst, '"')
	dst = appendDate(dst, days)
	dst = append(dst, 'T')
	dst = c.appendClock(dst, ticks)
	if c.utc {
		dst = append(dst, 'Z')
	}
	return append(dst, '"')
}

// julianEpoch is the Julian day of 1970-01-01.
const julianEpoch = 2440588

// appendInt96 renders a timestamp stored as nanoseconds of a Julian day.
func (c *conv) appendInt96(dst []byte, v parquet.Int96) []byte {
	nanos := binary.LittleEndian.Uint64(v[:8])
	day := binary.LittleEndian.Uint32(v[8:])
	if nanos >= 86400*1e9 {
		n := new(big.Int).Lsh(big.NewInt(int64(day)), 64)
		return n.Or(n, new(big.Int).SetUint64(nanos)).Append(dst, 10)
	}
	return c.appendTimestamp(dst, int64(day)-julianEpoch, int64(nanos))
}
