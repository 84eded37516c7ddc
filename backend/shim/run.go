package shim

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"corpusmill/exec"
)

// largestBundle is the most tasks in a bundle.
const largestBundle = 256

// run is one stage on the engine.
type run struct {
	b     *Backend
	s     *session
	on    func(exec.Event)
	need  Resources
	slots int

	again    []exec.Task // before queue: others wait for what was lost
	queue    []exec.Task
	fed      bool // no more tasks come
	bundles  map[int]*bundle
	perTask  time.Duration // what a task takes; 0 as long as none has ended
	heard    time.Duration // when the engine last said anything of what isn't given up
	newest   time.Duration // when the last of the bundles that have begun was sent
	reminded bool
}

// bundle is some tasks that a worker runs one after the other.
type bundle struct {
	left  map[int]int // attempts of tasks that have not ended, by task
	tasks int
	sent  time.Duration
	tries int // times that it was sent before, at most
	node  string
	began bool // a worker has it
	heard time.Duration
	ended bool          // by kill, which it may not notice
	when  time.Duration // of kill
}

// order is what the driver gets to run.
type order struct {
	Do        string      `json:"do"`
	Bundle    int         `json:"bundle"`
	Resources Resources   `json:"resources,omitzero"`
	Limit     int64       `json:"limit"` // bytes of memory that the worker may use
	Tasks     []exec.Task `json:"tasks,omitempty"`
}

// Run implements exec.Backend.
func (b *Backend) Run(ctx context.Context, tasks iter.Seq[exec.Task], on func(exec.Event)) error {
	if b.session == nil {
		// A run that was cancelled at the end of a stage has closed it.
		return cmp.Or(ctx.Err(), errors.New("the backend isn't open"))
	}
	feed, stop := feedOf(tasks)
	defer stop()
	r := &run{b: b, s: b.session, on: on, bundles: map[int]*bundle{}, heard: b.now()}
	err := r.loop(ctx, feed)
	if err != nil {
		if e := b.Close(); e != nil && ctx.Err() == nil {
			err = fmt.Errorf("%w\n%w", err, e)
		}
	}
	return err
}

func (b *Backend) now() time.Duration { return time.Duration(b.Clock()) }

// feedOf hands the tasks on as they come, from a goroutine: asking for the
// next one may block until an earlier one has ended.
func feedOf(tasks iter.Seq[exec.Task]) (feed <-chan exec.Task, stop func()) {
	ch, stopped := make(chan exec.Task, 1024), make(chan struct{})
	go func() {
		defer close(ch)
		for t := range tasks {
			select {
			case ch <- t:
			case <-stopped:
				return
			}
		}
	}()
	return ch, func() { close(stopped) }
}

