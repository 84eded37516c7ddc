// Package s3test starts an S3 store for tests, and puts faults in its way.
package s3test

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"golang.org/x/sys/unix"

	"corpusmill/internal/child"
	"corpusmill/internal/netns"
	"corpusmill/storage/object"
)

// Server is a store with one bucket, which listens on this machine alone.
type Server struct {
	Endpoint string // a URL
	Bucket   string
	Folder   string // has a folder for each bucket, with the objects as files
	Key      string
	Secret   string
}

// Region is that of every Server.
const Region = "us-east-1"

// ready is how long a server may take to be there.
const ready = 20 * time.Second

// Start starts a server that ends with the test, and sets the environment for
// it. Where versitygw isn't built the test is skipped, or fails when
// CORPUSMILL_REQUIRE is all.
func Start(t testing.TB) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	said := &child.Tail{Max: 4 << 10}
	s, gone := serve(t, address, osexec.Command, said)
	core, err := minio.New(address, &minio.Options{Creds: credentials.NewStaticV4(s.Key, s.Secret, ""), Region: Region, MaxRetries: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), ready)
	defer cancel()
	for {
		err := core.MakeBucket(ctx, s.Bucket, minio.MakeBucketOptions{})
		if err == nil {
			break
		}
		select {
		case <-gone:
			t.Fatalf("versitygw has ended: %s", said)
		case <-ctx.Done():
			t.Fatalf("versitygw isn't there after %v: %v: %s", ready, err, said)
		case <-time.After(20 * time.Millisecond):
		}
	}
	s.Use(t, s.Endpoint)
	return s
}

// StartOn starts a server on a machine that only the machines of its network
// reach. It leaves the environment as it is.
func StartOn(t testing.TB, m *netns.Machine) *Server {
	t.Helper()
	address := net.JoinHostPort(m.IP, "9000")
	said := &child.Tail{Max: 4 << 10}
	s, gone := serve(t, address, m.Command, said)
	if err := os.Mkdir(filepath.Join(s.Folder, s.Bucket), 0o777); err != nil { // which makes a bucket
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), ready)
	defer cancel()
	for m.Command("bash", "-c", ": </dev/tcp/"+strings.Replace(address, ":", "/", 1)).Run() != nil {
		select {
		case <-gone:
			t.Fatalf("versitygw has ended: %s", said)
		case <-ctx.Done():
			t.Fatalf("versitygw isn't there after %v: %s", ready, said)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return s
}

// serve starts a server at an address. The channel is closed when it has ended.
func serve(t testing.TB, address string, command func(string, ...string) *osexec.Cmd, said *child.Tail) (*Server, <-chan struct{}) {
	t.Helper()
	s := &Server{Endpoint: "http://" + address, Bucket: "bucket", Folder: t.TempDir(), Key: rand.Text(), Secret: rand.Text()}
	args := []string{"--port", address, "--access", s.Key, "--secret", s.Secret, "--region", Region, "--quiet", "posix"}
	if unix.Setxattr(s.Folder, "user.corpusmill", []byte("1"), 0) != nil {
		args = append(args, "--sidecar", t.TempDir())
	}
	return s, start(t, command(program(t), append(args, s.Folder)...), said)
}

// start starts a program that ends with the test. The channel is closed when
// it has ended.
func start(t testing.TB, c *osexec.Cmd, said *child.Tail) <-chan struct{} {
	t.Helper()
	c.Stdout, c.Stderr = said, said
	child.Tie(c)
	started, gone := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // the program is tied to this thread
		defer runtime.UnlockOSThread()
		defer close(gone)
		err := c.Start()
		started <- err
		if err == nil {
			c.Wait()
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		child.KillGroup(c)
		<-gone
	})
	return gone
}

// Path is the path of an object in the bucket.
func (s *Server) Path(key string) string { return "s3://" + s.Bucket + "/" + key }

// Use sets the test's environment for the server, reached by an endpoint that
// may be a Proxy's.
func (s *Server) Use(t testing.TB, endpoint string) {
	t.Helper()
	for _, v := range s.Env(endpoint) {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	object.Reopen("s3")
	t.Cleanup(func() { object.Reopen("s3") })
}

// Env is the environment of a process that uses the server by an endpoint.
func (s *Server) Env(endpoint string) []string {
	return []string{"AWS_ENDPOINT_URL_S3=" + endpoint, "AWS_ENDPOINT_URL=", "AWS_REGION=" + Region,
		"AWS_ACCESS_KEY_ID=" + s.Key, "AWS_SECRET_ACCESS_KEY=" + s.Secret, "AWS_SESSION_TOKEN=",
		"AWS_PROFILE=", "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true"}
}

// Client asks the server what object.Store doesn't, such as for incomplete
// uploads.
func (s *Server) Client(t testing.TB) *minio.Core {
	t.Helper()
	c, err := minio.NewCore(strings.TrimPrefix(s.Endpoint, "http://"),
		&minio.Options{Creds: credentials.NewStaticV4(s.Key, s.Secret, ""), Region: Region, Transport: http.DefaultTransport})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// program is CORPUSMILL_VERSITYGW, or build/versitygw of the repository, which
// .ci/run makes.
func program(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("CORPUSMILL_VERSITYGW"); path != "" {
		return path
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
			continue
		}
		path := filepath.Join(dir, "build", "versitygw")
		if _, err := os.Stat(path); err == nil {
			return path
		}
		break
	}
	netns.Skip(t, "build/versitygw isn't there: .ci/run installs it")
	return ""
}
