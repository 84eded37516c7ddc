package text

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// random returns WTF-8 of up to n code points, with runs of ASCII in it.
func random(rng *rand.Rand, n int) []byte {
	alphabet := []rune("aZbY09 \t\n\r.,-_'\"@\x00\x1céßİıſKΣσςØøГπⓂ“中。\u3000\u200b\u00a0\u0085\u0301😀\U0001F3FD\U00010400\uFFFD\uD7FF")
	var b []byte
	for range rng.IntN(n + 1) {
		switch rng.IntN(10) {
		case 0:
			b = append(b, "Some Ascii"...)
		case 1:
			b = Append(b, 0xD800+rune(rng.IntN(0x800)))
		default:
			b = utf8.AppendRune(b, alphabet[rng.IntN(len(alphabet))])
		}
	}
	return b
}

func each(t *testing.T, check func(b []byte)) {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		check(random(rng, 60))
	}
}

func decodeAll(b []byte) (rs []rune) {
	for len(b) > 0 {
		r, n := Decode(b)
		rs = append(rs, r)
		b = b[n:]
	}
	return rs
}

func TestDecode(t *testing.T) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		b := Append(nil, r)
		if got, n := Decode(b); got != r || n != len(b) {
			t.Fatalf("Decode(%x) = %x, %d", b, got, n)
		}
		if got, n := DecodeLast(append([]byte("é"), b...)); got != r || n != len(b) {
			t.Fatalf("DecodeLast(%x) = %x, %d", b, got, n)
		}
		if !Valid(b) {
			t.Fatalf("%x is not valid", b)
		}
	}
	for _, bad := range []string{"\xff", "\x80", "\xed", "\xed\xa0", "\xed\xa0a", "\xe4\xb8", "\xf0\x90\x80", "\xc0\x80"} {
		if _, n := Decode([]byte(bad)); n != 1 {
			t.Errorf("Decode(%x) took %d bytes", bad, n)
		}
		if Valid([]byte(bad)) {
			t.Errorf("%x is valid", bad)
		}
	}
}

func TestRunes(t *testing.T) {
	each(t, func(b []byte) {
		if got, want := Runes(b), len(decodeAll(b)); got != want {
			t.Errorf("Runes(%q) = %d, want %d", b, got, want)
		}
	})
}

func TestASCII(t *testing.T) {
	each(t, func(b []byte) {
		want := 0
		for want < len(b) && b[want] < 0x80 {
			want++
		}
		if got := ASCII(b); got != want {
			t.Errorf("ASCII(%q) = %d, want %d", b, got, want)
		}
	})
}

// TestLower has what Python 3.11 answers.
func TestLower(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"ABCxyz[@`{ 09":          "abcxyz[@`{ 09",
		"İI":                     "i̇i",
		"ΑΣ":                     "ας",
		"Σ":                      "σ",
		"ΑΣΑ ΑΣ. ΑΣ.Α":           "ασα ας. ασ.α",
		"ΑΣ\u0301 ΑΣ'Α 'Σ":       "ας\u0301 ασ'α 'σ",
		"ΣΣΣ ⅧΣ 1Σ":              "σσς ⅷς 1σ",
		"ǅ ẞ Ⓐ Ａ Ⴀ Ꭰ \U00010400": "ǆ ß ⓐ ａ ⴀ ꭰ \U00010428",
		"A\xed\xa0\x80B":         "a\xed\xa0\x80b",
		"中文 ÀÖ×ÞŸ":               "中文 àö×þÿ",
	} {
		if got := AppendLower(nil, []byte(in)); string(got) != want {
			t.Errorf("lower of %q is %q, want %q", in, got, want)
		}
	}
	each(t, func(b []byte) {
		if lower := AppendLower([]byte("x"), b)[1:]; IsLowerASCII(b) != (ASCII(b) == len(b) && bytes.Equal(b, lower)) {
			t.Errorf("IsLowerASCII(%q) = %v", b, IsLowerASCII(b))
		}
	})
}

