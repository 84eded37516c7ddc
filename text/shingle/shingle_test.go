package shingle

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"corpusmill/text"
	"corpusmill/text/sentencepiece"
)

func cut(c *Cutter, b string) (out []string) {
	c.Reset([]byte(b))
	for {
		tokens, shingles := c.Next()
		if len(shingles) == 0 {
			return out
		}
		for _, s := range shingles {
			out = append(out, string(s.Of(tokens)))
		}
	}
}

func TestCutter(t *testing.T) {
	for _, c := range []struct {
		tokens Tokens
		window int
		in     string
		want   []string
	}{
		{Space, 2, "a b c", []string{"a b", "b c"}},
		{Space, 2, "  a   b c ", []string{"a b", "b c"}},
		{Space, 1, "a\nb\tc d", []string{"a\nb\tc", "d"}},
		{Space, 3, "a b c", []string{"a b c"}},
		{Space, 4, " a  b c", []string{"a b c"}},
		{Space, 4, "", []string{""}},
		{Space, 1, "   ", []string{""}},
		{Punctuation, 2, "a b,c.d", []string{"a b c", "c d"}},
		{Punctuation, 2, "«a»。", []string{" a", "a ", " "}},
		{Punctuation, 1, "a+b", []string{"a+b"}}, // a symbol, no punctuation
		{Punctuation, 9, "a…b!", []string{"a b "}},
		{Punctuation, 1, "", []string{""}},
		{Character, 2, "añb", []string{"añ", "ñb"}},
		{Character, 2, "a\xed\xa0\x80b", []string{"a\xed\xa0\x80", "\xed\xa0\x80b"}},
		{Character, 5, "añb", []string{"añb"}},
		{Character, 1, "", []string{""}},
	} {
		if got := cut(New(c.tokens, c.window, nil), c.in); !slices.Equal(got, c.want) {
			t.Errorf("%d tokens of kind %d in %q: %q, want %q", c.window, c.tokens, c.in, got, c.want)
		}
	}
}

func TestPieces(t *testing.T) {
	m, err := sentencepiece.Open(filepath.Join("../../testdata/models/en.sp.model"))
	if err != nil {
		t.Fatal(err)
	}
	in := strings.Repeat("Today is Sunday, and it's a happy day! 你好 ", 200)
	var tokens []string
	e := m.NewEncoder()
	for _, p := range e.Encode([]byte(in)) {
		tokens = append(tokens, string(e.Text(p)))
	}
	if got, want := cut(New(Pieces, 3, m), in), windows(tokens, 3, ""); !slices.Equal(got, want) {
		t.Errorf("%d shingles, want %d: %q", len(got), len(want), got[:min(9, len(got))])
	}
	if got := cut(New(Pieces, 3, m), ""); !slices.Equal(got, []string{""}) {
		t.Errorf("an empty text has the shingles %q", got)
	}
}

// windows is what a Cutter does, literally.
func windows(tokens []string, n int, join string) (out []string) {
	if len(tokens) < n {
		return []string{strings.Join(tokens, join)}
	}
	for i := range len(tokens) - n + 1 {
		out = append(out, strings.Join(tokens[i:i+n], join))
	}
	return out
}

// TestRandom holds blocks, squeezed spaces and the scanners to a literal
// reading of what shingles are.
func TestRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 7))
	alphabet := []rune("aab   ,.-é中。、😀\n\t\u00a0𐄀")
	cutters := map[Tokens]map[int]*Cutter{}
	for range 3000 {
		var b []byte
		size := rng.IntN(40)
		if rng.IntN(20) == 0 {
			size = rng.IntN(4 * block)
		}
		for range size {
			b = text.Append(b, alphabet[rng.IntN(len(alphabet))])
			if rng.IntN(50) == 0 {
				b = text.Append(b, rune(rng.IntN(unicode.MaxRune+1)))
			}
		}
		var runes []string
		for i := 0; i < len(b); {
			_, n := text.Decode(b[i:])
			runes = append(runes, string(b[i:i+n]))
			i += n
		}
		parts := [][]string{Space: slices.DeleteFunc(strings.Split(string(b), " "), func(s string) bool { return s == "" }), Punctuation: {""}, Character: runes}
		for _, r := range runes {
			p := parts[Punctuation]
			if code, _ := text.Decode([]byte(r)); unicode.Is(unicode.P, code) {
				parts[Punctuation] = append(p, "")
			} else {
				p[len(p)-1] += r
			}
		}
		window := 1 + rng.IntN(7)
		if rng.IntN(20) == 0 {
			window = rng.IntN(3*block) + 1
		}
		for kind, tokens := range parts {
			c := cutters[Tokens(kind)][window]
			if c == nil {
				c = New(Tokens(kind), window, nil)
				if cutters[Tokens(kind)] == nil {
					cutters[Tokens(kind)] = map[int]*Cutter{}
				}
				cutters[Tokens(kind)][window] = c
			}
			join := " "
			if Tokens(kind) == Character {
				join = ""
			}
			if got, want := cut(c, string(b)), windows(tokens, window, join); !slices.Equal(got, want) {
				t.Fatalf("kind %d, window %d, %q:\ngot  %q\nwant %q", kind, window, b, got, want)
			}
		}
	}
}

func TestAllocs(t *testing.T) {
	in := []byte(strings.Repeat("the  quick, brown fox — jumps ", 300))
	for _, kind := range []Tokens{Space, Punctuation, Character} {
		c := New(kind, 5, nil)
		all := func() {
			c.Reset(in)
			for _, s := c.Next(); len(s) > 0; _, s = c.Next() {
			}
		}
		all()
		if n := testing.AllocsPerRun(20, all); n != 0 {
			t.Errorf("kind %d: %v allocations", kind, n)
		}
	}
}

func Benchmark(b *testing.B) {
	in := []byte(strings.Repeat("The quick brown fox jumps over the lazy dog, and nobody knew why it did. ", 80))
	double := []byte(strings.ReplaceAll(string(in), ". ", ".  "))
	for _, c := range []struct {
		name   string
		tokens Tokens
		in     []byte
	}{
		{"space", Space, in}, {"double space", Space, double}, {"punctuation", Punctuation, in}, {"character", Character, in},
		{"character中", Character, []byte(strings.Repeat("今天天气很好，我们去公园玩吧。", 140))},
		{"punctuation中", Punctuation, []byte(strings.Repeat("今天天气很好，我们去公园玩吧。", 140))},
	} {
		b.Run(fmt.Sprint(c.name), func(b *testing.B) {
			cutter := New(c.tokens, 5, nil)
			b.SetBytes(int64(len(c.in)))
			for b.Loop() {
				cutter.Reset(c.in)
				for _, s := cutter.Next(); len(s) > 0; _, s = cutter.Next() {
				}
			}
		})
	}
}
