package csv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"corpusmill/record"
	"corpusmill/storage"
	"corpusmill/storage/codec"
)

// texts are files with what goes wrong at boundaries.
func texts() map[string]string {
	rnd := rand.New(rand.NewPCG(1, 2))
	var mixed strings.Builder
	mixed.WriteString("id,text\n")
	for i := range 400 {
		switch rnd.IntN(11) {
		case 0:
			mixed.WriteString([]string{"\n", "\r\n"}[rnd.IntN(2)])
		case 1:
			mixed.WriteString("one,two,three\n")
		case 2:
			fmt.Fprintf(&mixed, "%d,\r\n", i)
		case 3:
			fmt.Fprintf(&mixed, "%d,\"%s\"\n", i, strings.Repeat("line, with \"\"quotes\"\"\n", rnd.IntN(9)))
		case 4:
			fmt.Fprintf(&mixed, "%d,5\" disk \"\"\n", i)
		case 5:
			fmt.Fprintf(&mixed, "%d,\"text\" behind\n", i)
		case 6:
			fmt.Fprintf(&mixed, "%d,\"\"\n", i)
		case 7:
			fmt.Fprintf(&mixed, "\"%d\",\"%s\"\"\"\r\n", i, strings.Repeat(`""`, rnd.IntN(70)))
		default:
			fmt.Fprintf(&mixed, "%d,%s\n", i, strings.Repeat("é", rnd.IntN(90)))
		}
	}
	long := `1,"` + strings.Repeat("x\n", 3<<19) + `"`
	return map[string]string{
		"empty":              "",
		"blank":              "\n\r\n\n",
		"mark alone":         "\ufeff",
		"header":             "a,b",
		"header, ended":      "a,b\r\n",
		"one":                "a,b\n1,2",
		"one column":         "a\n1\n\n\"\"\n \n2\n",
		"mark":               "\ufeffa,b\n\"x\",\n",
		"mark, quoted":       "\ufeff\"a\nb\",b\nx,\n",
		"blank, header":      "\n\r\na,b\n\n1,2\n",
		"crlf":               "a,b\r\n1,\"x\r\ny\"\r\n\r\n,\r\n3,4\r",
		"nothing in quotes":  "a,b\n\"\",\"\"\n,\n\"\"\"\",\"\"\"\"\"\"\n",
		"unnamed":            ",text,\n0,x,\n",
		"never closed":       "a,b\n1,2\n3,\"four\n5,6\n",
		"never closed, bare": "a,b\n1,2\n3,\"four",
		"closed late":        "a,b\n1,\"two\n3,\"four\"\n5,6\n",
		"not UTF-8":          "a,b\n1,\xff\n2,ok\n\xe4\xb8,3\n",
		"mixed":              mixed.String(),
		"mixed, cut":         mixed.String() + `7,"last`,
		"long":               "a,b\n1,2\n" + long + "\n3,4\n",
		"long, last":         "a,b\n\n" + long,
		"long, crlf":         "a,b\r\n" + long + "\r\n" + long + "\r",
		"many":               "a,b\n" + strings.Repeat("1,2\n", 30000),
		"all quoted":         "\"a\",\"b\"\n" + strings.Repeat("\"1\",\"2\n\"\n", 9000),
		"big rows":           "a,b\n" + strings.Repeat(`7,"`+strings.Repeat("y", 400_000)+"\"\n", 9),
	}
}

// TestSplits holds that the rows of all splits are those of the file, for
// every segment size and row limit, and when adjacent splits are joined.
func TestSplits(t *testing.T) {
	for name, data := range texts() {
		f := write(t, "in.csv", data)
		for _, segment := range []int64{1, 3, 64, 1 << 10, 1 << 20, 32 << 20} {
			if int64(len(data))/segment > 3000 {
				continue
			}
			splits, err := comma.Splits(f, 3, segment)
			if err != nil {
				t.Fatal(name, err)
			}
			for _, maxRow := range []int64{10, 200_000, 2 << 20, 16 << 20} {
				o := storage.ReadOptions{Fields: &record.Fields{}, Segment: segment, MaxRow: maxRow}
				what := fmt.Sprintf("%s, segment %d, longest row %d", name, segment, maxRow)
				want, err := model(data, o)
				if err != nil {
					t.Fatal(what, err)
				}
				got, err := read(t, f, splits, o)
				if err != nil {
					t.Fatal(what, err)
				}
				compare(t, what, got, want)
				var joined []storage.Split
				for i, s := range splits {
					if i%3 > 0 {
						joined[len(joined)-1].End = s.End
					} else {
						joined = append(joined, s)
					}
				}
				for _, some := range [][]storage.Split{joined, {{Src: 3, End: -1}}} {
					got, err := read(t, f, some, o)
					if err != nil {
						t.Fatal(what, err)
					}
					compare(t, fmt.Sprintf("%s, %d splits", what, len(some)), got, want)
				}
			}
		}
	}
}

