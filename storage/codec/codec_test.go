package codec

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"corpusmill/storage"
)

var both = []storage.Codec{storage.Gzip, storage.Zstd}

func pack(t testing.TB, c storage.Codec, pieces ...string) []byte {
	t.Helper()
	f, err := NewFrames(c)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for _, p := range pieces {
		if out, err = f.AppendFrame(out, []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func unpack(data []byte, c storage.Codec) (string, error) {
	r, err := NewReader("in.gz", bytes.NewReader(data), c)
	if err != nil {
		return "", err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	return string(b), err
}

func lines(n int) string {
	var b strings.Builder
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		fmt.Fprintf(&b, `{"id":%d,"text":"%x"}`+"\n", i, rnd.Uint64())
	}
	return b.String()
}

func TestRoundTrip(t *testing.T) {
	text := lines(5000)
	for _, c := range append(both, storage.Plain) {
		packed := pack(t, c, text[:1000], "", text[1000:])
		if got, err := unpack(packed, c); err != nil || got != text {
			t.Errorf("%q: %v, %d bytes", c, err, len(got))
		}
		if again := pack(t, c, text[:1000], "", text[1000:]); !bytes.Equal(again, packed) {
			t.Errorf("%q: two results", c)
		}
		if got, err := unpack(pack(t, c, ""), c); err != nil || got != "" {
			t.Errorf("%q: a frame without content: %q, %v", c, got, err)
		}
		f, _ := NewFrames(c)
		whole, _ := f.AppendFrame(nil, []byte(text[:1000]))
		if !bytes.HasPrefix(packed, whole) {
			t.Errorf("%q: a frame depends on what else was compressed", c)
		}
	}
}

// TestDamage cuts small files at every length and flips bits: the reader
// gives an error or the right bytes.
func TestDamage(t *testing.T) {
	text := lines(20)
	for _, c := range both {
		packed := pack(t, c, text)
		for n := range packed {
			if got, err := unpack(packed[:n], c); err == nil && n > 0 {
				t.Errorf("%s cut at %d of %d: %d bytes and no error", c, n, len(packed), len(got))
			} else if err != nil && n > 10 && !strings.Contains(err.Error(), "truncated") {
				t.Errorf("%s cut at %d: %v", c, n, err)
			}
		}
		for bit := range 8 * len(packed) {
			bad := bytes.Clone(packed)
			bad[bit/8] ^= 1 << (bit % 8)
			if got, err := unpack(bad, c); err == nil && got != text {
				t.Errorf("%s with bit %d flipped: %d bytes, want %d", c, bit, len(got), len(text))
			}
		}
	}
}

func TestErrors(t *testing.T) {
	text := lines(3)
	window := func() []byte {
		var b bytes.Buffer
		w, err := zstd.NewWriter(&b, zstd.WithWindowSize(256<<20))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, strings.Repeat(text, 20_000)) // more than a single segment
		w.Flush()
		fmt.Fprint(w, text)
		w.Close()
		return b.Bytes()
	}
	gz, zst := pack(t, storage.Gzip, text), pack(t, storage.Zstd, text)
	badSum := bytes.Clone(gz)
	badSum[len(badSum)-8] ^= 1
	badSumZ := bytes.Clone(zst)
	badSumZ[len(badSumZ)-1] ^= 1
	at := fmt.Sprintf("in.gz: at uncompressed byte %d: ", len(text))
	for _, c := range []struct {
		name  string
		codec storage.Codec
		data  []byte
		want  string
	}{
		{"empty", storage.Gzip, nil, "in.gz: at uncompressed byte 0: truncated"},
		{"text", storage.Gzip, []byte("{\"text\":1}\n"), "not a gzip file"},
		{"text", storage.Zstd, []byte("{\"text\":1}\n"), "not a zstd file"},
		{"garbage", storage.Gzip, append(bytes.Clone(gz), "garbage behind"...), at + "damaged: what follows"},
		{"garbage", storage.Zstd, append(bytes.Clone(zst), "garbage behind"...), at + "damaged: what follows"},
		{"checksum", storage.Gzip, badSum, at + "damaged (checksum)"},
		{"checksum", storage.Zstd, badSumZ, "damaged (checksum)"},
		{"window", storage.Zstd, window(), "its zstd window is above 128 MiB"},
		{"unknown", "lzma", nil, `unknown codec "lzma"`},
	} {
		_, err := unpack(c.data, c.codec)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v, want %s", c.codec, c.name, err, c.want)
		}
	}
	skippable := append([]byte{0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'}, zst...)
	if got, err := unpack(skippable, storage.Zstd); err != nil || got != text {
		t.Errorf("skippable frame: %q, %v", got, err)
	}
}

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		head        string
		named, want storage.Codec
	}{
		{"\x1f\x8b\x08\x00", storage.Plain, storage.Gzip},
		{"\x1f\x8b\x08\x00", storage.Zstd, storage.Gzip},
		{"\x28\xb5\x2f\xfd", storage.Gzip, storage.Zstd},
		{"\x5f\x2a\x4d\x18", storage.Plain, storage.Zstd},
		{"{\"a\":1}", storage.Gzip, storage.Plain},
		{"\xef\xbb\xbf {", storage.Zstd, storage.Plain},
		{"", storage.Gzip, storage.Gzip},
		{"\x1f", storage.Gzip, storage.Gzip},
		{"PAR1", storage.Plain, storage.Plain},
	} {
		if got := Detect([]byte(c.head), c.named); got != c.want {
			t.Errorf("%q named %q: %q", c.head, c.named, got)
		}
	}
}

func TestByName(t *testing.T) {
	for name, want := range map[string]string{
		"a.jsonl.gz": "a.jsonl gzip", "A.JSONL.ZST": "A.JSONL zstd", "a.jsonl": "a.jsonl ", ".gz": ".gz ", "x.zstd": "x zstd", "x.gzip": "x gzip",
	} {
		if base, c := ByName(name); base+" "+string(c) != want {
			t.Errorf("%s: %s %s", name, base, c)
		}
	}
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.gz")
	text := lines(3)
	if err := os.WriteFile(path, pack(t, storage.Gzip, text), 0o666); err != nil {
		t.Fatal(err)
	}
	r, err := Open(t.Context(), storage.File{Path: path, Codec: storage.Gzip})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != text {
		t.Errorf("%q, %v", got, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Error("second Close:", err)
	}
	if _, err := r.Read(make([]byte, 1)); err == nil {
		t.Error("a closed reader reads")
	}
	if _, err := Open(t.Context(), storage.File{Path: path, Codec: storage.Zstd}); err == nil {
		r, _ := Open(t.Context(), storage.File{Path: path, Codec: storage.Zstd})
		if _, err := io.ReadAll(r); err == nil || !strings.Contains(err.Error(), "not a zstd file") {
			t.Error(err)
		}
		r.Close()
	}
}

// corpus is text of which a compressor finds as much as in web pages.
func corpus(n int) []byte {
	words := strings.Fields("the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which one you were all her she there would their we him been has when who will no more if out so up said what its about than into them can only other time new some could these two may first then do any like my now over such our man me even most made after also did many off before must well back through years where much your way down should because long each just state those people too Mr how little good world make very year still see own work men day get here old life both between being under three never know same last another while us might great go come since against right came take used himself few house American use place during high without again home around small however found Mrs part school thought went say general once upon every war left human number course fact water until always away public something less head put think far hand")
	rnd := rand.New(rand.NewPCG(7, 8))
	var b bytes.Buffer
	for b.Len() < n {
		w := words[min(rnd.IntN(len(words)), rnd.IntN(len(words)))]
		b.WriteString(w)
		if rnd.IntN(12) == 0 {
			fmt.Fprintf(&b, "%d", rnd.IntN(10000))
		}
		b.WriteByte(' ')
	}
	return b.Bytes()
}

func BenchmarkFrames(b *testing.B) {
	src := corpus(1 << 20)
	for _, c := range both {
		b.Run(string(c), func(b *testing.B) {
			f, err := NewFrames(c)
			if err != nil {
				b.Fatal(err)
			}
			var dst []byte
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				dst, _ = f.AppendFrame(dst[:0], src)
			}
			b.ReportMetric(float64(len(dst))/float64(len(src)), "ratio")
		})
	}
	for level := 1; level <= 6; level++ {
		b.Run(fmt.Sprintf("gzip level %d", level), func(b *testing.B) {
			var dst bytes.Buffer
			w, _ := gzip.NewWriterLevel(&dst, level)
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				dst.Reset()
				w.Reset(&dst)
				w.Write(src)
				w.Close()
			}
			b.ReportMetric(float64(dst.Len())/float64(len(src)), "ratio")
		})
	}
}

func BenchmarkRead(b *testing.B) {
	src := corpus(4 << 20)
	for _, c := range both {
		packed := pack(b, c, string(src))
		b.Run(string(c), func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				r, err := NewReader("x", bytes.NewReader(packed), c)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, r); err != nil {
					b.Fatal(err)
				}
				r.Close()
			}
		})
	}
}