func TestWords(t *testing.T) {
	each(t, func(b []byte) {
		want := strings.FieldsFunc(string(b), func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' })
		words := AppendWords(nil, b)
		if got := parts(b, words); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("words of %q are %q, want %q", b, got, want)
		}
		var refined []string
		for _, w := range want {
			rs := decodeAll([]byte(w))
			for len(rs) > 0 && IsSpecial(rs[0]) {
				rs = rs[1:]
			}
			for len(rs) > 0 && IsSpecial(rs[len(rs)-1]) {
				rs = rs[:len(rs)-1]
			}
			if len(rs) > 0 {
				var s []byte
				for _, r := range rs {
					s = Append(s, r)
				}
				refined = append(refined, string(s))
			}
		}
		if got := parts(b, AppendRefined(words[:0], b, words)); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", refined) {
			t.Errorf("refined words of %q are %q, want %q", b, got, refined)
		}
	})
}

func parts(b []byte, spans []Span) (out []string) {
	for _, s := range spans {
		out = append(out, string(s.Of(b)))
	}
	return out
}

// TestSpecialTable holds the generated table to its source.
func TestSpecialTable(t *testing.T) {
	src, err := os.ReadFile("special.txt")
	if err != nil {
		t.Fatal(err)
	}
	special := map[rune]bool{}
	for line := range strings.Lines(string(src)) {
		if line[0] == '#' {
			continue
		}
		var lo, hi rune
		if n, _ := fmt.Sscanf(line, "%X-%X", &lo, &hi); n == 1 {
			hi = lo
		}
		for ; lo <= hi; lo++ {
			special[lo] = true
		}
	}
	if len(special) != 1618 {
		t.Errorf("special.txt has %d code points", len(special))
	}
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if IsSpecial(r) != special[r] {
			t.Errorf("IsSpecial(%U) = %v", r, IsSpecial(r))
		}
		if r < utf8.RuneSelf && special[r] != (class[r]&specialByte != 0) {
			t.Errorf("the byte class of %q differs", r)
		}
	}
}

func TestWhitespace(t *testing.T) {
	for in, want := range map[string]string{
		" \t\r\n\v\f\x1c\x1f\u0085\u00a0\u1680\u2028\u3000": "",
		"\u200ba\u200b":              " a ",
		"a\tb\u0084c\u00a0d\u1680e":  "a b c d\u1680e",
		"a\u2000\u200d\u2060\ufffcb": "a    b",
		"a\nb\r\nc\vd\x1ce":          "a\nb\r\nc\vd\x1ce",
		"\ufeffa 。b，c":               "\ufeffa 。b，c",
	} {
		if got := AppendNormalSpace(nil, []byte(in)); string(got) != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	each(t, func(b []byte) {
		var want []byte
		for _, r := range decodeAll(Trim(b)) {
			if IsVariousSpace(r) {
				r = ' '
			}
			want = Append(want, r)
		}
		if got := AppendNormalSpace(nil, b); !bytes.Equal(got, want) {
			t.Errorf("%q became %q, want %q", b, got, want)
		}
		if NormalSpace(b) != bytes.Equal(b, want) {
			t.Errorf("NormalSpace(%q) = %v", b, NormalSpace(b))
		}
	})
}

func TestCharacters(t *testing.T) {
	in := "a1 b!c\u3000d٣e，f\x1cg\u00a0_½Ⅷ\xed\xa0\x80"
	if got, want := AppendCharacters(nil, []byte(in)), "abcde，f\x1cg½Ⅷ\xed\xa0\x80"; string(got) != want {
		t.Errorf("%q became %q, want %q", in, got, want)
	}
}

func BenchmarkText(b *testing.B) {
	english := strings.Repeat("The quick brown fox, at 10:30, jumps over the lazy dog: it was a fine day.\n", 18)
	mixed := []byte(english + strings.Repeat("Съешь же ещё этих мягких булок. ", 7) + strings.Repeat("今天天气很好，我们去公园玩吧。", 7))
	lower := AppendLower(nil, mixed)
	var spans []Span
	var buf []byte
	for _, c := range []struct {
		name string
		run  func()
	}{
		{"Runes", func() { Runes(mixed) }},
		{"Lower", func() { buf = AppendLower(buf[:0], mixed) }},
		{"Words", func() { spans = AppendWords(spans[:0], mixed) }},
		{"Refined", func() { spans = AppendWords(spans[:0], lower); spans = AppendRefined(spans[:0], lower, spans) }},
		{"Characters", func() { buf = AppendCharacters(buf[:0], mixed) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(mixed)))
			b.ReportAllocs()
			for b.Loop() {
				c.run()
			}
		})
	}
}
