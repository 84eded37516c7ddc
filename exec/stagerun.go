package exec

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
)

// maxLosses is how often a task is lost until that ends the run.
const maxLosses = 4

// stageRun is one stage on a backend: it hands out tasks, takes them back
// when they are lost, and passes their segments on in the order of the tasks,
// whatever the order in which they arrive.
type stageRun struct {
	d      *driver
	commit func(*Segment) error
	done   func(Task) error // after a task's last segment was committed
	budget int64            // bytes of segments that may wait in memory

	mu      sync.Mutex
	cond    *sync.Cond
	todo    []Task // all of the stage
	next    int    // the first that wasn't handed out
	again   []int  // lost ones, to be handed out first
	running int
	states  []*taskState // by place in the stage; nil before a task is handed out and after its commit
	head    int
	waiting int64
	err     error
	stop    context.CancelFunc
}

type taskState struct {
	Task
	taking   bool // a segment of it is on its way into ready
	ready    []*Segment
	finished bool
	losses   int // tries that were lost
}

// run runs the tasks on a backend and commits what they produce.
func (d *driver) run(ctx context.Context, b Backend, tasks []Task, commit func(*Segment) error, done func(Task) error) error {
	if len(tasks) == 0 {
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r := &stageRun{d: d, commit: commit, done: done, budget: min(d.opts.waiting(), d.plan.Segment*int64(d.opts.Workers)/2), stop: stop}
	r.cond = sync.NewCond(&r.mu)
	r.todo, r.states = tasks, make([]*taskState, len(tasks))
	committed := make(chan struct{})
	go func() {
		defer close(committed)
		r.commitAll()
	}()
	unblock := context.AfterFunc(ctx, func() { r.fail(ctx.Err()) })
	err := b.Run(ctx, r.tasks(), r.on)
	r.mu.Lock()
	if err == nil && (r.running > 0 || !r.idle()) {
		err = errors.New("the backend stopped before all tasks were done")
	}
	r.failed(err)
	r.mu.Unlock()
	<-committed
	unblock()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// fail ends the stage with err, unless it is done or has failed before.
func (r *stageRun) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed(err)
}

func (r *stageRun) failed(err error) {
	if err != nil && r.err == nil && r.head < len(r.states) {
		r.err = err
		r.stop()
	}
	r.cond.Broadcast()
}

// tasks hands out the stage's tasks, and waits at their end for those that
// may come back.
func (r *stageRun) tasks() iter.Seq[Task] {
	return func(yield func(Task) bool) {
		for {
			r.mu.Lock()
			for r.idle() && r.running > 0 && r.err == nil {
				r.cond.Wait()
			}
			if r.idle() || r.err != nil {
				r.mu.Unlock()
				return
			}
			t := r.handOut()
			r.running++
			r.d.progress.tasks.Store(int64(r.running))
			r.mu.Unlock()
			if !yield(t) {
				return
			}
		}
	}
}

// idle says whether no task is to be handed out.
func (r *stageRun) idle() bool { return len(r.again) == 0 && r.next == len(r.todo) }

// handOut returns the task to be handed out next.
func (r *stageRun) handOut() Task {
	if n := len(r.again); n > 0 {
		id := r.again[n-1]
		r.again = r.again[:n-1]
		return r.states[id].Task
	}
	t := r.todo[r.next]
	t.ID = r.next
	r.states[t.ID] = &taskState{Task: t}
	r.next++
	return t
}

func (r *stageRun) on(e Event) {
	if e.Kind == TaskProgress {
		r.d.progress.add(e.Stage, e.Bytes)
		return
	}
	r.d.resources.take(e.Usage)
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.states[e.Task]
	if s == nil || e.Attempt != s.Attempt || s.finished {
		return // of an attempt that was given up, or of a task that is committed
	}
	switch e.Kind {
	case SegmentDone:
		r.take(s, e.Segment)
	case TaskDone:
		s.finished = true
		r.running--
	case TaskFailed:
		r.running--
		r.failed(e.cause())
	case TaskLost, TaskUnbegun:
		for s.taking {
			r.cond.Wait()
		}
		r.running--
		s.Attempt++
		r.again = append(r.again, s.ID)
		if e.Kind == TaskUnbegun {
			break
		}
		if s.losses++; s.losses >= maxLosses {
			r.failed(fmt.Errorf("%s was lost %d times; the last time: %s", r.d.describe(s.Task), s.losses, e.Err))
			break
		}
		r.d.logf("%s was lost (%s); it is started again", r.d.describe(s.Task), e.Err)
		r.d.progress.lost.Add(1)
	}
	r.d.progress.tasks.Store(int64(r.running))
	r.cond.Broadcast()
}

// take queues a segment for its commit. One whose turn hasn't come waits in
// memory as long as there is room. Then its task waits for the task whose turn
// it is, the head. It goes to the disk instead where it could do more
// meanwhile, or when the head was lost: all workers may be here, and none at
// work on the head. A head that wasn't lost has a worker, since it was handed
// out before.
func (r *stageRun) take(s *taskState, seg *Segment) {
	s.From, s.taking = seg.Seg+1, true
	if seg.Bulk != nil {
		size := seg.Bulk.size()
		crowded := func() bool {
			return r.waiting > 0 && r.waiting+size > r.budget && s.ID != r.head && r.err == nil
		}
		for !s.several && crowded() && r.states[r.head].Attempt == 0 {
			r.cond.Wait()
		}
		if crowded() {
			r.mu.Unlock()
			err := seg.toFile(r.d.shared.bulk(s.Task, seg.Src, seg.Seg))
			r.mu.Lock()
			r.failed(err)
		} else {
			r.waiting += size
		}
	}
	s.ready, s.taking = append(s.ready, seg), false
}

// lookAhead has an object store asked for what is committed next, as much as
// segments of the plan's size may take of the memory for those that wait.
func (r *stageRun) lookAhead() {
	most := min(max(int(r.budget/max(r.d.plan.Segment, 1)), 1), atOnce)
	for _, s := range r.states[r.head:min(r.head+most, len(r.states))] {
		if s == nil {
			return
		}
		for _, seg := range s.ready[:min(most, len(s.ready))] {
			seg.loadAhead()
		}
	}
}

// commitAll commits segments in order until the stage is done or has failed.
func (r *stageRun) commitAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.head < len(r.states) && r.err == nil {
		s := r.states[r.head]
		switch {
		case s == nil: // it isn't handed out yet
			r.cond.Wait()
			continue
		case len(s.ready) > 0:
			r.lookAhead()
			seg := s.ready[0]
			s.ready = s.ready[1:]
			size := int64(0)
			if seg.Bulk != nil {
				size = seg.Bulk.size()
			}
			r.mu.Unlock()
			err := r.commit(seg)
			r.mu.Lock()
			r.waiting -= size
			r.failed(err)
		case s.finished:
			if r.done != nil {
				r.failed(r.done(s.Task))
			}
			r.states[r.head] = nil
			r.head++
		default:
			r.cond.Wait()
			continue
		}
		r.cond.Broadcast()
	}
}
