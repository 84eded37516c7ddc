package s3

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/s3utils"
	"gopkg.in/ini.v1"
)

// config says where a store is and who asks it.
type config struct {
	endpoint  *url.URL
	region    string
	dualstack bool
	creds     *credentials.Credentials
	source    string // where creds come from, in words; "" when there are none
	lacking   string // why there are none
	transport http.RoundTripper
}

// anyRegion is what stores without regions take, and where the answer of
// Amazon's says which one a bucket is in.
const anyRegion = "us-east-1"

// fromEnvironment reads the variables and files of Amazon's tools.
func fromEnvironment() (config, error) {
	profile, err := readProfile()
	if err != nil {
		return config{}, err
	}
	c := config{dualstack: os.Getenv("AWS_USE_DUALSTACK_ENDPOINT") == "true", transport: newTransport()}
	at := cmp.Or(os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL"), profile.get("endpoint_url"), "https://s3.amazonaws.com")
	if c.endpoint, err = parseEndpoint(at); err != nil {
		return config{}, err
	}
	c.region = cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), profile.get("region"),
		s3utils.GetRegionFromURL(*c.endpoint), anyRegion)
	return c, c.findCredentials(profile)
}

// parseEndpoint never repeats what it can't read: a secret may be in it.
func parseEndpoint(at string) (*url.URL, error) {
	u, err := url.Parse(at)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("AWS_ENDPOINT_URL isn't a URL that begins with http:// or https://")
	case u.User != nil:
		return nil, errors.New("AWS_ENDPOINT_URL has a name or password in it: they belong to AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		return nil, fmt.Errorf("AWS_ENDPOINT_URL has the path %s: it may only have a host and a port; buckets are in the paths of objects", u.Path)
	}
	u.Path = ""
	return u, nil
}

// profile is a section of the files in ~/.aws.
type profile struct {
	name     string
	sections []*ini.Section
}

func (p profile) get(key string) string {
	for _, s := range p.sections {
		if v := s.Key(key).String(); v != "" {
			return v
		}
	}
	return ""
}

func readProfile() (profile, error) {
	p := profile{name: cmp.Or(os.Getenv("AWS_PROFILE"), "default")}
	home, _ := os.UserHomeDir()
	config := cmp.Or(os.Getenv("AWS_CONFIG_FILE"), filepath.Join(home, ".aws", "config"))
	shared := cmp.Or(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), filepath.Join(home, ".aws", "credentials"))
	for _, place := range []struct{ file, section string }{{shared, p.name}, {config, "profile " + p.name}, {config, p.name}} {
		f, err := ini.Load(place.file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return p, fmt.Errorf("%s: can't be read as a file of Amazon's tools", place.file)
		}
		if s, err := f.GetSection(place.section); err == nil {
			p.sections = append(p.sections, s)
		}
	}
	if len(p.sections) == 0 && os.Getenv("AWS_PROFILE") != "" {
		return p, fmt.Errorf("AWS_PROFILE is %s, but neither %s nor %s has such a profile", p.name, shared, config)
	}
	return p, nil
}

// findCredentials looks where Amazon's tools look, in their order. What is
// there and doesn't work is an error; nothing at all is anonymous.
func (c *config) findCredentials(p profile) error {
	id, secret := os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	switch {
	case id != "" && secret != "":
		c.creds, c.source = credentials.NewStaticV4(id, secret, os.Getenv("AWS_SESSION_TOKEN")), "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
		return nil
	case id != "":
		return errors.New("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY isn't: set both")
	case secret != "":
		return errors.New("AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID isn't: set both")
	}
	role := credentials.New(&credentials.IAM{Region: c.region, Client: &http.Client{
		Timeout:   5 * time.Second,
		Transport: &http.Transport{DialContext: (&net.Dialer{Timeout: time.Second}).DialContext},
	}})
	use := func(creds *credentials.Credentials, source string) error {
		v, err := creds.Get()
		if err != nil {
			return fmt.Errorf("no credentials from %s: %w", source, err)
		}
		if v.AccessKeyID == "" || v.SecretAccessKey == "" {
			return fmt.Errorf("no credentials from %s", source)
		}
		c.creds, c.source = creds, source
		return nil
	}
	if os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != "" {
		return use(role, "the web identity of AWS_WEB_IDENTITY_TOKEN_FILE")
	}
	for _, key := range []string{"aws_access_key_id", "aws_secret_access_key", "credential_process", "sso_session", "sso_start_url"} {
		if p.get(key) != "" {
			return use(credentials.NewFileAWSCredentials("", p.name), "the profile "+p.name)
		}
	}
	if p.get("role_arn") != "" {
		return fmt.Errorf("the profile %s takes on a role, which can't be done here: set what `aws configure export-credentials --format env` prints", p.name)
	}
	if os.Getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != "" || os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI") != "" {
		return use(role, "the role of the container")
	}
	c.lacking = "there are none in the environment, and none in a profile"
	if os.Getenv("AWS_EC2_METADATA_DISABLED") != "true" && s3utils.IsAmazonEndpoint(*c.endpoint) {
		if err := use(role, "the role of the machine"); err == nil {
			return nil
		}
		c.lacking = "there are none in the environment, none in a profile, and the machine has no role"
	}
	c.creds = credentials.NewStatic("", "", "", credentials.SignatureAnonymous)
	return nil
}
