package kenlm

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// scoresOf are the scores of the recorded texts, to the bit.
func scoresOf(t testing.TB, m *Model) (out []float32) {
	t.Helper()
	for _, r := range readRecordings(t, "testdata") {
		out = append(out, m.Sentence([]byte(r.Text)))
	}
	return out
}

// openIn opens an ARPA file through the cache, however small it is.
func openIn(t testing.TB, arpa, cache string) *Model {
	t.Helper()
	f, err := os.Open(arpa)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	m, err := openCached(f, info.Size(), cache)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// only returns the one file of a folder.
func only(t testing.TB, dir string) string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v; want one file", files, err)
	}
	return filepath.Join(dir, files[0].Name())
}

// TestCache opens ARPA files in memory, through an empty cache and through the
// file found there: the scores are the same.
func TestCache(t *testing.T) {
	for _, name := range []string{"two.arpa", "three.arpa", "five.arpa"} {
		dir := filepath.Join(t.TempDir(), "made", "anew")
		want := scoresOf(t, open(t, "testdata/"+name))
		if got := scoresOf(t, openIn(t, "testdata/"+name, dir)); !slices.Equal(got, want) {
			t.Errorf("%s: mapped, it gives other scores", name)
		}
		made, err := os.Stat(only(t, dir))
		if err != nil {
			t.Fatal(err)
		}
		if got := scoresOf(t, openIn(t, "testdata/"+name, dir)); !slices.Equal(got, want) {
			t.Errorf("%s: out of the cache, it gives other scores", name)
		}
		if again, err := os.Stat(only(t, dir)); err != nil || !os.SameFile(made, again) {
			t.Errorf("%s: it was made again, %v", name, err)
		}
	}
}

// TestDamagedCache changes the file in the cache: it is made again.
func TestDamagedCache(t *testing.T) {
	dir := t.TempDir()
	want := scoresOf(t, openIn(t, "testdata/three.arpa", dir))
	path := only(t, dir)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(b []byte) []byte{
		"empty":           func(b []byte) []byte { return nil },
		"cut":             func(b []byte) []byte { return b[:len(b)-1] },
		"cut in the head": func(b []byte) []byte { return b[:100] },
		"longer":          func(b []byte) []byte { return append(b, 0) },
		"other counts":    func(b []byte) []byte { b[len(reference())+fixedHead]--; return b },
		"other source":    func(b []byte) []byte { b[len(b)-trailerSize+len(trailerMark)]++; return b },
		"other sum":       func(b []byte) []byte { b[len(b)-1]++; return b },
		"no trailer":      func(b []byte) []byte { return b[:len(b)-trailerSize] },
	} {
		bad := damage(bytes.Clone(good))
		// A file that others may have mapped is replaced, never changed.
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if got := scoresOf(t, openIn(t, "testdata/three.arpa", dir)); !slices.Equal(got, want) {
			t.Errorf("%s: other scores", name)
		}
		if now, err := os.ReadFile(only(t, dir)); err != nil || !bytes.Equal(now, good) {
			t.Errorf("%s: the file wasn't made again, %v", name, err)
		}
	}
}

func TestCacheIsSharedByBuilders(t *testing.T) {
	dir := t.TempDir()
	want := scoresOf(t, open(t, "testdata/five.arpa"))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			f, err := os.Open("testdata/five.arpa")
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				t.Error(err)
				return
			}
			m, err := openCached(f, info.Size(), dir)
			if err != nil {
				t.Error(err)
				return
			}
			defer m.Close()
			if got := scoresOf(t, m); !slices.Equal(got, want) {
				t.Error("other scores")
			}
		})
	}
	all.Wait()
	only(t, dir)
}

// TestOpenCaches opens files of the size that the cache is for.
func TestOpenCaches(t *testing.T) {
	arpa, err := os.ReadFile("testdata/three.arpa")
	if err != nil {
		t.Fatal(err)
	}
	// Blank lines may come before the head.
	blank := strings.Repeat(" ", 1<<12-1) + "\n"
	arpa = append(bytes.Repeat([]byte(blank), smallARPA>>12), arpa...)
	dir := t.TempDir()
	path := filepath.Join(dir, "large.arpa")
	if err := os.WriteFile(path, arpa, 0o600); err != nil {
		t.Fatal(err)
	}
	want := scoresOf(t, open(t, "testdata/three.arpa"))
	try := func(cache string) {
		t.Helper()
		m, err := OpenCached(path, cache)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if got := scoresOf(t, m); !slices.Equal(got, want) {
			t.Errorf("cache %q: other scores", cache)
		}
	}
	cache := filepath.Join(dir, "cache")
	try(cache)
	only(t, cache)
	try("")
	try(path) // a file, where no folder can be
	if err := os.WriteFile(path, append(arpa, "x"...), 0o600); err != nil {
		t.Fatal(err)
	}
	try(cache)
	if files, err := os.ReadDir(cache); err != nil || len(files) != 2 {
		t.Errorf("after a change of the ARPA file the cache holds %v, %v", files, err)
	}
	if err := os.WriteFile(path, arpa[:len(arpa)-20], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCached(path, cache); err == nil || !strings.Contains(err.Error(), "fewer than 3 words") {
		t.Errorf("a cut file: %v", err)
	}
	if files, err := os.ReadDir(cache); err != nil || len(files) != 2 {
		t.Errorf("after a cut file the cache holds %v, %v", files, err)
	}
}

// TestCrowded converts a model whose longer n-grams need more shorter ones
// than it has.
func TestCrowded(t *testing.T) {
	arpa, err := os.ReadFile("testdata/five.arpa")
	if err != nil {
		t.Fatal(err)
	}
	tries := 0
	_, err = convert(bytes.NewReader(arpa), int64(len(arpa)), 0, func(size int) ([]byte, error) {
		tries++
		return make([]byte, size), nil
	})
	if err != nil || tries < 2 {
		t.Errorf("%d tries, %v", tries, err)
	}
}

func TestConvert(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "three.bin")
	if err := Convert("testdata/three.arpa", path); err != nil {
		t.Fatal(err)
	}
	if got, want := scoresOf(t, open(t, path)), scoresOf(t, open(t, "testdata/three.arpa")); !slices.Equal(got, want) {
		t.Error("the binary file gives other scores")
	}
	if err := Convert("testdata/make.py", filepath.Join(dir, "other")); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("no ARPA file: %v", err)
	}
	only(t, dir)
}

func TestNoMemory(t *testing.T) {
	arpa, err := os.ReadFile("testdata/two.arpa")
	if err != nil {
		t.Fatal(err)
	}
	_, err = convert(bytes.NewReader(arpa), int64(len(arpa)), 0, func(int) ([]byte, error) { return nil, io.ErrShortWrite })
	if err != io.ErrShortWrite {
		t.Error(err)
	}
}
