package shim

import (
	"cmp"
	"fmt"
	"time"
)

// Deadlines of what the engine has been given.
const (
	// silence is how long a running bundle may give no sign of life, nine times
	// as long as it should, where Engine.Silence doesn't say it. Engines may take
	// minutes to see that a machine is gone. A bundle that nobody begins, where
	// others do begin, lies with a worker that doesn't answer: it is sent again
	// after as long, and after twice as long each further time.
	silence = 45 * time.Second
	// mercy is how long the engine may take to end such a bundle. After it the
	// bundle is forgotten.
	mercy = 5 * time.Second
	// reminder is how long bundles wait with nothing running until the log says so.
	reminder = time.Minute
	// patience is how long bundles may wait with nothing running.
	patience = 15 * time.Minute
	// watching is how often both are looked at.
	watching = 2 * time.Second
)

// LeastSilence is the least Engine.Silence with which one late sign of life is
// no loss: three times as long as there should be between two.
const LeastSilence = 15 * time.Second

// watch looks for what takes too long.
func (r *run) watch() error {
	if !r.b.Engine.Pulse {
		return nil
	}
	now, atWork, waiting := r.b.now(), 0, 0
	for number, b := range r.bundles {
		switch {
		case b.ended && now-b.when > mercy:
			// The engine doesn't get rid of it; its events are dropped.
			delete(r.bundles, number)
			r.finish(b, "", false)
		case !b.began:
			waiting++
		case !b.ended:
			atWork++
		}
	}
	again := 0
	for number, b := range r.bundles {
		if b.ended || !r.overdue(b, now, atWork) {
			continue
		}
		if b.ended, b.when = true, now; !b.began {
			again++
		}
		if err := r.s.send(order{Do: "kill", Bundle: number}); err != nil {
			return err
		}
	}
	if again > 0 {
		r.b.logf("%s has begun nothing of %d bundles for %s; they are sent again", r.b.Engine.Name, again, r.silence())
	}
	if waiting < len(r.bundles) || waiting == 0 {
		r.reminded = false
		return nil
	}
	switch quiet := now - r.heard; {
	case quiet > patience:
		return fmt.Errorf("%s has started nothing for %s, though %d tasks wait: it has no free machine with %g CPUs and %g GPUs. Free some or add one, and give the same command again", r.b.Engine.Name, patience, waiting, r.need.CPUs, r.need.GPUs)
	case quiet > reminder && !r.reminded:
		r.b.logf("%s has started nothing for a minute: it waits for a machine with %g CPUs and %g GPUs", r.b.Engine.Name, r.need.CPUs, r.need.GPUs)
		r.reminded = true
	}
	return nil
}

// overdue says whether a bundle has been silent for too long. One that nobody
// has begun may wait for others to make room: it isn't overdue as long as the
// run has all the room that there is, nor before one that was sent later has
// begun or nothing of the run is at work.
func (r *run) overdue(b *bundle, now time.Duration, atWork int) bool {
	if b.began {
		return now-b.heard > r.silence()
	}
	turn := b.sent < r.newest && atWork < r.b.room(r.need) || atWork == 0
	return r.s.began && turn && now-b.sent > r.grace(b)
}

// grace is how long a bundle may lie with the engine until somebody begins it.
func (r *run) grace(b *bundle) time.Duration { return r.silence() << min(b.tries, 10) }

func (r *run) silence() time.Duration { return cmp.Or(r.b.Engine.Silence, silence) }
