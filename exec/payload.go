package exec

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"math"
	"slices"

	"corpusmill/op"
)

// A payload file is a record file of what is compared of the rows of one
// segment that are in clusters, and behind that, in the order of the places of
// the clusters' first rows, where each is:
//
//	first row uint64 | row uint64 | offset uint64 | length uint32
//
// Its first count is that of the rows.
const memberSize = 28

type member struct {
	root, self node
	at         uint64
	size       uint32
	file       int
}

type payloadWriter struct {
	rw      *recWriter
	members []member
	buf     []byte
}

func newPayloadWriter(w io.Writer) *payloadWriter { return &payloadWriter{rw: newRecWriter(w)} }

func (p *payloadWriter) add(root, self node, payload []byte) error {
	if len(payload) > math.MaxInt32 {
		return errDamaged
	}
	p.members = append(p.members, member{root: root, self: self, at: uint64(p.rw.n), size: uint32(len(payload))})
	_, err := p.rw.Write(payload)
	return err
}

func (p *payloadWriter) finish() (int64, error) {
	slices.SortFunc(p.members, func(a, b member) int {
		return cmp.Or(cmp.Compare(a.root.place(), b.root.place()), cmp.Compare(a.self, b.self))
	})
	var rec [memberSize]byte
	for _, m := range p.members {
		binary.LittleEndian.PutUint64(rec[:], uint64(m.root))
		binary.LittleEndian.PutUint64(rec[8:], uint64(m.self))
		binary.LittleEndian.PutUint64(rec[16:], m.at)
		binary.LittleEndian.PutUint32(rec[24:], m.size)
		if _, err := p.rw.Write(rec[:]); err != nil {
			return 0, err
		}
	}
	return int64(len(p.members)), p.rw.finish(uint64(len(p.members)), 0)
}

// membersBetween appends the rows of clusters whose first row's place is in
// [lo, hi].
func membersBetween(dst []member, r *recReader, file int, lo, hi uint64) ([]member, error) {
	at := r.n - int64(r.a)*memberSize
	if r.a > uint64(r.n/memberSize) {
		return nil, r.damaged()
	}
	place := func(e []byte) uint64 { return node(binary.LittleEndian.Uint64(e)).place() }
	raw, _, err := r.between(at, int(r.a), memberSize,
		func(e []byte) bool { return place(e) < lo },
		func(e []byte) bool { return place(e) > hi })
	for ; len(raw) > 0; raw = raw[memberSize:] {
		dst = append(dst, member{node(binary.LittleEndian.Uint64(raw)), node(binary.LittleEndian.Uint64(raw[8:])),
			binary.LittleEndian.Uint64(raw[16:]), binary.LittleEndian.Uint32(raw[24:]), file})
	}
	return dst, err
}

// maxLeaders is how many rows that stay of one cluster a further one is
// compared with at most; behind that many it stays too.
const maxLeaders = 1000

// verifier compares the rows of clusters with those that stay.
type verifier struct {
	files    []string
	open     map[int]*recReader
	compare  op.Comparer
	losers   []edge
	spared   int64
	leaders  []member
	payloads [][]byte // of the first leaders, as long as there is room
	held     int
}

// leaderBytes is the memory for payloads of rows that stay; others are read
// again each time.
const leaderBytes = 8 << 20

func (v *verifier) run(lo, hi uint64) error {
	var members []member
	for i := range v.files {
		r, err := openRec(v.files[i])
		if err != nil {
			return err
		}
		members, err = membersBetween(members, r, i, lo, hi)
		r.close()
		if err != nil {
			return err
		}
	}
	slices.SortFunc(members, func(a, b member) int {
		return cmp.Or(cmp.Compare(a.root, b.root), cmp.Compare(a.self, b.self))
	})
	defer v.close()
	for i := 0; i < len(members); {
		start := i
		for i++; i < len(members) && members[i].root == members[start].root; i++ {
		}
		if err := v.cluster(members[start:i]); err != nil {
			return err
		}
	}
	return nil
}

// cluster goes through the rows of one cluster in input order. A row that is
// like one that stays loses to the first such row; others stay.
func (v *verifier) cluster(members []member) error {
	v.leaders, v.payloads, v.held = v.leaders[:0], v.payloads[:0], 0
	for _, m := range members {
		own, err := v.payload(m)
		if err != nil {
			return err
		}
		lost := false
		for i := 0; i < len(v.leaders) && !lost; i++ {
			other, err := v.leader(i)
			if err != nil {
				return err
			}
			if _, lost = v.compare.Similarity(other, own); lost {
				v.losers = append(v.losers, edge{m.self, v.leaders[i].self})
			}
		}
		if lost {
			continue
		}
		if m.self != m.root {
			v.spared++
		}
		if len(v.leaders) < maxLeaders {
			v.leaders = append(v.leaders, m)
			if len(v.payloads) == len(v.leaders)-1 && v.held+len(own) <= leaderBytes {
				v.payloads = append(v.payloads, bytes.Clone(own))
				v.held += len(own)
			}
		}
	}
	return nil
}

func (v *verifier) leader(i int) ([]byte, error) {
	if i < len(v.payloads) {
		return v.payloads[i], nil
	}
	return v.payload(v.leaders[i])
}

// openPayloads is how many payload files are open at once.
const openPayloads = 64

func (v *verifier) payload(m member) ([]byte, error) {
	r := v.open[m.file]
	if r == nil {
		if len(v.open) >= openPayloads {
			v.close()
		}
		var err error
		if r, err = openRec(v.files[m.file]); err != nil {
			return nil, err
		}
		if v.open == nil {
			v.open = map[int]*recReader{}
		}
		v.open[m.file] = r
	}
	return r.read(int64(m.at), int64(m.at)+int64(m.size))
}

func (v *verifier) close() {
	for _, r := range v.open {
		r.close()
	}
	clear(v.open)
}
