package ftfy

import (
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"

	"corpusmill/text"
)

// ligatures are those of Latin letters that are taken apart.
var ligatures = map[rune]string{
	'Ĳ': "IJ", 'ĳ': "ij", 'ŉ': "ʼn", 'Ǳ': "DZ", 'ǲ': "Dz", 'ǳ': "dz", 'Ǆ': "DŽ", 'ǅ': "Dž", 'ǆ': "dž",
	'Ǉ': "LJ", 'ǈ': "Lj", 'ǉ': "lj", 'Ǌ': "NJ", 'ǋ': "Nj", 'ǌ': "nj",
	'ﬀ': "ff", 'ﬁ': "fi", 'ﬂ': "fl", 'ﬃ': "ffi", 'ﬄ': "ffl", 'ﬅ': "ſt", 'ﬆ': "st",
}

// quotes are the curly ones.
var quotes = strings.NewReplacer("ʼ", "'", "‘", "'", "’", "'", "‚", "'", "‛", "'",
	"“", `"`, "”", `"`, "„", `"`, "‟", `"`)

// replacements are the code points that become others wherever they stand: C1
// controls what Windows-1252 has in their place, ligatures, full and half
// widths, curly quotes and line separators, each step on what those before it
// left.
var replacements = sync.OnceValue(func() map[rune]string {
	to := map[rune]string{'\u2028': "\n", '\u2029': "\n", '\u3000': " "}
	for i, r := range windows1252() {
		if i < 0x20 {
			to[0x80+rune(i)] = quotes.Replace(string(r))
		}
	}
	for r, s := range ligatures {
		to[r] = quotes.Replace(s)
	}
	for r := '\uFF01'; r < '\uFFF0'; r++ {
		to[r] = norm.NFKC.String(string(r))
	}
	for _, r := range "ʼ‘’‚‛“”„‟" {
		to[r] = quotes.Replace(string(r))
	}
	for r, s := range to {
		if s == string(r) {
			delete(to, r)
		}
	}
	return to
})

// replaceCharacters applies replacements, makes line breaks newlines and
// surrogates what they stand for, and says whether there are control
// characters.
func (f *Fixer) replaceCharacters(dst, b []byte) (out []byte, controls bool) {
	table := replacements()
	done := 0
	for i := plainASCII(b); i < len(b); i += plainASCII(b[i:]) {
		r, n := text.Decode(b[i:])
		i += n
		if r != '\r' && f.mark(r).todo&characters == 0 {
			continue
		}
		dst = append(dst, b[done:i-n]...)
		switch {
		case r == '\r':
			if i == len(b) || b[i] != '\n' {
				dst = append(dst, '\n')
			}
		case isControl(r):
			controls = true
			dst = text.Append(dst, r)
		case isSurrogate(r):
			low, n := text.Decode(b[i:])
			if r < 0xDC00 && isSurrogate(low) && low >= 0xDC00 {
				dst = text.Append(dst, 0x10000+(r-0xD800)<<10+low-0xDC00)
				i += n
			} else {
				dst = text.Append(dst, '\uFFFD')
			}
		default:
			dst = append(dst, table[r]...)
		}
		done = i
	}
	return append(dst, b[done:]...), controls
}

// removeControls leaves out escape sequences of terminals and control
// characters.
func removeControls(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		r, n := text.Decode(b[i:])
		switch {
		case r == '\x1b' && escapeLen(b[i:]) > 0:
			n = escapeLen(b[i:])
		case !isControl(r):
			dst = append(dst, b[i:i+n]...)
		}
		i += n
	}
	return dst
}

// escapeLen returns the length of \x1b\[[\d;]*[a-zA-Z] at the start of b, 0 for
// no match.
func escapeLen(b []byte) int {
	if len(b) < 2 || b[1] != '[' {
		return 0
	}
	for i := 2; i < len(b); {
		r, n := text.Decode(b[i:])
		i += n
		switch {
		case r|0x20 >= 'a' && r|0x20 <= 'z':
			return i
		case r != ';' && !text.IsDigit(r):
			return 0
		}
	}
	return 0
}
