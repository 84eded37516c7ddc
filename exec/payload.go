package exec

import (
	"cmp"
	"encoding/binary"
	"io"
	"math"
	"slices"
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
	raw, _, err := r.between(at, int(r.a), memberSize, hashed(lo, hi),
		func(e []byte) bool { return place(e) < lo },
		func(e []byte) bool { return place(e) > hi })
	for ; len(raw) > 0; raw = raw[memberSize:] {
		dst = append(dst, member{node(binary.LittleEndian.Uint64(raw)), node(binary.LittleEndian.Uint64(raw[8:])),
			binary.LittleEndian.Uint64(raw[16:]), binary.LittleEndian.Uint32(raw[24:]), file})
	}
	return dst, err
}
