package s3

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// variables are all that are read.
var variables = []string{
	"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_USE_DUALSTACK_ENDPOINT",
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
}

func TestEnvironment(t *testing.T) {
	const config = `[default]
region = eu-north-1
[profile lab]
region = eu-west-3
endpoint_url = https://store.lab:9000/
[profile role]
role_arn = arn:aws:iam::1:role/x
source_profile = default
[profile process]
credential_process = /bin/echo {"Version":1,"AccessKeyId":"pid","SecretAccessKey":"psecret"}
[profile half]
aws_access_key_id = only
`
	const shared = `[default]
aws_access_key_id = did
aws_secret_access_key = dsecret
[lab]
aws_access_key_id = lid
aws_secret_access_key = lsecret
aws_session_token = ltoken
`
	dir := t.TempDir()
	for name, text := range map[string]string{"config": config, "credentials": shared, "broken": "[default\naws_secret_access_key xyzzy\n", "empty": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, env                    string
		endpoint, region, id, source string
		fails                        string
	}{
		{"default profile", "", "https://s3.amazonaws.com", "eu-north-1", "did", "the profile default", ""},
		{"named profile", "AWS_PROFILE=lab", "https://store.lab:9000", "eu-west-3", "lid", "the profile lab", ""},
		{"process", "AWS_PROFILE=process", "https://s3.amazonaws.com", anyRegion, "pid", "the profile process", ""},
		{"variables come first", "AWS_PROFILE=lab AWS_REGION=r AWS_ENDPOINT_URL=http://a:1 AWS_ENDPOINT_URL_S3=http://b:2 AWS_ACCESS_KEY_ID=i AWS_SECRET_ACCESS_KEY=xyzzy",
			"http://b:2", "r", "i", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", ""},
		{"endpoint for all", "AWS_ENDPOINT_URL=http://a:1 AWS_DEFAULT_REGION=d", "http://a:1", "d", "did", "the profile default", ""},
		{"region of the endpoint", "AWS_CONFIG_FILE=empty AWS_ENDPOINT_URL=https://s3.eu-west-1.amazonaws.com", "https://s3.eu-west-1.amazonaws.com", "eu-west-1", "did", "the profile default", ""},
		{"nothing", "AWS_CONFIG_FILE=empty AWS_SHARED_CREDENTIALS_FILE=missing", "https://s3.amazonaws.com", anyRegion, "", "", ""},
		{"no such profile", "AWS_PROFILE=typo", "", "", "", "", "AWS_PROFILE is typo"},
		{"role", "AWS_PROFILE=role", "", "", "", "", "export-credentials"},
		{"half a profile", "AWS_PROFILE=half", "", "", "", "", "the profile half"},
		{"no secret", "AWS_ACCESS_KEY_ID=i", "", "", "", "", "AWS_SECRET_ACCESS_KEY isn't"},
		{"no id", "AWS_SECRET_ACCESS_KEY=xyzzy", "", "", "", "", "AWS_ACCESS_KEY_ID isn't"},
		{"broken file", "AWS_SHARED_CREDENTIALS_FILE=broken", "", "", "", "", "broken: can't be read"},
		{"no scheme", "AWS_ENDPOINT_URL=store:9000", "", "", "", "", "begins with http"},
		{"a secret in the endpoint", "AWS_ENDPOINT_URL=http://i:xyzzy@store:9000", "", "", "", "", "name or password"},
		{"an unreadable endpoint", "AWS_ENDPOINT_URL=http://i:xyzzy@store:90%zz", "", "", "", "", "isn't a URL"},
		{"a bucket in the endpoint", "AWS_ENDPOINT_URL=http://store:9000/bucket", "", "", "", "", "has the path /bucket"},
		{"web identity without its file", "AWS_WEB_IDENTITY_TOKEN_FILE=missing AWS_ROLE_ARN=arn", "", "", "", "", "web identity"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range variables {
				t.Setenv(name, "")
			}
			t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
			for _, set := range strings.Fields(c.env) {
				name, value, _ := strings.Cut(set, "=")
				if strings.HasSuffix(name, "_FILE") {
					value = filepath.Join(dir, value)
				}
				t.Setenv(name, value)
			}
			got, err := fromEnvironment()
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) || strings.Contains(err.Error(), "xyzzy") {
					t.Errorf("%v\nwant %q", err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			creds, err := got.creds.Get()
			if err != nil {
				t.Fatal(err)
			}
			if got.endpoint.String() != c.endpoint || got.region != c.region || creds.AccessKeyID != c.id || got.source != c.source {
				t.Errorf("%s %s %q %q", got.endpoint, got.region, creds.AccessKeyID, got.source)
			}
			if anonymous := creds.SignerType.IsAnonymous(); anonymous != (c.id == "") || anonymous != (got.lacking != "") {
				t.Errorf("anonymous: %v, %q", anonymous, got.lacking)
			}
		})
	}
}

func TestTransient(t *testing.T) {
	if transient(final{errors.New("x")}) || !transient(errStalled) || !transient(errors.New("connection reset")) {
		t.Error("not as it should be")
	}
}
