package langid

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// mostProfiles is more than profiles have in bytes, once they are unpacked.
const mostProfiles = 64 << 20

// decode reads profiles as gen.py describes them.
func decode(packed []byte) (*Model, error) {
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("language profiles: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(z, mostProfiles))
	if err != nil {
		return nil, fmt.Errorf("language profiles: %w", err)
	}
	m, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("language profiles: %w", err)
	}
	return m, nil
}

var errShort = errors.New("they end too early")

// parser takes bytes off the front; once there are too few it gives zeros.
type parser struct {
	b     []byte
	short bool
}

func (p *parser) take(n int) []byte {
	if n > len(p.b) {
		p.short, p.b = true, nil
		return nil
	}
	out := p.b[:n]
	p.b = p.b[n:]
	return out
}

func (p *parser) number(size int) int {
	var four [4]byte
	copy(four[:], p.take(size))
	return int(binary.LittleEndian.Uint32(four[:]))
}

func (p *parser) float() float64 { return float64(math.Float32frombits(uint32(p.number(4)))) }

func sumOf(b []byte) (n int) {
	for _, x := range b {
		n += int(x)
	}
	return n
}

func parse(b []byte) (*Model, error) {
	p := &parser{b: b}
	m := &Model{}
	for range p.number(2) {
		label := string(p.take(p.number(1)))
		l := language{label: label, prior: p.float(), floor: p.float()}
		l.first = slices.IndexFunc(m.languages, func(o language) bool { return o.label == label })
		if l.first < 0 {
			l.first = len(m.languages)
			if label != noLanguage {
				m.labels = append(m.labels, label)
			}
		}
		m.languages = append(m.languages, l)
	}
	slices.Sort(m.labels)
	n := p.number(4)
	shared, sizes := p.take(n), p.take(n)
	rests := p.take(sumOf(sizes))
	counts := p.take(n)
	total := sumOf(counts)
	gaps, steps := p.take(total), p.take(total)
	switch {
	case p.short:
		return nil, errShort
	case len(p.b) > 0:
		return nil, fmt.Errorf("%d bytes too many", len(p.b))
	case len(m.labels) == 0 || len(m.languages) > mostClasses:
		return nil, fmt.Errorf("%d classes", len(m.languages))
	case n >= none:
		return nil, fmt.Errorf("%d n-grams", n)
	}
	ngrams, err := unshare(shared, sizes, rests)
	if err != nil {
		return nil, err
	}
	m.automaton = newAutomaton(ngrams)
	m.rows = make([]row, n)
	for f, count := range counts {
		class := -1
		for range count {
			if class += int(gaps[0]); class < 0 || class >= len(m.languages) {
				return nil, fmt.Errorf("n-gram %d has a weight for class %d of %d", f, class, len(m.languages))
			}
			m.rows[f].set(class, steps[0])
			gaps, steps = gaps[1:], steps[1:]
		}
	}
	return m, nil
}

// unshare gives the n-grams, which are in order, their common beginnings back.
func unshare(shared, sizes, rests []byte) ([][]byte, error) {
	out := make([][]byte, len(shared))
	var before []byte
	for i, k := range shared {
		if int(k) > len(before) {
			return nil, fmt.Errorf("n-gram %d shares %d bytes with one of %d", i, k, len(before))
		}
		name := append(slices.Clone(before[:k]), rests[:sizes[i]]...)
		rests = rests[sizes[i]:]
		if len(name) < 2 || bytes.Compare(name, before) <= 0 {
			return nil, fmt.Errorf("n-gram %d, %q, is too short or out of order", i, name)
		}
		out[i], before = name, name
	}
	return out, nil
}
