package csv

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/storage"
)

// pythonRows prints the rows of a CSV file as JSON lists, as Python's csv
// module reads them, and pythonCopy writes them anew with its own quoting.
const (
	pythonRows = `
import csv, json, sys
for row in csv.reader(open(sys.argv[1], newline="", encoding="utf-8")):
    print(json.dumps(row))
`
	pythonCopy = `
import csv, sys
w = csv.writer(open(sys.argv[2], "w", newline="", encoding="utf-8"), lineterminator=sys.argv[3], quoting=int(sys.argv[4]))
for row in csv.reader(open(sys.argv[1], newline="", encoding="utf-8")):
    w.writerow(row)
`
)

// TestPython holds that Python's csv module reads the cells that were written,
// and that what it writes, in lines and quotes of either rule, is read as the
// same cells and leaves with its bytes.
func TestPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("CORPUSMILL_REQUIRE") == "all" {
			t.Fatal("python3 is missing")
		}
		t.Skip("python3 is missing")
	}
	run := func(args ...string) string {
		out, err := exec.CommandContext(t.Context(), python, append([]string{"-c"}, args...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	rnd := rand.New(rand.NewPCG(7, 8))
	parts := []string{"a", "bc", ",", "\"", "\n", "\r\n", " ", "é", "'", "\\"}
	var rows []string
	want := []string{`["x","y","z"]`}
	for range 200 {
		cells := make([]string, 3)
		for i := range cells {
			for range 1 + rnd.IntN(5) {
				cells[i] += parts[rnd.IntN(len(parts))]
			}
		}
		raw, err := json.Marshal(cells)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, string(raw))
		rows = append(rows, fmt.Sprintf(`{"x":%s,"y":%s,"z":%s}`, quote(t, cells[0]), quote(t, cells[1]), quote(t, cells[2])))
	}
	ours := write(t, "ours.csv", csvOf(t, comma, nil, rows...)).Path
	var got []string
	for line := range strings.Lines(run(pythonRows, ours)) {
		got = append(got, line)
	}
	if len(got) != len(want) {
		t.Fatalf("Python reads %d rows, %d were written", len(got), len(want))
	}
	for i := range got {
		if spelled(t, got[i]) != spelled(t, want[i]) {
			t.Fatalf("row %d: Python reads %s, want %s", i, got[i], want[i])
		}
	}
	for _, end := range []string{"\n", "\r\n"} {
		for _, quoting := range []string{"0", "1"} { // where needed; everywhere
			theirs := filepath.Join(t.TempDir(), "theirs.csv")
			run(pythonCopy, ours, theirs, end, quoting)
			data, err := os.ReadFile(theirs)
			if err != nil {
				t.Fatal(err)
			}
			res, err := read(t, storage.File{Path: theirs, Size: int64(len(data)), Format: "csv"}, []storage.Split{{End: -1}}, storage.ReadOptions{Segment: 1 << 20, MaxRow: 1 << 20})
			if err != nil || len(res.rows) != len(rows) {
				t.Fatalf("%d rows, want %d; %v", len(res.rows), len(rows), err)
			}
			for i, r := range res.rows {
				if spelled(t, r.json) != spelled(t, rows[i]) {
					t.Fatalf("row %d of %q: %s, want %s", i, data, r.json, rows[i])
				}
			}
			if through := throughJSON(t, string(data)); through != string(data) {
				t.Errorf("with ends %q and quoting %s the bytes change", end, quoting)
			}
		}
	}
}

func quote(t *testing.T, s string) string {
	t.Helper()
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// spelled is JSON in one spelling.
func spelled(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%q", v)
}
