package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"

	"corpusmill/storage"
	"corpusmill/storage/object/s3/s3test"
)

// opened is a store of the test's environment that makes no pauses.
func opened(t testing.TB) *store {
	t.Helper()
	c, err := fromEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	s, err := open(c)
	if err != nil {
		t.Fatal(err)
	}
	s.pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return s
}

// through is a store behind a proxy.
func through(t testing.TB, server *s3test.Server, seed uint64, rate float64) (*store, *s3test.Proxy) {
	t.Helper()
	p := s3test.Flaky(t, server.Endpoint, seed, rate)
	server.Use(t, p.URL)
	return opened(t), p
}

func content(seed uint64, size int) []byte {
	b := make([]byte, size)
	r := rand.NewPCG(seed, 1)
	for i := 0; i < size; i += 8 {
		v := r.Uint64()
		for j := i; j < min(i+8, size); j++ {
			b[j] = byte(v >> (8 * (j - i)))
		}
	}
	return b
}

func put(t testing.TB, s *store, path string, b []byte) {
	t.Helper()
	if err := s.Put(t.Context(), path, bytes.NewReader(b), int64(len(b))); err != nil {
		t.Fatal(err)
	}
}

// get reads a whole object, by the size that it is said to have.
func get(t testing.TB, s *store, path string) []byte {
	t.Helper()
	i, err := s.Stat(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, i.Size)
	n, at, err := s.ReadAt(t.Context(), path, i.Tag, b, 0)
	if err != nil || n != len(b) || at != i {
		t.Fatalf("%d of %d bytes of %v, which was %v: %v", n, len(b), at, i, err)
	}
	return b
}

func list(t testing.TB, s *store, prefix string) (paths []string) {
	t.Helper()
	for i, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, i.Path)
	}
	return paths
}

// keys are those that something on the way may take for something else.
var keys = []string{
	"plain", "with space", "a+b", "100%25", "%41", "q?x=1&y", "#hash", "k=v/part=1", "ünïcode/ключ", "日本",
	"quote'\"", "<tag>&amp;", "semi;colon", "at@:,$!*()~", "back\\slash", "dots..inside", "tab\there", "a/b", "a-b", "a.b",
}

func TestKeys(t *testing.T) {
	server := s3test.Start(t)
	s := opened(t)
	want := []string{}
	for i, k := range keys {
		put(t, s, server.Path("keys/"+k), content(uint64(i), i))
		want = append(want, server.Path("keys/"+k))
	}
	for i, k := range keys {
		if got := get(t, s, server.Path("keys/"+k)); !bytes.Equal(got, content(uint64(i), i)) {
			t.Errorf("%q has another's content", k)
		}
	}
	slices.Sort(want)
	if got := list(t, s, server.Path("keys/")); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	if got := list(t, s, server.Path("keys/a")); len(got) != 5 {
		t.Errorf("%q begin with a", got)
	}
	if err := s.Remove(t.Context(), append(want, server.Path("keys/missing"))); err != nil {
		t.Fatal(err)
	}
	if got := list(t, s, "s3://"+server.Bucket); len(got) != 0 {
		t.Errorf("%q are left", got)
	}
}

