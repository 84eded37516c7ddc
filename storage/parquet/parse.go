package parquet

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow/float16"
	"github.com/apache/arrow-go/v18/parquet"

	"corpusmill/storage/jsonrow"
)

// parse appends to v the value that val, JSON text that isn't null, stands
// for. It is the inverse of append and takes nothing that the column can't
// hold exactly, except that numbers are rounded to the nearest float. On an
// error v is unchanged.
func (c *conv) parse(v *column, val []byte) error {
	switch c.form {
	case textForm:
		if val[0] != '"' {
			return c.unlike(val)
		}
		return v.parseText(val)
	case jsonForm:
		if val[0] == '"' {
			return v.parseText(val)
		}
		v.data = append(v.data, val...)
		v.endBytes()
		return nil
	case boolForm:
		t := string(val) == "true"
		if !t && string(val) != "false" {
			return c.unlike(val)
		}
		v.bools = append(v.bools, t)
		return nil
	case intForm:
		n, ok := parseInt(val)
		if !ok || n>>(c.bits-1) != 0 && n>>(c.bits-1) != -1 {
			return c.unlike(val)
		}
		v.appendInt(c, n)
		return nil
	case uintForm:
		n, err := strconv.ParseUint(string(val), 10, c.bits)
		if err != nil {
			return c.unlike(val)
		}
		v.appendInt(c, int64(n))
		return nil
	case floatForm, halfForm:
		return c.parseFloat(v, val)
	}
	if val[0] == '"' {
		return c.parseQuoted(v, val[1:len(val)-1], val)
	}
	return c.parseRaw(v, val)
}

// parseText appends a JSON string to a column of bytes.
func (v *column) parseText(val []byte) error {
	data, err := jsonrow.AppendUnquoted(v.data, val)
	if err != nil {
		return err
	}
	v.data = data
	v.endBytes()
	return nil
}

func (c *conv) unlike(val []byte) error {
	return fmt.Errorf("%.40s is not %s", val, [...]string{"a boolean", "an integer of the column's width",
		"an unsigned integer of the column's width", "a number of the column's range", "a number of the column's range",
		"a string", "JSON", "a base64 string of the column's length", "a UUID string", "a decimal of the column's precision",
		"a date", "a time of the column's unit", "a timestamp of the column's unit and zone", "a timestamp"}[c.form])
}

// parseInt reads an integer spelled as JSON has it; -0 is none, as integers
// have no such value.
func parseInt(val []byte) (int64, bool) {
	if len(val) == 0 || len(val) > 20 {
		return 0, false
	}
	digits := val
	neg := val[0] == '-'
	if neg {
		digits = val[1:]
	}
	if len(digits) == 0 || digits[0] == '0' && (neg || len(digits) > 1) {
		return 0, false
	}
	if len(digits) > 18 {
		n, err := strconv.ParseInt(string(val), 10, 64)
		return n, err == nil
	}
	var n int64
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int64(d-'0')
	}
	if neg {
		n = -n
	}
	return n, true
}

func (c *conv) parseFloat(v *column, val []byte) error {
	bits := 64
	if c.phys != parquet.Types.Double {
		bits = 32
	}
	var f float64
	switch string(val) {
	case `"NaN"`:
		f = math.NaN()
	case `"Infinity"`:
		f = math.Inf(1)
	case `"-Infinity"`:
		f = math.Inf(-1)
	default:
		var err error
		if f, err = strconv.ParseFloat(string(val), bits); err != nil || !isNumber(val) {
			return c.unlike(val)
		}
	}
	switch {
	case c.form == halfForm:
		h := float16.New(float32(f))
		if !math.IsNaN(f) && float64(h.Float32()) != f {
			return c.unlike(val)
		}
		v.data = binary.LittleEndian.AppendUint16(v.data, h.Uint16())
		v.endBytes()
	case bits == 32:
		v.f32 = append(v.f32, float32(f))
	default:
		v.f64 = append(v.f64, f)
	}
	return nil
}

// isNumber tells JSON numbers from what else strconv takes for a float.
func isNumber(val []byte) bool {
	last := val[len(val)-1]
	return (val[0] == '-' || val[0] >= '0' && val[0] <= '9') && last >= '0' && last <= '9' && !bytes.ContainsAny(val, "xX_pPi")
}

// parseQuoted reads the forms that are strings without escapes. Unless it is
// base64, what it made must render as val again: that refuses dates such as
// February 30.
func (c *conv) parseQuoted(v *column, s, val []byte) error {
	mark := *v
	ok := false
	switch c.form {
	case base64Form:
		var err error
		v.data, err = base64.StdEncoding.Strict().AppendDecode(v.data, s)
		n := len(v.data) - len(mark.data)
		v.endBytes()
		ok = err == nil && (c.phys == parquet.Types.ByteArray || n == c.length)
	case uuidForm:
		var err error
		v.data, err = hex.AppendDecode(v.data, bytes.ReplaceAll(s, []byte("-"), nil))
		v.endBytes()
		ok = err == nil && len(v.data)-len(mark.data) == 16
	case decimalForm:
		ok = c.parseDecimal(v, s)
	case dateForm:
		var days int64
		days, s, ok = parseDate(s)
		ok = ok && len(s) == 0 && days == int64(int32(days))
		v.i32 = append(v.i32, int32(days))
	case timeForm:
		var ticks int64
		ticks, ok = c.parseClock(s)
		v.appendInt(c, ticks)
	case timestampForm, int96Form:
		ok = c.parseTimestamp(v, s)
	}
	if ok && c.form != base64Form {
		var again [64]byte
		ok = bytes.Equal(c.append(again[:0], v, c.last(v)), val)
	}
	if !ok {
		*v = mark
		return c.unlike(val)
	}
	return nil
}

