package text

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// lines is str.splitlines, one code point after the other.
func lines(s string) []string {
	var out []string
	var line strings.Builder
	rest := []byte(s)
	for len(rest) > 0 {
		r, n := Decode(rest)
		c := string(rest[:n])
		rest = rest[n:]
		if !slices.Contains([]rune("\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029"), r) {
			line.WriteString(c)
			continue
		}
		if r == '\r' && len(rest) > 0 && rest[0] == '\n' {
			rest = rest[1:]
		}
		out = append(out, line.String())
		line.Reset()
	}
	if line.Len() > 0 {
		out = append(out, line.String())
	}
	return out
}

func TestLines(t *testing.T) {
	alphabet := []string{
		"a", "some text ", "\n", "\r", "\r\n", "\v", "\f", "\x1b", "\x1c", "\x1d", "\x1e", "\x1f", " ", "!", "\t", "\x00",
		"\u0085", "\u0084", "\u00a0", "\u2028", "\u2029", "\u202a", "“", "中", "ж", "😀", "\xed\xa0\x80",
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for range 50_000 {
		var b strings.Builder
		for range rng.IntN(20) {
			b.WriteString(alphabet[rng.IntN(len(alphabet))])
		}
		s := b.String()
		var got []string
		for _, line := range AppendLines(nil, []byte(s)) {
			got = append(got, string(line.Of([]byte(s))))
		}
		if want := lines(s); fmt.Sprint(got) != fmt.Sprint(want) || len(got) != len(want) {
			t.Fatalf("lines of %q are %q, want %q", s, got, want)
		}
	}
}

// TestLinesCut has texts that end within what may be a line end.
func TestLinesCut(t *testing.T) {
	for _, s := range []string{"\xc2", "a\xe2", "a\xe2\x80", "12345678\xe2\x80"} {
		if got := AppendLines(nil, []byte(s)); len(got) != 1 || int(got[0].End) != len(s) {
			t.Errorf("lines of %q are %v", s, got)
		}
	}
}
