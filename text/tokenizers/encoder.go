package tokenizers

import (
	"errors"
	"unicode/utf8"
)

// Encoder turns texts into ids with a Tokenizer. It isn't safe for use by
// several goroutines. Its memory is some 2 MiB for words that were met before,
// and grows to some 30 bytes per byte of the longest text, or 60 where the
// text isn't cut into words.
type Encoder struct {
	t       *Tokenizer
	clean   []byte
	normal  [2][]byte
	scratch normalMemory
	words   words
	memory  modelMemory
	cache   *cache
}

// NewEncoder returns an encoder for t.
func (t *Tokenizer) NewEncoder() *Encoder {
	e := &Encoder{t: t}
	if t.model.cached() {
		e.cache = newCache()
	}
	return e
}

// Tokenizer is the encoder's tokenizer.
func (e *Encoder) Tokenizer() *Tokenizer { return e.t }

// Append appends the ids of b, without what stands around a text, to dst.
// b is shorter than 512 MiB; bytes of it that are not UTF-8, those of lone
// surrogates among them, are read as U+FFFD each. The error says that the text
// has what the tokenizer has no token for, or that one of its patterns takes
// too many steps on it.
func (e *Encoder) Append(dst []uint32, b []byte) ([]uint32, error) {
	if !utf8.Valid(b) {
		e.clean = appendValid(e.clean[:0], b)
		b = e.clean
	}
	return e.split(dst, b, e.t.verbatim, true, (*Encoder).normalized)
}

// appendValid appends b with U+FFFD for each byte that isn't UTF-8.
func appendValid(dst, b []byte) []byte {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		dst = utf8.AppendRune(dst, r)
		b = b[n:]
	}
	return dst
}

// split appends the added tokens of a set that are in b, and what then does
// for the rest. start says that b is at the start of the whole text.
func (e *Encoder) split(dst []uint32, b []byte, set *addedSet, start bool,
	then func(e *Encoder, dst []uint32, b []byte, start bool) ([]uint32, error)) (_ []uint32, err error) {
	done, at := 0, 0
	for {
		f, ok := set.find(b, at, done)
		if !ok {
			break
		}
		if done < f.start {
			if dst, err = then(e, dst, b[done:f.start], start && done == 0); err != nil {
				return dst, err
			}
		}
		dst = append(dst, f.token.ID)
		done, at = f.stop, f.next
	}
	if done < len(b) {
		return then(e, dst, b[done:], start && done == 0)
	}
	return dst, nil
}

// normalized appends the ids of a part of the text between added tokens. What
// follows characters that were dropped isn't at the start.
func (e *Encoder) normalized(dst []uint32, b []byte, start bool) ([]uint32, error) {
	turn := 0
	for _, n := range e.t.normalizers {
		if len(b) == 0 || n.leaves(b) {
			continue
		}
		start = start && !n.drops(b, &e.scratch)
		e.normal[turn] = n.append(e.normal[turn][:0], b, &e.scratch)
		b = e.normal[turn]
		turn ^= 1
	}
	if e.scratch.matcher.Exceeded {
		e.scratch.matcher.Exceeded = false
		return dst, errExceeded
	}
	return e.split(dst, b, e.t.normal, start, (*Encoder).cut)
}

var errExceeded = errors.New("a pattern of the tokenizer takes too many steps on the text")

// cut appends the ids of a part of the normal form between added tokens.
func (e *Encoder) cut(dst []uint32, b []byte, start bool) (_ []uint32, err error) {
	w := &e.words
	w.reset(b, start)
	for _, s := range e.t.stages {
		s.apply(w)
	}
	if w.matcher.Exceeded {
		w.matcher.Exceeded = false
		return dst, errExceeded
	}
	for _, s := range w.spans {
		if dst, err = e.word(dst, w.text[s.Start:s.End]); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// word appends the ids of a word.
func (e *Encoder) word(dst []uint32, word []byte) ([]uint32, error) {
	c := e.cache
	if c == nil || len(word) > maxCached {
		return e.t.model.append(dst, word, &e.memory)
	}
	k := keyOf(word)
	s := c.slot(&k)
	if s.key == k {
		switch s.count {
		case 0:
		case 1:
			return append(dst, s.token), nil
		default:
			return append(dst, c.ids[s.token:s.token+s.count]...), nil
		}
	}
	start := len(dst)
	dst, err := e.t.model.append(dst, word, &e.memory)
	if err == nil {
		c.put(s, k, dst[start:])
	}
	return dst, err
}
