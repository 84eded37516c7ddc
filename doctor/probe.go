package doctor

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"corpusmill/storage/object"
)

// Probe is this process as the machine's program.
type Probe struct {
	Build string           // the version of the program
	Now   func() time.Time // the wall clock

	request Request
	id      string
	nonce   string
	ahead   *float64
}

// Run finds the facts. It ends within the request's Limit.
func (p *Probe) Run(ctx context.Context, r Request) Facts {
	ctx, cancel := context.WithTimeout(ctx, r.Limit())
	defer cancel()
	f := Machine(p.Build)
	p.request, p.nonce = r, r.Nonce
	p.id = clean(r.Name)
	if p.id == "" {
		p.id = clean(f.Host) + "-" + rand.Text()
	}
	f.ID = p.id
	if r.Folder != "" {
		f.Sight = p.meet(ctx)
		f.Shared = diskOf(r.Shared)
	}
	if r.Folder != "" && r.Nonce == "" && f.Sight.Trouble == "" {
		// Without it none is looked at, which is no fault of the machine.
		_ = readJSON(filepath.Join(r.Folder, inputsFile), &r.Inputs)
	}
	f.Inputs = inputs(ctx, r.Inputs)
	f.Ahead = p.ahead
	if r.Store != "" && p.nonce != "" {
		reach := ReachFrom(ctx, object.Join(r.Store, p.nonce, p.id), p.Now)
		f.Store = &reach
	}
	if r.Folder != "" && (f.Sight.Trouble == "" || f.Sight.Trouble == Unseen) {
		// Where the machine has no other way to tell, who asks misses them.
		_ = publish(r.Folder, factsFile+p.id, f)
	}
	return f
}

// clean is a name as a part of a file's.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '.' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '-'
	}, s)
}

// study is how long the board is read to see whether it is always whole.
const study = 500 * time.Millisecond

// meet finds the Post, makes itself known, and waits for the answer.
func (p *Probe) meet(ctx context.Context) (s Sight) {
	began := p.Now()
	first, err := p.appear(ctx, &s)
	if err != nil {
		return s
	}
	s.Delay = p.Now().Sub(began).Seconds()
	if err := p.study(ctx, first, &s); err != nil {
		return s
	}
	began = p.Now()
	if err := publish(p.request.Folder, helloFile+p.id, hello{Wall: p.Now()}); err != nil {
		return s.fail(Unwritable, err)
	}
	var a answer
	err = p.wait(ctx, p.request.Patience, func() (bool, error) {
		err := readJSON(filepath.Join(p.request.Folder, answerFile+p.id), &a)
		return err == nil, err
	})
	if err != nil {
		return s.fail(Unseen, err)
	}
	p.bound(a.Wall)
	s.Answered = p.Now().Sub(began).Seconds()
	return s
}

func (s *Sight) fail(t Trouble, err error) Sight {
	s.Trouble = t
	if err != nil {
		s.Err = err.Error()
	}
	return *s
}

// bound takes in that the other clock has been at that time.
func (p *Probe) bound(wall time.Time) {
	d := p.Now().Sub(wall).Seconds()
	if p.ahead == nil || d < *p.ahead {
		p.ahead = &d
	}
}

// wait asks until something is so. Its error is the last of ask, or ctx's.
func (p *Probe) wait(ctx context.Context, most float64, ask func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, seconds(most))
	defer cancel()
	var last error
	err := until(ctx, round, func() (ok bool) { ok, last = ask(); return ok })
	if err != nil && last != nil {
		return last
	}
	return err
}

// appear waits for the Post, and for the one that is kept now.
func (p *Probe) appear(ctx context.Context, s *Sight) (b board, err error) {
	var old board
	err = p.wait(ctx, p.request.Appear, func() (bool, error) {
		if b, err = readBoard(p.request.Folder); err != nil {
			return false, err
		}
		if p.nonce == "" {
			// One that was left behind stays as it is.
			fresh := old.Nonce == b.Nonce && b.Seq > old.Seq
			old = b
			if !fresh {
				return false, nil
			}
			p.nonce = b.Nonce
		}
		return b.Nonce == p.nonce, nil
	})
	switch {
	case err == nil:
		p.bound(b.Wall)
	case errors.Is(err, fs.ErrNotExist):
		s.fail(Apart, err)
		if _, e := os.Stat(p.request.Shared); errors.Is(e, fs.ErrNotExist) {
			s.fail(Absent, e)
		}
	case b.Nonce != "" && errors.Is(err, context.DeadlineExceeded):
		s.fail(Stale, nil)
	default:
		s.fail(Unreadable, err)
	}
	return b, err
}

