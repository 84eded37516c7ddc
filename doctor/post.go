package doctor

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Post is the place in the shared folder where probes meet who asks them. As
// long as it is kept, it answers to them.
type Post struct {
	Folder string
	Nonce  string
	now    func() time.Time // the wall clock

	stop context.CancelFunc
	done sync.WaitGroup

	mu    sync.Mutex
	met   map[string]*Met
	facts map[string]Facts
	fails int   // rounds that failed, since one did not
	err   error // of the last of them
}

// Met is what the Post knows of a probe.
type Met struct {
	// Behind is how far the machine's clock is ahead, at least, in seconds.
	Behind float64
	// Torn is how often the probe's first file wasn't whole.
	Torn    int
	greeted bool
}

// round is the time between two looks.
const round = 20 * time.Millisecond

// Keep makes the folder, which may be there from an earlier Post, and keeps a
// Post in it until Close. inputs are for probes that aren't told of any; now
// is the wall clock.
func Keep(folder string, inputs []File, now func() time.Time) (*Post, error) {
	if err := os.RemoveAll(folder); err != nil {
		return nil, err
	}
	if err := os.Mkdir(folder, 0o777); err != nil {
		return nil, err
	}
	p := &Post{Folder: folder, Nonce: rand.Text(), now: now, met: map[string]*Met{}, facts: map[string]Facts{}}
	err := publish(folder, inputsFile, inputs)
	if err == nil {
		err = p.look(1)
	}
	if err != nil {
		os.RemoveAll(folder)
		return nil, err
	}
	var ctx context.Context
	ctx, p.stop = context.WithCancel(context.Background())
	p.done.Go(func() {
		tick := time.NewTicker(round)
		defer tick.Stop()
		for seq := int64(2); ; seq++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			err := p.look(seq)
			p.mu.Lock()
			p.err = err
			p.fails++
			if err == nil {
				p.fails = 0
			}
			p.mu.Unlock()
		}
	})
	return p, nil
}

// look replaces the board and answers to those that have come.
func (p *Post) look(seq int64) error {
	if err := publish(p.Folder, boardFile, board{Nonce: p.Nonce, Seq: seq, Wall: p.now(), Fill: fill, Again: seq}); err != nil {
		return err
	}
	files, err := os.ReadDir(p.Folder)
	if err != nil {
		return err
	}
	for _, f := range files {
		if id, ok := strings.CutPrefix(f.Name(), helloFile); ok {
			err = p.meet(id)
		} else if id, ok := strings.CutPrefix(f.Name(), factsFile); ok {
			err = p.hear(id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// meet answers to a probe's hello.
func (p *Post) meet(id string) error {
	p.mu.Lock()
	m := p.met[id]
	if m == nil {
		m = &Met{}
		p.met[id] = m
	}
	greeted := m.greeted
	p.mu.Unlock()
	if greeted {
		return nil
	}
	var h hello
	err := readJSON(filepath.Join(p.Folder, helloFile+id), &h)
	now := p.now()
	p.mu.Lock()
	if err != nil {
		m.Torn++ // the next round looks at it again
	} else {
		m.Behind, m.greeted = h.Wall.Sub(now).Seconds(), true
	}
	p.mu.Unlock()
	if err != nil {
		return nil
	}
	return publish(p.Folder, answerFile+id, answer{Wall: p.now()})
}

// hear takes in a probe's facts.
func (p *Post) hear(id string) error {
	p.mu.Lock()
	_, known := p.facts[id]
	p.mu.Unlock()
	if known {
		return nil
	}
	var f Facts
	if err := readJSON(filepath.Join(p.Folder, factsFile+id), &f); err != nil {
		return err // the next round looks at it again
	}
	p.mu.Lock()
	p.facts[id] = f
	p.mu.Unlock()
	return nil
}

// Met is what is known of a probe; false when it was never seen.
func (p *Post) Met(id string) (Met, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := p.met[id]; m != nil && m.greeted {
		return *m, true
	}
	return Met{}, false
}

// broken is after how many failures in a row a Post counts as broken: a second.
const broken = int(time.Second / round)

// Facts are those that probes have left in the folder so far, by ID. The error
// is that of a Post that can't be kept any more.
func (p *Post) Facts() (map[string]Facts, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fails >= broken {
		return nil, p.err
	}
	out := make(map[string]Facts, len(p.facts))
	for id, f := range p.facts {
		out[id] = f
	}
	return out, nil
}

// farewell is how long Judge waits for the probes to have read the verdict.
const farewell = 5 * time.Second

// Judge leaves the verdict for the probes that have left facts, and waits for
// them to have read it, some seconds at most. own is the ID of the one among
// them that is of who judges, "" for none.
func (p *Post) Judge(ctx context.Context, own string, v Verdict) error {
	if err := publish(p.Folder, verdictFile, v); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	facts, err := p.Facts()
	if err != nil {
		return err
	}
	delete(facts, own)
	for id := range facts {
		path := filepath.Join(p.Folder, byeFile+id)
		if until(ctx, round, func() bool { _, err := os.Stat(path); return err == nil }) != nil {
			break
		}
	}
	return nil
}

// Close removes the folder.
func (p *Post) Close() error {
	p.stop()
	p.done.Wait()
	// A probe that writes at this moment may put a file into a folder that was
	// just found empty.
	var err error
	for range 5 {
		if err = os.RemoveAll(p.Folder); err == nil {
			break
		}
		time.Sleep(round)
	}
	return err
}

// until waits for something to be so.
func until(ctx context.Context, every time.Duration, so func() bool) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for !so() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
	return nil
}
