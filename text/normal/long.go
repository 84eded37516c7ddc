package normal

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Long brings texts into a normal form as Unicode defines it, whatever the
// number of combining marks in a row; norm breaks up what has more than 30.
// The properties and the compositions of pairs are norm's. A Long belongs to
// one goroutine.
type Long struct {
	Form  norm.Form
	marks []combining
	pair  []byte
	iter  norm.Iter
}

type combining struct {
	r     rune
	class uint8
}

// Append appends b, which is UTF-8, in the normal form.
func (n *Long) Append(dst, b []byte) []byte {
	decompose := norm.NFD
	if n.Form == norm.NFKC || n.Form == norm.NFKD {
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
	if n.Form == norm.NFC || n.Form == norm.NFKC {
		n.compose()
	}
	for _, m := range n.marks {
		dst = utf8.AppendRune(dst, m.r)
	}
	return dst
}

func (n *Long) add(r rune) {
	n.pair = utf8.AppendRune(n.pair[:0], r)
	n.marks = append(n.marks, combining{r, norm.NFD.Properties(n.pair).CCC()})
}

// compose joins each mark with the last starter before it that no mark of the
// same or a higher class, or another starter, parts it from.
func (n *Long) compose() {
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
func (n *Long) join(a, b rune) (rune, bool) {
	n.pair = utf8.AppendRune(utf8.AppendRune(n.pair[:0], a), b)
	n.iter.Init(norm.NFC, n.pair)
	joined := n.iter.Next()
	r, size := utf8.DecodeRune(joined)
	return r, size == len(joined) && n.iter.Done()
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
