package codec

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"corpusmill/storage"
)

func placesOf(t testing.TB, data []byte, c storage.Codec) ([]Place, int64, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	places, size, err := Places(t.Context(), storage.File{Path: path, Codec: c})
	if err != nil {
		t.Fatal(err)
	}
	return places, size, path
}

// checkPlaces holds that what begins at a place is the rest of the content.
func checkPlaces(t testing.TB, data, content []byte, c storage.Codec) []Place {
	t.Helper()
	places, size, path := placesOf(t, data, c)
	if len(places) > 0 && size != int64(len(content)) {
		t.Fatalf("size %d, want %d", size, len(content))
	}
	for _, p := range places {
		r, err := OpenAt(t.Context(), storage.File{Path: path, Codec: c}, p)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, content[p.Start:]) {
			t.Fatalf("%+v: %d bytes, want %d; %v", p, len(got), len(content)-int(p.Start), err)
		}
		r.Close()
	}
	return places
}

var skippable = append([]byte{0x5E, 0x2A, 0x4D, 0x18, 5, 0, 0, 0}, "table"...)

// bgzip makes a member as bgzip does.
func bgzip(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Extra = []byte("BC\x02\x00\x00\x00")
	w.OS = 0xFF
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	out := b.Bytes()
	binary.LittleEndian.PutUint16(out[16:], uint16(len(out)-1))
	return out
}

func TestPlaces(t *testing.T) {
	text := []byte(strings.Repeat("a line of text and another one, 12345\n", 9000)) // several blocks
	frames, err := NewFrames(storage.Zstd)
	if err != nil {
		t.Fatal(err)
	}
	var own, ownContent, bg []byte
	for i, n := range []int{0, 1, 200, 255, 256, 300, 65_535, 65_792, len(text)} {
		if own, err = frames.AppendFrame(own, text[:n]); err != nil {
			t.Fatal(err)
		}
		ownContent = append(ownContent, text[:n]...)
		if i%2 == 0 {
			own = append(own, skippable...)
		}
		bg = append(bg, bgzip(t, text[:n%65_281])...)
	}
	if n := len(checkPlaces(t, own, ownContent, storage.Zstd)); n != 8 {
		t.Errorf("%d places in 8 frames with content", n)
	}
	bgContent := decoded(t, bg, storage.Gzip)
	if n := len(checkPlaces(t, bg, bgContent, storage.Gzip)); n != 8 {
		t.Errorf("%d places in 8 members with content", n)
	}
	zeros := bytes.Repeat([]byte{0}, 1<<20) // blocks of one byte
	packed, _ := frames.AppendFrame(nil, zeros)
	if n := len(checkPlaces(t, append(packed, packed...), append(zeros, zeros...), storage.Zstd)); n != 2 {
		t.Errorf("%d places", n)
	}
}