// TestSplitsAreMany holds that a file with newlines in quotes is cut at every
// segment.
func TestSplitsAreMany(t *testing.T) {
	f := write(t, "in.csv", "a,b\n"+strings.Repeat("1,\"two\nlines\"\n", 1<<10))
	splits, err := comma.Splits(f, 0, 1<<10)
	if want := int(f.Size >> 10); err != nil || len(splits) != want {
		t.Errorf("%d splits, want %d; %v", len(splits), want, err)
	}
}

func TestCompressed(t *testing.T) {
	for _, c := range []storage.Codec{storage.Gzip, storage.Zstd} {
		for name, data := range texts() {
			frames, err := codec.NewFrames(c)
			if err != nil {
				t.Fatal(err)
			}
			packed, err := frames.AppendFrame(nil, []byte(data))
			if err != nil {
				t.Fatal(err)
			}
			f := write(t, "in.csv.x", string(packed))
			f.Codec = c
			o := storage.ReadOptions{Fields: &record.Fields{}, Segment: 1 << 10, MaxRow: 1 << 20}
			splits, err := comma.Splits(f, 0, o.Segment)
			if err != nil || len(splits) != 1 {
				t.Fatal(name, splits, err)
			}
			want, err := model(data, o)
			if err != nil {
				t.Fatal(err)
			}
			got, err := read(t, f, splits, o)
			if err != nil {
				t.Fatal(name, err)
			}
			compare(t, name, got, want)
		}
	}
}

func TestHeaderErrors(t *testing.T) {
	for data, want := range map[string]string{
		"a,b,a\n1,2,3\n":                        `line 1: the header has the name "a" twice, in columns 1 and 3: rename one`,
		"\n\na,Unnamed: 2,\n":                   `line 3: the header has the name "Unnamed: 2" twice`,
		"a,\"b\nc":                              "line 1: the header can't be read: at byte 2: the quote that opens here is never closed",
		"a,\"b\"c\n":                            "line 1: the header can't be read: at byte 5: text follows the quote",
		"a\rb\r1\r2\r":                          "carriage return",
		"\xff\xfea\x00":                         "is UTF-16: convert it",
		"a,\xe9t\xe9\n":                         "is not UTF-8",
		strings.Repeat("a", maxHeader):          "",
		strings.Repeat("a", maxHeader+1) + "\n": "its header doesn't end within 1048576 bytes",
	} {
		f := write(t, "in.csv", data)
		_, err := comma.Splits(f, 0, 1<<20)
		if want == "" && err == nil {
			continue
		}
		if err == nil || !strings.HasPrefix(err.Error(), f.Path+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %s", data, err, want)
		}
	}
}

func TestRowErrors(t *testing.T) {
	f := write(t, "in.csv", "a,b\n1\n1,2,3\n1,\"2\"x\n1,\xff\n1,\"2\n")
	got, err := read(t, f, []storage.Split{{End: -1}}, storage.ReadOptions{Segment: 1 << 20, MaxRow: 100})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"at byte 1: the row has 1 field, the header 2",
		"at byte 5: the row has 3 fields, the header 2",
		"at byte 5: text follows the quote that closes the field: a quote inside is written twice",
		`at byte 2: the field "b" is no UTF-8: it has the byte 0xff`,
		"at byte 2: the quote that opens here is never closed: the row takes the rest of the file",
	} {
		if at(got.rows, i) == "nothing" || got.rows[i].err != want || got.rows[i].line != i+1 {
			t.Errorf("row %d: %s, want %s", i, at(got.rows, i), want)
		}
	}
}

