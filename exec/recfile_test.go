package exec

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/internal/scratch"
)

func bytesFile(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(scratch.Dir(t), "file")
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRecFile(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for _, size := range []int{0, 1, recBlock - 1, recBlock, recBlock + 1, 3*recBlock + 17} {
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(rnd.Uint32())
		}
		var out bytes.Buffer
		w := newRecWriter(&out)
		for rest := data; len(rest) > 0; {
			n := min(1+rnd.IntN(recBlock), len(rest))
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.finish(7, 9); err != nil {
			t.Fatal(err)
		}
		path := bytesFile(t, out.Bytes())
		r, err := openRec(path)
		if err != nil {
			t.Fatal(err)
		}
		if r.n != int64(size) || r.a != 7 || r.b != 9 {
			t.Errorf("%d bytes: length %d, counts %d and %d", size, r.n, r.a, r.b)
		}
		for range 50 {
			from := rnd.IntN(size + 1)
			to := from + rnd.IntN(size+1-from)
			got, err := r.read(int64(from), int64(to))
			if err != nil || !bytes.Equal(got, data[from:to]) {
				t.Fatalf("%d bytes, [%d, %d): %v, %d bytes", size, from, to, err, len(got))
			}
		}
		for _, bad := range [][2]int64{{-1, 0}, {0, int64(size) + 1}, {1, 0}} {
			if _, err := r.read(bad[0], bad[1]); err == nil {
				t.Errorf("%d bytes: read %v", size, bad)
			}
		}
		r.close()
	}
}

// damaged calls read with a file that has a flipped bit, for bits of every
// byte, and with one that is cut short.
func damaged(t *testing.T, whole []byte, step int, read func(path string) error) {
	t.Helper()
	path := bytesFile(t, nil)
	check := func(b []byte, what string, at int) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := read(path); err == nil {
			t.Errorf("%s at byte %d of %d goes unseen", what, at, len(whole))
		} else if !strings.Contains(err.Error(), path) {
			t.Errorf("%s at byte %d: the error doesn't name the file: %v", what, at, err)
		}
	}
	for at := 0; at < len(whole); at += step {
		b := bytes.Clone(whole)
		b[at] ^= 1 << (at % 8)
		check(b, "a flipped bit", at)
		check(whole[:at], "an end", at)
	}
}

func TestRecFileDamaged(t *testing.T) {
	var out bytes.Buffer
	w := newRecWriter(&out)
	if _, err := w.Write(bytes.Repeat([]byte("0123456789"), recBlock/5)); err != nil {
		t.Fatal(err)
	}
	if err := w.finish(1, 2); err != nil {
		t.Fatal(err)
	}
	damaged(t, out.Bytes(), 97, func(path string) error {
		r, err := openRec(path)
		if err != nil {
			return err
		}
		defer r.close()
		_, err = r.read(0, r.n)
		return err
	})
}

// TestSearchNear finds what sort.Search finds, whatever the guess.
func TestSearchNear(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		n := rnd.IntN(1 << rnd.IntN(20))
		want := rnd.IntN(n + 1)
		guess := rnd.Float64()*1.4 - 0.2
		probes := 0
		got := searchNear(n, guess, func(i int) bool {
			if i < 0 || i >= n {
				t.Fatalf("asked for %d of %d", i, n)
			}
			probes++
			return i >= want
		})
		if got != want {
			t.Fatalf("%d of %d from %g, want %d", got, n, guess, want)
		}
		if probes > 60 {
			t.Fatalf("%d probes for %d of %d from %g", probes, want, n, guess)
		}
	}
}
