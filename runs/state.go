package runs

import (
	"fmt"
	"time"
)

// State is what became of a run.
type State string

const (
	// Waiting is a run whose driver hasn't begun: its job waits for its turn.
	Waiting State = "waiting"
	Running State = "running"
	// Done is a run whose result is published.
	Done   State = "done"
	Failed State = "failed"
	// Cancelled is a run that a signal has stopped.
	Cancelled State = "cancelled"
	// Interrupted is a run whose driver is gone without having said why.
	Interrupted State = "interrupted"
	// Silent is a run on a machine that can't be looked at from here, which
	// gives no sign of life.
	Silent State = "silent"
)

// Over says whether nothing more will happen to the run by itself.
func (s State) Over() bool {
	return s == Done || s == Failed || s == Cancelled || s == Interrupted
}

// Silence is how long a driver may give no sign of life, by its files.
const Silence = time.Minute

// JobState is what a job's own system says of it.
type JobState struct {
	Queued bool
	Live   bool
	Reason string // as the system words it; may be ""
}

// Status is what is known of a run.
type Status struct {
	ID     string `json:"id"`
	Folder string `json:"folder"`
	State  State  `json:"state"`
	// Why says how that is known, where files alone don't tell.
	Why string `json:"why,omitempty"`
	// Age is the time since the last sign of life, in seconds, of a run that
	// isn't over.
	Age      float64   `json:"age_seconds,omitempty"`
	Run      *Run      `json:"run"`
	Driver   *Driver   `json:"driver,omitempty"`
	Progress *Progress `json:"progress,omitempty"`
}

// Look reads a run's folder and judges how it is. ask asks the system of the
// run's job, for a run that has one and hasn't told of its end; its error
// leaves the judgement to the files.
func Look(folder string, now time.Time, ask func(*Run) (JobState, error)) (*Status, error) {
	s, err := look(folder, now, ask)
	if err == nil && s.State == Interrupted {
		// The driver may have told of its end between the reading of its file and
		// the look for its process. What it leaves when it is gone is its last word.
		s, err = look(folder, now, ask)
	}
	return s, err
}

func look(folder string, now time.Time, ask func(*Run) (JobState, error)) (*Status, error) {
	r, err := Read(folder)
	if err != nil {
		return nil, err
	}
	s := &Status{ID: ID(r.Folder), Folder: folder, Run: r}
	if s.Driver, err = ReadDriver(folder, r.Try); err != nil {
		return nil, err
	}
	if s.Progress, err = readProgress(folder, r.Try); err != nil {
		return nil, err
	}
	if s.Driver != nil && s.Driver.End != nil {
		s.State = s.Driver.End.State
		return s, nil
	}
	s.Age = max(now.Sub(s.lastSign()).Seconds(), 0)
	if r.Job != "" {
		job, err := ask(r)
		if err == nil {
			s.judgeJob(job)
			return s, nil
		}
		s.Why = err.Error()
	}
	if s.Driver == nil {
		s.judgeUnseen()
		return s, nil
	}
	s.judgeDriver()
	return s, nil
}

// lastSign is when the run last gave a sign of life.
func (s *Status) lastSign() time.Time {
	switch {
	case s.Progress != nil:
		return s.Progress.At
	case s.Driver != nil:
		return s.Driver.Since
	}
	return s.Run.Started
}

func (s *Status) judgeJob(job JobState) {
	switch {
	case !job.Live:
		s.State = Interrupted
		s.Why = fmt.Sprintf("job %s is gone", s.Run.Job)
	case s.Driver == nil || job.Queued:
		s.State = Waiting
	default:
		s.State = Running
	}
	if job.Reason != "" {
		s.Why = fmt.Sprintf("job %s: %s", s.Run.Job, job.Reason)
	}
}

// judgeUnseen judges a run whose driver has left no trace.
func (s *Status) judgeUnseen() {
	s.State = Waiting
	if s.Run.Job == "" && s.Age > Silence.Seconds() {
		s.State, s.Why = Interrupted, "its process never began"
	}
}

func (s *Status) judgeDriver() {
	p := s.Driver.Process
	switch sight := p.See(); {
	case sight == Alive:
		s.State = Running
	case sight == Gone:
		s.State, s.Why = Interrupted, fmt.Sprintf("process %d on %s is gone", p.PID, p.Host)
	case s.Age <= Silence.Seconds():
		s.State, s.Why = Running, join(s.Why, fmt.Sprintf("on %s, by its files", p.Host))
	default:
		s.State = Silent
		s.Why = join(s.Why, fmt.Sprintf("it ran as process %d on %s, which can't be looked at from here; corpusmill status there tells whether it still does", p.PID, p.Host))
	}
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}
