package parquet

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/parquet"
)

// randomValue appends random bits, weighted to the ends of the range, as a
// value of the column.
func randomValue(rnd *rand.Rand, c *conv, v *column) {
	n := rnd.Uint64() >> rnd.IntN(64)
	if rnd.IntN(2) == 0 {
		n = -n
	}
	switch c.phys {
	case parquet.Types.Boolean:
		v.bools = append(v.bools, n&1 == 1)
	case parquet.Types.Int32, parquet.Types.Int64:
		i := int64(n)
		if c.form == timeForm && rnd.IntN(2) == 0 {
			i = floorMod(i, 86400*c.unit)
		}
		if c.bits < 64 {
			i = i << (64 - c.bits) >> (64 - c.bits)
		}
		if c.form == uintForm && c.bits < 32 {
			i &= 1<<c.bits - 1
		}
		v.appendInt(c, i)
	case parquet.Types.Int96:
		var b parquet.Int96
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		if rnd.IntN(2) == 0 {
			b[6], b[7] = 0, 0
		}
		v.i96 = append(v.i96, b)
	case parquet.Types.Float:
		f := math.Float32frombits(uint32(n))
		if f != f {
			f = float32(math.NaN())
		}
		v.f32 = append(v.f32, f)
	case parquet.Types.Double:
		f := math.Float64frombits(n)
		if f != f {
			f = math.NaN()
		}
		v.f64 = append(v.f64, f)
	default:
		size := c.length
		if c.phys == parquet.Types.ByteArray {
			size = rnd.IntN(12)
		}
		if c.form == textForm {
			for range size {
				v.data = append(v.data, string(rune(rnd.IntN(0x10ffff)>>rnd.IntN(20)))...)
			}
			v.data = bytes.ToValidUTF8(v.data, nil)
		} else {
			at := len(v.data)
			for range size {
				v.data = append(v.data, byte(rnd.Uint32()))
			}
			if c.form == halfForm && v.data[at+1]&0x7c == 0x7c { // NaN keeps no bits
				v.data[at], v.data[at+1] = 0, v.data[at+1]&0xfc
			}
			if c.form == decimalForm && c.phys == parquet.Types.ByteArray && size == 0 {
				v.data = append(v.data, 0)
			}
		}
		v.endBytes()
	}
}

