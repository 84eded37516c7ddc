package pattern

import (
	"bytes"
	"testing"
)

func TestFind(t *testing.T) {
	const gpt2 = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	for _, c := range []struct {
		pattern, text string
		want          []string
	}{
		{gpt2, "It's  12 dogs!! \n x", []string{"It", "'s", " ", " 12", " dogs", "!!", " \n", " x"}},
		{`(?i:'s|'re)`, "A'S b'rE 'ſ", []string{"'S", "'rE", "'ſ"}},
		{`\p{N}{1,3}`, "1234567", []string{"123", "456", "7"}},
		{`\s*[\r\n]+`, "a  \n\n  b \r", []string{"  \n\n", " \r"}},
		{`[a-z&&[^aeiou]]+`, "hello", []string{"h", "ll"}},
		{`[^(\s|[.,!?])]+`, "ab.c (d)", []string{"ab", "c", "d"}},
		{`(?:ab|a)(?:c|bd)`, "abd abc ac", []string{"abd", "abc", "ac"}},
		{`(?:ab)*c`, "ababc c abab", []string{"ababc", "c"}},
		{`(?:ab)+?`, "abab", []string{"ab", "ab"}},
		{`(?:ab)++a`, "ababa", []string{"ababa"}},
		{`a{2,3}?`, "aaaaa", []string{"aa", "aa"}},
		{`a+?b`, "aaab", []string{"aaab"}},
		{`a++a`, "aaa", nil},
		{`(?>a|ab)c`, "abc ac", []string{"ac"}},
		{`a(?=b)`, "abaa", []string{"a"}},
		{`\Aa|b\z`, "aabb", []string{"a", "b"}},
		{`[\u4e00-\u9fa5]+|\x{1F600}`, "x中文😀", []string{"中文", "😀"}},
		{`[[:alpha:]_-]+`, "a-b_c d", []string{"a-b_c", "d"}},
		{`\P{^Lu}\p{^Lu}`, "aBc", []string{"Bc"}},
		{`.+`, "a\nb", []string{"a", "b"}},
		{`(?i)ab|cd`, "ABCD", []string{"AB", "CD"}},
	} {
		p, err := Compile(c.pattern)
		if err != nil {
			t.Error(err)
			continue
		}
		var m Matcher
		var got []string
		for at := 0; ; {
			s, e, ok := p.Find(&m, []byte(c.text), at)
			if !ok {
				break
			}
			got = append(got, c.text[s:e])
			at = e
		}
		if len(got) != len(c.want) {
			t.Errorf("%s in %q: %q, want %q", c.pattern, c.text, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s in %q: %q, want %q", c.pattern, c.text, got, c.want)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	for pattern, at := range map[string]int{
		`a\b`: 2, `(a`: 2, `a)`: 1, `[a`: 2, `(?<=a)b`: 1, `^a`: 0, `*`: 0, `\p{Nope}`: 2, `(?:a+)+`: 7,
		`(?:a*)*`: 7, `[z-a]`: 3, `\x{110000}`: 1, `a{2000}`: 1, `(a)\1`: 4, `(?:ab){2}`: 9, `[[:blank:]]`: 2, `\p`: 2, `(?:`: 3, `\`: 1,
	} {
		_, err := Compile(pattern)
		if e, ok := err.(*Error); !ok || e.At != at {
			t.Errorf("%s: %v, want an error at %d", pattern, err, at)
		}
	}
}

// TestExceeded has a pattern that takes time which grows with a high power of
// the text, and one that takes a long way back.
func TestExceeded(t *testing.T) {
	text := bytes.Repeat([]byte("a"), 3000)
	var m Matcher
	p, err := Compile(`a*a*a*a*b|c`)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := p.Find(&m, text, 0); ok || !m.Exceeded {
		t.Errorf("found %v, exceeded %v", ok, m.Exceeded)
	}
	m.Exceeded = false
	if s, e, ok := p.Find(&m, []byte("ac"), 0); !ok || s != 1 || e != 2 || m.Exceeded {
		t.Errorf("afterwards: %d to %d, %v, exceeded %v", s, e, ok, m.Exceeded)
	}
	if p, err = Compile(`\s*[\r\n]+|\s+`); err != nil {
		t.Fatal(err)
	}
	text = bytes.Repeat([]byte(" "), 1<<22)
	if s, e, ok := p.Find(&m, text, 0); !ok || s != 0 || e != len(text) || m.Exceeded {
		t.Errorf("spaces: %d to %d, %v, exceeded %v", s, e, ok, m.Exceeded)
	}
}

func FuzzCompile(f *testing.F) {
	f.Add(`(?i:'s)|[^\s\p{L}]+(?!\S)| ?\p{N}{1,3}`, "it's 12")
	f.Add(`(?>a|ab)+c|[a-z&&[^b]]*?x`, "ababc")
	f.Fuzz(func(t *testing.T, src, text string) {
		p, err := Compile(src)
		if err != nil || len(text) > 1000 {
			return
		}
		var m Matcher
		b := []byte(string([]rune(text)))
		s, e, ok := p.Find(&m, b, 0)
		if ok && (s < 0 || e < s || e > len(b)) {
			t.Fatalf("%q in %q: %d to %d", src, text, s, e)
		}
	})
}
