package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"corpusmill/storage/object"
)

// bucket is a store in memory, of which one step may fail.
type bucket struct {
	mu      sync.Mutex
	objects map[string][]byte
	staged  map[string][]byte
	fails   Step
	err     error
	hangs   Step // until the context ends
	keeps   bool // what is staged
	mod     time.Time
}

var (
	opened  *bucket
	openErr error
)

func init() {
	object.Register("bucket", func() (object.Store, error) {
		if openErr != nil {
			return nil, openErr
		}
		return opened, nil
	})
}

// use has the test's store be b.
func use(t *testing.T, b *bucket, err error) {
	t.Helper()
	b.objects, b.staged = map[string][]byte{}, map[string][]byte{}
	opened, openErr = b, err
	object.Reopen("bucket")
	t.Cleanup(func() { opened, openErr = nil, errors.New("no test"); object.Reopen("bucket") })
}

func (b *bucket) do(ctx context.Context, s Step) error {
	if s == b.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	if s == b.fails {
		return b.err
	}
	return nil
}

func (b *bucket) Stat(context.Context, string) (object.Info, error) {
	return object.Info{}, errors.ErrUnsupported
}

func (b *bucket) ReadAt(ctx context.Context, path, _ string, p []byte, off int64) (int, object.Info, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.do(ctx, Read); err != nil {
		return 0, object.Info{}, err
	}
	content, ok := b.objects[path]
	if !ok {
		return 0, object.Info{}, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
	info := object.Info{Path: path, Size: int64(len(content)), Mod: b.mod.UnixNano(), Tag: string(content)}
	n := copy(p, content[max(0, min(off, info.Size)):])
	if n < len(p) {
		return n, info, io.EOF
	}
	return n, info, nil
}

func (b *bucket) List(ctx context.Context, prefix string) iter.Seq2[object.Info, error] {
	return func(yield func(object.Info, error) bool) {
		if err := b.do(ctx, List); err != nil {
			yield(object.Info{}, err)
			return
		}
		for path := range b.objects {
			if strings.HasPrefix(path, prefix) && !yield(object.Info{Path: path}, nil) {
				return
			}
		}
	}
}

func (b *bucket) Put(context.Context, string, io.ReaderAt, int64) error {
	return errors.ErrUnsupported
}

func (b *bucket) Create(ctx context.Context, path string, content []byte) error {
	if err := b.do(ctx, Create); err != nil {
		return err
	}
	b.objects[path] = slices.Clone(content)
	return nil
}

func (b *bucket) Stage(ctx context.Context, path string, r io.ReaderAt, size int64) (string, error) {
	if err := b.do(ctx, Stage); err != nil {
		return "", err
	}
	b.staged[path] = make([]byte, size)
	_, err := r.ReadAt(b.staged[path], 0)
	return path, err
}

func (b *bucket) Publish(_ context.Context, path, token string) error {
	content, ok := b.staged[token]
	if !ok {
		return fs.ErrNotExist
	}
	b.objects[path] = content
	delete(b.staged, token)
	return nil
}

func (b *bucket) Discard(ctx context.Context, prefix string, _ func(string) bool) error {
	if err := b.do(ctx, Discard); err != nil {
		return err
	}
	for path := range b.staged {
		if strings.HasPrefix(path, prefix) && !b.keeps {
			delete(b.staged, path)
		}
	}
	return nil
}

func (b *bucket) Remove(ctx context.Context, paths []string) error {
	if err := b.do(ctx, Remove); err != nil {
		return err
	}
	for _, path := range paths {
		delete(b.objects, path)
	}
	return nil
}

// at is a clock that stands still.
func at(t time.Time) func() time.Time { return func() time.Time { return t } }

// TestReach has a store in which each step fails, and words as S3's.
func TestReach(t *testing.T) {
	refused := errors.New("bucket://b/x: http://store refuses access with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AccessDenied)")
	now := time.Unix(1e9, 0)
	for name, x := range map[string]struct {
		bucket *bucket
		open   error
		level  Level
		want   []string
	}{
		"all works":  {&bucket{}, nil, "", nil},
		"no key":     {&bucket{}, errors.New("no credentials from the profile x"), Error, []string{"open doesn't work: ", "where this command is given"}},
		"create":     {&bucket{fails: Create, err: refused}, nil, Error, []string{"store on node: create doesn't work", "s3:PutObject"}},
		"no answer":  {&bucket{fails: Create, err: errors.New("no answer from http://store: refused")}, nil, Error, []string{"can be reached from that machine"}},
		"no bucket":  {&bucket{fails: Create, err: errors.New("there is no bucket b at http://store")}, nil, Error, []string{"make the bucket"}},
		"overwrites": {&bucket{fails: Create, err: errors.New("makes an object again that is there (If-None-Match)")}, nil, Error, []string{"a newer version"}},
		"read":       {&bucket{fails: Read, err: refused}, nil, Error, []string{"read doesn't work", "s3:GetObject"}},
		"list":       {&bucket{fails: List, err: refused}, nil, Error, []string{"list doesn't work", "s3:ListBucket"}},
		"stage":      {&bucket{fails: Stage, err: refused}, nil, Error, []string{"stage doesn't work", "s3:PutObject"}},
		"discard":    {&bucket{fails: Discard, err: refused}, nil, Error, []string{"discard doesn't work", "s3:AbortMultipartUpload"}},
		"remove":     {&bucket{fails: Remove, err: refused}, nil, Error, []string{"remove doesn't work", "s3:DeleteObject"}},
		"unknown":    {&bucket{fails: Read, err: errors.New("teapot")}, nil, Error, []string{"teapot", "docs/guide/storage.md"}},
		"keeps":      {&bucket{keeps: true}, nil, Warning, []string{"incomplete uploads", "MinIO"}},
		"ahead":      {&bucket{mod: now.Add(-10 * time.Minute)}, nil, Warning, []string{"clock on node: it is 10 minutes ahead of the store's", "NTP"}},
		"behind":     {&bucket{mod: now.Add(20 * time.Minute)}, nil, Warning, []string{"it is 20 minutes behind the store's"}},
	} {
		t.Run(name, func(t *testing.T) {
			if x.bucket.mod.IsZero() {
				x.bucket.mod = now
			}
			use(t, x.bucket, x.open)
			reach := ReachFrom(t.Context(), "bucket://b/out.run/doctor/p", at(now))
			here, n := healthy()
			n.Facts.Store = &reach
			r := Report{Store: "bucket://b/out", Here: here, Versions: n.Versions, Nodes: []Node{n}}
			r.Check()
			if x.level == "" {
				if len(r.Findings) > 0 || len(x.bucket.objects)+len(x.bucket.staged) > 0 {
					t.Errorf("the findings are %v, and %v is left", r.Findings, x.bucket)
				}
				return
			}
			if len(r.Findings) != 1 || r.Findings[0].Level != x.level {
				t.Fatalf("the findings are %+v, want one %s", r.Findings, x.level)
			}
			for _, w := range x.want {
				if s := r.Findings[0].String(); !strings.Contains(s, w) {
					t.Errorf("%q lacks %q", s, w)
				}
			}
			x.bucket.fails = ""
			if openErr == nil {
				if err := Tidy(t.Context(), "bucket://b/out.run/doctor/p"); err != nil || len(x.bucket.objects)+len(x.bucket.staged) > 0 {
					t.Errorf("Tidy leaves %v (%v)", x.bucket, err)
				}
			}
		})
	}
}

// TestReachHangs has a store that doesn't answer any more.
func TestReachHangs(t *testing.T) {
	use(t, &bucket{hangs: List}, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if r := ReachFrom(ctx, "bucket://b/p", time.Now); r.Failed != List || !strings.Contains(r.Err, "no answer within") {
		t.Errorf("it says %+v", r)
	}
}

// TestApart has a machine that shares no folder with any other.
func TestApart(t *testing.T) {
	b := &bucket{mod: time.Now()}
	use(t, b, nil)
	b.objects["bucket://b/in"] = []byte("{}\n")
	p := &Probe{Build: "v1", Now: time.Now}
	f := p.Run(t.Context(), Request{Nonce: "n", Store: "bucket://b/out.run/doctor", Inputs: []File{
		{Path: "bucket://b/in", Size: 3, Tag: "{}\n"}, {Path: "bucket://b/in", Size: 3, Tag: "{ \n"}, {Path: "bucket://b/none", Size: 1}}})
	if f.Store == nil || f.Store.Failed != "" || f.Sight.Trouble != "" || f.Shared.Path != "" {
		t.Errorf("the facts are %+v, the store is %+v", f, f.Store)
	}
	if len(f.Inputs) != 2 || f.Inputs[0].Err != "it is another object there" || !strings.Contains(f.Inputs[1].Err, "file does not exist") {
		t.Errorf("of the inputs it says %+v", f.Inputs)
	}
	if len(b.objects) != 1 || len(b.staged) > 0 {
		t.Errorf("it leaves %v", b)
	}
	n := Node{Answer: Answer{Node: "node", Facts: &f}}
	r := Report{Here: Facts{Build: "v1", Program: f.Program, Platform: f.Platform}, Nodes: []Node{n}}
	if found := r.storage(n, []string{"node"}); len(found) > 0 {
		t.Errorf("it misses the shared folder: %v", found)
	}
}