func TestFields(t *testing.T) {
	f := write(t, "in.csv", "id,text,m.l,text2\n007,\"a \"\"b\"\"\",,\"\"\n")
	fields := &record.Fields{}
	for _, n := range []string{"text", "other", "m.l", "m", "id", "text2"} {
		fields.Path(n)
	}
	r, err := comma.Open(t.Context(), f, storage.Split{End: -1}, storage.ReadOptions{Fields: fields, Segment: 1 << 20, MaxRow: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Rows.Seek(0); err != nil {
		t.Fatal(err)
	}
	var s record.Scratch
	for p, want := range []string{`string a "b"`, "missing ", "null null", "missing ", "string 007", "string "} {
		v, k := b.Rows.Field(record.Path(p), &s)
		if got := fmt.Sprintf("%v %s", k, v); got != want {
			t.Errorf("%s is %s, want %s", fields.Name(record.Path(p)), got, want)
		}
	}
	for _, c := range []struct{ edits, extra, drop, want string }{
		{"", "", "", `{"id":"007","text":"a \"b\"","m.l":null,"text2":""}`},
		{"text=x m.l=y other=z", "", "", `{"id":"007","text":"x","m.l":"y","text2":"","other":"z"}`},
		{"", `"s":{}`, "", `{"id":"007","text":"a \"b\"","m.l":null,"text2":"","s":{}}`},
		{"text2=x", `"id":1`, "id text", `{"m.l":null,"text2":"x","id":1}`},
		{"", `"s":1`, "id text m.l text2", `{"s":1}`},
	} {
		e := record.Edits{Fields: fields, Text: make([][]byte, fields.Len()), Set: make([]bool, fields.Len()), Extra: []byte(c.extra), Drop: strings.Fields(c.drop)}
		for _, s := range strings.Fields(c.edits) {
			name, v, _ := strings.Cut(s, "=")
			p := fields.Path(name)
			e.Text[p], e.Set[p] = []byte(v), true
			e.N++
		}
		for range 2 {
			if got := string(b.Rows.AppendJSON([]byte("#"), &e)); got != "#"+c.want {
				t.Errorf("%q: %s, want %s", c.edits, got, c.want)
			}
		}
	}
}

func TestAllocatesNothing(t *testing.T) {
	f := write(t, "in.csv", "id,text\n"+strings.Repeat("1,\"a \"\"b\"\" and a longer text, 敏捷的棕色狐狸\"\n2,plain\n", 500))
	fields := &record.Fields{}
	fields.Path("text")
	r, err := comma.Open(t.Context(), f, storage.Split{End: -1}, storage.ReadOptions{Fields: fields, Segment: 1 << 20, MaxRow: 1 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	e := record.Edits{Fields: fields, Text: [][]byte{[]byte("new\ntext")}, Set: []bool{true}, N: 1}
	var s record.Scratch
	var out []byte
	n := testing.AllocsPerRun(20, func() {
		for i := range b.Rows.Len() {
			if err := b.Rows.Seek(i); err != nil {
				t.Fatal(err)
			}
			s.Reset()
			b.Rows.Field(0, &s)
			out = b.Rows.AppendJSON(out[:0], nil)
			out = b.Rows.AppendJSON(out[:0], &e)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestDamage(t *testing.T) {
	o := storage.ReadOptions{Segment: 1 << 20, MaxRow: 1 << 10}
	t.Run("shrunk", func(t *testing.T) {
		f := write(t, "in.csv", "a,b\n1,2\n3,4\n5,")
		f.Size = 100
		res, err := read(t, f, []storage.Split{{End: 100}}, o)
		if !errors.Is(err, storage.ErrChanged) || !strings.Contains(err.Error(), "ends at byte 14, but had 100") || len(res.rows) != 2 {
			t.Errorf("%v after %d rows", err, len(res.rows))
		}
		if _, err := comma.Splits(f, 0, 10); !errors.Is(err, storage.ErrChanged) {
			t.Error(err)
		}
	})
	t.Run("moved", func(t *testing.T) {
		f := write(t, "in.csv", "a,b\n1,2\n3,4\n5,")
		if _, err := read(t, f, []storage.Split{{Start: 7, End: 14}}, o); !errors.Is(err, storage.ErrChanged) || !strings.Contains(err.Error(), "no row begins at byte 7") {
			t.Error(err)
		}
	})
	t.Run("bomb", func(t *testing.T) {
		frames, _ := codec.NewFrames(storage.Gzip)
		packed, _ := frames.AppendFrame(nil, append([]byte("a,b\n1,2\n3,\""), bytes.Repeat([]byte("x\n"), 1<<19)...))
		f := write(t, "in.csv.gz", string(packed))
		f.Codec = storage.Gzip
		res, err := read(t, f, []storage.Split{{End: -1}}, o)
		if err == nil || !strings.Contains(err.Error(), "at uncompressed byte 8: ") || !strings.Contains(err.Error(), "raise --max-row") || len(res.rows) != 1 {
			t.Errorf("%v after %d rows", err, len(res.rows))
		}
	})
	t.Run("missing", func(t *testing.T) {
		_, err := read(t, storage.File{Path: "nowhere.csv", Size: 5}, []storage.Split{{End: 5}}, o)
		if !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		f := write(t, "in.csv", "a\n1\n")
		ctx, cancel := context.WithCancel(t.Context())
		r, err := comma.Open(ctx, f, storage.Split{End: 4}, o)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		cancel()
		if _, err := r.Next(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestMemory reads a row of 256 MiB that a quote opens: memory stays bounded.
func TestMemory(t *testing.T) {
	frames, _ := codec.NewFrames(storage.Gzip)
	packed, _ := frames.AppendFrame(nil, []byte("a,b\n1,\""))
	piece, _ := frames.AppendFrame(nil, bytes.Repeat([]byte("x,\n\r"), 4<<20))
	f := write(t, "in.csv.gz", string(packed)+strings.Repeat(string(piece), 16))
	f.Codec = storage.Gzip
	o := storage.ReadOptions{Segment: 32 << 20, MaxRow: 5 << 20}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	res, err := read(t, f, []storage.Split{{End: -1}}, o)
	runtime.ReadMemStats(&after)
	if used, limit := after.TotalAlloc-before.TotalAlloc, uint64(3*o.MaxRow+8<<20); used > limit {
		t.Errorf("%d bytes allocated, want at most %d", used, limit)
	}
	if err != nil || len(res.rows) != 1 || res.bytes != 256<<20+7 || res.lines != 64<<20+2 || len(res.rows[0].raw) != rawBytes {
		t.Errorf("%d rows of %d bytes on %d lines, %v", len(res.rows), res.bytes, res.lines, err)
	}
}

// TestFlips cuts compressed files and flips their bits: the rows are right or
// there is an error.
func TestFlips(t *testing.T) {
	var text strings.Builder
	text.WriteString("i,text\n")
	for i := range 40 {
		fmt.Fprintf(&text, "%d,\"%x\n\"\n", i, i*i*i)
	}
	o := storage.ReadOptions{Segment: 1 << 20, MaxRow: 1 << 10}
	want, err := model(text.String(), o)
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(9, 10))
	for _, c := range []storage.Codec{storage.Gzip, storage.Zstd} {
		frames, _ := codec.NewFrames(c)
		packed, _ := frames.AppendFrame(nil, []byte(text.String()))
		f := write(t, "in", "")
		f.Codec = c
		for i := range 200 {
			bad := slices.Clone(packed)
			if i%2 == 0 {
				bad = bad[:1+rnd.IntN(len(bad)-1)]
			} else {
				bad[rnd.IntN(len(bad))] ^= 1 << rnd.IntN(8)
			}
			if err := os.WriteFile(f.Path, bad, 0o666); err != nil {
				t.Fatal(err)
			}
			f.Size = int64(len(bad))
			if got, err := read(t, f, []storage.Split{{End: -1}}, o); err == nil {
				compare(t, fmt.Sprintf("%s %x", c, bad), got, want)
			} else if !strings.Contains(err.Error(), f.Path+": at uncompressed byte ") {
				t.Fatalf("%s %x: %v", c, bad, err)
			}
		}
	}
}
