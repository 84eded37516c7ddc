package tokenizers

import (
	"strings"
	"unicode/utf8"
)

// decoder makes text of the texts of tokens, a step of it.
type decoder func(tokens []string) []string

// Decode returns the text of ids. Ids without a token are left out, and the
// special ones where skipSpecial is set. What isn't UTF-8 is U+FFFD.
func (t *Tokenizer) Decode(ids []uint32, skipSpecial bool) string {
	var tokens []string
	for _, id := range ids {
		if skipSpecial && t.special[id] {
			continue
		}
		if s, ok := t.Token(id); ok {
			tokens = append(tokens, s)
		}
	}
	if len(t.decoders) == 0 {
		return strings.Join(tokens, " ")
	}
	for _, d := range t.decoders {
		tokens = d(tokens)
	}
	return strings.Join(tokens, "")
}

// eachToken makes a decoder of what changes one token; last says that it is the
// last one.
func eachToken(f func(s string, first, last bool) string) decoder {
	return func(tokens []string) []string {
		for i, s := range tokens {
			tokens[i] = f(s, i == 0, i == len(tokens)-1)
		}
		return tokens
	}
}

// readDecoder reads the steps of a decoder; null has none.
func readDecoder(p part) ([]decoder, error) {
	parts, err := p.flatten("decoders", 0)
	if err != nil {
		return nil, err
	}
	var out []decoder
	for _, p := range parts {
		d, err := readDecode(p)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func readDecode(p part) (decoder, error) {
	kind, err := p.kind()
	if err != nil {
		return nil, err
	}
	switch kind {
	case "ByteLevel":
		return decodeByteChars, nil
	case "ByteFallback":
		return decodeByteTokens, nil
	case "Fuse":
		return func(tokens []string) []string { return []string{strings.Join(tokens, "")} }, nil
	case "WordPiece":
		return readWordPieceDecoder(p)
	case "BPEDecoder":
		v := struct{ Suffix string }{"</w>"}
		err := p.decode(&v)
		return eachToken(func(s string, _, last bool) string {
			if last {
				return strings.ReplaceAll(s, v.Suffix, "")
			}
			return strings.ReplaceAll(s, v.Suffix, " ")
		}), err
	case "Metaspace":
		c, err := readMetaspaceConfig(p)
		return eachToken(func(s string, first, _ bool) string {
			with := " "
			if first && c.scheme != "never" {
				with = ""
			}
			return strings.ReplaceAll(s, string(c.replacement), with)
		}), err
	case "Strip":
		return readStripDecoder(p)
	case "Replace":
		key, err := p.at("pattern")
		if err != nil {
			return nil, err
		}
		f, err := key.patternOf()
		if err != nil {
			return nil, err
		}
		var v struct{ Content string }
		err = p.decode(&v)
		r := &replace{f, []byte(v.Content)}
		return eachToken(func(s string, _, _ bool) string {
			return string(r.append(nil, []byte(s), new(normalMemory)))
		}), err
	}
	return nil, p.unknown(kind)
}

// decodeByteChars joins tokens in which characters stand for bytes; one that
// has others too is its own bytes.
func decodeByteChars(tokens []string) []string {
	var out []byte
	for _, s := range tokens {
		start := len(out)
		var ok bool
		if out, ok = appendCharBytes(out, s); !ok {
			out = append(out[:start], s...)
		}
	}
	return []string{lossy(out)}
}

// lossy is b with U+FFFD in the place of each longest part that begins a
// character and doesn't end it, and of each other byte that isn't UTF-8.
func lossy(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out []byte
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			n = begun(b)
		}
		out = utf8.AppendRune(out, r)
		b = b[n:]
	}
	return string(out)
}

// begun is the length of the longest part at the start of b that a character
// could begin with, at least 1.
func begun(b []byte) int {
	for n := min(3, len(b)); n > 1; n-- {
		// If it lacks continuation alone, a further byte completes it.
		for fill := 1; n+fill <= utf8.UTFMax; fill++ {
			whole := append(append([]byte(nil), b[:n]...), "\x80\x80\x80"[:fill]...)
			if r, size := utf8.DecodeRune(whole); r != utf8.RuneError && size == len(whole) {
				return n
			}
		}
	}
	return 1
}

// decodeByteTokens turns runs of <0xAB> into what their bytes are, U+FFFD each
// where that isn't UTF-8.
func decodeByteTokens(tokens []string) []string {
	var out []string
	var run []byte
	flush := func() {
		switch {
		case len(run) == 0:
		case utf8.Valid(run):
			out = append(out, string(run))
		default:
			for range run {
				out = append(out, "\uFFFD")
			}
		}
		run = run[:0]
	}
	for _, s := range tokens {
		if b, ok := byteOf(s); ok {
			run = append(run, b)
			continue
		}
		flush()
		out = append(out, s)
	}
	flush()
	return out
}

// byteOf reads the token of a byte: <0x0A>.
func byteOf(s string) (b byte, ok bool) {
	if len(s) != 6 || s[:3] != "<0x" || s[5] != '>' {
		return 0, false
	}
	for _, c := range []byte(s[3:5]) {
		digit := strings.IndexByte("0123456789ABCDEFabcdef", c)
		if digit < 0 {
			return 0, false
		}
		if digit > 15 {
			digit -= 6
		}
		b = b<<4 | byte(digit)
	}
	return b, true
}

func readWordPieceDecoder(p part) (decoder, error) {
	v := struct {
		Prefix  string
		Cleanup bool
	}{"##", true}
	err := p.decode(&v)
	return eachToken(func(s string, first, _ bool) string {
		if !first {
			if rest, ok := strings.CutPrefix(s, v.Prefix); ok {
				s = rest
			} else {
				s = " " + s
			}
		}
		if v.Cleanup {
			s = cleanUp(s)
		}
		return s
	}), err
}

// cleanUp takes back the spaces that a tokenizer put before punctuation.
func cleanUp(s string) string {
	for _, r := range [...][2]string{
		{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"}, {" 'm", "'m"},
		{" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
	} {
		s = strings.ReplaceAll(s, r[0], r[1])
	}
	return s
}

func readStripDecoder(p part) (decoder, error) {
	var v struct{ Start, Stop int }
	if err := p.decode(&v); err != nil {
		return nil, err
	}
	key, err := p.at("content")
	if err != nil {
		return nil, err
	}
	r, err := key.char()
	content := string(r)
	return eachToken(func(s string, _, _ bool) string {
		for i := 0; i < v.Start && strings.HasPrefix(s, content); i++ {
			s = s[len(content):]
		}
		for i := 0; i < v.Stop && strings.HasSuffix(s, content); i++ {
			s = s[:len(s)-len(content)]
		}
		return s
	}), err
}
