package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"corpusmill/internal/filelock"
	"corpusmill/models"
)

// part is a model that isn't whole yet. One process at a time has it.
type part struct {
	folder, path string
	f            *os.File // nil once it is published
	at           partState
	len          int64 // bytes written
	every        int64 // bytes between checkpoints
	unlock       func()
}

// partState says what a part is a part of.
type partState struct {
	Source string `json:"source"`
	// ETag and Modified are the server's, with which it can tell whether it
	// still has the same file.
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"`
	Size     int64  `json:"size"` // of the whole; -1 when not known
	// Have is how many bytes are on the disk for sure. What follows them may
	// be missing after a power cut, whatever the file's length.
	Have int64 `json:"have"`
}

func openPart(folder, name string, every int64) (*part, error) {
	path := filepath.Join(folder, name+".part")
	unlock, err := filelock.Take(filepath.Join(folder, name+".lock"))
	if errors.Is(err, filelock.ErrHeld) {
		return nil, fmt.Errorf("%s is being fetched to %s already; wait for that", name, folder)
	}
	if err != nil {
		return nil, &FolderError{folder, err}
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		unlock()
		return nil, &FolderError{folder, err}
	}
	p := &part{folder: folder, path: path, f: f, every: every, unlock: unlock}
	p.at = p.readState()
	p.len = p.at.Have
	return p, nil
}

// readState reads what is there of an earlier fetch: nothing, when it can't be
// used.
func (p *part) readState() partState {
	var s partState
	b, err := os.ReadFile(p.statePath())
	if err != nil || json.Unmarshal(b, &s) != nil {
		return partState{}
	}
	info, err := p.f.Stat()
	if err != nil || s.Have < 0 || s.Have > info.Size() || s.Size >= 0 && s.Have > s.Size {
		return partState{}
	}
	return s
}

func (p *part) statePath() string { return p.path + ".json" }

// have is how much there is of a source's file that it can be asked to go on
// with.
func (p *part) have(source string) int64 {
	if p.at.Source != shown(source) || p.at.validator() == "" {
		return 0
	}
	return p.len
}

// validator is what a server compares with its file (RFC 9110, 13.1.5): a
// strong entity tag or a date; "" when there is none.
func (s *partState) validator() string {
	if s.ETag != "" && s.ETag[0] == '"' {
		return s.ETag
	}
	return s.Modified
}

// goesOn says whether an answer's bytes follow those that are here: it is the
// same file, from there on. What the answer doesn't say is taken to fit.
func (p *part) goesOn(etag, contentRange string) bool {
	from, size := readRange(contentRange)
	return from == p.len && (size < 0 || size == p.at.Size) && (etag == "" || etag == p.at.ETag)
}

// whole says that all bytes are there.
func (p *part) whole() bool { return p.at.Size >= 0 && p.len == p.at.Size }

// restart drops what is there, for another file's bytes.
func (p *part) restart(s partState) error {
	s.Have = 0
	p.at, p.len = s, 0
	if err := p.f.Truncate(0); err != nil {
		return &FolderError{p.folder, err}
	}
	return p.saveState()
}

// fill appends what in has, until it ends. blame makes the error of a failed
// read.
func (p *part) fill(ctx context.Context, in io.Reader, blame func(error) error, progress func()) error {
	if _, err := p.f.Seek(p.len, io.SeekStart); err != nil {
		return &FolderError{p.folder, err}
	}
	progress()
	buf := make([]byte, 256<<10)
	for {
		if ctx.Err() != nil {
			return blame(context.Cause(ctx))
		}
		n, err := in.Read(buf)
		if n > 0 {
			written, err := p.f.Write(buf[:n])
			p.len += int64(written)
			if err == nil && p.len-p.at.Have >= p.every {
				err = p.keep()
			}
			if err != nil {
				return p.diskError(err)
			}
			progress()
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return blame(err)
		}
	}
}

// keep brings what was written to the disk, and notes how much that is. It
// does nothing once the part is published.
func (p *part) keep() error {
	if p.f == nil || p.at.Have == p.len {
		return nil
	}
	if err := p.f.Sync(); err != nil {
		return p.diskError(err)
	}
	p.at.Have = p.len
	return p.saveState()
}

func (p *part) saveState() error {
	return p.diskError(writeWhole(p.statePath(), p.at))
}

func (p *part) diskError(err error) error {
	var already *DiskError
	if err == nil || errors.As(err, &already) {
		return err
	}
	missing := int64(-1)
	if p.at.Size >= 0 {
		missing = p.at.Size - p.len
	}
	return &DiskError{p.folder, missing, err}
}

// discard removes a part that is of no use.
func (p *part) discard() error {
	return p.restart(partState{Size: -1})
}

// publish gives the part its name, and the model its record.
func (p *part) publish(path string, r models.Record) error {
	if err := p.diskError(writeWhole(models.RecordPath(path), r)); err != nil {
		return err
	}
	f := p.f
	p.f = nil
	if err := f.Close(); err != nil {
		return p.diskError(err)
	}
	if err := os.Rename(p.path, path); err != nil {
		return &FolderError{p.folder, err}
	}
	if err := os.Remove(p.statePath()); err != nil {
		return &FolderError{p.folder, err}
	}
	return p.diskError(syncFolder(p.folder))
}

// close lets the part go. One without bytes leaves no files.
func (p *part) close() {
	if p.f != nil {
		p.f.Close()
		if p.at.Have == 0 {
			os.Remove(p.path)
			os.Remove(p.statePath())
		}
	}
	p.unlock()
}

// writeWhole writes v as JSON: the file is either the old or the new one, even
// when the machine stops.
func writeWhole(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	f, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