func decoded(t testing.TB, data []byte, c storage.Codec) []byte {
	t.Helper()
	r, err := NewReader("test", bytes.NewReader(data), c)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNoPlaces holds which files are read as a whole.
func TestNoPlaces(t *testing.T) {
	text := []byte(strings.Repeat("text\n", 1000))
	frames, _ := NewFrames(storage.Zstd)
	good, _ := frames.AppendFrame(nil, text)
	var streamed bytes.Buffer
	w, err := zstd.NewWriter(&streamed)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // content sizes aren't known when a stream's frame begins
		w.Reset(&streamed)
		if _, err := w.Write(bytes.Repeat(text, 60)); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	members, _ := NewFrames(storage.Gzip)
	gz, _ := members.AppendFrame(nil, text)
	lie := bytes.Clone(good) // a frame that says it holds more than its blocks can
	for i, c := range []struct {
		data  []byte
		codec storage.Codec
	}{
		{streamed.Bytes(), storage.Zstd},
		{append(bytes.Clone(good), streamed.Bytes()...), storage.Zstd},
		{append(bytes.Clone(good), "garbage"...), storage.Zstd},
		{good[:len(good)-2], storage.Zstd},
		{append(lie[:4], append([]byte{0xE0, 0, 0, 0, 0, 1, 0, 0, 0}, lie[7:]...)...), storage.Zstd},
		{append(gz, gz...), storage.Gzip},
		{append(bgzip(t, text), gz...), storage.Gzip},
		{bgzip(t, text)[:40], storage.Gzip},
		{text, storage.Plain},
		{nil, storage.Zstd},
	} {
		if places, _, _ := placesOf(t, c.data, c.codec); len(places) > 0 {
			t.Errorf("case %d has %d places", i, len(places))
		}
	}
}

// TestPlacesOfZstd looks into files of the zstd program: two that it made of
// files are two frames, and what it made of a pipe doesn't tell its size.
func TestPlacesOfZstd(t *testing.T) {
	program, err := exec.LookPath("zstd")
	if err != nil {
		if os.Getenv("CORPUSMILL_REQUIRE") == "all" {
			t.Fatal("zstd isn't installed")
		}
		t.Skip("zstd isn't installed")
	}
	text := []byte(strings.Repeat("a line of text\n", 50_000))
	in := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(in, text, 0o666); err != nil {
		t.Fatal(err)
	}
	file, err := exec.CommandContext(t.Context(), program, "-q", "-c", "-T2", in).Output()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(checkPlaces(t, append(bytes.Clone(file), file...), append(bytes.Clone(text), text...), storage.Zstd)); n != 2 {
		t.Errorf("%d places, want 2", n)
	}
	pipe := exec.CommandContext(t.Context(), program, "-q", "-c")
	pipe.Stdin = io.MultiReader(bytes.NewReader(text)) // no file
	out, err := pipe.Output()
	if err != nil {
		t.Fatal(err)
	}
	if places, _, _ := placesOf(t, out, storage.Zstd); len(places) > 0 {
		t.Errorf("%d places in what came by a pipe", len(places))
	}
}

// FuzzPlaces holds that places lie in the file and in order, whatever the file
// says, and that they are right where the file is.
func FuzzPlaces(f *testing.F) {
	frames, _ := NewFrames(storage.Zstd)
	one, _ := frames.AppendFrame(nil, []byte(strings.Repeat("text ", 100)))
	f.Add(append(one, one...), false)
	f.Add(append(skippable, one...), false)
	f.Add(append(bgzip(f, []byte("text")), bgzip(f, nil)...), true)
	path := filepath.Join(f.TempDir(), "in")
	f.Fuzz(func(t *testing.T, data []byte, gz bool) {
		c := storage.Zstd
		if gz {
			c = storage.Gzip
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		places, size, err := Places(t.Context(), storage.File{Path: path, Codec: c})
		if err != nil {
			t.Fatal(err)
		}
		at := Place{-1, -1}
		for _, p := range places {
			if p.Packed <= at.Packed || p.Start <= at.Start || p.Packed >= int64(len(data)) || p.Start >= size {
				t.Fatalf("%+v behind %+v of %d bytes that hold %d", p, at, len(data), size)
			}
			at = p
		}
		r, err := NewReader("fuzz", bytes.NewReader(data), c)
		if err != nil {
			return
		}
		defer r.Close()
		content, err := io.ReadAll(io.LimitReader(r, 1<<24))
		if err == nil && len(content) < 1<<24 {
			checkPlaces(t, data, content, c)
		}
	})
}

// TestWriter holds that a Writer's bytes don't depend on the calls, and that
// its frames can be told apart.
func TestWriter(t *testing.T) {
	text := []byte(strings.Repeat("a line of text\n", 700_000))
	for _, c := range []storage.Codec{storage.Plain, storage.Gzip, storage.Zstd} {
		for _, content := range [][]byte{nil, text} {
			var outs []string
			for _, step := range []int{1 << 30, 999_983} {
				var b bytes.Buffer
				w, err := NewWriter(&b, c)
				if err != nil {
					t.Fatal(err)
				}
				for rest := content; len(rest) > 0; {
					n := min(step, len(rest))
					if _, err := w.Write(rest[:n]); err != nil {
						t.Fatal(err)
					}
					rest = rest[n:]
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				outs = append(outs, b.String())
			}
			if outs[0] != outs[1] || !bytes.Equal(decoded(t, []byte(outs[0]), c), content) {
				t.Errorf("%s: %d and %d bytes", c, len(outs[0]), len(outs[1]))
			}
			if n := len(checkPlaces(t, []byte(outs[0]), content, c)); c == storage.Zstd && n != (len(content)+frameBytes-1)/frameBytes {
				t.Errorf("%d frames", n)
			}
		}
	}
}
