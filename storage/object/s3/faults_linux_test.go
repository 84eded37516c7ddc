package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"corpusmill/storage"
	"corpusmill/storage/object"
	"corpusmill/storage/object/s3/s3test"
)

// TestFaults has every method meet each kind of fault, more often than a store
// that anybody would use fails.
func TestFaults(t *testing.T) {
	server := s3test.Start(t)
	for seed := range uint64(4) {
		s, proxy := through(t, server, seed, 0.2)
		dir := fmt.Sprintf("faults%d/", seed)
		var wg sync.WaitGroup
		for worker := range 4 {
			wg.Go(func() {
				for i := range 10 {
					if err := lifeOf(t, s, server.Path(fmt.Sprintf("%s%d/%d", dir, worker, i)), uint64(worker*100+i)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if got := list(t, s, server.Path(dir)); len(got) != 80 {
			t.Errorf("%d objects, want 80", len(got))
		}
		if err := s.Remove(t.Context(), list(t, s, server.Path(dir))); err != nil {
			t.Error(err)
		}
		if err := s.Discard(t.Context(), server.Path(dir), nil); err != nil {
			t.Error(err)
		}
		if got := list(t, s, server.Path(dir)); len(got) != 0 {
			t.Errorf("%d objects are left", len(got))
		}
		if n := incomplete(t, server); n != 0 {
			t.Errorf("%d uploads are left", n)
		}
		asked := 0
		for _, n := range proxy.Requests() {
			asked += n
		}
		t.Logf("seed %d: %d of %d requests have failed: %v", seed, proxy.Failed(), asked, proxy.Requests())
		if failed := float64(proxy.Failed()) / float64(asked); failed < 0.1 || failed > 0.3 {
			t.Errorf("%.2f of the requests have failed", failed)
		}
		// 40 lives of at most 14 requests, and some a failure costs.
		if asked > 40*14+4*proxy.Failed()+20 {
			t.Errorf("%d requests", asked)
		}
	}
}

// lifeOf goes through what becomes of two objects.
func lifeOf(t *testing.T, s *store, path string, seed uint64) error {
	ctx := t.Context()
	b, other := content(seed, 100_000), content(seed+1, 3000)
	if err := s.Put(ctx, path, bytes.NewReader(b), int64(len(b))); err != nil {
		return err
	}
	p := make([]byte, len(b))
	n, i, err := s.ReadAt(ctx, path, "", p, -int64(len(b)))
	if err != nil || !bytes.Equal(p[:n], b) {
		return fmt.Errorf("%s: %d bytes that differ: %w", path, n, err)
	}
	if n, at, err := s.ReadAt(ctx, path, i.Tag, p[:500], 99_900); err != io.EOF || at != i || !bytes.Equal(p[:n], b[99_900:]) {
		return fmt.Errorf("%s: the end has %d bytes of %+v: %w", path, n, at, err)
	}
	if err := s.Create(ctx, path, nil); !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("made again: %w", err)
	}
	if err := s.Create(ctx, path+".lock", other); err != nil {
		return err
	}
	token, err := s.Stage(ctx, path, bytes.NewReader(other), int64(len(other)))
	if err != nil {
		return err
	}
	for range 2 {
		if err := s.Publish(ctx, path, token); err != nil {
			return err
		}
	}
	if _, _, err := s.ReadAt(ctx, path, i.Tag, p, 0); !errors.Is(err, storage.ErrChanged) {
		return fmt.Errorf("%s: read as it was: %w", path, err)
	}
	n, _, err = s.ReadAt(ctx, path, "", p, 0)
	if err != io.EOF || !bytes.Equal(p[:n], other) {
		return fmt.Errorf("%s: %d bytes that aren't what was staged: %w", path, n, err)
	}
	return nil
}

// TestReaders reads one open object from many places at once.
func TestReaders(t *testing.T) {
	server := s3test.Start(t)
	b := content(9, 20<<20)
	put(t, opened(t), server.Path("x"), b)
	proxy := s3test.Flaky(t, server.Endpoint, 3, 0.1)
	server.Use(t, proxy.URL)
	f, err := object.Open(t.Context(), server.Path("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 30 {
				off := (worker*7919 + i*1299709) % len(b)
				p := make([]byte, 1+i*5000)
				n, err := f.ReadAt(p, int64(off))
				if err != nil && err != io.EOF || !bytes.Equal(p[:n], b[off:min(off+len(p), len(b))]) {
					t.Errorf("%d bytes at %d: %d, %v", len(p), off, n, err)
				}
			}
		})
	}
	wg.Go(func() {
		if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%d bytes in a row: %v", len(got), err)
		}
	})
	wg.Wait()
	put(t, opened(t), server.Path("x"), b[:len(b)-1])
	if _, err := f.ReadAt(make([]byte, 1<<20), 1<<20); !errors.Is(err, storage.ErrChanged) {
		t.Error(err)
	}
}

// TestRefusals shows what a user is told.
func TestRefusals(t *testing.T) {
	server := s3test.Start(t)
	put(t, opened(t), server.Path("x"), []byte("x"))
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	for _, c := range []struct {
		name, set, to, path string
		want                string
		is                  error
	}{
		{"wrong secret", "AWS_SECRET_ACCESS_KEY", "nonsense", server.Path("x"), "AWS_SECRET_ACCESS_KEY (SignatureDoesNotMatch)", fs.ErrPermission},
		{"wrong key", "AWS_ACCESS_KEY_ID", "nonsense", server.Path("x"), "refuses the key of AWS_ACCESS_KEY_ID", fs.ErrPermission},
		{"no bucket", "", "", "s3://nobucket/x", "there is no bucket nobucket at " + server.Endpoint, fs.ErrNotExist},
		{"no server", "AWS_ENDPOINT_URL_S3", "http://" + nobody.Addr().String(), server.Path("x"), "no answer from http://" + nobody.Addr().String(), object.ErrUnavailable},
		{"no TLS", "AWS_ENDPOINT_URL_S3", strings.Replace(server.Endpoint, "http:", "https:", 1), server.Path("x"), "HTTP response to HTTPS client", nil},
		{"short bucket", "", "", "s3://a/x", "s3://a/x", nil},
		{"no key", "", "", "s3://bucket", "lacks a key", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			server.Use(t, server.Endpoint)
			if c.set != "" {
				t.Setenv(c.set, c.to)
			}
			s := opened(t)
			pauses := 0
			s.pause = func(context.Context, time.Duration) error { pauses++; return nil }
			_, _, err := s.ReadAt(t.Context(), c.path, "", make([]byte, 1), 0)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.path) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v\nwant %q and %v", err, c.want, c.is)
			}
			if strings.Contains(err.Error(), server.Secret) || pauses >= deadTries {
				t.Errorf("%d pauses: %v", pauses, err)
			}
		})
	}
	t.Run("anonymous", func(t *testing.T) {
		t.Setenv("AWS_ACCESS_KEY_ID", "")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "")
		_, err := opened(t).Stat(t.Context(), server.Path("x"))
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "without credentials") {
			t.Error(err)
		}
	})
	t.Run("list", func(t *testing.T) {
		for _, err := range opened(t).List(t.Context(), "s3://nobucket/a/") {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Error(err)
			}
			return
		}
		t.Error("a bucket that isn't there has a list")
	})
	t.Run("put", func(t *testing.T) {
		s := opened(t)
		if err := s.Put(t.Context(), "s3://nobucket/a", strings.NewReader("x"), 1); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
		if err := s.Remove(t.Context(), []string{"s3://nobucket/a", "s3://nobucket/b"}); !errors.Is(err, fs.ErrNotExist) || strings.Count(err.Error(), "nobucket/") > 1 {
			t.Error(err)
		}
		if err := s.Put(t.Context(), server.Path("short"), strings.NewReader("x"), 2); err == nil || !strings.Contains(err.Error(), "ends at byte 1") {
			t.Error(err)
		}
	})
}

