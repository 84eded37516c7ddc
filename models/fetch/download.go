package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// passing is a failure that the next try may not meet.
type passing struct {
	err   error
	after time.Duration // the least wait that the server asks for
}

func (e *passing) Error() string { return e.err.Error() }
func (e *passing) Unwrap() error { return e.err }

// unreached is a connection that didn't come about.
type unreached struct{ err error }

func (e *unreached) Error() string { return fmt.Sprintf("no network: %v", e.err) }
func (e *unreached) Unwrap() error { return e.err }

const (
	firstWait = time.Second
	longWait  = time.Minute // between tries, whatever a server asks for
)

// download brings the file at a URL, or what is missing of it, with as many
// tries as get further.
func (f *Fetcher) download(ctx context.Context, p *part, r Request, source string) error {
	tries, most := 0, f.Tries
	if most == 0 {
		most = 5
	}
	reached := p.have(source) > 0 // an earlier fetch did
	for {
		had := p.len
		err := f.request(ctx, p, r, source)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var later *passing
		var away *unreached
		switch isAway := errors.As(err, &away); {
		case !errors.As(err, &later), isAway && !reached:
			return err
		case !isAway:
			reached = true
		}
		if p.len > had {
			tries = 0
		}
		if tries++; tries >= most {
			return err
		}
		wait := max(min(firstWait<<(tries-1), longWait), min(later.after, longWait))
		f.logf("%v; the next try is in %v", err, wait)
		f.sleep(ctx, wait)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

var errStalled = errors.New("nothing came for too long")

// request asks once for what is missing. A *SourceError that holds a *passing
// is worth another try.
func (f *Fetcher) request(ctx context.Context, p *part, r Request, source string) error {
	blame := func(err error) error { return &SourceError{shown(source), bare(err)} }
	have := p.have(source)
	if have > 0 && p.whole() {
		return nil
	}
	stall := f.Stall
	if stall == 0 {
		stall = 30 * time.Second
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(stall, func() { cancel(fmt.Errorf("%w, %v", errStalled, stall)) })
	defer watch.Stop()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, source, nil)
	if err != nil {
		return blame(err)
	}
	req.Header.Set("User-Agent", "corpusmill")
	req.Header.Set("Accept-Encoding", "identity")
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
		req.Header.Set("If-Range", p.at.validator())
	}
	resp, err := f.client().Do(req)
	if err != nil {
		return blame(connection(ctx, bare(err)))
	}
	defer resp.Body.Close()
	if err := accept(resp); err != nil {
		return blame(err)
	}
	state := partState{
		Source: shown(source), ETag: resp.Header.Get("ETag"), Modified: resp.Header.Get("Last-Modified"),
		Size: resp.ContentLength,
	}
	goesOn := false
	switch resp.StatusCode {
	case http.StatusPartialContent:
		goesOn = have > 0 && p.goesOn(state.ETag, resp.Header.Get("Content-Range"))
	case http.StatusRequestedRangeNotSatisfiable:
	default:
		if err := r.checkSize(state.Size); err != nil {
			return blame(err)
		}
		if err := p.restart(state); err != nil {
			return err
		}
		goesOn = true
	}
	if !goesOn {
		// The server has another file by now, or takes ranges amiss.
		if err := p.discard(); err != nil {
			return err
		}
		return blame(&passing{err: fmt.Errorf("%s: the rest isn't that of what is here; it is fetched anew", resp.Status)})
	}
	watch.Stop()
	err = p.fill(ctx, &watched{resp.Body, watch, stall}, func(err error) error { return blame(connection(ctx, err)) }, func() { f.report(p) })
	if err == nil && p.at.Size >= 0 && !p.whole() {
		err = blame(&passing{err: io.ErrUnexpectedEOF})
	}
	return err
}

// bare is an error without the URL that net/http puts in front.
func bare(err error) error {
	if u, ok := err.(*url.Error); ok {
		return u.Err
	}
	return err
}

// watched is a body of which each read is timed. The time that writing takes
// doesn't count.
type watched struct {
	io.Reader
	timer *time.Timer
	limit time.Duration
}

func (w *watched) Read(b []byte) (int, error) {
	w.timer.Reset(w.limit)
	defer w.timer.Stop()
	return w.Reader.Read(b)
}

// connection tells the failures of the way to a server apart.
func connection(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errStalled) {
		return &passing{err: cause}
	}
	var (
		op   *net.OpError
		name *net.DNSError
		cert *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &cert), errors.Is(err, errDowngrade):
		return err
	case errors.As(err, &name), errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect"):
		return &passing{err: &unreached{err}}
	}
	return &passing{err: err}
}

// accept says what is wrong with an answer.
func accept(resp *http.Response) error {
	switch code := resp.StatusCode; {
	case code == http.StatusRequestedRangeNotSatisfiable:
		return nil
	case code >= 500, code == http.StatusTooManyRequests, code == http.StatusRequestTimeout:
		return &passing{errors.New(resp.Status), retryAfter(resp.Header.Get("Retry-After"))}
	case code == http.StatusNotFound, code == http.StatusGone:
		return fmt.Errorf("%s: there is no such file", resp.Status)
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusProxyAuthRequired:
		return fmt.Errorf("%s: access is refused", resp.Status)
	case code != http.StatusOK && code != http.StatusPartialContent:
		return errors.New(resp.Status)
	}
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind == "text/html" {
		return errors.New("a web page came in place of the file: does a proxy or login page answer?")
	}
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return fmt.Errorf("the server sends the file as %s, which wasn't asked for", enc)
	}
	return nil
}

// retryAfter reads the header of that name when it is a number of seconds.
func retryAfter(s string) time.Duration {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(min(n, 3600))*time.Second, longWait)
}

// readRange reads "bytes 5-9/10" as 5 and 10; -1 where it says nothing.
func readRange(s string) (from, size int64) {
	span, whole, _ := strings.Cut(strings.TrimPrefix(s, "bytes "), "/")
	first, _, _ := strings.Cut(span, "-")
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return -1
		}
		return n
	}
	return number(first), number(whole)
}

var errDowngrade = errors.New("it leads from https to http")

func (f *Fetcher) client() *http.Client {
	if f.Client != nil {
		return f.Client
	}
	return &http.Client{CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) >= 10 {
			return errors.New("it leads on more than 10 times")
		}
		if req.URL.Scheme == "http" && via[0].URL.Scheme == "https" {
			return errDowngrade
		}
		return nil
	}}
}
