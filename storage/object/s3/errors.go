package s3

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/minio/minio-go/v7"

	"corpusmill/storage"
)

// explain says what a store's refusal means for the user.
func (s *store) explain(p place, err error) error {
	var known final
	if errors.As(err, &known) {
		return known.error
	}
	var a minio.ErrorResponse
	if !errors.As(err, &a) {
		return fmt.Errorf("%s: no answer from %s (see that AWS_ENDPOINT_URL is right and can be reached from here): %w", p.path, s.endpoint, err)
	}
	switch a.Code {
	case "NoSuchKey":
		return fmt.Errorf("%s: %w", p.path, fs.ErrNotExist)
	case "NoSuchBucket":
		return fmt.Errorf("%s: there is no bucket %s at %s: make it, or set AWS_ENDPOINT_URL to the store that has it: %w",
			p.path, p.bucket, s.endpoint, fs.ErrNotExist)
	case "InvalidAccessKeyId", "XAdminUserNotFound", "SignatureDoesNotMatch":
		return fmt.Errorf("%s: %s refuses the key of %s (%s): check the key's id and secret: %w",
			p.path, s.endpoint, s.source, a.Code, fs.ErrPermission)
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken":
		return fmt.Errorf("%s: the session token of %s isn't valid any more (%s): get another: %w",
			p.path, s.source, a.Code, fs.ErrPermission)
	case "RequestTimeTooSkewed":
		return fmt.Errorf("%s: this machine's clock differs too much from that of %s: set it", p.path, s.endpoint)
	case "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "InvalidRegion", "IllegalLocationConstraintException":
		return fmt.Errorf("%s: the bucket isn't in the region %s (%s): set AWS_REGION to its region", p.path, s.region, a.Message)
	}
	switch a.StatusCode {
	case http.StatusPreconditionFailed:
		return changed(p.path)
	case http.StatusForbidden, http.StatusUnauthorized:
		if s.source == "" {
			return fmt.Errorf("%s: %s refuses a request without credentials, and %s: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE: %w",
				p.path, s.endpoint, s.lacking, fs.ErrPermission)
		}
		return fmt.Errorf("%s: %s refuses access with %s (%s): check that the key may read, write, list and delete there: %w",
			p.path, s.endpoint, s.source, a.Code, fs.ErrPermission)
	}
	return fmt.Errorf("%s: %s answers %s: %w", p.path, s.endpoint, answer(a), err)
}

func answer(a minio.ErrorResponse) string {
	if a.StatusCode == 0 {
		return a.Code
	}
	return fmt.Sprintf("%d %s", a.StatusCode, a.Code)
}

func changed(path string) error {
	return fmt.Errorf("%s: %w", path, storage.ErrChanged)
}