// TestNoAnswer has a server accept requests and never answer.
func TestNoAnswer(t *testing.T) {
	release := make(chan struct{})
	var asked atomic.Int64
	silent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1)%2 == 0 { // or stop within the body
			from := 0
			fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
			w.Header().Set("Content-Length", strconv.Itoa(100-from))
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-99/100", from))
			w.Header().Set("ETag", `"a"`)
			w.Header().Set("Last-Modified", "Sun, 22 Nov 2026 10:00:00 GMT")
			w.WriteHeader(http.StatusPartialContent)
			w.Write(make([]byte, 5))
			http.NewResponseController(w).Flush()
		}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(release); silent.Close() })
	server := &s3test.Server{Bucket: "bucket", Key: "k", Secret: "s"}
	server.Use(t, silent.URL)
	s := opened(t)
	s.stalled = 20 * time.Millisecond
	n, _, err := s.ReadAt(t.Context(), "s3://bucket/x", "", make([]byte, 100), 0)
	if !errors.Is(err, errStalled) || !strings.Contains(err.Error(), silent.URL) || n > 100 {
		t.Errorf("%d bytes: %v", n, err)
	}
	if asked.Load() > mostTries {
		t.Errorf("%d requests", asked.Load())
	}

	// A cancelled context ends it while the server is silent, and in a pause.
	for _, stalled := range []time.Duration{time.Minute, time.Millisecond} {
		s := opened(t)
		s.stalled = stalled
		s.pause = sleep
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- s.Put(ctx, "s3://bucket/x", bytes.NewReader(make([]byte, 2*single)), 2*single) }()
		select {
		case err := <-done:
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		case <-time.After(1300 * time.Millisecond):
			t.Errorf("goes on a second after the end, with %v for an answer", stalled)
		}
	}
}

