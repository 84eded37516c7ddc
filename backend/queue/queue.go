// Package queue hands the tasks of a run to workers on other machines through
// a folder that all of them share. It asks of the file system that a rename
// is atomic and that who opens a file sees what was written before it was
// closed: NFS does, and so do the parallel file systems of clusters.
//
// The lead, which has the tasks, leaves a notice in a place that the workers
// know. A worker joins with two logs of its own: it writes one, and the lead
// the other. So no file has two writers, nobody has to claim anything, and
// what is polled are files that are there and grow; no folder is listed but
// the one that newcomers knock at. A log's growth is the sign of life: both
// sides judge the other's silence by their own clock.
package queue

import (
	"time"

	"corpusmill/exec"
)

// Timing is how long things take before they count as lost, and how often is
// looked. The zero value stands for the defaults.
type Timing struct {
	// Clock is never nil.
	Clock exec.Clock
	// Poll is the longest time between two looks at the other side's log,
	// 200 ms by default. After something happened it is less.
	Poll time.Duration
	// Lost is how long a worker may be silent before its tasks go to others,
	// 30 s by default. That of the lead holds for all.
	Lost time.Duration
	// Absent is how long a worker waits for a lead, and the lead for the first
	// worker, 10 min by default.
	Absent time.Duration
	// Leave is how long the lead waits for workers to stop, 10 s by default.
	Leave time.Duration
}

func (t Timing) withDefaults() Timing {
	for _, d := range []struct {
		value *time.Duration
		def   time.Duration
	}{
		{&t.Poll, 200 * time.Millisecond},
		{&t.Lost, 30 * time.Second},
		{&t.Absent, 10 * time.Minute},
		{&t.Leave, 10 * time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.def
		}
	}
	return t
}

// beat is the time between two signs of life.
func (t Timing) beat() time.Duration { return t.Lost / 10 }

// now is the time since some fixed point.
func (t Timing) now() time.Duration { return time.Duration(t.Clock()) }

// pace is the time to the next look: it starts anew when something happened.
type pace struct {
	max, next time.Duration
}

func (p *pace) after(something bool) time.Duration {
	if something || p.next == 0 {
		p.next = p.max / 32
	}
	p.next = min(2*p.next, p.max)
	return p.next
}

// said is a line of a worker's log. An empty one is a sign of life.
type said struct {
	Hello *hello `json:"hello,omitempty"`
	// Event is one of the tasks of the lead's Run-th run.
	Run   int         `json:"run,omitempty"`
	Event *exec.Event `json:"event,omitempty"`
	// Took is the time that the task of a last event took.
	Took time.Duration `json:"took,omitempty"`
	// Stopped is the run whose tasks were cancelled.
	Stopped int  `json:"stopped,omitempty"`
	Bye     bool `json:"bye,omitempty"`
}

// hello is a worker's first line.
type hello struct {
	Name  string `json:"name"`
	Slots int    `json:"slots"` // tasks at once
}

// told is a line of the log that the lead writes for one worker.
type told struct {
	Run   int         `json:"run,omitempty"`
	Tasks []exec.Task `json:"tasks,omitempty"`
	// Stop is a run whose tasks are to be cancelled.
	Stop int `json:"stop,omitempty"`
	// Leave ends the worker's part in the session, once its tasks are done.
	Leave bool `json:"leave,omitempty"`
	// Lost says that its tasks were given to others.
	Lost bool `json:"lost,omitempty"`
}

// The names in a session's folder.
const (
	joinFolder    = "join"    // a file for each newcomer, named as its folder in workers
	workersFolder = "workers" // a folder for each worker
	toldFile      = "told"
	saidFile      = "said"
)
