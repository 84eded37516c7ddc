package ranks

import (
	"context"
	"fmt"
	"time"

	"corpusmill/doctor"
)

// Prober is rank 0's view of the others: each rank runs its own probe and
// leaves the facts where rank 0 keeps the Post.
type Prober struct {
	Size  int // ranks
	Post  *doctor.Post
	Build string
	Now   func() time.Time // the wall clock
}

// ProbeName is the Name in a rank's Request.
func ProbeName(rank int) string { return fmt.Sprintf("rank-%d", rank) }

// Probe implements doctor.Prober.
func (p *Prober) Probe(ctx context.Context, r doctor.Request) ([]doctor.Answer, error) {
	r.Name = ProbeName(0)
	own := (&doctor.Probe{Build: p.Build, Now: p.Now}).Run(ctx, r)
	ctx, cancel := context.WithTimeout(ctx, r.StartLimit())
	defer cancel()
	var facts map[string]doctor.Facts
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for waiting := true; waiting; {
		var err error
		if facts, err = p.Post.Facts(); err != nil {
			return nil, err
		}
		if len(facts) >= p.Size {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if ctx.Err() != context.DeadlineExceeded {
				return nil, context.Cause(ctx)
			}
			waiting = false
		}
	}
	facts[own.ID] = own
	answers := make([]doctor.Answer, p.Size)
	for rank := range answers {
		a := &answers[rank]
		a.Node = fmt.Sprintf("rank %d", rank)
		if f, ok := facts[ProbeName(rank)]; ok {
			a.Node += " (" + f.Host + ")"
			a.Facts = &f
		} else {
			a.Err = fmt.Sprintf("no answer within %v: it wasn't started with the same command, or it says itself what it lacks", r.StartLimit())
		}
	}
	return answers, nil
}
