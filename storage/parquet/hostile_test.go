package parquet

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"corpusmill/record"
	"corpusmill/storage"

	"github.com/apache/arrow-go/v18/parquet/compress"
)

const (
	mutantTime   = 2 * time.Second
	mutantMemory = 256 << 20
)

// readHostile reads a file that may be damaged as a run does: every row is
// sought and rendered, whatever Seek says. It fails the test for a panic, for
// more than two seconds of time, and for allocating more than 256 MiB in all.
func readHostile(t *testing.T, path, what string) (rows int, err error) {
	t.Helper()
	fields := &record.Fields{}
	for _, name := range []string{"text", "struct.b.c", "tags", "absent"} {
		fields.Path(name)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	func() {
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("%s: panic: %v", what, p)
			}
		}()
		var s record.Scratch
		var buf []byte
		err = readRows(path, storage.ReadOptions{Fields: fields, MaxRow: 16 << 20}, func(b *storage.Batch, i int, bad error) {
			rows++
			if bad != nil {
				b.Rows.Raw()
				return
			}
			s.Reset()
			for p := range fields.Len() {
				b.Rows.Field(record.Path(p), &s)
			}
			buf = b.Rows.AppendJSON(buf[:0], nil)
		})
	}()
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if took > mutantTime {
		t.Errorf("%s: took %v", what, took)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > mutantMemory {
		t.Errorf("%s: allocated %d MiB", what, n>>20)
	}
	if err != nil && !strings.Contains(err.Error(), path) {
		t.Errorf("%s: the error doesn't name the file: %v", what, err)
	}
	return rows, err
}

func TestMutants(t *testing.T) {
	files, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(files) < 8 {
		t.Fatalf("test files are missing: %v %v", files, err)
	}
	each := 300 // of each file; CORPUSMILL_MUTANTS asks for more
	if testing.Short() {
		each = 30
	}
	if n, err := strconv.Atoi(os.Getenv("CORPUSMILL_MUTANTS")); err == nil {
		each = n
	}
	path := filepath.Join(t.TempDir(), "mutant.parquet")
	tried, refused := 0, 0
	for k, name := range files {
		whole, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rnd := rand.New(rand.NewPCG(uint64(k), 1))
		for i := range each {
			b := append([]byte(nil), whole...)
			what := fmt.Sprintf("%s, mutant %d:", filepath.Base(name), i)
			// Half of the damage goes to the metadata at the end.
			at := func() int {
				if rnd.IntN(2) == 0 {
					return len(b) - 1 - rnd.IntN(min(len(b), 1500))
				}
				return rnd.IntN(len(b))
			}
			switch rnd.IntN(5) {
			case 0:
				b = b[:rnd.IntN(len(b))]
				what += " cut"
			case 1:
				a := at()
				n := copy(b[a:], make([]byte, 1+rnd.IntN(16)))
				what += fmt.Sprintf(" %d zeros at %d", n, a)
			case 2:
				a := at()
				for j := a; j < min(len(b), a+1+rnd.IntN(9)); j++ {
					b[j] = 0xff
				}
				what += fmt.Sprintf(" ones at %d", a)
			default:
				for range 1 + rnd.IntN(3) {
					a, bit := at(), rnd.IntN(8)
					b[a] ^= 1 << bit
					what += fmt.Sprintf(" bit %d of %d", bit, a)
				}
			}
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			tried++
			if _, err := readHostile(t, path, what); err != nil {
				refused++
			}
		}
	}
	t.Logf("%d mutants, %d refused", tried, refused)
	if refused < tried/2 {
		t.Errorf("only %d of %d mutants were refused", refused, tried)
	}
}

// TestFalseCounts has files of some bytes whose metadata claims more than
// they could hold.
func TestFalseCounts(t *testing.T) {
	file := func(footer string) string {
		n := len(footer)
		return "PAR1" + footer + string([]byte{byte(n), byte(n >> 8), 0, 0}) + "PAR1"
	}
	const huge = "\xff\xff\xff\xff\x07"                  // 2^31-1
	deep := strings.Repeat("\x48\x01s\x15\x02\x00", 200) // elements with one child each
	for name, c := range map[string][2]string{
		"nothing":            {"PAR1", "too few"},
		"no footer":          {"PAR1\x00\x00\x00\x00PAR1", "ends too early"},
		"long footer":        {"PAR1aaaa\xff\xff\x00\x00PAR1", "claims 65535 bytes"},
		"encrypted":          {"PAR1aaaa\x04\x00\x00\x00PARE", "encrypted"},
		"schema of 2^31":     {file("\x15\x02\x19\xfc" + huge), "claims 2147483647 elements"},
		"row groups of 2^31": {file("\x15\x02\x19\x1c\x48\x01s\x00\x16\x00\x19\xfc" + huge), "claims 2147483647 elements"},
		"string of 2^31":     {file("\x15\x02\x19\x1c\x48" + huge), "ends too early"},
		"nested structs":     {file(strings.Repeat("\x1c", 5000)), "nest more than"},
		"nested lists":       {file(strings.Repeat("\x19\x19", 5000)), "nest more than"},
		"children":           {file("\x15\x02\x19\x1c\x48\x01s\x15" + huge + "\x00\x16\x00\x19\x0c\x00"), "children"},
		"deep schema":        {file("\x15\x02\x19\xfc\xc8\x01" + deep + "\x16\x00\x19\x0c\x00"), "nests more than 100"},
	} {
		path := filepath.Join(t.TempDir(), "false.parquet")
		if err := os.WriteFile(path, []byte(c[0]), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readHostile(t, path, name); err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: %v, want %q", name, err, c[1])
		}
	}
}

