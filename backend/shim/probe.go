package shim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"corpusmill/doctor"
	"corpusmill/storage/object"
)

// Probe implements doctor.Prober, on a backend that is open. On Spark a
// machine may be missed.
func (b *Backend) Probe(ctx context.Context, r doctor.Request) ([]doctor.Answer, error) {
	if b.session == nil {
		return nil, errors.New("the backend isn't open")
	}
	r.Tied = true
	order := map[string]any{"do": "probe", "request": r, "start": r.Start, "limit": r.Limit().Seconds(), "env": object.Environment()}
	if err := b.session.send(order); err != nil {
		return nil, err
	}
	most := r.StartLimit() + r.Limit() + mercy
	late := time.NewTimer(most)
	defer late.Stop()
	for {
		select {
		case m, ok := <-b.session.messages:
			switch {
			case !ok:
				return nil, b.session.died()
			case m.Kind == "failed":
				return nil, fmt.Errorf("%s: %s", b.Engine.Name, m.Err)
			case m.Kind == "probed":
				return m.Answers, nil
			}
		case <-late.C:
			return nil, fmt.Errorf("%s did not run the probes within %s%s", b.Engine.Name, most, b.session.words())
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
