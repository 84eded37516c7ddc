// Package s3 keeps objects in Amazon S3 and in stores that speak its protocol:
// paths are s3://bucket/key, with the key as it is, without any encoding.
//
// The environment configures it as it does Amazon's own tools: credentials,
// region and endpoint are those of AWS_ACCESS_KEY_ID, AWS_REGION,
// AWS_ENDPOINT_URL and their kin, of the profile in ~/.aws, or of the role of
// the machine. Without any credentials requests are anonymous.
package s3

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/s3utils"

	"corpusmill/storage/object"
)

func init() {
	// The library would make a pause after the last try, too.
	minio.DefaultRetryUnit = 0
	object.Register("s3", func() (object.Store, error) {
		c, err := fromEnvironment()
		if err != nil {
			return nil, err
		}
		return open(c)
	}, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_USE_DUALSTACK_ENDPOINT",
		"AWS_EC2_METADATA_DISABLED", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
}

// store implements object.Store.
type store struct {
	config
	pause   func(context.Context, time.Duration) error
	stalled time.Duration // without a byte, after which a request has failed

	mu      sync.Mutex
	cores   map[string]*minio.Core // by region
	regions map[string]string      // of the buckets that aren't in the configured one
	reached bool                   // the endpoint has answered before
	creates map[string]bool        // buckets where Create is known to refuse what is there
}

func open(c config) (*store, error) {
	s := &store{config: c, pause: sleep, stalled: 30 * time.Second, cores: map[string]*minio.Core{}, regions: map[string]string{}, creates: map[string]bool{}}
	_, err := s.core("")
	return s, err
}

// core is the client for a bucket's region. It tries a request once: tries
// are counted here alone.
func (s *store) core(bucket string) (*minio.Core, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	region := s.region
	if r := s.regions[bucket]; r != "" {
		region = r
	}
	if c := s.cores[region]; c != nil {
		return c, nil
	}
	c, err := minio.NewCore(s.endpoint.Host, &minio.Options{
		Creds:      s.creds,
		Secure:     s.endpoint.Scheme == "https",
		Transport:  s.transport,
		Region:     region,
		MaxRetries: 1,
	})
	if err != nil {
		return nil, fmt.Errorf("the endpoint %s: %w", s.endpoint, err)
	}
	c.SetS3EnableDualstack(s.dualstack)
	c.SetAppInfo("corpusmill", "1")
	s.cores[region] = c
	return c, nil
}

// move has the bucket's requests go to another region, when that is news.
func (s *store) move(bucket, region string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.region
	if r := s.regions[bucket]; r != "" {
		now = r
	}
	if bucket == "" || region == "" || region == now {
		return false
	}
	s.regions[bucket] = region
	return true
}

// newTransport is one that waits for no connection longer than it takes to be
// made; answers that don't come are noticed by what waits for them.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     time.Minute,
		DisableCompression:  true, // an object is what it is, whatever encoding it is said to have
	}
}

// place is a path, taken apart.
type place struct{ path, bucket, key string }

func parse(path string) (place, error) {
	p, err := parsePrefix(path)
	if err == nil && p.key == "" {
		return p, fmt.Errorf("%s: lacks a key: object paths are s3://bucket/key", path)
	}
	return p, err
}

// parsePrefix takes a path that may be one of a whole bucket.
func parsePrefix(path string) (place, error) {
	rest, ok := strings.CutPrefix(path, "s3://")
	bucket, key, _ := strings.Cut(rest, "/")
	if !ok || bucket == "" {
		return place{}, fmt.Errorf("%s: lacks a bucket: object paths are s3://bucket/key", path)
	}
	if err := s3utils.CheckValidBucketName(bucket); err != nil {
		return place{}, fmt.Errorf("%s: %w", path, err)
	}
	if err := s3utils.CheckValidObjectNamePrefix(key); err != nil {
		return place{}, fmt.Errorf("%s: %w", path, err)
	}
	return place{path, bucket, key}, nil
}

func (p place) info(i minio.ObjectInfo, size int64) object.Info {
	// Listings know fractions of a second that other answers don't.
	return object.Info{Path: p.path, Size: size, Mod: i.LastModified.Truncate(time.Second).UnixNano(), Tag: i.ETag}
}

// Stat implements object.Store by one request, and one more for an object that
// isn't there.
func (s *store) Stat(ctx context.Context, path string) (object.Info, error) {
	p, err := parse(path)
	if err != nil {
		return object.Info{}, err
	}
	i, err := s.head(ctx, p)
	if err != nil {
		return object.Info{}, err
	}
	return p.info(i, i.Size), nil
}

func (s *store) head(ctx context.Context, p place) (i minio.ObjectInfo, err error) {
	err = s.try(ctx, p, func(t *try) error {
		i, err = t.core.StatObject(t.ctx, p.bucket, p.key, minio.StatObjectOptions{})
		if c := status(err); c < 400 || c >= 500 {
			return err
		}
		// The answer to a HEAD has no words. A read is refused for the same
		// reason, and says which.
		var o minio.GetObjectOptions
		o.Set("Range", "bytes=0-0")
		body, _, _, why := t.core.GetObject(t.ctx, p.bucket, p.key, o)
		if why != nil {
			return why
		}
		body.Close()
		return errReplaced
	})
	return i, err
}

// removed is how many objects one request may remove.
const removed = 1000

// Remove implements object.Store by one request for 1,000 objects.
func (s *store) Remove(ctx context.Context, paths []string) error {
	buckets := map[string][]string{}
	for _, path := range paths {
		p, err := parse(path)
		if err != nil {
			return err
		}
		buckets[p.bucket] = append(buckets[p.bucket], p.key)
	}
	var errs []error
	for bucket, keys := range buckets {
		slices.Sort(keys)
		for batch := range slices.Chunk(slices.Compact(keys), removed) {
			errs = append(errs, s.remove(ctx, bucket, batch)...)
		}
	}
	return errors.Join(errs...)
}

// remove removes objects, and returns an error for each that may still be there.
func (s *store) remove(ctx context.Context, bucket string, keys []string) (errs []error) {
	left := map[string]error{} // why it is there
	for _, k := range keys {
		left[k] = errors.New("the store doesn't say whether it has removed the object")
	}
	err := s.try(ctx, place{path: "s3://" + bucket, bucket: bucket}, func(t *try) error {
		var asked []minio.ObjectInfo
		for _, k := range slices.Sorted(maps.Keys(left)) {
			asked = append(asked, minio.ObjectInfo{Key: k})
		}
		results, err := t.core.RemoveObjectsWithIter(t.ctx, bucket, slices.Values(asked), minio.RemoveObjectsOptions{})
		if err != nil {
			return err
		}
		var again error
		for r := range results {
			t.alive()
			switch {
			case r.Err == nil || code(r.Err) == "NoSuchKey":
				delete(left, r.ObjectName)
			case transient(r.Err) || status(r.Err) != 0:
				again = r.Err
			default: // what the answer says of one object has no status
				left[r.ObjectName] = r.Err
			}
		}
		if err := t.ctx.Err(); err != nil {
			return err
		}
		return again
	})
	if err != nil {
		return []error{err}
	}
	for _, k := range slices.Sorted(maps.Keys(left)) {
		errs = append(errs, fmt.Errorf("s3://%s/%s: isn't removed: %w", bucket, k, left[k]))
	}
	return errs
}