// TestPauses shows how long a store that is down is asked.
func TestPauses(t *testing.T) {
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer down.Close()
	server := &s3test.Server{Bucket: "bucket", Key: "k", Secret: "s"}
	server.Use(t, down.URL)
	s := opened(t)
	var all, last time.Duration
	s.pause = func(_ context.Context, d time.Duration) error {
		if d < last/2 {
			t.Errorf("a pause of %v after one of %v", d, last)
		}
		all, last = all+d, d
		return nil
	}
	if _, err := s.Stat(t.Context(), "s3://bucket/x"); err == nil || !strings.Contains(err.Error(), "503") {
		t.Error(err)
	}
	if all < 20*time.Second || all > 45*time.Second {
		t.Errorf("pauses of %v in all", all)
	}
}

// TestRegions has a bucket be in another region than the configured one.
func TestRegions(t *testing.T) {
	var said []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said = append(said, r.Header.Get("Authorization"))
		if !strings.Contains(r.Header.Get("Authorization"), "/eu-central-1/s3/") {
			w.Header().Set("X-Amz-Bucket-Region", "eu-central-1")
			w.WriteHeader(http.StatusMovedPermanently)
			return
		}
		w.Header().Set("ETag", `"a"`)
		w.Header().Set("Last-Modified", "Sun, 22 Nov 2026 10:00:00 GMT")
	}))
	defer elsewhere.Close()
	server := &s3test.Server{Bucket: "bucket", Key: "k", Secret: "s"}
	server.Use(t, elsewhere.URL)
	s := opened(t)
	for range 2 {
		if _, err := s.Stat(t.Context(), "s3://bucket/x"); err != nil {
			t.Fatal(err)
		}
	}
	if len(said) != 3 {
		t.Errorf("%d requests: %q", len(said), said)
	}
}

// TestUnconditional has a store make what is there.
func TestUnconditional(t *testing.T) {
	careless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("ETag", `"a"`)
	}))
	defer careless.Close()
	server := &s3test.Server{Bucket: "bucket", Key: "k", Secret: "s"}
	server.Use(t, careless.URL)
	err := opened(t).Create(t.Context(), "s3://bucket/x", []byte("x"))
	if err == nil || errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "If-None-Match") {
		t.Error(err)
	}
}

// BenchmarkRead reads an object in a row: the store and its client share the
// processors.
func BenchmarkRead(b *testing.B) {
	server := s3test.Start(b)
	const size = 64 << 20
	put(b, opened(b), server.Path("x"), content(1, size))
	b.SetBytes(size)
	for b.Loop() {
		f, err := object.Open(b.Context(), server.Path("x"))
		if err != nil {
			b.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, f); n != size || err != nil {
			b.Fatal(n, err)
		}
		f.Close()
	}
}
