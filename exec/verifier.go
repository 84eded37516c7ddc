package exec

import (
	"bytes"
	"io"
	"slices"

	"corpusmill/op"
)

// maxLeaders is how many rows that stay of one cluster a further one is
// compared with at most; behind that many it stays too.
const maxLeaders = 1000

// leaderBytes is the memory for payloads of rows that stay; others are read
// again each time.
const leaderBytes = 8 << 20

// verifier compares the rows of clusters with those that stay. It goes through
// the segments in order, so that of a cluster no more is in memory than the
// rows that stay and those of one segment.
type verifier struct {
	files    []string // payload files, by segment
	compare  op.Comparer
	out      *loserWriter
	notes    *clusterNotes
	spared   int64
	clusters map[node][]leader
	held     int // bytes of payloads in memory
	current  *recReader
	open     map[int]*recReader // others
}

// leader is a row that stays.
type leader struct {
	member
	payload []byte // nil when there was no room for it
}

func (v *verifier) run(lo, hi uint64) error {
	v.clusters, v.open = map[node][]leader{}, map[int]*recReader{}
	defer v.close()
	var losers []edge
	return gather(v.files, openRec, func(i int, r *recReader) error {
		defer r.close()
		v.current = r
		members, err := membersBetween(nil, r, i, lo, hi)
		losers = losers[:0]
		for _, m := range members {
			if err == nil {
				losers, err = v.member(losers, m)
			}
		}
		if err != nil {
			return err
		}
		slices.SortFunc(losers, compareEdges)
		return v.out.add(losers)
	})
}

// member compares a row with those of its cluster that stay, in order, and
// appends the edge to the first that it is like. A row that is like none
// stays.
func (v *verifier) member(losers []edge, m member) ([]edge, error) {
	own, err := m.payload(v.current)
	if err != nil {
		return nil, err
	}
	leaders := v.clusters[m.root]
	for _, l := range leaders {
		other := l.payload
		if other == nil {
			if other, err = v.read(l.member); err != nil {
				return nil, err
			}
		}
		if _, same := v.compare.Similarity(other, own); same {
			e := edge{m.self, l.self}
			v.notes.add(e)
			return append(losers, e), nil
		}
	}
	if m.self != m.root {
		v.spared++
	}
	if len(leaders) < maxLeaders {
		l := leader{member: m}
		if v.held+len(own) <= leaderBytes {
			l.payload = bytes.Clone(own)
			v.held += len(own)
		}
		v.clusters[m.root] = append(leaders, l)
	}
	return losers, nil
}

// openPayloads is how many payload files are open at once.
const openPayloads = 64

func (v *verifier) read(m member) ([]byte, error) {
	r := v.open[m.file]
	if r == nil {
		if len(v.open) >= openPayloads {
			v.close()
		}
		var err error
		if r, err = openRec(v.files[m.file]); err != nil {
			return nil, err
		}
		v.open[m.file] = r
	}
	return m.payload(r)
}

func (m member) payload(r *recReader) ([]byte, error) {
	return r.read(int64(m.at), int64(m.at)+int64(m.size))
}

func (v *verifier) close() {
	for _, r := range v.open {
		r.close()
	}
	clear(v.open)
}

// loserWriter writes a losers file of edges that come in order.
type loserWriter struct {
	rw   *recWriter
	n    int
	stay map[node]bool
}

func newLoserWriter(w io.Writer) *loserWriter {
	return &loserWriter{rw: newRecWriter(w), stay: map[node]bool{}}
}

func (l *loserWriter) add(losers []edge) error {
	for _, e := range losers {
		l.stay[e.parent] = true
	}
	l.n += len(losers)
	return putEdges(l.rw, losers)
}

func (l *loserWriter) finish() error {
	stay := make([]node, 0, len(l.stay))
	for n := range l.stay {
		stay = append(stay, n)
	}
	slices.Sort(stay)
	if err := putNodes(l.rw, stay); err != nil {
		return err
	}
	return l.rw.finish(uint64(l.n), uint64(len(stay)))
}
