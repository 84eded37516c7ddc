package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"corpusmill/storage/object"
)

// Reach is what a machine can do in the object store that a run's files go to.
type Reach struct {
	// Failed is the first step that failed, and Err its error; "" for none.
	Failed Step   `json:"failed,omitempty"`
	Err    string `json:"err,omitempty"`
	// Kept says that the store keeps a staged object that was discarded.
	Kept    bool    `json:"kept,omitempty"`
	Seconds float64 `json:"seconds"` // that all steps took
	// Clock are bounds for how far the machine's clock is ahead of the store's,
	// in seconds; nil when nothing is known.
	Clock *[2]float64 `json:"clock,omitempty"`
}

// Step is one of the things that runs do in a store.
type Step string

const (
	Open    Step = "open"    // find out where the store is, and with which key
	Create  Step = "create"  // make an object where there was none
	Read    Step = "read"    // read it
	List    Step = "list"    // find it below a prefix
	Stage   Step = "stage"   // bring what isn't an object yet
	Discard Step = "discard" // find that again, and drop it
	Remove  Step = "remove"
)

// storeTime is how long all steps in a store may take, or all reads of inputs.
const storeTime = 30 * time.Second

// tidyTime is how long it may take to remove what was made.
const tidyTime = 10 * time.Second

// ReachFrom tries all steps at a place of a store where nothing is. When a
// step fails, what was made there is left for Tidy.
func ReachFrom(ctx context.Context, place string, now func() time.Time) Reach {
	r := Reach{}
	began := now()
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	if step, err := r.steps(ctx, place, now); err != nil {
		r.Failed, r.Err = step, words(ctx, err)
	}
	r.Seconds = now().Sub(began).Seconds()
	return r
}

// words is an error of the store, or that it didn't answer in time.
func words(ctx context.Context, err error) string {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Sprintf("no answer within %v", storeTime)
	}
	return err.Error()
}

// steps returns the step that it came to, and the error of that.
func (r *Reach) steps(ctx context.Context, place string, now func() time.Time) (Step, error) {
	path, content := object.Join(place, "probe"), []byte("corpusmill doctor\n"+place+"\n")
	s, err := object.Of(path)
	if err != nil {
		return Open, err
	}
	before := now()
	if err := s.Create(ctx, path, content); err != nil {
		return Create, err
	}
	after := now()

	got := make([]byte, len(content))
	n, info, err := s.ReadAt(ctx, path, "", got, 0)
	if err == nil && !bytes.Equal(got[:n], content) {
		err = fmt.Errorf("%s: its bytes aren't those that were just written", path)
	}
	if err != nil {
		return Read, err
	}
	// The store cuts its time to seconds.
	made := time.Unix(0, info.Mod)
	r.Clock = &[2]float64{before.Sub(made.Add(time.Second)).Seconds(), after.Sub(made).Seconds()}

	found := false
	for info, err := range s.List(ctx, place+"/") {
		if err != nil {
			return List, err
		}
		found = found || info.Path == path
	}
	if !found {
		return List, fmt.Errorf("%s: the store doesn't list what was just written", path)
	}

	staged := object.Join(place, "staged")
	token, err := s.Stage(ctx, staged, bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return Stage, err
	}
	if err := s.Discard(ctx, place+"/", nil); err != nil {
		return Discard, err
	}
	// What is gone can't be published.
	r.Kept = s.Publish(ctx, staged, token) == nil
	return Remove, s.Remove(ctx, []string{path, staged})
}

// Tidy removes what is below a place of a store, for some seconds at most,
// also when ctx is over.
func Tidy(ctx context.Context, place string) error {
	s, err := object.Of(place)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTime)
	defer cancel()
	return errors.Join(object.RemoveBelow(ctx, s, place), s.Discard(ctx, place+"/", nil))
}
