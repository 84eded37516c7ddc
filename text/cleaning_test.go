package text_test

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"corpusmill/text"
)

// draw concatenates up to n random elements of an alphabet.
func draw(rng *rand.Rand, alphabet []string, n int) []byte {
	var b []byte
	for range rng.IntN(n) {
		b = append(b, alphabet[rng.IntN(len(alphabet))]...)
	}
	return b
}

// TestCopyrightNotice compares with the rule as it is usually written: two
// patterns, and a loop over lines.
func TestCopyrightNotice(t *testing.T) {
	comment := regexp.MustCompile(`/\*[^*]*\*+(?:[^/*][^*]*\*+)*/`)
	word := regexp.MustCompile("(?i)copyr[iİ]ght")
	slow := func(b []byte) []byte {
		if at := comment.FindIndex(b); at != nil {
			if word.Match(b[at[0]:at[1]]) {
				return slices.Concat(b[:at[0]], b[at[1]:])
			}
			return b
		}
		lines := strings.Split(string(b), "\n")
		for len(lines) > 0 {
			if l := lines[0]; l != "" && l[0] != '#' && !strings.HasPrefix(l, "//") && !strings.HasPrefix(l, "--") {
				break
			}
			lines = lines[1:]
		}
		return []byte(strings.Join(lines, "\n"))
	}
	alphabet := []string{"/", "*", "/*", "*/", "a", "\n", "\n", "#", "//", "--", "-", " ", "y", "İ",
		"copyright", "CopyRIGHT", "copyrİght", "copyrıght", "copyr", "ight", "\r"}
	rng := rand.New(rand.NewPCG(5, 6))
	cuts := 0
	for range 100_000 {
		b := draw(rng, alphabet, 12)
		cut := text.CopyrightNotice(b)
		got := slices.Concat(b[:cut.Start], b[cut.End:])
		if want := slow(b); !bytes.Equal(got, want) {
			t.Fatalf("%q\ngot  %q\nwant %q", b, got, want)
		}
		if cut.End > cut.Start {
			cuts++
		}
	}
	if cuts < 10_000 {
		t.Errorf("only %d texts were cut", cuts)
	}
}

func TestPlainPunctuation(t *testing.T) {
	from := strings.Fields("， 。 、 „ ” “ « » １ 」 「 《 》 ´ ∶ ： ？ ！ （ ） ； – — ． ～ ’ … ━ 〈 〉 【 】 ％ ►")
	to := strings.Split(`,|.|,|"|"|"|"|"|"|"|"|"|"|'|:|:|?|!|(|)|;|-| - |. |~|'|...|-|<|>|[|]|%|-`, "|")
	if len(from) != 34 || len(to) != 34 {
		t.Fatalf("%d, %d", len(from), len(to))
	}
	var pairs []string
	for i := range from {
		pairs = append(pairs, from[i], to[i])
	}
	table := strings.NewReplacer(pairs...)
	alphabet := append(slices.Clone(from), "a", "abcdefgh", "é", "中", "²", "０", "２", "‘", "●", "\u3000", "😀", "\xed\xa0\x80", "\U0001FF0C")
	rng := rand.New(rand.NewPCG(7, 8))
	for range 50_000 {
		b := draw(rng, alphabet, 10)
		want := table.Replace(string(b))
		if got := string(text.AppendPlainPunctuation(nil, b)); got != want {
			t.Fatalf("%q became %q, want %q", b, got, want)
		}
		if plain := text.PlainPunctuation(b) == len(b); plain != (want == string(b)) {
			t.Fatalf("%q: plain is %v", b, plain)
		}
	}
}

// TestWordsOfLength compares with splitting at newlines, then tabs, then
// spaces, and joining what is left.
func TestWordsOfLength(t *testing.T) {
	special := text.IsSpecial
	slow := func(b string, shortest, longest int) string {
		var lines []string
		for line := range strings.SplitSeq(b, "\n") {
			var parts []string
			for part := range strings.SplitSeq(line, "\t") {
				var words []string
				for word := range strings.SplitSeq(part, " ") {
					n := len([]rune(word))
					if n > longest {
						n = len([]rune(strings.TrimFunc(word, special)))
					}
					if word != "" && n >= shortest && n <= longest {
						words = append(words, word)
					}
				}
				if words != nil {
					parts = append(parts, strings.Join(words, " "))
				}
			}
			if parts != nil {
				lines = append(lines, strings.Join(parts, "\t"))
			}
		}
		return strings.Join(lines, "\n")
	}
	alphabet := []string{"a", "bc", "é", "中文", "😀", ".", "1", "(", " ", " ", "\t", "\n", "\r", "\u00a0"}
	rng := rand.New(rand.NewPCG(9, 10))
	for range 100_000 {
		b := draw(rng, alphabet, 24)
		shortest, longest := rng.IntN(4), rng.IntN(7)
		words := text.AppendWords(nil, b)
		want := slow(string(b), shortest, longest)
		if got := string(text.AppendWordsOfLength(nil, b, words, shortest, longest)); got != want {
			t.Fatalf("%q, %d to %d: got %q, want %q", b, shortest, longest, got, want)
		}
		if same := text.WordsOfLength(b, words, shortest, longest); same != (want == string(b)) {
			t.Fatalf("%q, %d to %d: unchanged is %v", b, shortest, longest, same)
		}
	}
}

func BenchmarkCleaning(b *testing.B) {
	plain := []byte(strings.NewReplacer("，", "中", "。", "中", "！", "中").Replace(string(prose())))
	plain = text.AppendWordsOfLength(nil, plain, text.AppendWords(nil, plain), 1, 1<<20)
	words := text.AppendWords(nil, plain)
	for name, clean := range map[string]func() bool{
		"copyright":   func() bool { return text.CopyrightNotice(plain) == text.Span{} },
		"punctuation": func() bool { return text.PlainPunctuation(plain) == len(plain) },
		"words":       func() bool { return text.WordsOfLength(plain, words, 1, 1<<20) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(plain)))
			for b.Loop() {
				if !clean() {
					b.Fatal("the text isn't clean")
				}
			}
		})
	}
}
