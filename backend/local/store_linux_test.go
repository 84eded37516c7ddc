package local_test

import (
	"fmt"
	"os"
	"testing"

	"corpusmill/backend/backendtest"
	"corpusmill/backend/local"
	"corpusmill/exec"
	_ "corpusmill/storage/object/s3"
	"corpusmill/storage/object/s3/s3test"
)

// inStore is a backend whose tasks meet in an object store.
type inStore struct {
	*local.Processes
	folder string
}

func (s inStore) Shared() string { return s.folder }

// TestInStore runs everything with a store for what tasks share, which fails one
// request in fifty.
func TestInStore(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(asWorker, "1")
	store := s3test.Start(t)
	proxy := s3test.Flaky(t, store.Endpoint, 1, 1./50)
	store.Use(t, proxy.URL)
	folders := 0
	backendtest.Run(t, backendtest.Engine{
		New: func() exec.Backend {
			folders++
			return inStore{&local.Processes{Command: []string{self}}, store.Path(fmt.Sprint("shared/", folders))}
		},
		Apart: true, Slow: true,
	})
	if proxy.Failed() == 0 {
		t.Error("the store has failed nothing")
	}
	t.Logf("requests: %v, of which %d failed", proxy.Requests(), proxy.Failed())
}
