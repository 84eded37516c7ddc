package runs

import (
	"errors"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"corpusmill/internal/scratch"
)

// asleep starts a process that does nothing, and ends with the test.
func asleep(t *testing.T) (Process, *osexec.Cmd) {
	t.Helper()
	c := osexec.Command("sleep", "1000")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait() // it was killed
	})
	p := here()
	p.PID = c.Process.Pid
	var alive bool
	if p.Start, alive = startOf(p.PID); !alive {
		t.Fatal("the process isn't there")
	}
	return p, c
}

// TestSee looks at processes that are there, that are others, and that are gone.
func TestSee(t *testing.T) {
	p, c := asleep(t)
	if got := p.See(); got != Alive {
		t.Errorf("a process that is there: %v", got)
	}
	if got := Self().See(); got != Alive {
		t.Errorf("this process: %v", got)
	}
	for name, x := range map[string]struct {
		change func(p *Process)
		want   Sight
	}{
		"its number is another's": {func(p *Process) { p.Start += "1" }, Gone},
		"before the last boot":    {func(p *Process) { p.Boot = "another" }, Gone},
		"on another machine":      {func(p *Process) { p.Host = "another"; p.Boot = "another" }, Elsewhere},
		"in another container":    {func(p *Process) { p.Space = "another" }, Elsewhere},
	} {
		other := p
		x.change(&other)
		if got := other.See(); got != x.want {
			t.Errorf("%s: %v, want %v", name, got, x.want)
		}
		if err := other.Signal(os.Kill); err == nil || errors.Is(err, ErrGone) != (x.want == Gone) {
			t.Errorf("%s: a signal: %v", name, err)
		}
	}
	if p.See() != Alive {
		t.Fatal("a signal for another process has reached this one")
	}
	c.Process.Kill()
	deadline := time.Now().Add(10 * time.Second)
	for p.See() != Gone { // nobody has waited for it: it isn't alive all the same
		if time.Now().After(deadline) {
			t.Fatal("a dead process counts as alive")
		}
		time.Sleep(time.Millisecond)
	}
	if err := p.Signal(os.Interrupt); !errors.Is(err, ErrGone) {
		t.Errorf("a signal for a dead process: %v", err)
	}
}

// TestStop stops a process that takes no notice of being asked.
func TestStop(t *testing.T) {
	c := osexec.Command("sh", "-c", "trap '' INT; echo ready; while :; do sleep 0.05; done")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		c.Process.Kill()
		c.Wait() // it was killed
	}()
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	p := here()
	p.PID = c.Process.Pid
	p.Start, _ = startOf(p.PID)
	if _, err := Stop(p, 100*time.Millisecond, false); err == nil || !strings.Contains(err.Error(), "--force kills it") {
		t.Errorf("without force: %v", err)
	}
	if p.See() != Alive {
		t.Fatal("it was killed without force")
	}
	killed, err := Stop(p, 100*time.Millisecond, true)
	if err != nil || !killed || p.See() != Gone {
		t.Errorf("with force: killed %t, %v, %v", killed, err, p.See())
	}
	if _, err := Stop(p, time.Second, true); !errors.Is(err, ErrGone) {
		t.Errorf("a second time: %v", err)
	}
}

func newFolder(t *testing.T) *Run {
	t.Helper()
	folder := filepath.Join(scratch.Dir(t), "out.jsonl"+Suffix)
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	return &Run{ID: ID(folder), Folder: folder, Try: 2, Place: Detached, Host: here().Host, Started: time.Unix(1000, 0)}
}

