package fetch

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"syscall"
)

// Failed is a model that no source gave.
type Failed struct {
	Request Request
	Sources []*SourceError
}

func (e *Failed) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s couldn't be fetched", e.Request.Name)
	for _, s := range e.Sources {
		fmt.Fprintf(&b, "\n  %v", s)
	}
	for _, s := range e.Request.From {
		if isURL(s) {
			fmt.Fprintf(&b, "\nOr fetch %s on another machine and put it into %s.", shown(s), e.Request.Folder)
			break
		}
	}
	return b.String()
}

func (e *Failed) Unwrap() []error {
	var out []error
	for _, s := range e.Sources {
		out = append(out, s)
	}
	return out
}

// SourceError is what is wrong with one source or the way to it.
type SourceError struct {
	Source string // URL without its query, or path
	Err    error
}

func (e *SourceError) Error() string {
	if path := (*os.PathError)(nil); errors.As(e.Err, &path) && path.Path == e.Source {
		return e.Err.Error() // which names it
	}
	return fmt.Sprintf("%s: %v", e.Source, e.Err)
}

func (e *SourceError) Unwrap() error { return e.Err }

// Mismatch is a file that isn't the published one.
type Mismatch struct{ Name, Want, Got string }

func (e *Mismatch) Error() string {
	return fmt.Sprintf("this isn't the published %s: its SHA-256 is %s, that one's %s", e.Name, e.Got, e.Want)
}

// FolderError is a folder in which models can't be put.
type FolderError struct {
	Folder string
	Err    error
}

func (e *FolderError) Error() string {
	return fmt.Sprintf("can't write to the folder %s: %v; name another one with --models", e.Folder, e.Err)
}

func (e *FolderError) Unwrap() error { return e.Err }

// DiskError is a write that failed.
type DiskError struct {
	Folder  string
	Missing int64 // bytes that the model still needs; -1 when not known
	Err     error
}

func (e *DiskError) Error() string {
	if !errors.Is(e.Err, syscall.ENOSPC) && !errors.Is(e.Err, syscall.EDQUOT) {
		return fmt.Sprintf("writing to %s: %v", e.Folder, e.Err)
	}
	s := "no space left on the disk that holds " + e.Folder
	if e.Missing >= 0 {
		s += fmt.Sprintf(": %d more bytes are needed", e.Missing)
	}
	return s + "; make room and give the same command to go on, or name another folder with --models"
}

func (e *DiskError) Unwrap() error { return e.Err }

func isURL(source string) bool {
	return strings.HasPrefix(source, "http://") || strings.HasPrefix(source, "https://")
}

// filePath is the path of a source that is no URL of the web.
func filePath(source string) string {
	if u, err := url.Parse(source); err == nil && u.Scheme == "file" {
		return u.Path
	}
	return source
}

// shown is a source without what may be secret in it, for messages and files.
func shown(source string) string {
	if !isURL(source) {
		return filePath(source)
	}
	u, err := url.Parse(source)
	if err != nil {
		return "a URL that can't be read"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}
