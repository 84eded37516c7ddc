package parquet

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPyarrowFiles reads what pyarrow wrote: all types against a recorded
// rendering, and one table in all encodings and compressions.
func TestPyarrowFiles(t *testing.T) {
	want, err := os.ReadFile("testdata/types.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	got := readJSON(t, "testdata/types.parquet")
	for i, line := range strings.Split(strings.TrimSuffix(string(want), "\n"), "\n") {
		if i >= len(got) || got[i] != line {
			t.Fatalf("types.parquet, row %d:\n got %s\nwant %s", i, got[min(i, len(got)-1)], line)
		}
	}
	var small, noKind []string
	for i := range 300 {
		score, kind := "null", []string{`"a"`, `"b"`, "null"}[i%3]
		if i%5 != 0 {
			score = string(appendFloat(nil, float64(i)/3, 64))
		}
		var tags []string
		for j := range i % 4 {
			tags = append(tags, fmt.Sprintf(`"t%d"`, j))
		}
		head := fmt.Sprintf(`{"text":"document number %d %s","id":%d,"score":%s,`, i, strings.Repeat("lorem ipsum ", i%9), i, score)
		tail := `"tags":[` + strings.Join(tags, ",") + "]}"
		small = append(small, head+`"kind":`+kind+","+tail)
		noKind = append(noKind, head+tail)
	}
	for _, name := range []string{"plain", "snappy", "gzip_v2", "brotli", "lz4", "crc"} {
		if !slices.Equal(readJSON(t, "testdata/"+name+".parquet"), small) {
			t.Errorf("%s: wrong rows", name)
		}
	}
	if !slices.Equal(readJSON(t, "testdata/delta.parquet"), noKind) {
		t.Error("delta: wrong rows")
	}
	if got := strings.Join(readJSON(t, "testdata/int96.parquet"), ""); got !=
		`{"t":"1970-01-01T00:00:00.000000000"}{"t":null}{"t":"2024-02-28T23:59:58.123456789"}{"t":"1870-01-25T00:00:00.000000000"}` {
		t.Errorf("int96: %s", got)
	}
	if got := readJSON(t, "testdata/empty.parquet"); len(got) != 0 {
		t.Errorf("empty: %s", got)
	}
}

// comparePy prints nothing when two files have equal schemas, metadata and
// values; NaN equals NaN.
const comparePy = `
import sys, pyarrow as pa, pyarrow.parquet as pq
a, b = (pq.read_table(p) for p in sys.argv[1:])
if not a.schema.equals(b.schema, check_metadata=True):
    print(a.schema, b.schema)
for name, x, y in zip(a.column_names, a.columns, b.columns):
    if x.type == pa.float16() or pa.types.is_floating(x.type):
        x, y = x.cast(pa.string()), y.cast(pa.string())
    if x.combine_chunks() != y.combine_chunks():
        print(name, x, y)
`

// TestPyarrow lets pyarrow read what Writer wrote.
func TestPyarrow(t *testing.T) {
	python := "python3"
	if p := os.Getenv("CORPUSMILL_PYTHON"); p != "" {
		python = p
	}
	if out, err := exec.Command(python, "-c", "import pyarrow").CombinedOutput(); err != nil {
		msg := fmt.Sprintf("pyarrow is missing (CORPUSMILL_PYTHON names another Python than python3): %v %s", err, out)
		if os.Getenv("CORPUSMILL_REQUIRE") == "all" {
			t.Fatal(msg)
		}
		t.Skip(msg)
	}
	run := func(script string, args ...string) string {
		t.Helper()
		out, err := exec.Command(python, append([]string{"-c", script}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	files, err := filepath.Glob("testdata/*.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		path := writeJSON(t, hintOf(t, name), WriterOptions{}, readJSON(t, name)...)
		if out := run(comparePy, name, path); out != "" {
			t.Errorf("%s: pyarrow sees differences: %.2000s", name, out)
		}
	}
	path := writeJSON(t, nil, WriterOptions{GroupRows: 2}, nestedRow, `{"late":[1,2.5,null]}`, `{"text":"é😀\n"}`, `{"meta":{"tags":[null,""]}}`)
	const show = "import sys, pyarrow.parquet as pq\nfor r in pq.read_table(sys.argv[1]).to_pylist(): print(r)"
	want := `{'text': 't"1', 'n': 1.5, 'meta': {'src': 'web', 'deep': {'x': None}, 'tags': ['a', 'b']}, 'a.b': 'literal', 'a': {'b': 'inner', 'c': 7}, 'late': None}
{'text': None, 'n': None, 'meta': None, 'a.b': None, 'a': None, 'late': [1.0, 2.5, None]}
{'text': 'é😀\n', 'n': None, 'meta': None, 'a.b': None, 'a': None, 'late': None}
{'text': None, 'n': None, 'meta': {'src': None, 'deep': None, 'tags': [None, '']}, 'a.b': None, 'a': None, 'late': None}
`
	if got := run(show, path); got != want {
		t.Errorf("pyarrow reads\n%s", got)
	}
	if got := run(show, writeJSON(t, nil, WriterOptions{})); got != "" {
		t.Errorf("pyarrow reads an empty file as %s", got)
	}
}
