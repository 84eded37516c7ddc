package s3

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"corpusmill/storage/object"

	"github.com/minio/minio-go/v7"
)

const (
	// A request is tried mostTries times, with pauses that double from
	// firstPause up to longestPause: 43 seconds in all. No try begins after
	// patience, however long each took.
	mostTries    = 11
	firstPause   = 100 * time.Millisecond
	longestPause = 10 * time.Second
	patience     = time.Minute
	// deadTries are for an endpoint that has never answered and where nobody
	// listens: its name is wrong more often than it is down.
	deadTries = 5
)

var errStalled = errors.New("the store has stopped answering")

// try is one of the tries of a request.
type try struct {
	ctx   context.Context
	core  *minio.Core
	n     int // tries before this one
	limit time.Duration
	timer *time.Timer
}

// alive tells that the request gets on.
func (t *try) alive() { t.timer.Reset(t.limit) }

// slow gives the request longer until it has to get on.
func (t *try) slow(d time.Duration) {
	t.limit = d
	t.alive()
}

// try has a request made until it succeeds, or fails for good, or for too
// long. The error of the last try says of what place it is.
func (s *store) try(ctx context.Context, p place, once func(*try) error) error {
	tooLate := time.After(patience)
	wait := firstPause
	for n := 0; ; n++ {
		err := s.once(ctx, p, n, once)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var answer minio.ErrorResponse
		if errors.As(err, &answer) {
			s.answered()
			if n < mostTries-1 && s.move(p.bucket, answer.Region) {
				continue
			}
		}
		if !transient(err) {
			return s.explain(p, err)
		}
		if n == mostTries-1 || n == deadTries-1 && s.dead(err) {
			return object.Unavailable(s.explain(p, err))
		}
		select {
		case <-tooLate:
			return object.Unavailable(s.explain(p, err))
		default:
		}
		if err := s.pause(ctx, jitter(wait)); err != nil {
			return err
		}
		wait = min(2*wait, longestPause)
	}
}

func (s *store) once(ctx context.Context, p place, n int, f func(*try) error) error {
	core, err := s.core(p.bucket)
	if err != nil {
		return final{fmt.Errorf("%s: %w", p.path, err)}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t := &try{ctx: ctx, core: core, n: n, limit: s.stalled}
	t.timer = time.AfterFunc(s.stalled, func() { cancel(errStalled) })
	defer t.timer.Stop()
	err = f(t)
	if err != nil && context.Cause(ctx) == errStalled {
		return errStalled
	}
	if err == nil {
		s.answered()
	}
	return err
}

func (s *store) answered() {
	s.mu.Lock()
	s.reached = true
	s.mu.Unlock()
}

// dead says that nobody has ever listened at the endpoint.
func (s *store) dead(err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	var name *net.DNSError
	return !s.reached && (errors.Is(err, syscall.ECONNREFUSED) || errors.As(err, &name) && name.IsNotFound)
}

// final is an error that another try wouldn't mend, and that names the object.
type final struct{ error }

func (f final) Unwrap() error { return f.error }

// transient says whether another try may succeed. Of what a store answers
// that is what it says of itself, and what may have been damaged on the way;
// of what isn't an answer, all but what was agreed to be refused.
func transient(err error) bool {
	var done final
	if errors.As(err, &done) {
		return false
	}
	var answer minio.ErrorResponse
	if errors.As(err, &answer) {
		switch answer.Code {
		case "SlowDown", "SlowDownRead", "SlowDownWrite", "Throttling", "ThrottlingException", "RequestLimitExceeded",
			"InternalError", "ServiceUnavailable", "RequestTimeout", "IncompleteBody", "BadDigest",
			"OperationAborted", "ConditionalRequestConflict":
			return true
		}
		switch answer.StatusCode {
		case http.StatusRequestTimeout, http.StatusTooManyRequests:
			return true
		}
		return answer.StatusCode >= 500 && answer.StatusCode != http.StatusNotImplemented
	}
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var plain tls.RecordHeaderError
	return !errors.As(err, &certificate) && !errors.As(err, &authority) && !errors.As(err, &plain) &&
		!strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}

func code(err error) string {
	var answer minio.ErrorResponse
	errors.As(err, &answer)
	return answer.Code
}

func status(err error) int {
	var answer minio.ErrorResponse
	errors.As(err, &answer)
	return answer.StatusCode
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// jitter takes up to half off a pause, so that workers who were refused
// together don't come back together. Results don't depend on it.
func jitter(d time.Duration) time.Duration {
	off, err := rand.Int(rand.Reader, big.NewInt(int64(d)/2))
	if err != nil {
		return d
	}
	return d - time.Duration(off.Int64())
}

// flow is the body of a request or an answer: what passes shows that the
// request gets on, and after stop nothing is read any more.
type flow struct {
	try *try

	mu      sync.Mutex
	r       io.Reader
	err     error // of the reader, except io.EOF
	stopped bool
}

// Read implements io.Reader.
func (f *flow) Read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped {
		return 0, io.ErrClosedPipe
	}
	n, err := f.r.Read(p)
	if n > 0 {
		f.try.alive()
	}
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

// stop ends the reading, and returns the error that the reader had.
func (f *flow) stop() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = true
	return f.err
}
