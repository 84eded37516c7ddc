package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"corpusmill/internal/scratch"
	"corpusmill/models"
)

// site serves one file, with what tests make go wrong.
type site struct {
	*httptest.Server
	sent atomic.Int64 // bytes of bodies

	mu sync.Mutex
	faults
	ranges []string // the Range of each request
}

// faults are what a site serves and how. Tests change them with set.
type faults struct {
	file    []byte
	etag    string
	cut     int    // bytes of a body after which the connection breaks; 0 for never
	during  func() // called when one is cut, once
	answer  []int  // status codes of the next requests
	header  http.Header
	rewrite func(http.ResponseWriter, *http.Request) bool // answers in place of the site
}

func newSite(t *testing.T, file []byte) *site {
	s := &site{faults: faults{file: file, etag: `"one"`}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *site) set(change func(*faults)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.faults)
}

func (s *site) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ranges)
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.ranges = append(s.ranges, r.Header.Get("Range"))
	now, status := s.faults, http.StatusOK
	if len(s.answer) > 0 {
		status, s.answer = s.answer[0], s.answer[1:]
	}
	if now.cut > 0 {
		s.during = nil
	}
	s.mu.Unlock()
	for k, v := range now.header {
		w.Header()[k] = v
	}
	if status != http.StatusOK {
		w.WriteHeader(status)
		return
	}
	if now.rewrite != nil && now.rewrite(w, r) {
		return
	}
	w.Header().Set("ETag", now.etag)
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/octet-stream")
	}
	http.ServeContent(&cutter{w, &s.sent, now, now.cut}, r, "", time.Time{}, bytes.NewReader(now.file))
}

// cutter breaks the connection in the middle of a body.
type cutter struct {
	http.ResponseWriter
	sent *atomic.Int64
	faults
	left int
}

func (c *cutter) Write(b []byte) (int, error) {
	if c.cut == 0 {
		c.sent.Add(int64(len(b)))
		return c.ResponseWriter.Write(b)
	}
	n, err := c.ResponseWriter.Write(b[:min(len(b), c.left)])
	c.sent.Add(int64(n))
	if c.left -= n; c.left == 0 {
		c.ResponseWriter.(http.Flusher).Flush()
		if c.during != nil {
			c.during()
		}
		panic(http.ErrAbortHandler)
	}
	return n, err
}

// words is a word list of at least size bytes; seed makes another one.
func words(size, seed int) []byte {
	var b strings.Builder
	b.WriteString(`{"en":["the"`)
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, `,"word%d"`, i*7+seed)
	}
	b.WriteString("]}\n")
	return []byte(b.String())
}

func shaOf(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func request(t *testing.T, from ...string) Request {
	return Request{Name: "stopwords.json", Kind: models.Words, Folder: scratch.Dir(t), From: from}
}

// waits is a Sleep that doesn't, and notes how long it should have.
type waits []time.Duration

func (w *waits) sleep(_ context.Context, d time.Duration) { *w = append(*w, d) }

// quick is a Fetcher that waits for nothing.
func quick() (*Fetcher, *waits) {
	w := &waits{}
	return &Fetcher{Sleep: w.sleep, Checkpoint: 1 << 10}, w
}

// wantFile checks that exactly the model and its record are in the folder.
func wantFile(t *testing.T, r Request, res Result, want []byte) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(r.Folder, r.Name))
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("the file has %d bytes, want %d; %v", len(got), len(want), err)
	}
	wantNames(t, r.Folder, r.Name, r.Name+".sum")
	sum, err := models.SumOf(t.Context(), res.Path)
	record, e := models.ReadRecord(res.Path)
	if err != nil || e != nil || record != res.Record || record.Sum != sum || sum.SHA256 != shaOf(want) || sum.Size != int64(len(want)) {
		t.Errorf("record %+v, result %+v, file %+v; %v, %v", record, res.Record, sum, err, e)
	}
}

func wantNames(t *testing.T, folder string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, want) {
		t.Errorf("the folder has %q, want %q", names, want)
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("the error lacks %q:\n%v", p, err)
		}
	}
}

