package main

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"corpusmill/bench/synth"
	wtf8 "corpusmill/text"
)

// text is a text as code points, lone surrogates among them.
type text []rune

// appendJSON appends t as a JSON string. Only what can't stand there as it is
// is escaped.
func (t text) appendJSON(dst []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range t {
		switch {
		case r < ' ', r == '"', r == '\\', r == 0x7F, r >= 0xD800 && r < 0xE000:
			dst = append(dst, '\\', 'u', hex[r>>12], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

// MarshalJSON writes t as a string.
func (t text) MarshalJSON() ([]byte, error) { return t.appendJSON(nil), nil }

// hasSurrogate says whether t can't be encoded as UTF-8.
func (t text) hasSurrogate() bool {
	for i := 0; i < len(t); i++ {
		switch {
		case isHigh(t[i]) && i+1 < len(t) && isLow(t[i+1]):
			i++ // a pair is one character
		case isHigh(t[i]) || isLow(t[i]):
			return true
		}
	}
	return false
}

func isHigh(r rune) bool { return r >= 0xD800 && r < 0xDC00 }
func isLow(r rune) bool  { return r >= 0xDC00 && r < 0xE000 }

// decodeText reads WTF-8.
func decodeText(b []byte) (t text) {
	for len(b) > 0 {
		r, n := wtf8.Decode(b)
		t, b = append(t, r), b[n:]
	}
	return t
}

// texts draws texts of many kinds. All that it gives follows from the random
// source.
type texts struct {
	rng   *rand.Rand
	synth *synth.Generator
	row   []byte
}

func newTexts(rng *rand.Rand) *texts {
	return &texts{rng: rng, synth: synth.New(synth.Options{Seed: rng.Uint64(), Mean: 150})}
}

// next draws a text: long enough to be of its kind, seldom above 2,000 code
// points.
func (g *texts) next() text {
	kinds := []func() text{
		g.empty, g.sentences, g.sentences, g.mixed, g.crawled, g.crawled, g.characters, g.characters,
		g.repeated, g.code, g.html, g.garbled, g.addresses, g.numbers, g.longWords, g.spaces, g.surrogates,
	}
	return kinds[g.rng.IntN(len(kinds))]()
}

func (g *texts) pick(from []string) string { return from[g.rng.IntN(len(from))] }

// join puts up to n parts of a list together, with separators between them.
func (g *texts) join(n int, parts, separators []string) text {
	var b strings.Builder
	for range g.rng.IntN(n + 1) {
		b.WriteString(g.pick(parts))
		b.WriteString(g.pick(separators))
	}
	return text(b.String())
}

func (g *texts) empty() text {
	return text(g.pick([]string{"", "", " ", "\n", "a", "\u3000", "\x00", "."}))
}

func (g *texts) sentences() text {
	language := prose[g.rng.IntN(len(prose))]
	return g.join(12, language, []string{" ", " ", "\n", "\n\n", "\r\n", "", "  "})
}

// mixed changes the language in mid-text.
func (g *texts) mixed() text {
	var t text
	for range g.rng.IntN(4) {
		t = append(append(t, g.sentences()...), g.characters()...)
	}
	return t
}

// crawled draws a row of the corpora of the benchmarks.
func (g *texts) crawled() text {
	g.row, _ = g.synth.AppendRow(g.row[:0])
	var row struct{ Text string }
	if err := json.Unmarshal(g.row, &row); err != nil {
		return nil
	}
	return text(row.Text)
}

func (g *texts) characters() text {
	t := make(text, g.rng.IntN(80))
	for i := range t {
		switch g.rng.IntN(10) {
		case 0:
			t[i] = rune(g.rng.IntN(0x250))
		case 1:
			if t[i] = rune(g.rng.IntN(utf8.MaxRune + 1)); !utf8.ValidRune(t[i]) {
				t[i] = utf8.RuneError
			}
		default:
			t[i] = alphabet[g.rng.IntN(len(alphabet))]
		}
	}
	return t
}

func (g *texts) repeated() text {
	part := g.characters()
	if g.rng.IntN(2) == 0 {
		part = g.sentences()
	}
	part = part[:min(len(part), 1+g.rng.IntN(60))]
	var t text
	for range 2 + g.rng.IntN(12) {
		t = append(t, part...)
	}
	return append(t, g.characters()...)
}

func (g *texts) code() text {
	t := g.join(14, code, []string{"\n", "\n\n", "\n    ", "\r\n", " "})
	if g.rng.IntN(2) == 0 {
		t = append(g.join(4, comments, []string{"\n", " "}), t...)
	}
	return t
}

func (g *texts) html() text {
	return g.join(25, append(tags, g.pick(prose[0])), []string{"", "", " ", "\n"})
}

// garbled is text read with the wrong encoding, once or twice, with entities
// and typography among it.
func (g *texts) garbled() text {
	t := g.sentences()
	t = t[:min(len(t), 300)]
	for range 1 + g.rng.IntN(2) {
		var wrong text
		for _, b := range []byte(string(t)) {
			r := rune(b)
			if b >= 0x80 && b < 0xA0 && g.rng.IntN(8) > 0 {
				r = windows1252[b-0x80]
			}
			wrong = append(wrong, r)
		}
		t = wrong
	}
	return append(t, g.join(8, entities, []string{"", " "})...)
}

func (g *texts) addresses() text {
	return g.join(14, addresses, []string{" ", "\n", ", ", "", ".", "(", ")", "，"})
}

func (g *texts) numbers() text {
	return g.join(30, numbers, []string{" ", "", "\t", "\n", ","})
}

func (g *texts) longWords() text {
	var t text
	for range 1 + g.rng.IntN(6) {
		word := []rune(g.pick([]string{"a", "ab-", "é", "中", "x_", "0", "😀", "e\u0301", ".", "\u200b"}))
		for range g.rng.IntN(250) {
			t = append(t, word...)
		}
		t = append(append(t, []rune(g.pick([]string{" ", "\n", "\t", "\u00a0", "\r"}))...), g.empty()...)
	}
	return t
}

func (g *texts) spaces() text {
	return g.join(40, spaces, []string{"", "", "a", "ab c", "。"})
}

func (g *texts) surrogates() text {
	t := append(g.characters(), g.sentences()...)
	for range 1 + g.rng.IntN(3) {
		i := g.rng.IntN(len(t) + 1)
		t = append(t[:i:i], append(text{0xD800 + rune(g.rng.IntN(0x800))}, t[i:]...)...)
	}
	return t
}

// whole draws a text of some spaces at least, without lone surrogates.
func (g *texts) whole(spaces int) text {
	for {
		if t := g.next(); !t.hasSurrogate() && strings.Count(string(t), " ") >= spaces {
			return t
		}
	}
}

// dataset draws texts for a deduplicator: many of them are an earlier one,
// as it is or changed in a way that some parameters overlook. Every other data
// set has no short texts.
func (g *texts) dataset() []text {
	list := make([]text, 0, 60)
	spaces := 12 * g.rng.IntN(2)
	for range 1 + g.rng.IntN(cap(list)) {
		if len(list) == 0 || g.rng.IntN(2) == 0 {
			list = append(list, g.whole(spaces))
			continue
		}
		list = append(list, g.alike(list[g.rng.IntN(len(list))]))
	}
	return list
}

func (g *texts) alike(t text) text {
	s := string(t)
	switch g.rng.IntN(7) {
	case 0:
		s = strings.ToUpper(s)
	case 1:
		s = g.pick(spaces) + s + g.pick(spaces)
	case 2:
		s = strings.Join(strings.Fields(s), " ")
	case 3:
		i := 0
		for j := range s {
			if i = j; g.rng.IntN(20) == 0 {
				break
			}
		}
		s = s[:i] + g.pick([]string{"1", ".", " ", "-", "٣", "。", "x", "_", "½"}) + s[i:]
	case 4:
		s += " " + g.pick(prose[0])
	case 5:
		s = g.pick(prose[0]) + "\n" + s + "\n" + string(g.whole(0))
	}
	return text(s)
}