func TestReadAt(t *testing.T) {
	server := s3test.Start(t)
	s, proxy := through(t, server, 1, 0)
	path, b := server.Path("x"), content(1, 1000)
	put(t, s, path, b)
	info, err := s.Stat(t.Context(), path)
	if err != nil || info.Size != 1000 || info.Path != path || info.Tag == "" || info.Mod == 0 {
		t.Fatalf("%+v: %v", info, err)
	}
	for _, c := range []struct {
		off, size int
		want      []byte
		eof       bool
		requests  int
	}{
		{0, 1000, b, false, 1},
		{0, 1, b[:1], false, 1},
		{999, 1, b[999:], false, 1},
		{990, 100, b[990:], true, 1},
		{1000, 5, nil, true, 2},
		{5000, 5, nil, true, 2},
		{-10, 10, b[990:], false, 1},
		{-10, 3, b[990:993], false, 1},
		{-10, 30, b[990:], true, 1},
		{-4000, 4000, b, true, 1},
		{-4000, 10, b[:10], false, 1},
		{5, 0, nil, false, 1},
	} {
		proxy.Forget()
		p := make([]byte, c.size)
		n, i, err := s.ReadAt(t.Context(), path, "", p, int64(c.off))
		if !bytes.Equal(p[:n], c.want) || i != info || (err == io.EOF) != c.eof || err != nil && err != io.EOF {
			t.Errorf("%d bytes from %d: %d, %+v, %v", c.size, c.off, n, i, err)
		}
		asked := 0
		for _, n := range proxy.Requests() {
			asked += n
		}
		if asked != c.requests {
			t.Errorf("%d bytes from %d: %v, want %d", c.size, c.off, proxy.Requests(), c.requests)
		}
	}

	put(t, s, server.Path("empty"), nil)
	for _, off := range []int64{0, -10} {
		n, i, err := s.ReadAt(t.Context(), server.Path("empty"), "", make([]byte, 10), off)
		if n != 0 || err != io.EOF || i.Path != server.Path("empty") || i.Size != 0 || i.Tag == "" {
			t.Errorf("empty object from %d: %d, %+v, %v", off, n, i, err)
		}
	}

	put(t, s, path, content(2, 1000))
	for _, c := range []struct{ off, size int }{{0, 10}, {-10, 10}, {5000, 5}, {5, 0}} {
		if _, _, err := s.ReadAt(t.Context(), path, info.Tag, make([]byte, c.size), int64(c.off)); !errors.Is(err, storage.ErrChanged) || !strings.Contains(err.Error(), path) {
			t.Errorf("%d bytes from %d of a replaced object: %v", c.size, c.off, err)
		}
	}
	if _, _, err := s.ReadAt(t.Context(), server.Path("missing"), "", make([]byte, 10), 0); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "missing") {
		t.Error(err)
	}
	if _, err := s.Stat(t.Context(), server.Path("missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestCreate(t *testing.T) {
	server := s3test.Start(t)
	s, proxy := through(t, server, 1, 0)
	path := server.Path("lock")
	proxy.Lose("create", 2)
	if err := s.Create(t.Context(), path, []byte("mine")); err != nil {
		t.Fatal(err)
	}
	// The second answer that is lost is the refusal of what the first has made.
	// The last is to see that the store refuses it.
	if got := proxy.Requests(); got["create"] != 4 || got["head"] != 1 {
		t.Error(got)
	}
	// The same content by another is another's.
	if err := s.Create(t.Context(), path, []byte("mine")); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), path) {
		t.Fatal(err)
	}
	proxy.Lose("create", 1)
	if err := s.Create(t.Context(), path, []byte("mine")); !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	if got := get(t, s, path); string(got) != "mine" {
		t.Errorf("%q", got)
	}
	if err := s.Create(t.Context(), server.Path("nothing"), nil); err != nil {
		t.Fatal(err)
	}

	// Of many only one makes it.
	made := make(chan error)
	for i := range 8 {
		go func() { made <- s.Create(t.Context(), server.Path("race"), fmt.Append(nil, i)) }()
	}
	won := 0
	for range 8 {
		if err := <-made; err == nil {
			won++
		} else if !errors.Is(err, fs.ErrExist) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d have made it", won)
	}
}

func TestLargeObjects(t *testing.T) {
	server := s3test.Start(t)
	s, proxy := through(t, server, 1, 0)
	for _, c := range []struct {
		size int
		want map[string]int
	}{
		{single, map[string]int{"put": 1}},
		{single + 1, map[string]int{"begin": 1, "part": 2, "complete": 1}},
		{40 << 20, map[string]int{"begin": 1, "part": 3, "complete": 1}},
	} {
		size, b := c.size, content(3, c.size)
		proxy.Forget()
		put(t, s, server.Path("large"), b)
		if got := proxy.Requests(); !maps.Equal(got, c.want) {
			t.Errorf("%d bytes: %v, want %v", size, got, c.want)
		}
		if !bytes.Equal(get(t, s, server.Path("large")), b) {
			t.Errorf("%d bytes aren't what was put", size)
		}
	}
	proxy.Lose("complete", 1)
	b := content(4, single+1)
	put(t, s, server.Path("large"), b)
	if !bytes.Equal(get(t, s, server.Path("large")), b) {
		t.Error("not what was put when the answer was lost")
	}
	broken := errors.New("the disk is broken")
	if err := s.Put(t.Context(), server.Path("large"), readerAt(func(p []byte, off int64) (int, error) {
		if off > single {
			return 0, broken
		}
		return len(p), nil
	}), 2*single); !errors.Is(err, broken) {
		t.Error(err)
	}
	if n := incomplete(t, server); n != 0 {
		t.Errorf("%d uploads are left", n)
	}
}

type readerAt func(p []byte, off int64) (int, error)

func (f readerAt) ReadAt(p []byte, off int64) (int, error) { return f(p, off) }