func TestFetch(t *testing.T) {
	file := words(1<<20, 0)
	s := newSite(t, file)
	f, waited := quick()
	var last Progress
	f.Report = func(p Progress) {
		if p.Done < last.Done {
			t.Errorf("progress goes back from %d to %d", last.Done, p.Done)
		}
		last = p
	}
	r := request(t, s.URL+"/words?token=secret")
	r.Folder = filepath.Join(r.Folder, "new", "folder")
	r.SHA256, r.Size = shaOf(file), int64(len(file))
	res, err := f.Fetch(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, r, res, file)
	if !res.Published || res.Before != nil || res.Resumed != 0 || res.Source != s.URL+"/words" {
		t.Errorf("%+v", res)
	}
	if size := int64(len(file)); last != (Progress{size, size}) || len(*waited) > 0 {
		t.Errorf("progress %+v, waits %v", last, *waited)
	}
	// Another version in its place is told of.
	last = Progress{}
	small := words(1<<10, 1)
	s.set(func(x *faults) { x.file, x.etag = small, `"two"` })
	r.SHA256, r.Size = "", 0
	again, err := f.Fetch(t.Context(), r)
	if err != nil || again.Published || again.Before == nil || again.Before.Sum != res.Sum {
		t.Errorf("%v: %+v", err, again)
	}
	wantFile(t, r, again, small)
}

func TestResume(t *testing.T) {
	file := words(1<<20, 0)
	s := newSite(t, file)
	s.set(func(x *faults) { x.cut = 300 << 10 })
	f, waited := quick()
	f.Tries = 2 // in a row without a byte more: there are more breaks than that
	r := request(t, s.URL)
	res, err := f.Fetch(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, r, res, file)
	asked := s.asked()
	if len(asked) != 4 || asked[0] != "" || !strings.HasPrefix(asked[3], "bytes=") || s.sent.Load() > int64(len(file)*11/10) {
		t.Errorf("requests for %q, %d bytes sent for %d", asked, s.sent.Load(), len(file))
	}
	if !slices.Equal(*waited, []time.Duration{time.Second, time.Second, time.Second}) {
		t.Errorf("waits %v", *waited)
	}
}

