// Package fetch brings model files to this machine. What was fetched survives
// a cut connection and the end of the process: the same call goes on with it.
//
// A model gets its name when it is whole and is what its name promises. Until
// then it is NAME.part, beside NAME.part.json, which says what it is a part of.
// NAME.sum is what models.ReadRecord reads.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"corpusmill/models"
)

// Request says what to fetch, from where, into which folder.
type Request struct {
	Name   string
	Kind   models.Kind
	Folder string
	// From are URLs (http, https) or paths of files, tried in this order, but
	// that the source of an interrupted fetch comes first.
	From []string
	// Size and SHA256 are the published file's; zero when nothing is known.
	Size   int64
	SHA256 string
	// AnyVersion takes a file that isn't the published one, which the result
	// then says.
	AnyVersion bool
}

// Result is a model that was fetched.
type Result struct {
	Path string `json:"path"`
	models.Record
	// Resumed are the bytes that an earlier fetch had brought.
	Resumed int64 `json:"resumed,omitempty"`
	// Published says that the file is the one that its publisher names a hash
	// of.
	Published bool `json:"published"`
	// Before is the record of the file that was replaced, when that was
	// another one.
	Before *models.Record `json:"before,omitempty"`
}

// Progress is the state of one fetch in bytes.
type Progress struct {
	Done  int64 // what an earlier fetch has brought included
	Total int64 // -1 when not known
}

// Fetcher fetches models. The zero value is ready.
type Fetcher struct {
	// Client is, when nil, one that takes proxies from the environment and
	// refuses to be led from https to http.
	Client *http.Client
	// Sleep waits between tries, for the real time when nil. It ends early
	// with ctx.
	Sleep func(ctx context.Context, d time.Duration)
	// Stall is how long nothing may come before a connection is given up; 30
	// seconds when 0.
	Stall time.Duration
	// Tries is how often one source is asked in a row without a byte more, 5
	// when 0.
	Tries int
	// Checkpoint is how many bytes come between two moments at which they are
	// on the disk for sure, 16 MiB when 0. A killed process loses no more.
	Checkpoint int64
	// Report, when not nil, is told of the progress by the calling goroutine,
	// Logf what went wrong on the way.
	Report func(Progress)
	Logf   func(format string, args ...any)
}

// Fetch brings one model. The error is *Failed when no source has it, ctx's
// cause when ctx ends, *FolderError or *DiskError when there is nowhere to put
// it, and another when somebody else is fetching it to the same folder. What
// has come stays for the next call, unless it was the wrong file.
func (f *Fetcher) Fetch(ctx context.Context, r Request) (Result, error) {
	if err := os.MkdirAll(r.Folder, 0o777); err != nil {
		return Result{}, &FolderError{r.Folder, err}
	}
	p, err := openPart(r.Folder, r.Name, f.checkpoint())
	if err != nil {
		return Result{}, err
	}
	defer p.close()
	failed := &Failed{Request: r}
	for _, source := range startWith(r.From, p.at.Source) {
		begun := p.have(source)
		err := f.load(ctx, p, r, source)
		if err == nil {
			var res Result
			if res, err = p.finish(ctx, r, source); err == nil {
				res.Resumed = begun
				for _, s := range failed.Sources {
					f.logf("%v", s)
				}
				return res, nil
			}
		}
		var disk *DiskError
		if errors.As(err, &disk) {
			return Result{}, err // what the last checkpoint has stays
		}
		var blame *SourceError
		if !errors.As(err, &blame) {
			return Result{}, errors.Join(err, p.keep())
		}
		failed.Sources = append(failed.Sources, blame)
	}
	return Result{}, errors.Join(failed, p.keep())
}

func (f *Fetcher) load(ctx context.Context, p *part, r Request, source string) error {
	if !isURL(source) {
		return f.copy(ctx, p, r, source)
	}
	return f.download(ctx, p, r, source)
}

// startWith puts the source that is called first in front.
func startWith(sources []string, first string) []string {
	sources = slices.Clone(sources)
	i := slices.IndexFunc(sources, func(s string) bool { return shown(s) == first })
	if i > 0 {
		s := sources[i]
		sources = slices.Insert(slices.Delete(sources, i, i+1), 0, s)
	}
	return sources
}

func (f *Fetcher) report(p *part) {
	if f.Report != nil {
		f.Report(Progress{p.len, p.at.Size})
	}
}

func (f *Fetcher) logf(format string, args ...any) {
	if f.Logf != nil {
		f.Logf(format, args...)
	}
}

func (f *Fetcher) sleep(ctx context.Context, d time.Duration) {
	if f.Sleep != nil {
		f.Sleep(ctx, d)
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func (f *Fetcher) checkpoint() int64 {
	if f.Checkpoint > 0 {
		return f.Checkpoint
	}
	return 16 << 20
}

// copy takes the model from a file of this machine.
func (f *Fetcher) copy(ctx context.Context, p *part, r Request, source string) error {
	path := filePath(source)
	in, err := os.Open(path)
	if err != nil {
		return &SourceError{Source: path, Err: err}
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return &SourceError{Source: path, Err: errors.Join(errors.New("it is no file"), err)}
	}
	if err := r.checkSize(info.Size()); err != nil {
		return &SourceError{Source: path, Err: err}
	}
	if err := p.restart(partState{Source: path, Size: info.Size()}); err != nil {
		return err
	}
	return p.fill(ctx, in, func(err error) error {
		if ctx.Err() != nil {
			return err
		}
		return &SourceError{Source: path, Err: err}
	}, func() { f.report(p) })
}

// checkSize compares a source's size with the published file's.
func (r *Request) checkSize(size int64) error {
	if r.Size > 0 && size >= 0 && size != r.Size && !r.AnyVersion {
		return fmt.Errorf("it has %d bytes, the published %s %d", size, r.Name, r.Size)
	}
	return nil
}

// finish checks the whole part and gives it its name.
func (p *part) finish(ctx context.Context, r Request, source string) (Result, error) {
	res := Result{Path: filepath.Join(r.Folder, r.Name)}
	if err := p.keep(); err != nil {
		return res, err
	}
	sum, err := models.SumOf(ctx, p.path)
	if err != nil {
		return res, err
	}
	res.Published = r.SHA256 != "" && sum.SHA256 == r.SHA256
	wrong := checkKind(p.path, r.Kind)
	if wrong == nil && r.SHA256 != "" && !res.Published && !r.AnyVersion {
		wrong = &Mismatch{r.Name, r.SHA256, sum.SHA256}
	}
	if wrong != nil {
		return res, errors.Join(&SourceError{Source: shown(source), Err: wrong}, p.discard())
	}
	res.Record = models.Record{Source: shown(source), Sum: sum}
	if before, err := models.ReadRecord(res.Path); err == nil && before.Sum != sum {
		res.Before = &before
	}
	return res, p.publish(res.Path, res.Record)
}
