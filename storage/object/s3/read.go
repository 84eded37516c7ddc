package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"

	"github.com/minio/minio-go/v7"

	"corpusmill/storage/object"
)

// ReadAt implements object.Store by one request; at the end of an object, by
// two. A body that breaks off is read on from there.
func (s *store) ReadAt(ctx context.Context, path, tag string, p []byte, off int64) (int, object.Info, error) {
	at, err := parse(path)
	if err != nil {
		return 0, object.Info{}, err
	}
	r := &ranged{place: at, tag: tag, want: tag, p: p, off: off}
	if len(p) > 0 {
		err = s.try(ctx, at, r.read)
	}
	if err != nil {
		return r.n, r.info, err
	}
	if r.info.Tag == "" { // no byte was there to be read
		if r.info, err = s.Stat(ctx, path); err != nil {
			return 0, r.info, err
		}
		if tag != "" && r.info.Tag != tag {
			return 0, r.info, changed(path)
		}
		if len(p) == 0 {
			return 0, r.info, nil
		}
	}
	if r.n < len(p) {
		return r.n, r.info, io.EOF
	}
	return r.n, r.info, nil
}

// ranged is a read of some bytes of an object.
type ranged struct {
	place
	tag string // that the reader asks for
	p   []byte
	off int64

	want string // tag of the object that n bytes were read of
	n    int
	info object.Info
}

func (r *ranged) read(t *try) error {
	var o minio.GetObjectOptions
	if r.off < 0 {
		o.Set("Range", fmt.Sprintf("bytes=%d", r.off))
	} else {
		o.Set("Range", fmt.Sprintf("bytes=%d-%d", r.off+int64(r.n), r.off+int64(len(r.p))-1))
	}
	if r.want != "" {
		o.Set("If-Match", `"`+r.want+`"`)
	}
	body, i, header, err := t.core.GetObject(t.ctx, r.bucket, r.key, o)
	switch {
	case status(err) == http.StatusRequestedRangeNotSatisfiable:
		return nil
	case status(err) == http.StatusPreconditionFailed:
		return r.replaced()
	case err != nil:
		return err
	}
	defer body.Close()
	if r.want != "" && i.ETag != r.want {
		return r.replaced()
	}
	from, size, err := answered(header, i.Size)
	if err != nil {
		return final{fmt.Errorf("%s: %w", r.path, err)}
	}
	if wanted := r.from(size); from != wanted {
		return final{fmt.Errorf("%s: the store answers with byte %d for byte %d: it doesn't know ranges", r.path, from, wanted)}
	}
	r.info, r.want = r.place.info(i, size), i.ETag
	f := &flow{try: t, r: body}
	n, err := io.ReadFull(f, r.p[r.n:r.n+int(min(int64(len(r.p)-r.n), max(size-from, 0)))])
	r.n += n
	if r.off < 0 { // later tries ask for what this one has found
		r.off = from
	}
	return err
}

// from is the first byte that is asked for, of an object of that size.
func (r *ranged) from(size int64) int64 {
	if r.off < 0 {
		return max(size+r.off, 0)
	}
	return r.off + int64(r.n)
}

// replaced is the error of an object with another tag than was asked for. When
// only the tries before have asked for it, reading begins again.
func (r *ranged) replaced() error {
	if r.tag != "" {
		return final{changed(r.path)}
	}
	r.want, r.n, r.info = "", 0, object.Info{}
	return errReplaced
}

var errReplaced = errors.New("the object was replaced while it was read")

// answered returns the place that an answer's body has in the object, and the
// size of that.
func answered(h http.Header, length int64) (from, size int64, err error) {
	said := h.Get("Content-Range")
	if said == "" {
		return 0, length, nil
	}
	var end int64
	if _, err := fmt.Sscanf(said, "bytes %d-%d/%d", &from, &end, &size); err != nil || from < 0 || end < from || size <= end {
		return 0, 0, fmt.Errorf("the store says Content-Range %q", said)
	}
	return from, size, nil
}

// page is how many objects a request lists.
const page = 1000

// List implements object.Store by one request for 1,000 objects. Markers of
// folders, empty objects whose keys end in "/", are left out.
func (s *store) List(ctx context.Context, prefix string) iter.Seq2[object.Info, error] {
	return func(yield func(object.Info, error) bool) {
		p, err := parsePrefix(prefix)
		if err != nil {
			yield(object.Info{}, err)
			return
		}
		for last := ""; ; {
			found, err := s.list(ctx, p, last)
			if err != nil {
				yield(object.Info{}, err)
				return
			}
			for _, i := range found {
				if i.Key <= last {
					yield(object.Info{}, fmt.Errorf("%s: the store lists %q after %q: it has to list in the order of keys", prefix, i.Key, last))
					return
				}
				last = i.Key
				if strings.HasSuffix(i.Key, "/") && i.Size == 0 {
					continue
				}
				at := place{path: "s3://" + p.bucket + "/" + i.Key}
				if !yield(at.info(i, i.Size), nil) {
					return
				}
			}
			if len(found) < page {
				return
			}
		}
	}
}

// list returns what follows a key, up to a page of it.
func (s *store) list(ctx context.Context, p place, after string) (found []minio.ObjectInfo, err error) {
	no := false
	err = s.try(ctx, p, func(t *try) error {
		found = found[:0]
		for i := range t.core.ListObjectsIter(t.ctx, p.bucket, minio.ListObjectsOptions{
			Prefix: p.key, Recursive: true, StartAfter: after, MaxKeys: page, FetchOwner: &no,
		}) {
			t.alive()
			if i.Err != nil {
				return i.Err
			}
			if found = append(found, i); len(found) == page {
				break
			}
		}
		return t.ctx.Err() // the iterator ends without an error then
	})
	return found, err
}