// TestResumeLater ends the first fetch in the middle, in several ways.
func TestResumeLater(t *testing.T) {
	file := words(1<<20, 0)
	for _, x := range []struct {
		name    string
		between func(t *testing.T, x *faults, r Request)
		want    []byte
		resumed bool
	}{
		{"as it was", func(*testing.T, *faults, Request) {}, file, true},
		{"power cut", func(t *testing.T, _ *faults, r Request) {
			part := filepath.Join(r.Folder, r.Name+".part")
			f, err := os.OpenFile(part, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			f.Write(make([]byte, 5000)) // never synced: it may hold anything
			f.Close()
		}, file, true},
		{"changed file", func(_ *testing.T, x *faults, _ Request) { x.file, x.etag = words(2<<20, 1), `"two"` }, words(2<<20, 1), false},
		{"changed file, If-Range ignored", func(_ *testing.T, x *faults, _ Request) {
			x.file, x.etag = words(1<<20, 1), `"two"`
			x.rewrite = func(_ http.ResponseWriter, r *http.Request) bool { r.Header.Del("If-Range"); return false }
		}, words(1<<20, 1), false},
		{"shorter file, If-Range ignored", func(_ *testing.T, x *faults, _ Request) {
			x.file, x.etag = words(1<<10, 1), `"two"`
			x.rewrite = func(_ http.ResponseWriter, r *http.Request) bool { r.Header.Del("If-Range"); return false }
		}, words(1<<10, 1), false},
		{"no ranges", func(_ *testing.T, x *faults, _ Request) {
			x.rewrite = func(w http.ResponseWriter, _ *http.Request) bool { w.Write(file); return true }
		}, file, false},
		{"damaged state", func(t *testing.T, _ *faults, r Request) {
			if err := os.WriteFile(filepath.Join(r.Folder, r.Name+".part.json"), []byte(`{"source`), 0o666); err != nil {
				t.Fatal(err)
			}
		}, file, false},
		{"lost part", func(t *testing.T, _ *faults, r Request) {
			if err := os.Truncate(filepath.Join(r.Folder, r.Name+".part"), 10); err != nil {
				t.Fatal(err)
			}
		}, file, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := newSite(t, file)
			s.set(func(x *faults) { x.cut = 600 << 10 })
			f, _ := quick()
			f.Tries = 1
			r := request(t, s.URL)
			_, err := f.Fetch(t.Context(), r)
			wantError(t, err, "stopwords.json couldn't be fetched", s.URL, "unexpected EOF")
			wantNames(t, r.Folder, r.Name+".part", r.Name+".part.json")
			s.set(func(x *faults) { x.cut = 0 })
			s.set(func(f *faults) { x.between(t, f, r) })
			f, _ = quick()
			s.sent.Store(0)
			res, err := f.Fetch(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			wantFile(t, r, res, x.want)
			if x.resumed && (res.Resumed < 500<<10 || s.sent.Load() > 500<<10) {
				t.Errorf("%d bytes were resumed, %d sent", res.Resumed, s.sent.Load())
			}
		})
	}
}

func TestCancel(t *testing.T) {
	file := words(1<<20, 0)
	s := newSite(t, file)
	s.set(func(x *faults) { x.cut = 600 << 10 })
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("a signal")
	f, waited := quick()
	arrived := make(chan struct{})
	f.Report = func(p Progress) {
		if p.Done > 0 && arrived != nil {
			close(arrived)
			arrived = nil
		}
	}
	some := arrived
	s.set(func(x *faults) {
		x.during = func() {
			<-some
			cancel(stop)
		}
	})
	r := request(t, s.URL)
	if _, err := f.Fetch(ctx, r); !errors.Is(err, stop) {
		t.Fatalf("not the cause: %v", err)
	}
	if len(*waited) > 0 {
		t.Errorf("it waited %v", *waited)
	}
	s.set(func(x *faults) { x.cut = 0 })
	res, err := f.Fetch(t.Context(), r)
	if err != nil || res.Resumed == 0 {
		t.Fatalf("%v: %+v", err, res)
	}
	wantFile(t, r, res, file)
}

func TestStall(t *testing.T) {
	file := words(1<<20, 0)
	s := newSite(t, file)
	s.set(func(x *faults) { x.cut = 300 << 10 })
	gone := make(chan struct{})
	s.set(func(x *faults) {
		x.during = func() {
			select {
			case <-gone:
			case <-time.After(time.Minute):
			}
		}
	})
	f, waited := quick()
	f.Stall = 100 * time.Millisecond
	var notes []string
	f.Logf = func(format string, args ...any) {
		notes = append(notes, fmt.Sprintf(format, args...))
		if len(notes) == 1 {
			close(gone)
			s.set(func(x *faults) { x.cut = 0 })
		}
	}
	r := request(t, s.URL)
	res, err := f.Fetch(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, r, res, file)
	if len(*waited) == 0 || len(notes) == 0 || !strings.Contains(notes[0], "nothing came for too long, 100ms") {
		t.Errorf("waits %v, notes %q", *waited, notes)
	}
}

func TestStatus(t *testing.T) {
	file := words(1<<10, 0)
	for _, x := range []struct {
		name   string
		answer []int
		header http.Header
		want   string // "" when it succeeds
		waits  int
	}{
		{"not found", []int{404}, nil, "404 Not Found: there is no such file", 0},
		{"refused", []int{403}, nil, "403 Forbidden: access is refused", 0},
		{"teapot", []int{418}, nil, "418", 0},
		{"busy", []int{503, 429, 502}, nil, "", 3},
		{"down", []int{500, 500, 500, 500, 500, 500}, nil, "500 Internal Server Error", 4},
		{"login page", nil, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, "a web page came in place of the file", 0},
		{"compressed", nil, http.Header{"Content-Encoding": {"gzip"}}, "the server sends the file as gzip", 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := newSite(t, file)
			s.set(func(f *faults) { f.answer, f.header = x.answer, x.header })
			f, waited := quick()
			r := request(t, s.URL)
			res, err := f.Fetch(t.Context(), r)
			if len(*waited) != x.waits {
				t.Errorf("waits %v, want %d", *waited, x.waits)
			}
			if x.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				wantFile(t, r, res, file)
				return
			}
			wantError(t, err, x.want, s.URL, "Or fetch "+s.URL+" on another machine and put it into "+r.Folder)
			wantNames(t, r.Folder)
		})
	}
}

func TestWaits(t *testing.T) {
	s := newSite(t, nil)
	s.set(func(x *faults) { x.answer = []int{503, 503, 503, 503, 503, 503} })
	f, waited := quick()
	f.Fetch(t.Context(), request(t, s.URL))
	if want := []time.Duration{1e9, 2e9, 4e9, 8e9}; !slices.Equal(*waited, want) {
		t.Errorf("waits %v, want %v", *waited, want)
	}
}