// TestLook judges runs by what their folders have.
func TestLook(t *testing.T) {
	alive, _ := asleep(t)
	gone, elsewhere := alive, alive
	gone.Start = "0"
	elsewhere.Host, elsewhere.Boot = "another", "another"
	end := func(s State) *End { return &End{State: s, At: time.Unix(1001, 0)} }
	down := errors.New("squeue: no answer")
	type job struct {
		JobState
		err error
	}
	for _, x := range []struct {
		name   string
		place  Place
		driver *Driver
		beat   int64 // the time of the progress; 0 for none
		job    *job
		want   State
		why    string
	}{
		{"alive", Detached, &Driver{Try: 2, Process: alive}, 0, nil, Running, ""},
		{"gone", Detached, &Driver{Try: 2, Process: gone}, 1100, nil, Interrupted, "is gone"},
		{"elsewhere, and heard of", Detached, &Driver{Try: 2, Process: elsewhere}, 1095, nil, Running, "on another, by its files"},
		{"elsewhere, and silent", Detached, &Driver{Try: 2, Process: elsewhere}, 1010, nil, Silent, "on another, which can't be looked at from here"},
		{"ended elsewhere", Detached, &Driver{Try: 2, Process: elsewhere, End: end(Done)}, 1010, nil, Done, ""},
		{"ended and gone", Detached, &Driver{Try: 2, Process: gone, End: end(Cancelled)}, 1010, nil, Cancelled, ""},
		{"of an earlier try", Detached, &Driver{Try: 1, Process: gone, End: end(Done)}, 0, nil, Interrupted, "never began"},
		{"a job in the queue", SlurmJob, nil, 0, &job{JobState: JobState{Live: true, Queued: true, Reason: "Resources"}}, Waiting, "Resources"},
		{"a job at work", SlurmJob, &Driver{Try: 2, Process: elsewhere}, 1010, &job{JobState: JobState{Live: true}}, Running, ""},
		{"a job back in the queue", SlurmJob, &Driver{Try: 2, Process: gone}, 1010, &job{JobState: JobState{Live: true, Queued: true}}, Waiting, ""},
		{"a job that is gone", RayJob, &Driver{Try: 2, Process: elsewhere}, 1095, &job{}, Interrupted, "job j is gone"},
		{"a job that ended well", RayJob, &Driver{Try: 2, Process: elsewhere, End: end(Done)}, 1095, &job{err: down}, Done, ""},
		{"nobody to ask, and heard of", SlurmJob, &Driver{Try: 2, Process: elsewhere}, 1095, &job{err: down}, Running, "no answer; on another"},
		{"nobody to ask, and silent", SlurmJob, &Driver{Try: 2, Process: elsewhere}, 1010, &job{err: down}, Silent, "no answer; it ran"},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := newFolder(t)
			r.Place = x.place
			if x.job != nil {
				r.Job = "j"
			}
			if err := r.Write(); err != nil {
				t.Fatal(err)
			}
			if x.driver != nil {
				x.driver.Since = time.Unix(1001, 0)
				if err := x.driver.Write(r.Folder); err != nil {
					t.Fatal(err)
				}
			}
			if x.beat > 0 {
				p := &Progress{Try: 2, At: time.Unix(x.beat, 0)}
				if err := p.Write(r.Folder); err != nil {
					t.Fatal(err)
				}
			}
			s, err := Look(r.Folder, time.Unix(1100, 0), func(*Run) (JobState, error) {
				if x.job == nil {
					t.Fatal("asked for a job of a run that has none")
				}
				return x.job.JobState, x.job.err
			})
			if err != nil {
				t.Fatal(err)
			}
			if s.State != x.want || !strings.Contains(s.Why, x.why) {
				t.Errorf("%s (%s), want %s (%s)", s.State, s.Why, x.want, x.why)
			}
		})
	}
}

