package exec

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"corpusmill/storage"
	"corpusmill/storage/object"
)

// TestFailed tells what the machine is to blame for from what would fail again.
func TestFailed(t *testing.T) {
	task := Task{ID: 3, Attempt: 1}
	away := object.Unavailable(errors.New("s3://b/k: no answer"))
	if e := Failed(task, fmt.Errorf("writing: %w", away)); e.Kind != TaskLost || e.Task != 3 || e.Attempt != 1 || e.Err != "writing: s3://b/k: no answer" {
		t.Errorf("a store that doesn't answer: %+v", e)
	}
	if e := Failed(task, fs.ErrPermission); e.Kind != TaskFailed || e.Account {
		t.Errorf("a store that refuses: %+v", e)
	}
	if e := Failed(task, storage.ErrChanged); e.Kind != TaskFailed || !e.Account {
		t.Errorf("an input that has changed: %+v", e)
	}
}