func TestOffline(t *testing.T) {
	s := newSite(t, nil)
	s.Close() // its port is closed now
	f, waited := quick()
	r := request(t, s.URL+"/a", s.URL+"/b")
	_, err := f.Fetch(t.Context(), r)
	wantError(t, err, "no network: ", "connection refused", s.URL+"/b", "Or fetch "+s.URL+"/a on another machine and put it into "+r.Folder)
	if len(*waited) > 0 {
		t.Errorf("it waited %v for a network that isn't there", *waited)
	}
	wantNames(t, r.Folder)
}

func TestWrongLength(t *testing.T) {
	file := words(1<<20, 0)
	s := newSite(t, file)
	f, _ := quick()
	r := request(t, s.URL)
	r.Size = 77
	_, err := f.Fetch(t.Context(), r)
	wantError(t, err, fmt.Sprintf("it has %d bytes, the published stopwords.json 77", len(file)))
	wantNames(t, r.Folder)
	// A body that ends before its announced length, and for which no rest is
	// to be had.
	r.Size = 0
	s.set(func(x *faults) {
		x.rewrite = func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Length", fmt.Sprint(len(file)))
			w.Write(file[:len(file)/2])
			return true
		}
	})
	_, err = f.Fetch(t.Context(), r)
	wantError(t, err, "unexpected EOF")
	if _, err := os.Stat(filepath.Join(r.Folder, r.Name)); err == nil {
		t.Error("half a model has its name")
	}
	// No length at all.
	s.set(func(x *faults) {
		x.rewrite = func(w http.ResponseWriter, _ *http.Request) bool {
			for b := range slices.Chunk(file, 100_000) {
				w.Write(b)
				w.(http.Flusher).Flush()
			}
			return true
		}
	})
	res, err := f.Fetch(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, r, res, file)
}

// TestNextSource goes on where a source has no file, another one, or none that
// is a model.
func TestNextSource(t *testing.T) {
	file := words(1<<20, 0)
	good := newSite(t, file)
	for name, bad := range map[string]func(*faults){
		"not found":       func(x *faults) { x.answer = []int{404} },
		"another version": func(x *faults) { x.file = words(len(file), 3)[:len(file)] },
		"no model":        func(x *faults) { x.file = bytes.Repeat([]byte("<html>"), len(file)/6+1)[:len(file)] },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, file)
			s.set(bad)
			f, _ := quick()
			r := request(t, s.URL, good.URL)
			r.SHA256, r.Size = shaOf(file), int64(len(file))
			res, err := f.Fetch(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			wantFile(t, r, res, file)
			if res.Source != good.URL {
				t.Errorf("it came from %s", res.Source)
			}
		})
	}
}

func TestMismatch(t *testing.T) {
	file := words(1<<10, 0)
	s := newSite(t, file)
	f, _ := quick()
	r := request(t, s.URL)
	r.SHA256 = shaOf(nil)
	_, err := f.Fetch(t.Context(), r)
	var m *Mismatch
	if wantError(t, err, "this isn't the published stopwords.json", r.SHA256); !errors.As(err, &m) {
		t.Errorf("%T is no Mismatch", err)
	}
	wantNames(t, r.Folder)
	r.AnyVersion = true
	res, err := f.Fetch(t.Context(), r)
	if err != nil || res.Published {
		t.Fatalf("%v: %+v", err, res)
	}
	wantFile(t, r, res, file)
}

