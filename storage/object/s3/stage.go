package s3

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"
)

const (
	// A store takes mostParts of an object; atOnce of them are on their way.
	mostParts = 10_000
	atOnce    = 4
	// completing is how long a store may take to make one object of its parts.
	completing = 5 * time.Minute
	// abandoning is how long a failed upload may take to be dropped.
	abandoning = 500 * time.Millisecond
)

// staged is an upload whose parts the store has. As JSON it is a token.
type staged struct {
	ID    string   `json:"upload"`
	Mark  string   `json:"mark"`
	Size  int64    `json:"size"`
	Parts []string `json:"parts"` // their tags
}

// Stage implements object.Store by a multipart upload that isn't completed,
// which the store's owner pays for until it is published or discarded.
func (s *store) Stage(ctx context.Context, path string, r io.ReaderAt, size int64) (string, error) {
	p, err := parse(path)
	if err != nil {
		return "", err
	}
	u, err := s.upload(ctx, p, r, size)
	if err != nil {
		return "", err
	}
	token, err := json.Marshal(u)
	return string(token), err
}

// Publish implements object.Store by completing the upload, and by a look at
// the object, which has the upload's mark.
func (s *store) Publish(ctx context.Context, path, token string) error {
	p, err := parse(path)
	if err != nil {
		return err
	}
	var u staged
	if err := json.Unmarshal([]byte(token), &u); err != nil || u.ID == "" || len(u.Parts) == 0 {
		return fmt.Errorf("%s: what is to be published isn't a token of a staged object", path)
	}
	return s.complete(ctx, p, u, true)
}

// partSize is that of all parts but the last.
func partSize(size int64) int64 {
	const step = 1 << 20
	return max(single, (size+mostParts*step-1)/(mostParts*step)*step)
}

// upload brings all parts of an object; an empty one has an empty part.
func (s *store) upload(ctx context.Context, p place, r io.ReaderAt, size int64) (staged, error) {
	u := staged{Mark: rand.Text(), Size: size}
	err := s.try(ctx, p, func(t *try) (err error) {
		u.ID, err = t.core.NewMultipartUpload(t.ctx, p.bucket, p.key, minio.PutObjectOptions{UserMetadata: map[string]string{markKey: u.Mark}})
		return err
	})
	if err != nil {
		return u, err
	}
	each := partSize(size)
	u.Parts = make([]string, max(1, (size+each-1)/each))
	g, parts := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i := range u.Parts {
		g.Go(func() error {
			off := int64(i) * each
			n := min(each, size-off)
			return s.send(parts, p, r, off, n, func(t *try, body io.Reader, sum string) error {
				part, err := t.core.PutObjectPart(t.ctx, p.bucket, p.key, u.ID, i+1, body, n,
					minio.PutObjectPartOptions{Md5Base64: sum, DisableContentSha256: true})
				u.Parts[i] = part.ETag
				return err
			})
		})
	}
	if err := g.Wait(); err != nil {
		s.abandon(ctx, p, u.ID)
		return u, err
	}
	return u, nil
}

// complete makes the object of its parts. Where an upload that was completed
// before is no error for the store, certain has it make sure that the object
// is still that one.
func (s *store) complete(ctx context.Context, p place, u staged, certain bool) error {
	parts := make([]minio.CompletePart, len(u.Parts))
	for i, tag := range u.Parts {
		parts[i] = minio.CompletePart{PartNumber: i + 1, ETag: tag}
	}
	gone := false
	err := s.try(ctx, p, func(t *try) error {
		t.slow(completing)
		_, err := t.core.CompleteMultipartUpload(t.ctx, p.bucket, p.key, u.ID, parts, minio.PutObjectOptions{})
		if gone = code(err) == "NoSuchUpload"; gone {
			return nil
		}
		return err
	})
	if err != nil || !gone && !certain {
		return err
	}
	there, err := s.head(ctx, p)
	switch {
	case err == nil && there.UserMetadata[markKey] == u.Mark && there.Size == u.Size:
		return nil
	case err == nil:
		return fmt.Errorf("%s: the object there is another than the one that was staged: start again with --restart", p.path)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: what was staged is gone from the store: look whether a lifecycle rule of the bucket ends incomplete uploads early, and start again with --restart", p.path)
	}
	return err
}

// abandon drops a failed upload when the store can be asked to; Discard drops
// it otherwise. It doesn't hold up who has no time left.
func (s *store) abandon(ctx context.Context, p place, id string) {
	limit := s.stalled
	if ctx.Err() != nil {
		limit = abandoning
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	s.abort(ctx, p, id)
}

func (s *store) abort(ctx context.Context, p place, id string) error {
	return s.try(ctx, p, func(t *try) error {
		err := t.core.AbortMultipartUpload(t.ctx, p.bucket, p.key, id)
		if code(err) == "NoSuchUpload" {
			return nil
		}
		return err
	})
}

// Discard implements object.Store by ending the incomplete uploads below the
// prefix. Stores that don't list uploads by a prefix, as MinIO, keep them until
// their own time for incomplete ones is over.
func (s *store) Discard(ctx context.Context, prefix string, ours func(path string) bool) error {
	p, err := parsePrefix(prefix)
	if err != nil {
		return err
	}
	for key, id := "", ""; ; {
		var found minio.ListMultipartUploadsResult
		err := s.try(ctx, p, func(t *try) (err error) {
			found, err = t.core.ListMultipartUploads(t.ctx, p.bucket, p.key, key, id, "", page)
			return err
		})
		if err != nil {
			return err
		}
		g, each := errgroup.WithContext(ctx)
		g.SetLimit(atOnce)
		for _, u := range found.Uploads {
			path := "s3://" + p.bucket + "/" + u.Key
			if strings.HasPrefix(u.Key, p.key) && (ours == nil || ours(path)) {
				g.Go(func() error { return s.abort(each, place{path, p.bucket, u.Key}, u.UploadID) })
			}
		}
		if err := g.Wait(); err != nil {
			return err
		}
		if !found.IsTruncated {
			return nil
		}
		if found.NextKeyMarker == key && found.NextUploadIDMarker == id {
			return fmt.Errorf("%s: the store's list of incomplete uploads doesn't get on after %q", prefix, key)
		}
		key, id = found.NextKeyMarker, found.NextUploadIDMarker
	}
}
