package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"

	"github.com/minio/minio-go/v7"
)

// single is the largest object that one request brings.
const single = 16 << 20

// markKey names what an object is marked with: which write it is of, so that
// one whose answer was lost is known again.
const markKey = "Corpusmill-Stage"

// Put implements object.Store by one request up to 16 MiB, and by parts of
// that size above.
func (s *store) Put(ctx context.Context, path string, r io.ReaderAt, size int64) error {
	p, err := parse(path)
	if err != nil {
		return err
	}
	if size <= single {
		return s.send(ctx, p, r, 0, size, func(t *try, body io.Reader, sum string) error {
			_, err := t.core.PutObject(t.ctx, p.bucket, p.key, body, size, sum, "", minio.PutObjectOptions{DisableContentSha256: true})
			return err
		})
	}
	u, err := s.upload(ctx, p, r, size)
	if err != nil {
		return err
	}
	if err := s.complete(ctx, p, u, false); err != nil {
		s.abandon(ctx, p, u.ID)
		return err
	}
	return nil
}

// Create implements object.Store by a request that the store refuses when the
// object is there. Stores that take such a request for a plain one are found
// out by asking the first time for what was just made.
func (s *store) Create(ctx context.Context, path string, content []byte) error {
	p, err := parse(path)
	if err != nil {
		return err
	}
	mark := rand.Text()
	if err := s.create(ctx, p, content, mark); err != nil {
		return err
	}
	s.mu.Lock()
	known := s.creates[p.bucket]
	s.mu.Unlock()
	if known {
		return nil
	}
	if err := s.create(ctx, p, content, rand.Text()); err == nil {
		return fmt.Errorf("%s: %s makes an object again that is there, although it is asked not to (If-None-Match): runs can't keep their state in such a store", path, s.endpoint)
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	s.mu.Lock()
	s.creates[p.bucket] = true
	s.mu.Unlock()
	return nil
}

// create makes an object with a mark, by which it is known for this call's
// when an answer was lost.
func (s *store) create(ctx context.Context, p place, content []byte, mark string) error {
	o := minio.PutObjectOptions{DisableContentSha256: true, UserMetadata: map[string]string{markKey: mark}}
	o.SetMatchETagExcept("*")
	lost := false
	size := int64(len(content))
	return s.send(ctx, p, bytes.NewReader(content), 0, size, func(t *try, body io.Reader, sum string) error {
		_, err := t.core.PutObject(t.ctx, p.bucket, p.key, body, size, sum, "", o)
		if status(err) == http.StatusPreconditionFailed || status(err) == http.StatusConflict && !transient(err) {
			if lost {
				if i, err := s.head(ctx, p); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return final{err}
				} else if i.UserMetadata[markKey] == mark {
					return nil
				}
			}
			return final{fmt.Errorf("%s: %w", p.path, fs.ErrExist)}
		}
		lost = lost || err != nil
		return err
	})
}

// send has put bring size bytes of r from an offset, with their MD5 sum in
// base64, by which the store refuses what was damaged on the way.
func (s *store) send(ctx context.Context, p place, r io.ReaderAt, off, size int64, put func(t *try, body io.Reader, sum string) error) error {
	h := md5.New()
	if n, err := io.Copy(h, io.NewSectionReader(r, off, size)); err != nil {
		return fmt.Errorf("%s: what is to be written can't be read: %w", p.path, err)
	} else if n < size {
		return fmt.Errorf("%s: what is to be written ends at byte %d instead of %d", p.path, off+n, off+size)
	}
	sum := base64.StdEncoding.EncodeToString(h.Sum(nil))
	return s.try(ctx, p, func(t *try) error {
		body := &flow{try: t, r: io.NewSectionReader(r, off, size)}
		err := put(t, body, sum)
		if broken := body.stop(); broken != nil && err != nil {
			return final{fmt.Errorf("%s: what is to be written can't be read: %w", p.path, broken)}
		}
		return err
	})
}
