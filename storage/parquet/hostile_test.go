package parquet

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"corpusmill/record"
	"corpusmill/storage"
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
