package fasttext

import (
	"bytes"
	"math/bits"
)

// Prediction is a label with its score, for a softmax its probability. As in
// the reference implementation scores are 1e-5 too high, so that they may be
// above 1.
type Prediction struct {
	Label string // as Model.Labels has it
	Score float32
}

// Predictor predicts with a Model. It has the memory that this takes, so that
// it allocates nothing once that has grown; it serves one goroutine.
type Predictor struct {
	m       *Model
	ids     [512]int32 // rows to add to hidden
	n       int        // of ids
	total   int        // rows that the text has
	hidden  []float32
	scores  []float32
	word    []byte   // a word between the marks of its begin and end
	partial []uint64 // hashes of the word n-grams that can still grow, longest first
	best    []candidate
	stack   []visit
	out     []Prediction
	divisor divisor
}

// New returns a Predictor for m.
func (m *Model) New() *Predictor {
	p := &Predictor{m: m, hidden: make([]float32, m.args.dim), divisor: newDivisor(uint32(m.args.bucket))}
	if m.args.loss != hierarchical {
		p.scores = make([]float32, len(m.dict.labels))
	}
	return p
}

// Predict returns the at most k best labels of a text, best first, in a slice
// that is valid until the next call. The text is one line to the model,
// whatever newlines it has. There is no prediction for a text of which the
// model knows nothing.
func (p *Predictor) Predict(text []byte, k int) []Prediction {
	clear(p.hidden)
	if cap(p.word) > longWord {
		p.word = nil
	}
	p.n, p.total, p.partial = 0, 0, p.partial[:0]
	p.line(text)
	p.flush()
	p.out = p.out[:0]
	if p.total == 0 || k < 1 {
		return p.out
	}
	scale := float32(1 / float64(p.total))
	for i := range p.hidden {
		p.hidden[i] *= scale
	}
	p.choose(k)
	for _, c := range p.best {
		p.out = append(p.out, Prediction{p.m.dict.labels[c.label], c.score})
	}
	return p.out
}

// longWord is the length in bytes up to which memory for a word is kept.
const longWord = 1 << 20

// space is what lies between words.
var space = [256]bool{' ': true, '\n': true, '\r': true, '\t': true, '\v': true, '\f': true, 0: true}

// line adds what the model sees in a line, and its end. A word that is
// spelt as the end of a line ends it.
func (p *Predictor) line(text []byte) {
	d := &p.m.dict
	for i := 0; i < len(text); {
		if space[text[i]] {
			i++
			continue
		}
		from, h := i, uint32(hashStart)
		for ; i < len(text) && !space[text[i]]; i++ {
			h = hashStep(h, text[i])
		}
		token := text[from:i]
		if token[0] == '<' && string(token) == endOfLine {
			break
		}
		id := d.find(token, h)
		if int(id) >= d.words || id < 0 && bytes.HasPrefix(token, labelPrefix) {
			continue // a label
		}
		p.room()
		if id >= 0 {
			p.add(id)
		}
		if p.m.args.maxn > 0 {
			p.characters(token)
		}
		p.grow(h)
	}
	if d.eos >= 0 && int(d.eos) < d.words {
		p.room()
		p.add(d.eos)
	}
	p.grow(hashOf([]byte(endOfLine)))
}

// characters adds the character n-grams of a word between its marks.
func (p *Predictor) characters(token []byte) {
	p.word = append(append(append(p.word[:0], '<'), token...), '>')
	word, minn, maxn := p.word, p.m.args.minn, p.m.args.maxn
	for i := range word {
		if word[i]&0xC0 == 0x80 {
			continue
		}
		p.room()
		h := uint32(hashStart)
		for j, n := i, 1; j < len(word) && n <= maxn; n++ {
			h = hashStep(h, word[j])
			for j++; j < len(word) && word[j]&0xC0 == 0x80; j++ {
				h = hashStep(h, word[j])
			}
			if n >= minn && (n > 1 || i > 0 && j < len(word)) {
				p.addBucket(p.divisor.mod(h))
			}
		}
	}
}

// grow adds the word n-grams that end with the word of hash h.
func (p *Predictor) grow(h uint32) {
	n := p.m.args.wordNgrams
	if n < 2 {
		return
	}
	p.room()
	signed := uint64(int64(int32(h)))
	for i := range p.partial {
		p.partial[i] = p.partial[i]*116049371 + signed
		if p.m.dict.pruned != 0 {
			p.addBucket(uint32(p.partial[i] % uint64(p.m.args.bucket)))
		}
	}
	if len(p.partial) == n-1 {
		copy(p.partial, p.partial[1:])
		p.partial = p.partial[:n-2]
	}
	p.partial = append(p.partial, signed)
}

func (p *Predictor) addBucket(b uint32) {
	if row := p.m.dict.row(b); row >= 0 {
		p.add(int32(p.m.dict.words) + row)
	}
}

// room makes room for the rows of one step: those of a word, or of the n-grams
// that begin, or end, at one place.
func (p *Predictor) room() {
	if p.n >= len(p.ids)-longest {
		p.flush()
	}
}

// add takes a row, for which room was made.
func (p *Predictor) add(row int32) {
	p.ids[p.n] = row
	p.n++
}

func (p *Predictor) flush() {
	p.m.input.addRows(p.hidden, p.ids[:p.n])
	p.total += p.n
	p.n = 0
}

// divisor finds remainders by multiplication: D. Lemire, O. Kaser, N. Kurz:
// Faster remainder by direct computation, Software: Practice and Experience
// 49 (2019), arXiv:1902.01961.
type divisor struct {
	n       uint64
	inverse uint64
}

func newDivisor(n uint32) divisor {
	n = max(n, 1)
	return divisor{uint64(n), ^uint64(0)/uint64(n) + 1}
}

func (d divisor) mod(x uint32) uint32 {
	r, _ := bits.Mul64(d.inverse*uint64(x), d.n)
	return uint32(r)
}