// TestKind has a page that came with no word of what it is, for a model of
// each kind, and the models themselves.
func TestKind(t *testing.T) {
	page := newSite(t, []byte("<!DOCTYPE html><title>Log in</title>"))
	f, _ := quick()
	for name, kind := range map[string]models.Kind{
		"lid.176.bin": models.FastText, "en.sp.model": models.SentencePiece, "en.arpa.bin": models.KenLM, "stopwords.json": models.Words,
	} {
		r := Request{Name: name, Kind: kind, Folder: t.TempDir(), From: []string{page.URL}}
		_, err := f.Fetch(t.Context(), r)
		wantError(t, err, "what came is no ", `it begins with "<!DOCTYPE html>`)
		wantNames(t, r.Folder)
		if kind == models.Words {
			continue
		}
		r.From = []string{filepath.Join("../../testdata/models", name)}
		res, err := f.Fetch(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		file, err := os.ReadFile(r.From[0])
		if err != nil {
			t.Fatal(err)
		}
		wantFile(t, r, res, file)
	}
}

func TestLocalFile(t *testing.T) {
	f, _ := quick()
	file := words(1<<20, 0)
	path := filepath.Join(t.TempDir(), "w.json")
	if err := os.WriteFile(path, file, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{path, "file://" + path} {
		r := request(t, from)
		res, err := f.Fetch(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		wantFile(t, r, res, file)
	}
	for from, want := range map[string]string{
		path + ".not": "no such file", filepath.Dir(path): "it is no file",
	} {
		r := request(t, from)
		_, err := f.Fetch(t.Context(), r)
		wantError(t, err, want, from)
		if strings.Contains(err.Error(), "another machine") {
			t.Errorf("no help: %v", err)
		}
		wantNames(t, r.Folder)
	}
}

// TestTwoAtOnce has a second fetch of a model while the first is at it, and
// another model beside.
func TestTwoAtOnce(t *testing.T) {
	file := words(1<<20, 0)
	s, other := newSite(t, file), newSite(t, file)
	s.set(func(x *faults) { x.cut = 300 << 10 })
	f, _ := quick()
	r := request(t, s.URL)
	var inside []error
	ended := make(chan struct{})
	s.set(func(x *faults) {
		x.during = func() {
			g, _ := quick()
			_, first := g.Fetch(t.Context(), r)
			beside := r
			beside.Name, beside.From = "flagged_words.json", []string{other.URL}
			_, second := g.Fetch(t.Context(), beside)
			inside = []error{first, second}
			close(ended)
		}
	})
	if _, err := f.Fetch(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	<-ended
	wantError(t, inside[0], "stopwords.json is being fetched to "+r.Folder+" already")
	if inside[1] != nil {
		t.Error(inside[1])
	}
	wantNames(t, r.Folder, "flagged_words.json", "flagged_words.json.sum", r.Name, r.Name+".sum")
}

func TestFolder(t *testing.T) {
	f, _ := quick()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	r := request(t, "http://127.0.0.1:1")
	r.Folder = filepath.Join(file, "below")
	_, err := f.Fetch(t.Context(), r)
	wantError(t, err, "can't write to the folder "+r.Folder, "name another one with --models")
}

// TestRedirect follows to another path and refuses to leave https.
func TestRedirect(t *testing.T) {
	file := words(1<<10, 0)
	s := newSite(t, file)
	s.set(func(x *faults) {
		x.rewrite = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/real" {
				return false
			}
			http.Redirect(w, r, "/real", http.StatusFound)
			return true
		}
	})
	f, _ := quick()
	r := request(t, s.URL+"/name")
	res, err := f.Fetch(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, r, res, file)

	secure := httptest.NewUnstartedServer(http.RedirectHandler(s.URL, http.StatusFound))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	f.Client = secure.Client()
	f.Client.CheckRedirect = (&Fetcher{}).client().CheckRedirect
	_, err = f.Fetch(t.Context(), request(t, secure.URL))
	wantError(t, err, "it leads from https to http")

	// A certificate that nobody vouches for isn't asked again.
	f, waited := quick()
	_, err = f.Fetch(t.Context(), request(t, secure.URL))
	if wantError(t, err, "certificate"); len(*waited) > 0 {
		t.Errorf("it waited %v", *waited)
	}
}

func TestReadRange(t *testing.T) {
	for s, want := range map[string][2]int64{
		"bytes 5-9/10": {5, 10}, "bytes 0-0/*": {0, -1}, "bytes */10": {-1, 10}, "": {-1, -1}, "bytes x-/99999999999999999999": {-1, -1},
	} {
		if from, size := readRange(s); from != want[0] || size != want[1] {
			t.Errorf("%q: %d, %d; want %d", s, from, size, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for s, want := range map[string]time.Duration{"7": 7 * time.Second, "999999999999": longWait, "-1": 0, "Fri, 01 Jan 2027 00:00:00 GMT": 0} {
		if got := retryAfter(s); got != want {
			t.Errorf("%s: %v, want %v", s, got, want)
		}
	}
}