// last is the index of the newest value.
func (c *conv) last(v *column) int {
	switch c.phys {
	case parquet.Types.Int32:
		return len(v.i32) - 1
	case parquet.Types.Int64:
		return len(v.i64) - 1
	case parquet.Types.Int96:
		return len(v.i96) - 1
	case parquet.Types.Boolean:
		return len(v.bools) - 1
	case parquet.Types.Float:
		return len(v.f32) - 1
	case parquet.Types.Double:
		return len(v.f64) - 1
	}
	return len(v.off) - 2
}

// parseRaw reads the stored integer of a time that no clock shows.
func (c *conv) parseRaw(v *column, val []byte) error {
	switch c.form {
	case timeForm:
		n, ok := parseInt(val)
		if ok && (c.phys == parquet.Types.Int64 || n == int64(int32(n))) {
			v.appendInt(c, n)
			return nil
		}
	case int96Form:
		n, ok := new(big.Int).SetString(string(val[:min(len(val), 40)]), 10)
		if ok && len(val) <= 40 && n.Sign() >= 0 && n.BitLen() <= 96 {
			var b [12]byte
			n.FillBytes(b[:])
			var out parquet.Int96
			for i := range b {
				out[i] = b[11-i]
			}
			v.i96 = append(v.i96, out)
			return nil
		}
	}
	return c.unlike(val)
}

func (c *conv) parseDecimal(v *column, s []byte) bool {
	if len(s) > 4*maxDecimalBytes {
		return false
	}
	n, ok := new(big.Int).SetString(string(bytes.Replace(s, []byte("."), nil, 1)), 10)
	if !ok {
		return false
	}
	switch c.phys {
	case parquet.Types.Int32, parquet.Types.Int64:
		if !n.IsInt64() || c.phys == parquet.Types.Int32 && n.Int64() != int64(int32(n.Int64())) {
			return false
		}
		v.appendInt(c, n.Int64())
		return true
	}
	length := c.length
	if c.phys == parquet.Types.ByteArray {
		length = n.BitLen()/8 + 1
	}
	m := n
	if n.Sign() < 0 {
		m = new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*length)))
	}
	limit := n
	if n.Sign() < 0 {
		limit = new(big.Int).Not(n)
	}
	if limit.BitLen() > 8*length-1 {
		return false
	}
	start := len(v.data)
	v.data = append(v.data, make([]byte, length)...)
	m.FillBytes(v.data[start:])
	v.endBytes()
	return true
}

// parseDate reads a date at the front of s as days since 1970-01-01 and
// returns the rest of s. Days beyond a month's end are taken; see
// parseQuoted.
func parseDate(s []byte) (days int64, rest []byte, ok bool) {
	neg := len(s) > 0 && s[0] == '-'
	if neg || len(s) > 0 && s[0] == '+' {
		s = s[1:]
	}
	i := bytes.IndexByte(s, '-')
	if i < 4 || i > 9 || len(s) < i+6 || s[i+3] != '-' {
		return 0, nil, false
	}
	year, ok1 := digits(s[:i])
	month, ok2 := digits(s[i+1 : i+3])
	day, ok3 := digits(s[i+4 : i+6])
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 {
		return 0, nil, false
	}
	if neg {
		year = -year
	}
	if month <= 2 {
		year--
		month += 12
	}
	era := floorDiv(year, 400)
	yoe := year - era*400
	doy := (153*(month-3)+2)/5 + day - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468, s[i+6:], true
}

func digits(s []byte) (n int64, ok bool) {
	for _, d := range s {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int64(d-'0')
	}
	return n, len(s) > 0
}

// parseClock reads 15:04:05 and the fraction, as ticks of the day.
func (c *conv) parseClock(s []byte) (ticks int64, ok bool) {
	if len(s) != 9+c.digits || s[2] != ':' || s[5] != ':' || s[8] != '.' {
		return 0, false
	}
	h, ok1 := digits(s[:2])
	m, ok2 := digits(s[3:5])
	sec, ok3 := digits(s[6:8])
	frac, ok4 := digits(s[9:])
	return (h*3600+m*60+sec)*c.unit + frac, ok1 && ok2 && ok3 && ok4 && h < 24
}

func (c *conv) parseTimestamp(v *column, s []byte) bool {
	days, s, ok := parseDate(s)
	if !ok || len(s) == 0 || s[0] != 'T' {
		return false
	}
	s = s[1:]
	if c.utc {
		if len(s) == 0 || s[len(s)-1] != 'Z' {
			return false
		}
		s = s[:len(s)-1]
	}
	ticks, ok := c.parseClock(s)
	if !ok {
		return false
	}
	if c.form == int96Form {
		day := days + julianEpoch
		var out parquet.Int96
		binary.LittleEndian.PutUint64(out[:8], uint64(ticks))
		binary.LittleEndian.PutUint32(out[8:], uint32(day))
		v.i96 = append(v.i96, out)
		return true
	}
	// Wraps around outside the range; the value then renders otherwise.
	v.i64 = append(v.i64, days*86400*c.unit+ticks)
	return true
}
