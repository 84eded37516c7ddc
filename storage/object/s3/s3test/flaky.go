package s3test

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
)

// Proxy passes requests on to a store, counts them, and fails some.
type Proxy struct {
	URL string // its endpoint

	store *url.URL
	via   *http.Transport

	mu     sync.Mutex
	random *rand.Rand
	rate   float64
	lose   map[string]int
	asked  map[string]int
	failed int
}

// Flaky starts a proxy to an endpoint that ends with the test. Of the requests
// it fails a share of rate, drawn by the seed: with one of the answers 500 and
// 503, a connection that is reset before the store has seen the request or
// after it has done the work, a body that breaks off, or a byte that is another
// in what is uploaded. With a rate of 0 it counts.
func Flaky(t testing.TB, endpoint string, seed uint64, rate float64) *Proxy {
	t.Helper()
	store, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{store: store, via: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
		random: rand.New(rand.NewPCG(seed, seed)), rate: rate, lose: map[string]int{}, asked: map[string]int{}}
	server := httptest.NewServer(p)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		p.via.CloseIdleConnections()
	})
	p.URL = server.URL
	return p
}

// Requests returns how many requests of each kind there were: get, head, put,
// create, begin, part, complete, abort, uploads, list, remove, other.
func (p *Proxy) Requests() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.asked)
}

// Forget begins to count anew.
func (p *Proxy) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.asked)
	p.failed = 0
}

// Failed returns how many requests have failed here.
func (p *Proxy) Failed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// Lose drops the answers to the next n requests of a kind, when the store has
// done the work.
func (p *Proxy) Lose(kind string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose[kind] = n
}

// fault is what happens to a request.
type fault int

const (
	none fault = iota
	internalError
	slowDown
	unseen
	lost
	cut
	damaged
	faults
)

func (p *Proxy) draw(kind string) fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked[kind]++
	f := none
	if p.lose[kind] > 0 {
		p.lose[kind]--
		f = lost
	} else if p.random.Float64() < p.rate {
		f = 1 + fault(p.random.IntN(int(faults)-1))
	}
	if f != none {
		p.failed++
	}
	return f
}

func kind(r *http.Request) string {
	q := r.URL.Query()
	switch {
	case r.Method == http.MethodHead:
		return "head"
	case r.Method == http.MethodPut && q.Has("uploadId"):
		return "part"
	case r.Method == http.MethodPut && r.Header.Get("If-None-Match") != "":
		return "create"
	case r.Method == http.MethodPut:
		return "put"
	case r.Method == http.MethodPost && q.Has("uploads"):
		return "begin"
	case r.Method == http.MethodPost && q.Has("uploadId"):
		return "complete"
	case r.Method == http.MethodPost && q.Has("delete"):
		return "remove"
	case r.Method == http.MethodDelete && q.Has("uploadId"):
		return "abort"
	case r.Method == http.MethodGet && q.Has("uploads"):
		return "uploads"
	case r.Method == http.MethodGet && q.Has("list-type"):
		return "list"
	case r.Method == http.MethodGet && len(q) == 0:
		return "get"
	}
	return "other"
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := p.draw(kind(r))
	switch f {
	case internalError:
		refuse(w, http.StatusInternalServerError, "InternalError")
		return
	case slowDown:
		refuse(w, http.StatusServiceUnavailable, "SlowDown")
		return
	case unseen:
		reset(w)
		return
	}
	if f == damaged && r.Method == http.MethodPut {
		r.Body = &damage{ReadCloser: r.Body}
	}
	answer, err := p.pass(r)
	if err != nil {
		reset(w)
		return
	}
	defer answer.Body.Close()
	if f == lost {
		io.Copy(io.Discard, answer.Body)
		reset(w)
		return
	}
	maps.Copy(w.Header(), answer.Header)
	length := answer.ContentLength
	if length >= 0 {
		w.Header().Set("Content-Length", strconv.FormatInt(length, 10))
	}
	w.WriteHeader(answer.StatusCode)
	if f != cut {
		io.Copy(w, answer.Body)
		return
	}
	io.CopyN(w, answer.Body, max(length, 0)/2)
	http.NewResponseController(w).Flush()
	reset(w)
}

// pass has the store answer a request as it is: its Host and path are signed.
func (p *Proxy) pass(r *http.Request) (*http.Response, error) {
	to := *r.URL
	to.Scheme, to.Host = p.store.Scheme, p.store.Host
	out, err := http.NewRequestWithContext(r.Context(), r.Method, to.String(), r.Body)
	if err != nil {
		return nil, err
	}
	out.URL, out.Header, out.Host, out.ContentLength = &to, r.Header.Clone(), r.Host, r.ContentLength
	if r.ContentLength == 0 {
		out.Body = http.NoBody
	}
	return p.via.RoundTrip(out)
}

// damage is a body whose first byte is another.
type damage struct {
	io.ReadCloser
	done bool
}

// Read implements io.Reader.
func (d *damage) Read(p []byte) (int, error) {
	n, err := d.ReadCloser.Read(p)
	if n > 0 && !d.done {
		p[0] ^= 1
		d.done = true
	}
	return n, err
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>this is a test</Message></Error>", code)
}

// reset ends the connection.
func reset(w http.ResponseWriter) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if t, ok := c.(*net.TCPConn); ok {
		t.SetLinger(0)
	}
	c.Close()
}
