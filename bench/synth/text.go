package synth

import (
	"bytes"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Kind is what the text of a row is written in.
type Kind uint8

const (
	English Kind = iota
	Chinese
	Japanese
	Accented // Latin letters with accents
	Cyrillic
	Arabic
	Code
	Junk // repetitive, boilerplate, symbols, very short
)

func (k Kind) String() string {
	return [...]string{"english", "chinese", "japanese", "accented", "cyrillic", "arabic", "code", "junk"}[k]
}

// kindShares are of 1,000 original rows; English has the rest.
var kindShares = []struct {
	kind  Kind
	share int
}{{Chinese, 50}, {Japanese, 30}, {Accented, 20}, {Cyrillic, 12}, {Arabic, 8}, {Code, 50}, {Junk, 60}}

func drawKind(r *rng) Kind {
	at := r.below(1000)
	for _, k := range kindShares {
		if at < k.share {
			return k.kind
		}
		at -= k.share
	}
	return English
}

// write appends the text of an original row.
func (g *Generator) write(dst []byte, row Row, r *rng) []byte {
	size := r.length(g.options.Mean)
	l := g.languages
	switch row.Kind {
	case Chinese:
		return unspaced(dst, l.chinese, size, r)
	case Japanese:
		return unspaced(dst, l.japanese, size, r)
	case Accented:
		return g.prose(dst, l.accented, size, r)
	case Cyrillic:
		return g.prose(dst, l.cyrillic, size, r)
	case Arabic:
		return g.prose(dst, l.arabic, size, r)
	case Code:
		return g.code(dst, size, r)
	case Junk:
		return g.junk(dst, size, r)
	default:
		return g.prose(dst, l.english, size, r)
	}
}

// shortText is the size of texts, in bytes, that end in the middle of a
// sentence; longer ones end with it, beyond their size.
const shortText = 400

// prose appends paragraphs of sentences. One text in eight has addresses in
// it, one in sixteen typographic quotes and symbols outside the basic plane.
func (g *Generator) prose(dst []byte, v *vocabulary, size int, r *rng) []byte {
	end := len(dst) + size
	contacts, typographic := r.oneIn(8), r.oneIn(16)
	for {
		for range r.between(2, 7) {
			dst = sentence(dst, v, typographic, r)
			if contacts && r.oneIn(4) {
				dst = g.contact(dst, r)
			}
			switch {
			case len(dst) < end:
			case size < shortText:
				return dst[:max(bytes.LastIndexByte(dst[:end], ' '), end-size)]
			default:
				return dst[:len(dst)-1]
			}
		}
		dst = append(dst[:len(dst)-1], "\n\n"[:r.between(1, 2)]...)
	}
}

// sentence appends a sentence and a space.
func sentence(dst []byte, v *vocabulary, typographic bool, r *rng) []byte {
	dst = appendCapital(dst, v.draw(r))
	marks := r.next() // four bits decide what follows a word
	n := r.between(4, 24)
	for i := range n {
		if i&15 == 15 {
			marks = r.next()
		}
		switch marks & 15 {
		case 0:
			dst = append(dst, ", "...)
		case 1:
			if i == n/2 {
				dst = append(append(dst, ' '), strconv.Itoa(int(marks>>32&0xfff))...)
			}
			dst = append(dst, ' ')
		default:
			dst = append(dst, ' ')
		}
		marks >>= 4
		dst = v.draw(r).appendTo(dst)
	}
	if typographic {
		dst = append(v.draw(r).appendTo(append(dst, " “"...)), "” — 🙂"...)
	}
	return append(dst, []string{". ", ". ", ". ", "? ", "! ", "; "}[r.below(6)]...)
}

func appendCapital(dst []byte, w *word) []byte {
	first, n := utf8.DecodeRune(w.bytes[:w.size])
	return append(utf8.AppendRune(dst, unicode.ToUpper(first)), w.bytes[n:w.size]...)
}

// contact appends an e-mail address, a link or an IP address, and a space.
func (g *Generator) contact(dst []byte, r *rng) []byte {
	words := g.languages.english
	switch r.below(3) {
	case 0:
		dst = append(words.draw(r).appendTo(dst), '.')
		dst = append(words.draw(r).appendTo(dst), '@')
		dst = append(words.draw(r).appendTo(dst), ".example.com "...)
	case 1:
		dst = append(g.appendURL(dst, r), ' ')
	default:
		dst = append(dst, "10."...)
		dst = append(strconv.AppendInt(dst, int64(r.below(256)), 10), '.')
		dst = append(strconv.AppendInt(dst, int64(r.below(256)), 10), '.')
		dst = append(strconv.AppendInt(dst, int64(r.below(256)), 10), ' ')
	}
	return dst
}

func (g *Generator) appendURL(dst []byte, r *rng) []byte {
	words := g.languages.english
	dst = append(dst, "https://www."...)
	dst = words.draw(r).appendTo(dst)
	dst = append(dst, ".example.org/"...)
	dst = words.draw(r).appendTo(dst)
	dst = append(dst, '/')
	return strconv.AppendInt(dst, int64(r.below(1e6)), 10)
}

// unspaced appends text of a language that puts no space between words.
func unspaced(dst []byte, v *vocabulary, size int, r *rng) []byte {
	end := len(dst) + size
	for {
		for range r.between(5, 20) {
			dst = v.draw(r).appendTo(dst)
			if r.oneIn(9) {
				dst = append(dst, "，"...)
			}
		}
		dst = append(dst, "。"...)
		if len(dst) >= end {
			return dst
		}
		if r.oneIn(6) {
			dst = append(dst, '\n')
		}
	}
}
