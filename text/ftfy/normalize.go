package ftfy

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normalize appends b, which is UTF-8, in the normal form.
func (f *Fixer) normalize(dst, b []byte) []byte {
	// The library breaks up what has more than 30 combining marks in a row;
	// a code point makes at most four of them.
	const most = 30/4 - 1
	run := 0
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		i += n
		if run++; f.mark(r).todo&normalization == 0 {
			run = 0
		} else if run > most {
			return f.long.append(dst, b)
		}
	}
	return f.form.Append(dst, b...)
}

// longNormalizer brings texts into a normal form as Unicode defines it,
// whatever the number of combining marks in a row. The properties and the
// compositions of pairs are the library's.
type longNormalizer struct {
	form  norm.Form
	marks []combining
	pair  [2][]byte
}

type combining struct {
	r     rune
	class uint8
}

func (n *longNormalizer) append(dst, b []byte) []byte {
	decompose := norm.NFD
	if n.form == norm.NFKC || n.form == norm.NFKD {
		decompose = norm.NFKD
	}
	n.marks = n.marks[:0]
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		p := decompose.Properties(b)
		b = b[size:]
		switch d := p.Decomposition(); {
		case r >= hangul && r < hangul+syllables:
			r -= hangul
			n.add(leads + r/(vowelCount*tailCount))
			n.add(vowels + r/tailCount%vowelCount)
			if t := r % tailCount; t > 0 {
				n.add(tails + t)
			}
		case d == nil:
			n.marks = append(n.marks, combining{r, p.CCC()})
		default:
			for _, r := range string(d) {
				n.add(r)
			}
		}
	}
	for i := 0; i < len(n.marks); i++ {
		j := i
		for j < len(n.marks) && n.marks[j].class != 0 {
			j++
		}
		slices.SortStableFunc(n.marks[i:j], func(a, b combining) int { return int(a.class) - int(b.class) })
		i = j
	}
	if n.form == norm.NFC || n.form == norm.NFKC {
		n.compose()
	}
	for _, m := range n.marks {
		dst = utf8.AppendRune(dst, m.r)
	}
	return dst
}

func (n *longNormalizer) add(r rune) {
	n.pair[0] = utf8.AppendRune(n.pair[0][:0], r)
	n.marks = append(n.marks, combining{r, norm.NFD.Properties(n.pair[0]).CCC()})
}

// compose joins each mark with the last starter before it that no mark of the
// same or a higher class, or another starter, parts it from.
func (n *longNormalizer) compose() {
	out := n.marks[:0]
	starter := -1
	for _, m := range n.marks {
		blocked := starter >= 0 && len(out)-1 > starter && out[len(out)-1].class >= m.class
		if starter >= 0 && !blocked {
			if r, ok := n.join(out[starter].r, m.r); ok {
				out[starter].r = r
				continue
			}
		}
		if m.class == 0 {
			starter = len(out)
		}
		out = append(out, m)
	}
	n.marks = out
}

// join returns the one code point that a and b compose to.
func (n *longNormalizer) join(a, b rune) (rune, bool) {
	n.pair[0] = utf8.AppendRune(utf8.AppendRune(n.pair[0][:0], a), b)
	n.pair[1] = norm.NFC.Append(n.pair[1][:0], n.pair[0]...)
	r, size := utf8.DecodeRune(n.pair[1])
	return r, size == len(n.pair[1])
}

// Syllables of Hangul and the letters that they are made of.
const (
	hangul     = 0xAC00
	leads      = 0x1100
	vowels     = 0x1161
	tails      = 0x11A7
	vowelCount = 21
	tailCount  = 28
	syllables  = 19 * vowelCount * tailCount
)