func TestImplausiblePages(t *testing.T) {
	good := pageHeader{typ: dataPage, v1: true, compressed: 100, uncompressed: 1000, values: 5}
	for name, c := range map[string]struct {
		change func(*pageHeader)
		want   string
	}{
		"sound":               {func(*pageHeader) {}, ""},
		"negative size":       {func(h *pageHeader) { h.compressed = -1 }, "-1 bytes of data"},
		"beyond the column":   {func(h *pageHeader) { h.compressed = 491 }, "491 bytes of data"},
		"negative unpacked":   {func(h *pageHeader) { h.uncompressed = -5 }, "unpacks"},
		"bomb":                {func(h *pageHeader) { h.uncompressed = 1 << 30 }, "more than is taken on trust"},
		"too many values":     {func(h *pageHeader) { h.values = 11 }, "11 values"},
		"negative values":     {func(h *pageHeader) { h.values = -1 }, "-1 values"},
		"other header":        {func(h *pageHeader) { h.typ = dataPageV2 }, "without its header"},
		"unknown type":        {func(h *pageHeader) { h.typ = 9 }, "unknown page type"},
		"levels":              {func(h *pageHeader) { h.typ, h.v2, h.defBytes = dataPageV2, true, 101 }, "bytes of levels"},
		"negative levels":     {func(h *pageHeader) { h.typ, h.v2, h.repBytes = dataPageV2, true, -1 }, "bytes of levels"},
		"dictionary entries":  {func(h *pageHeader) { h.typ, h.dict, h.values = dictionaryPage, true, 126 }, "126 dictionary entries"},
		"dictionary no. two":  {func(h *pageHeader) { h.typ, h.dict, h.uncompressed = dictionaryPage, true, 999 }, "second dictionary"},
		"dictionary unheaded": {func(h *pageHeader) { h.typ = dictionaryPage }, "without its header"},
	} {
		h := good
		c.change(&h)
		g := chunkGuard{start: 0, next: 10, end: 510, values: 10, width: 8, packed: true}
		err := g.plausible(h, 10)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestBombs has pages that unpack to more than their header says.
func TestBombs(t *testing.T) {
	zeros := make([]byte, 100<<20)
	for _, id := range []compress.Compression{compress.Codecs.Zstd, compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Brotli, compress.Codecs.Lz4Raw} {
		c, err := compress.GetCodec(id)
		if err != nil {
			t.Fatal(err)
		}
		bomb := c.Encode(make([]byte, c.CompressBound(int64(len(zeros)))), zeros)
		var before, after runtime.MemStats
		for _, size := range []int{0, 1, 1000} {
			runtime.ReadMemStats(&before)
			out, err := compress.Decode(c, make([]byte, size), bomb)
			runtime.ReadMemStats(&after)
			if err == nil && len(out) > size {
				t.Errorf("%v: %d bytes where %d were asked for", id, len(out), size)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 24<<20 {
				t.Errorf("%v: allocated %d MiB", id, n>>20)
			}
		}
	}
}

// TestRepeatedText reads a dictionary's long text many times over without
// copies of it.
func TestRepeatedText(t *testing.T) {
	row := `{"text":"` + strings.Repeat("long", 100_000) + `","list":["` + strings.Repeat("list", 50_000) + `",""]}`
	path := writeJSON(t, nil, WriterOptions{GroupBytes: 1 << 30}, slices.Repeat([]string{row}, 150)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var buf []byte
	err := readRows(path, storage.ReadOptions{}, func(b *storage.Batch, i int, err error) {
		if buf = b.Rows.AppendJSON(buf[:0], nil); err != nil || string(buf) != row {
			t.Fatalf("row %d changed, or %v", i, err)
		}
	})
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 40<<20 {
		t.Errorf("allocated %d MiB for 90 MB of rows", n>>20)
	}
}