// study reads the board while it is being replaced.
func (p *Probe) study(ctx context.Context, first board, s *Sight) error {
	began, last := p.Now(), first.Seq
	err := p.wait(ctx, p.request.Patience, func() (bool, error) {
		// Some at once, and not so many that a thousand machines were a burden
		// for the storage.
		for range 4 {
			b, err := readBoard(p.request.Folder)
			s.Reads++
			switch {
			case err == nil:
				last = max(last, b.Seq)
				p.bound(b.Wall)
			case errors.Is(err, fs.ErrNotExist):
				s.Missing++
			case errors.Is(err, errTorn):
				s.Torn++
			case errors.Is(err, syscall.ESTALE):
				// NFS says so of a file that was replaced while it was read.
			default:
				return false, err
			}
		}
		return last > first.Seq+1 && p.Now().Sub(began) > study, nil
	})
	switch {
	case err == nil:
	case s.Missing == s.Reads:
		s.fail(Apart, errors.New("the folder has gone"))
	case errors.Is(err, context.DeadlineExceeded):
		s.fail(Stale, nil)
	default:
		s.fail(Unreadable, err)
	}
	return err
}

// Await waits for the verdict of the Post and says that it was read.
func (p *Probe) Await(ctx context.Context, most time.Duration) (Verdict, error) {
	var v Verdict
	gone := false
	err := p.wait(ctx, most.Seconds(), func() (bool, error) {
		b, err := readBoard(p.request.Folder)
		if gone = errors.Is(err, fs.ErrNotExist) || err == nil && b.Nonce != p.nonce; gone {
			return true, nil
		}
		err = readJSON(filepath.Join(p.request.Folder, verdictFile), &v)
		return err == nil, err
	})
	if err != nil {
		return v, fmt.Errorf("no verdict has come: %w", err)
	}
	if gone {
		return v, errGone
	}
	return v, publish(p.request.Folder, byeFile+p.id, struct{}{})
}

var errGone = errors.New("who asked has ended")

// inputs are the files that aren't as they should be.
func inputs(ctx context.Context, files []File) (bad []File) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	for _, f := range files {
		info, err := openable(ctx, f.Path)
		switch {
		case err != nil:
			f.Err = words(ctx, err)
		case info.Size != f.Size:
			f.Err = fmt.Sprintf("it has %d bytes there", info.Size)
		case info.Tag != f.Tag:
			f.Err = "it is another object there"
		default:
			continue
		}
		bad = append(bad, f)
	}
	return bad
}

// openable opens a file or object and reads some of it.
func openable(ctx context.Context, path string) (info object.Info, err error) {
	f, err := object.Open(ctx, path)
	if err != nil {
		return info, err
	}
	defer f.Close()
	if _, err := f.Read(make([]byte, 1)); err != nil && !errors.Is(err, io.EOF) {
		return info, err
	}
	return f.Info(), nil
}

// Here are the facts of the machine of who asks.
func Here(build, shared string) Facts {
	f := Machine(build)
	f.Shared = diskOf(shared)
	return f
}

// Machine are the facts that need no shared folder.
func Machine(build string) Facts {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	f := Facts{Host: host, User: os.Getuid(), Build: build, Platform: runtime.GOOS + "-" + runtime.GOARCH,
		CPUs: runtime.NumCPU(), Features: features(), GPUs: gpus(), OpenFiles: openFiles(), Temp: diskOf(os.TempDir())}
	f.Memory, f.Available = memory()
	if self, err := os.Executable(); err == nil {
		f.Program, _ = HashOf(self) // "" is unknown
	}
	return f
}

// HashOf is the SHA-256 of a file in hexadecimal, by which programs are told
// apart.
func HashOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
