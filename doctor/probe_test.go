package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// ask runs a probe in this process against a Post in a folder of its own. off
// is how far the probe's clock is ahead.
func ask(t *testing.T, off time.Duration, change func(*Request)) (Node, *Post) {
	t.Helper()
	shared := t.TempDir()
	in := filepath.Join(shared, "in.jsonl")
	if err := os.WriteFile(in, []byte("{}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	post, err := Keep(filepath.Join(shared, "post"), nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := post.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(post.Folder); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the Post's folder is still there: %v", err)
		}
	})
	r := Request{Shared: shared, Folder: post.Folder, Nonce: post.Nonce, Appear: 0.5, Patience: 2, Inputs: []File{{Path: in, Size: 3}}}
	if change != nil {
		change(&r)
	}
	p := &Probe{Build: "a build", Now: func() time.Time { return time.Now().Add(off) }}
	f := p.Run(t.Context(), r)
	return NewNode(Answer{Node: "node", Facts: &f}, post), post
}

func TestProbe(t *testing.T) {
	n, post := ask(t, 0, nil)
	f := n.Facts
	if f.Build != "a build" || f.Platform == "" || f.CPUs < 1 || len(f.Program) != 64 || f.Temp.Err != "" || f.Shared.Err != "" {
		t.Errorf("the facts are %+v", f)
	}
	if s := f.Sight; s.Trouble != "" || s.Reads < 10 || s.Missing+s.Torn > 0 || s.Answered <= 0 {
		t.Errorf("it saw %+v", s)
	}
	if len(f.Inputs) > 0 {
		t.Errorf("of the inputs it says %+v", f.Inputs)
	}
	if n.Clock == nil || n.Clock[0] > 0 || n.Clock[1] < 0 || n.Clock[1]-n.Clock[0] > 1 {
		t.Errorf("its clock is within %v of the same clock", n.Clock)
	}
	all, err := post.Facts()
	if err != nil || all[f.ID].Build != "a build" {
		// It is taken in at the next look.
		if e := until(t.Context(), round, func() bool { all, err = post.Facts(); return all[f.ID].Build == "a build" }); e != nil || err != nil {
			t.Errorf("the Post has %+v (%v)", all, err)
		}
	}
}

// TestClock has clocks that are off, by less and by more than is known to
// matter.
func TestClock(t *testing.T) {
	for _, off := range []time.Duration{-time.Hour, -3 * time.Second, time.Second, 5 * time.Second} {
		n, _ := ask(t, off, nil)
		if n.Clock == nil || n.Clock[0] > off.Seconds() || n.Clock[1] < off.Seconds() {
			t.Errorf("a clock that is %v ahead is found to be within %v", off, n.Clock)
			continue
		}
		found := clock(n, []string{"node"})
		if want := off.Abs() > 2*time.Second; want != (len(found) == 1) {
			t.Errorf("a clock that is %v ahead has findings %v", off, found)
		}
	}
}

// TestTrouble has a folder that is no shared one, in each way.
func TestTrouble(t *testing.T) {
	for name, x := range map[string]struct {
		change func(t *testing.T, r *Request)
		want   Trouble
	}{
		"absent":      {func(t *testing.T, r *Request) { r.Shared, r.Folder = r.Shared+"/a", r.Shared+"/a/b" }, Absent},
		"apart":       {func(t *testing.T, r *Request) { r.Folder = r.Shared + "/b" }, Apart},
		"no Post":     {func(t *testing.T, r *Request) { r.Folder = r.Shared }, Apart},
		"another's":   {func(t *testing.T, r *Request) { r.Nonce = "another" }, Stale},
		"left behind": {func(t *testing.T, r *Request) { r.Folder, r.Nonce = copied(t, r.Folder), "" }, Stale},
		"stands still": {func(t *testing.T, r *Request) {
			r.Folder = copied(t, r.Folder)
		}, Stale},
		"unwritable": {func(t *testing.T, r *Request) {
			// A file can't take the place of a folder.
			r.Name = "x"
			if err := os.MkdirAll(filepath.Join(r.Folder, "."+helloFile+"x"), 0o777); err != nil {
				t.Fatal(err)
			}
		}, Unwritable},
		"board is a folder": {func(t *testing.T, r *Request) {
			r.Folder = t.TempDir()
			if err := os.Mkdir(filepath.Join(r.Folder, boardFile), 0o777); err != nil {
				t.Fatal(err)
			}
		}, Unreadable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, _ := ask(t, 0, func(r *Request) { x.change(t, r); r.Patience = 0.7 })
			if got := n.Facts.Sight; got.Trouble != x.want {
				t.Errorf("it saw %+v, want %s", got, x.want)
			}
			r := Report{Shared: "/shared", Here: Facts{Build: "a build", Program: n.Facts.Program, Platform: n.Facts.Platform}, Nodes: []Node{n}}
			r.Check()
			if r.Fit {
				t.Error("it counts as fit")
			}
		})
	}
}