func (r *run) loop(ctx context.Context, feed <-chan exec.Task) error {
	watch := time.NewTicker(watching)
	defer watch.Stop()
	for {
		if err := r.dispatch(feed); err != nil {
			return err
		}
		if r.fed && r.idle() && len(r.bundles) == 0 {
			return ctx.Err()
		}
		more := feed
		if r.fed {
			more = nil
		}
		select {
		case t, ok := <-more:
			r.take(t, ok)
		case m, ok := <-r.s.messages:
			if !ok {
				return r.s.died()
			}
			if err := r.hear(m); err != nil {
				return err
			}
		case <-watch.C:
			if err := r.watch(); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// idle says whether no task is to be sent.
func (r *run) idle() bool { return len(r.again) == 0 && len(r.queue) == 0 }

// take queues a task.
func (r *run) take(t exec.Task, ok bool) {
	switch {
	case !ok:
		r.fed = true
	case t.Attempt > 0:
		r.again = append(r.again, t)
	default:
		r.queue = append(r.queue, t)
	}
}

// dispatch fills the slots.
func (r *run) dispatch(feed <-chan exec.Task) error {
	for more := !r.fed; more; more = more && !r.fed {
		select {
		case t, ok := <-feed:
			r.take(t, ok)
		default:
			more = false
		}
	}
	for !r.idle() {
		if len(r.bundles) == 0 {
			r.need = r.b.needs(r.first().Stage)
			r.slots = r.b.slots(r.need)
		}
		if len(r.bundles) >= r.slots {
			break
		}
		tasks := r.next()
		bundle := &bundle{left: map[int]int{}, tasks: len(tasks), sent: r.b.now()}
		for _, t := range tasks {
			bundle.left[t.ID] = t.Attempt
			bundle.tries = max(bundle.tries, t.Attempt)
		}
		o := order{Do: "run", Bundle: r.b.bundles, Resources: r.need, Limit: r.limit(), Tasks: tasks}
		if err := r.s.send(o); err != nil {
			return err
		}
		r.bundles[r.b.bundles] = bundle
		r.b.bundles++
	}
	return nil
}

func (r *run) first() exec.Task {
	if len(r.again) > 0 {
		return r.again[0]
	}
	return r.queue[0]
}

// next takes the tasks of the next bundle. One that was lost goes alone.
func (r *run) next() (tasks []exec.Task) {
	from, n := &r.again, 1
	if len(r.again) == 0 {
		from, n = &r.queue, r.size()
	}
	tasks, *from = (*from)[:n], (*from)[n:]
	return tasks
}

// size is how many tasks of the queue the next bundle gets: as many as make its
// work long against its cost, and not so many that others would have nothing
// to do at the stage's end.
func (r *run) size() int {
	if r.perTask == 0 {
		return 1
	}
	n := int(r.b.Engine.Work / max(r.perTask, time.Microsecond))
	fair := (len(r.queue) + 2*r.slots - 1) / (2 * r.slots)
	return max(1, min(n, fair, largestBundle))
}

// limit is a worker's share of the memory of the machine with most.
func (r *run) limit() int64 {
	if r.need.Memory > 0 {
		return r.need.Memory
	}
	if r.b.ready.NodeCPUs == 0 {
		return 0
	}
	return int64(r.b.ready.NodeMemory * min(1, r.need.CPUs/r.b.ready.NodeCPUs))
}

// hear handles a message.
func (r *run) hear(m message) error {
	switch m.Kind {
	case "failed":
		return fmt.Errorf("%s: %s", r.b.Engine.Name, m.Err)
	case "ready":
		// Machines have come or gone.
		if m.Ready != nil {
			r.b.ready = *m.Ready
			r.slots = r.b.slots(r.need)
		}
		r.heard = r.b.now()
		return nil
	case "closed":
		return errors.New("the driver of " + r.b.Engine.Name + " left before the work was done")
	}
	bundle := r.bundles[m.Bundle]
	if bundle == nil {
		return nil // of a stage before, or given up
	}
	bundle.heard = r.b.now()
	if !bundle.ended {
		r.heard = bundle.heard
	}
	for _, raw := range m.Events {
		var e event
		if err := json.Unmarshal(raw, &e); err != nil {
			return fmt.Errorf("%s: a worker said %q: %w", r.b.Engine.Name, raw, err)
		}
		r.event(bundle, e)
	}
	if m.Kind == "end" || m.Kind == "unbegun" {
		delete(r.bundles, m.Bundle)
		r.finish(bundle, m.Err, m.Kind == "unbegun")
	}
	return nil
}

// event passes an event on.
func (r *run) event(b *bundle, e event) {
	switch e.Kind {
	case bundleBegan:
		b.node, b.began, r.s.began = e.Node, true, true
		r.newest = max(r.newest, b.sent)
		return
	case childSaid:
		for _, line := range e.Lines {
			r.b.logf("%s: %s", b.node, line)
		}
		return
	case bundleTook:
		took := max(time.Duration(e.Seconds*float64(time.Second))/time.Duration(b.tasks), 1)
		if r.perTask == 0 {
			r.perTask = took
		}
		r.perTask = (r.perTask + took) / 2
		return
	case exec.TaskProgress:
		r.on(e.Event)
		return
	}
	attempt, ok := b.left[e.Task]
	if !ok || attempt != e.Attempt {
		return
	}
	switch e.Kind {
	case exec.TaskDone, exec.TaskFailed:
		delete(b.left, e.Task)
	case exec.TaskLost:
		delete(b.left, e.Task)
		e.Err = b.on(e.Err)
	}
	r.on(e.Event)
}

// on adds the machine to what is said of a lost task.
func (b *bundle) on(err string) string {
	if b.node != "" {
		return "on " + b.node + ": " + err
	}
	return err
}

// finish ends a bundle. What it hasn't done is lost, where it may have begun.
func (r *run) finish(b *bundle, why string, unbegun bool) {
	kind := exec.TaskLost
	switch {
	case !b.began && (unbegun || b.ended):
		kind = exec.TaskUnbegun
	case b.ended:
		why = fmt.Sprintf("it gave no sign of life for %s", r.silence())
	case why == "":
		why = "the engine ended it"
	}
	for id, attempt := range b.left {
		r.on(exec.Event{Task: id, Attempt: attempt, Kind: kind, Err: b.on(why)})
	}
}