// TestValues renders random values of every type, those that no clock or
// calendar of four digits shows too, and wants the same bits back.
func TestValues(t *testing.T) {
	for _, file := range []string{"testdata/types.parquet", "testdata/int96.parquet"} {
		for _, leaf := range hintOf(t, file).tree.leaves {
			c := leaf.conv
			rnd := rand.New(rand.NewPCG(3, 4))
			var in, out column
			in.reset()
			out.reset()
			for range 3000 {
				randomValue(rnd, &c, &in)
				text := c.append(nil, &in, c.last(&in))
				if err := c.parse(&out, text); err != nil {
					t.Fatalf("%s: %s: %v", leaf.name, text, err)
				}
				if again := c.append(nil, &out, c.last(&out)); string(again) != string(text) {
					t.Fatalf("%s: %s became %s", leaf.name, text, again)
				}
			}
			if fmt.Sprint(in.bools, in.i32, in.i64, in.i96, in.f32, in.f64, in.data) !=
				fmt.Sprint(out.bools, out.i32, out.i64, out.i96, out.f32, out.f64, out.data) {
				t.Errorf("%s: values changed", leaf.name)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	s := hintOf(t, "testdata/types.parquet")
	for name, values := range map[string][]string{
		"text":   {`1`, `true`, `[]`, `"\ud800"`, "\"\xff\""},
		"flag":   {`"true"`, `1`, `nope`},
		"i8":     {`128`, `-129`, `1.0`, `1e2`, `"1"`, `-0`, `01`},
		"i32":    {`2147483648`, `-2147483649`},
		"i64":    {`9223372036854775808`, `-9223372036854775809`, `--1`},
		"u32":    {`-1`, `4294967296`},
		"u64":    {`18446744073709551616`},
		"f16":    {`65520.0`, `0.1`, `"nan"`},
		"f32":    {`1e39`, `"0.5"`},
		"f64":    {`1e309`, `"inf"`, `0x1p2`, `Infinity`, `1_0`},
		"dec32":  {`"1"`, `1.25`, `"1.255"`, `"99999999999.00"`, `"+1.00"`, `" 1.00"`},
		"dec128": {`"` + strings.Repeat("9", 45) + `.0000"`},
		"date":   {`"2023-02-29"`, `"2023-13-01"`, `"2023-1-01"`, `"99999999-01-01"`, `"+2023-01-01"`, `19000`},
		"ms":     {`"2023-02-28T24:00:00.000"`, `"2023-02-28T23:60:00.000"`, `"2023-02-28T23:00:00.000Z"`, `"2023-02-28T23:00:00"`, `"2023-02-28 23:00:00.000"`},
		"ns":     {`"2300-01-01T00:00:00.000000000Z"`, `"2023-02-28T23:00:00.000000000"`},
		"time32": {`"24:00:00.000"`, `"1:00:00.000"`, `1.5`},
		"bin":    {`"A"`, `"AB=="`, `"A A="`},
		"fix":    {`"AAAA"`},
		"uuid":   {`"00000000-0000-0000-0000-00000000000"`, `"0000000000000000-0000-0000-00000001"`, `"0F000000-0000-0000-0000-000000000001"`},
	} {
		i, ok := s.tree.root.byName[name]
		if !ok {
			t.Fatalf("no column %s", name)
		}
		c := s.tree.root.children[i].conv
		for _, val := range values {
			var v column
			v.reset()
			if err := c.parse(&v, []byte(val)); err == nil {
				t.Errorf("%s took %s as %s", name, val, c.append(nil, &v, 0))
			}
		}
	}
}

// nested is a value shape for random rows with one type in each place.
type nested struct {
	kind    byte // 'i', 'f', 's', 'b', 'l' or 'o'
	members []*nested
}

func randomShape(rnd *rand.Rand, depth int) *nested {
	n := &nested{kind: "ifsblo"[rnd.IntN(6)]}
	if depth > 4 && n.kind > 'i' && (n.kind == 'l' || n.kind == 'o') {
		n.kind = 's'
	}
	kids := map[byte]int{'l': 1, 'o': 1 + rnd.IntN(3)}[n.kind]
	for range kids {
		n.members = append(n.members, randomShape(rnd, depth+1))
	}
	return n
}

func (n *nested) append(dst []byte, rnd *rand.Rand) []byte {
	if rnd.IntN(5) == 0 {
		return append(dst, "null"...)
	}
	switch n.kind {
	case 'i':
		return fmt.Append(dst, rnd.Int64()-rnd.Int64())
	case 'f':
		return appendFloat(dst, rnd.NormFloat64()*math.Pow(10, float64(rnd.IntN(40)-20)), 64)
	case 's':
		return appendString(dst, []byte(strings.Repeat("s\"é", rnd.IntN(4))))
	case 'b':
		return fmt.Append(dst, rnd.IntN(2) == 0)
	case 'l':
		dst = append(dst, '[')
		for i := range rnd.IntN(4) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = n.members[0].append(dst, rnd)
		}
		return append(dst, ']')
	}
	dst = append(dst, '{')
	for i, m := range n.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = fmt.Appendf(dst, `"m%d":`, i)
		dst = m.append(dst, rnd)
	}
	return append(dst, '}')
}

// full is a row in which nothing is null, so that each place has its type.
func (n *nested) full() string {
	switch n.kind {
	case 'i':
		return "9007199254740993"
	case 'f':
		return "0.5"
	case 's':
		return `"s"`
	case 'b':
		return "true"
	case 'l':
		return "[" + n.members[0].full() + "]"
	}
	var parts []string
	for i, m := range n.members {
		parts = append(parts, fmt.Sprintf(`"m%d":%s`, i, m.full()))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// TestNested writes random nested rows and wants their bytes back, whatever
// the size of the row groups.
func TestNested(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for trial := range 150 {
		shape := &nested{kind: 'o'}
		for range 1 + rnd.IntN(4) {
			shape.members = append(shape.members, randomShape(rnd, 0))
		}
		rows := []string{shape.full()}
		for range rnd.IntN(200) {
			row := []byte{'{'}
			for i, m := range shape.members {
				if i > 0 {
					row = append(row, ',')
				}
				row = fmt.Appendf(row, `"m%d":`, i)
				row = m.append(row, rnd)
			}
			rows = append(rows, string(append(row, '}')))
		}
		path := writeJSON(t, nil, WriterOptions{GroupRows: 1 + rnd.IntN(300)}, rows...)
		if got := readJSON(t, path); !slices.Equal(got, rows) {
			for i := range rows {
				if i >= len(got) || got[i] != rows[i] {
					t.Fatalf("trial %d, row %d:\n got %s\nwant %s", trial, i, got[min(i, len(got)-1)], rows[i])
				}
			}
		}
	}
}

// TestSameBytes writes the same rows twice and cuts row groups at the rows
// and bytes that were asked for.
func TestSameBytes(t *testing.T) {
	var rows []string
	for i := range 3000 {
		rows = append(rows, fmt.Sprintf(`{"text":%q,"id":%d,"tags":["a","b%d"]}`, strings.Repeat("lorem ipsum ", i%50), i, i%7))
	}
	a, err := os.ReadFile(writeJSON(t, nil, WriterOptions{GroupRows: 700}, rows...))
	if err != nil {
		t.Fatal(err)
	}
	path := writeJSON(t, nil, WriterOptions{GroupRows: 700}, rows...)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Error("two runs wrote different bytes")
	}
	if !bytes.Contains(a, []byte("corpusmill")) || bytes.Contains(a, []byte("parquet-go")) {
		t.Error("the file names another writer")
	}
	fd, ft, err := openFooter(t.Context(), fileAt(path))
	if err != nil {
		t.Fatal(err)
	}
	fd.Close()
	var groups []int64
	for _, g := range ft.groups {
		groups = append(groups, g.rows)
	}
	if !slices.Equal(groups, []int64{700, 700, 700, 700, 200}) {
		t.Errorf("row groups of %d rows", groups)
	}
	path = writeJSON(t, nil, WriterOptions{GroupBytes: 200_000}, rows...)
	if fd, ft, err = openFooter(t.Context(), fileAt(path)); err != nil {
		t.Fatal(err)
	}
	fd.Close()
	if len(ft.groups) < 5 || !slices.Equal(readJSON(t, path), rows) {
		t.Errorf("%d row groups of 200 kB", len(ft.groups))
	}
}

// TestLongTexts reads and writes texts larger than a page.
func TestLongTexts(t *testing.T) {
	var rows []string
	for i := range 40 {
		rows = append(rows, fmt.Sprintf(`{"text":"%s","list":["%s","%d"]}`,
			strings.Repeat(string(rune('a'+i%26)), 300_000*(i%4)), strings.Repeat("x", 1_500_000*(i%2)), i))
	}
	path := writeJSON(t, nil, WriterOptions{}, rows...)
	if got := readJSON(t, path); !slices.Equal(got, rows) {
		t.Error("the rows changed")
	}
}