// TestLookAtTheEnd looks at runs whose drivers tell of their end and go while
// they are looked at.
func TestLookAtTheEnd(t *testing.T) {
	gone, _ := asleep(t)
	gone.Start = "0"
	for name, answer := range map[string]error{"the job is gone": nil, "nobody to ask": errors.New("squeue: no answer")} {
		t.Run(name, func(t *testing.T) {
			r := newFolder(t)
			r.Place, r.Job = SlurmJob, "j"
			d := &Driver{Try: r.Try, Process: gone, Since: time.Unix(1001, 0)}
			if err := errors.Join(r.Write(), d.Write(r.Folder)); err != nil {
				t.Fatal(err)
			}
			s, err := Look(r.Folder, time.Unix(1100, 0), func(*Run) (JobState, error) {
				d.End = &End{State: Done, At: time.Unix(1099, 0)}
				return JobState{}, errors.Join(answer, d.Write(r.Folder))
			})
			if err != nil || s.State != Done {
				t.Errorf("%+v, %v, want %s", s, err, Done)
			}
		})
	}
}

// TestRegistry finds runs by path, by ID and by its beginning.
func TestRegistry(t *testing.T) {
	g := Registry(filepath.Join(scratch.Dir(t), "runs"))
	if all, err := g.List(); err != nil || len(all) != 0 {
		t.Fatalf("an empty registry: %v, %v", all, err)
	}
	var all []*Run
	for i := range 40 { // so many that some IDs begin alike
		r := newFolder(t)
		r.Started = r.Started.Add(time.Duration(i) * time.Second)
		if err := errors.Join(r.Write(), g.Put(r), g.Put(r)); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	last := all[len(all)-1]
	list, err := g.List()
	if err != nil || len(list) != len(all) || list[0].Folder != last.Folder {
		t.Fatalf("%d runs, %v", len(list), err)
	}
	result := strings.TrimSuffix(last.Folder, Suffix)
	for _, name := range []string{last.ID, last.ID[:5], last.Folder, last.Folder + "/", result} {
		if folder, err := g.Find(name); err != nil || folder != last.Folder {
			t.Errorf("%q is %q, %v", name, folder, err)
		}
	}
	beginnings := map[string]int{}
	for _, r := range all {
		beginnings[r.ID[:1]]++
	}
	alike := false
	for b, n := range beginnings {
		_, err := g.Find(b)
		if n > 1 {
			alike = true
			if err == nil || !strings.Contains(err.Error(), "more than one run") {
				t.Errorf("%q, with which %d IDs begin: %v", b, n, err)
			}
		} else if err != nil {
			t.Error(err)
		}
	}
	if !alike {
		t.Error("no two IDs begin alike")
	}
	for _, name := range []string{"", "ooooo", "/nowhere", "."} {
		if _, err := g.Find(name); err == nil || !strings.Contains(err.Error(), "there is no run") {
			t.Errorf("%q: %v", name, err)
		}
	}
	// One whose folder was removed goes; one on another machine stays.
	other := newFolder(t)
	other.Host = "another"
	if err := errors.Join(g.Put(other), os.RemoveAll(last.Folder)); err != nil {
		t.Fatal(err)
	}
	if list, err = g.List(); err != nil || len(list) != len(all) {
		t.Errorf("%d runs, %v; want %d", len(list), err, len(all))
	}
	if _, err := g.Find(last.ID); err == nil {
		t.Error("a run is found whose folder is gone")
	}
	if folder, err := g.Find(other.ID); err != nil || folder != other.Folder {
		t.Errorf("a run on another machine: %q, %v", folder, err)
	}
}

// TestLog reads a log's last lines and what it gains.
func TestLog(t *testing.T) {
	path := filepath.Join(scratch.Dir(t), "log")
	var b strings.Builder
	l := &Reader{Path: path}
	if err := errors.Join(l.Skip(3), l.Copy(&b)); err != nil || b.Len() > 0 {
		t.Fatalf("a log that isn't there: %q, %v", &b, err)
	}
	long := strings.Repeat("x", 100_000)
	for _, text := range []string{"", "\n", "one", "one\n", "one\ntwo\n", "one\n\n\ntwo", long + "\n" + long + "\nend\n", "\n\n\n"} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
		for n := 1; n < 5; n++ {
			want := strings.Join(lines[max(0, len(lines)-n):], "")
			if strings.HasSuffix(text, "\n") {
				want += "\n"
			}
			if got := LastLines(text, n); got != want {
				t.Errorf("the last %d lines of %.20q are %.20q, want %.20q", n, text, got, want)
			}
			b.Reset()
			l := &Reader{Path: path}
			if err := errors.Join(l.Skip(n), l.Copy(&b)); err != nil || b.String() != want {
				t.Errorf("the last %d lines of the file %.20q are %.20q, want %.20q (%v)", n, text, b.String(), want, err)
			}
		}
	}
	if err := os.WriteFile(path, []byte("earlier\nnow\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	l = &Reader{Path: path, Off: 8}
	b.Reset()
	if err := errors.Join(l.Skip(10), l.Copy(&b)); err != nil || b.String() != "now\n" {
		t.Errorf("a run that isn't the log's first: %q, %v", &b, err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.WriteString("more")
	if err := l.Copy(&b); err != nil || b.String() != "now\nmore" {
		t.Errorf("after it grew: %q, %v", &b, err)
	}
	if err := os.Truncate(path, 2); err != nil {
		t.Fatal(err)
	}
	if err := l.Copy(&b); err != nil || b.String() != "now\nmore" || l.Off != 2 {
		t.Errorf("after it was cut: %q, at %d, %v", &b, l.Off, err)
	}
}

// TestRestore puts a folder back as it was before a run that was refused.
func TestRestore(t *testing.T) {
	r := newFolder(t)
	k, err := Keep(r.Folder)
	if err != nil {
		t.Fatal(err)
	}
	touch := func() {
		t.Helper()
		err := errors.Join(r.Write(), (&Driver{Try: 9}).Write(r.Folder), os.WriteFile(Log(r.Folder), []byte("refused\n"), 0o666))
		if err != nil {
			t.Fatal(err)
		}
	}
	touch()
	if err := k.Restore(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(r.Folder); err != nil || len(left) > 0 {
		t.Errorf("left in a folder that was empty: %v, %v", left, err)
	}
	touch()
	if k, err = Keep(r.Folder); err != nil {
		t.Fatal(err)
	}
	before := r.Try
	r.Try++
	touch()
	if err := errors.Join(os.WriteFile(Log(r.Folder), []byte("refused\nmore\n"), 0o666), k.Restore()); err != nil {
		t.Fatal(err)
	}
	old, err := Read(r.Folder)
	if err != nil || old.Try != before {
		t.Errorf("try %d, want %d, %v", old.Try, before, err)
	}
	if raw, err := os.ReadFile(Log(r.Folder)); err != nil || string(raw) != "refused\n" {
		t.Errorf("the log is %q, %v", raw, err)
	}
}

// TestBeat writes progress while a disk takes it, and goes on when it doesn't.
func TestBeat(t *testing.T) {
	r := newFolder(t)
	n := int64(0)
	stop := Beat(r.Folder, time.Millisecond, func() *Progress { n++; return &Progress{Try: 2, Rows: n} })
	seen := func() int64 {
		p, err := readProgress(r.Folder, 2)
		if err != nil {
			t.Fatal(err)
		}
		if p == nil {
			return 0
		}
		return p.Rows
	}
	wait := func(more int64) {
		t.Helper()
		deadline := time.Now().Add(10 * time.Second)
		for seen() < more {
			if time.Now().After(deadline) {
				t.Fatalf("%d rows are told, want %d", seen(), more)
			}
			time.Sleep(time.Millisecond)
		}
	}
	wait(3)
	aside := r.Folder + ".aside"
	if err := os.Rename(r.Folder, aside); err != nil { // nothing can be written
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond)
	if err := os.Rename(aside, r.Folder); err != nil {
		t.Fatal(err)
	}
	wait(seen() + 3)
	stop()
	stop()
	if got := seen(); got != n {
		t.Errorf("the last word is %d rows, want %d", got, n)
	}
	left, err := filepath.Glob(filepath.Join(r.Folder, "*.tmp"))
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
