package text_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"corpusmill/text"
	"corpusmill/text/pyregex"
)

type scanner interface {
	Reset(b []byte)
	Next() (start, end int)
}

var scanners = []struct {
	name, pattern string
	scanner       scanner
	alphabet      []string
}{
	{"email", text.EmailPattern, new(text.EmailScanner), []string{
		"a", "Z", "z", "0", ".", ".", "-", "+", "_", "@", "@", " ", "é", "中", "\n", "%", "a@b.c", ".com", "K",
	}},
	{"links", text.LinkPattern, new(text.LinkScanner), []string{
		"a", "b", "W", "w", "1", "_", ".", ".", "-", ":", ":", "/", "/", "(", ")", "<", ">", " ", "\n", "!", "?", "'", ",", "%", "`",
		"é", "»", "“", "中", "١", "İ", "ı", "ſ", "K", "\u3000", "\u0085", "\x1c", "\u0301", "\u200d", "\xed\xa0\x80", "😀", "ⓐ",
		"www", "www.", "WwW1.", "http://", "://", "a.co/", "ab:", "mailto:x", "(a)", "(a(b)c)",
	}},
	{"address", text.AddressPattern, new(text.AddressScanner), []string{
		"0", "1", "2", "4", "5", "6", "9", ".", ".", ".", ":", ":", "a", "F", "g", "٣", "é", " ",
		"1.2", ".25", "255.", "249.1", "199", "1.2.3.", "256.0.", "a:0:", "1:f:2:", "c٣:12:abcd:1:", ":e:e:e",
	}},
}

// TestScanners compares each scanner with the pattern that it stands for.
func TestScanners(t *testing.T) {
	for _, s := range scanners {
		t.Run(s.name, func(t *testing.T) {
			sub := mark(t, s.pattern)
			rng := rand.New(rand.NewPCG(3, 4))
			matched := 0
			for range 100_000 {
				var b []byte
				for range rng.IntN(18) {
					b = append(b, s.alphabet[rng.IntN(len(s.alphabet))]...)
				}
				b = prefix(b, 20) // backtracking takes up to 2^20 steps
				want, found, err := sub.Append(nil, b)
				if err != nil {
					t.Fatalf("%q: %v", b, err)
				}
				if found {
					matched++
				} else {
					want = b
				}
				if got := marked(s.scanner, b); string(got) != string(want) {
					t.Errorf("%q\ngot  %q\nwant %q", b, got, want)
				}
			}
			if matched < 10_000 {
				t.Errorf("only %d texts matched", matched)
			}
		})
	}
}

// TestScannersLinear gives each scanner the texts that would cost quadratic or
// exponential time if it tried anything twice.
func TestScannersLinear(t *testing.T) {
	units := []string{
		"a", "a-", "a.", "w", "www", "www.", "a:", "a:/", "a/", "ab.cd/", "a@", "a@a.", "a@.", "@", "(", "a:b(", "(a)", "((a)", "a:b(a:b(c)",
		"http://(", "http://((a)", "a:...", "a.b:", "-", "é", "é-", "中:", "ab.cd/(", "ab:c!",
		"1.", "1:", "25.1.", "abcd:", "٣:",
	}
	for _, s := range scanners {
		for _, u := range units {
			for _, head := range []string{"", "a:b(", "http://", "a@a"} {
				b := []byte(head + strings.Repeat(u, (1<<20)/len(u)))
				start := time.Now()
				marked(s.scanner, b)
				// Quadratic time would be hours.
				if d := time.Since(start); d > 10*time.Second {
					t.Errorf("%s: %d times %q after %q took %v", s.name, (1<<20)/len(u), u, head, d)
				}
			}
		}
	}
}

// prefix is the first n code points of b.
func prefix(b []byte, n int) []byte {
	i := 0
	for ; n > 0 && i < len(b); n-- {
		_, k := text.Decode(b[i:])
		i += k
	}
	return b[:i]
}

// mark replaces the matches of a pattern by #.
func mark(t testing.TB, pattern string) *pyregex.Sub {
	t.Helper()
	re, err := pyregex.Compile(pattern, pyregex.Flags{DotAll: true})
	if err != nil {
		t.Fatal(err)
	}
	repl, err := re.Template("#")
	if err != nil {
		t.Fatal(err)
	}
	return pyregex.NewSub(re, repl)
}

func marked(s scanner, b []byte) []byte {
	s.Reset(b)
	var out []byte
	done := 0
	for start, end := s.Next(); start >= 0; start, end = s.Next() {
		out = append(append(out, b[done:start]...), '#')
		done = end
	}
	return append(out, b[done:]...)
}

// prose is mixed text in pieces of some 2 KB without e-mail addresses and
// links: two thirds English, the rest Russian and Chinese, with capitals,
// colons, slashes and digits at about the rate that text has.
func prose() []byte {
	english := "The quick brown fox, at 10:30 and/or later, jumps over the lazy dog: it was a fine day. " +
		"We saw (on page 12) what Smith wrote about windows, power and law; nobody knew why.\n"
	russian := "Съешь же ещё этих мягких французских булок, да выпей чаю. "
	chinese := "今天天气很好，我们去公园玩吧。你好，世界！"
	var b strings.Builder
	for b.Len() < 2048*2/3 {
		b.WriteString(english)
	}
	for b.Len() < 2048*5/6 {
		b.WriteString(russian)
	}
	for b.Len() < 2048 {
		b.WriteString(chinese)
	}
	return []byte(b.String())
}

func BenchmarkScanners(b *testing.B) {
	doc := prose()
	for _, s := range scanners {
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				s.scanner.Reset(doc)
				if start, _ := s.scanner.Next(); start >= 0 {
					b.Fatal("the text isn't clean")
				}
			}
		})
	}
	b.Run("whitespace", func(b *testing.B) {
		doc := text.Trim(doc)
		b.SetBytes(int64(len(doc)))
		for b.Loop() {
			if !text.NormalSpace(doc) {
				b.Fatal("the text isn't normal")
			}
		}
	})
}