// incomplete counts the uploads that the store keeps parts of.
func incomplete(t testing.TB, server *s3test.Server) int {
	t.Helper()
	found, err := server.Client(t).ListMultipartUploads(t.Context(), server.Bucket, "", "", "", "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return len(found.Uploads)
}

func TestPartSize(t *testing.T) {
	for _, c := range []struct{ size, want int64 }{
		{0, single}, {single, single}, {mostParts * single, single}, {mostParts*single + 1, single + 1<<20}, {5 << 40, 525 << 20},
	} {
		if got := partSize(c.size); got != c.want || got*mostParts < c.size {
			t.Errorf("%d bytes: parts of %d, want %d", c.size, got, c.want)
		}
	}
}

func TestStage(t *testing.T) {
	server := s3test.Start(t)
	s, proxy := through(t, server, 1, 0)
	other := opened(t) // as another process has it
	for _, size := range []int{0, 1, 1000, single + 5} {
		path, b := server.Path(fmt.Sprint("out/", size)), content(5, size)
		token, err := s.Stage(t.Context(), path, bytes.NewReader(b), int64(size))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Stat(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("a staged object is there: %v", err)
		}
		proxy.Lose("complete", 1)
		for range 2 {
			if err := other.Publish(t.Context(), path, token); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(get(t, s, path), b) {
			t.Errorf("%d bytes aren't what was staged", size)
		}
		put(t, s, path, b) // the same content, but another write
		if err := s.Publish(t.Context(), path, token); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "another") {
			t.Errorf("of what has replaced it: %v", err)
		}
	}
	for _, token := range []string{"", "{}", "x"} {
		if err := s.Publish(t.Context(), server.Path("x"), token); err == nil {
			t.Errorf("the token %q is published", token)
		}
	}
}

func TestDiscard(t *testing.T) {
	server := s3test.Start(t)
	s := opened(t)
	tokens := map[string]string{}
	for _, key := range []string{"out/a", "out/b/c", "out/b/c", "out/other", "outer", "in/a"} {
		token, err := s.Stage(t.Context(), server.Path(key), strings.NewReader("x"), 1)
		if err != nil {
			t.Fatal(err)
		}
		tokens[key] = token
	}
	put(t, s, server.Path("out/done"), []byte("x"))
	for range 2 {
		if err := s.Discard(t.Context(), server.Path("out/"), func(path string) bool { return path != server.Path("out/other") }); err != nil {
			t.Fatal(err)
		}
		if n := incomplete(t, server); n != 3 {
			t.Errorf("%d uploads are left", n)
		}
	}
	if err := s.Publish(t.Context(), server.Path("out/a"), tokens["out/a"]); err == nil || !strings.Contains(err.Error(), "--restart") {
		t.Error(err)
	}
	for _, key := range []string{"out/other", "outer", "in/a"} {
		if err := s.Publish(t.Context(), server.Path(key), tokens[key]); err != nil {
			t.Error(err)
		}
	}
	if got := list(t, s, server.Path("out/")); len(got) != 2 {
		t.Errorf("%q", got)
	}
}

func TestList(t *testing.T) {
	server := s3test.Start(t)
	direct := opened(t)
	s, proxy := through(t, server, 1, 0)
	const objects = 2500
	want := []string{}
	for i := range objects {
		want = append(want, server.Path(fmt.Sprintf("many/%d/%d", i%7, i)))
	}
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(8)
	for _, path := range want {
		g.Go(func() error { return direct.Put(ctx, path, strings.NewReader(""), 0) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Client(t).PutObject(t.Context(), server.Bucket, "many/folder/", strings.NewReader(""), 0, "", "", minio.PutObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	proxy.Forget()
	if got := list(t, s, server.Path("many/")); !slices.Equal(got, want) {
		t.Errorf("%d objects, want %d", len(got), objects)
	}
	if got := proxy.Requests(); got["list"] != 3 || len(got) != 1 {
		t.Errorf("%v", got)
	}
	for i, err := range s.List(t.Context(), server.Path("many/3/")) {
		at, stat := s.Stat(t.Context(), i.Path)
		if err != nil || stat != nil || at != i {
			t.Errorf("%+v is listed, %+v is there: %v", i, at, errors.Join(err, stat))
		}
		break
	}
	if got := list(t, s, server.Path("none/")); len(got) != 0 {
		t.Errorf("%q", got)
	}
	proxy.Forget()
	if err := s.Remove(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if got := proxy.Requests(); got["remove"] != 3 || len(got) != 1 {
		t.Errorf("%v", got)
	}
	if got := list(t, s, server.Path("many/")); len(got) != 0 {
		t.Errorf("%d objects are left", len(got))
	}
}