// copied is a copy of a Post's folder as it was, which nobody keeps.
func copied(t *testing.T, folder string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestUnseen has the Post not see what the probe writes: it looks elsewhere.
func TestUnseen(t *testing.T) {
	n, _ := ask(t, 0, func(r *Request) {
		folder, nonce := t.TempDir(), "n"
		keepBoard(t, folder, nonce, func(path string, raw []byte) error {
			if err := os.WriteFile(path+".new", raw, 0o666); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		})
		r.Folder, r.Nonce, r.Patience = folder, nonce, 0.7
	})
	if n.Facts.Sight.Trouble != Unseen || n.Clock != nil {
		t.Errorf("it saw %+v, and knows of the clock %v", n.Facts.Sight, n.Clock)
	}
}

// TestTorn has the board be replaced on a file system whose rename isn't
// atomic.
func TestTorn(t *testing.T) {
	for name, replace := range map[string]func(path string, raw []byte) error{
		"half of it": func(path string, raw []byte) error {
			f, err := os.Create(path)
			if err != nil {
				return err
			}
			defer f.Close()
			for part := range 4 {
				if _, err := f.Write(raw[part*len(raw)/4 : (part+1)*len(raw)/4]); err != nil {
					return err
				}
				time.Sleep(time.Millisecond)
			}
			return nil
		},
		"none for a moment": func(path string, raw []byte) error {
			if err := os.WriteFile(path+".new", raw, 0o666); err != nil {
				return err
			}
			os.Remove(path)
			time.Sleep(time.Millisecond)
			return os.Rename(path+".new", path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			n, _ := ask(t, 0, func(r *Request) {
				r.Folder, r.Nonce, r.Patience = t.TempDir(), "n", 0.7
				keepBoard(t, r.Folder, "n", replace)
			})
			s := n.Facts.Sight
			if s.Torn+s.Missing == 0 {
				t.Fatalf("it saw %+v", s)
			}
			r := Report{Shared: "/shared"}
			found := r.storage(n, []string{"node"})
			for _, f := range found {
				if f.Level == Error && strings.Contains(f.What, "isn't atomic") {
					return
				}
			}
			t.Errorf("the findings are %v", found)
		})
	}
}

// keepBoard replaces a board in a way of its own until the test ends.
func keepBoard(t *testing.T, folder, nonce string, replace func(path string, raw []byte) error) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	t.Cleanup(func() { stop(); done.Wait() })
	done.Go(func() {
		scratch := t.TempDir()
		for seq := int64(1); ctx.Err() == nil; seq++ {
			if err := publish(scratch, boardFile, board{Nonce: nonce, Seq: seq, Wall: time.Now(), Fill: fill, Again: seq}); err != nil {
				t.Error(err)
				return
			}
			raw, err := os.ReadFile(filepath.Join(scratch, boardFile))
			if err == nil {
				err = replace(filepath.Join(folder, boardFile), raw)
			}
			if err != nil {
				t.Error(err)
				return
			}
			time.Sleep(2 * time.Millisecond)
		}
	})
}

// TestInputs has a machine that lacks files, or has others.
func TestInputs(t *testing.T) {
	n, _ := ask(t, 0, func(r *Request) {
		r.Inputs = append(r.Inputs, File{Path: r.Inputs[0].Path, Size: 4}, File{Path: r.Shared + "/none", Size: 1})
	})
	if len(n.Facts.Inputs) != 2 || !strings.Contains(n.Facts.Inputs[0].Err, "3 bytes there") || !strings.Contains(n.Facts.Inputs[1].Err, "no such file") {
		t.Errorf("it says %+v", n.Facts.Inputs)
	}
}

// TestVerdict has a probe that knows the folder alone wait for what is said at
// the end, and one for whom nobody is left to say anything.
func TestVerdict(t *testing.T) {
	shared := t.TempDir()
	post, err := Keep(filepath.Join(shared, "post"), []File{{Path: "/nowhere", Size: 1}}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	p := &Probe{Build: "b", Now: time.Now}
	f := p.Run(t.Context(), Request{Name: "rank-1", Shared: shared, Folder: post.Folder, Appear: 5, Patience: 5})
	if f.ID != "rank-1" || f.Sight.Trouble != "" || len(f.Inputs) != 1 {
		t.Fatalf("the facts are %+v", f)
	}
	if err := until(t.Context(), round, func() bool { all, _ := post.Facts(); return len(all) == 1 }); err != nil {
		t.Fatal(err)
	}
	judged := make(chan error)
	go func() { judged <- post.Judge(t.Context(), "rank-0", Verdict{Exit: 7, Message: "so it is"}) }()
	v, err := p.Await(t.Context(), 10*time.Second)
	if err != nil || v.Exit != 7 || v.Message != "so it is" {
		t.Errorf("the verdict is %+v, %v", v, err)
	}
	began := time.Now()
	if err := <-judged; err != nil || time.Since(began) > farewell/2 {
		t.Errorf("Judge took %s: %v", time.Since(began), err)
	}
	if err := post.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Await(t.Context(), 10*time.Second); !errors.Is(err, errGone) {
		t.Errorf("a probe that is alone ends with %v", err)
	}
}
