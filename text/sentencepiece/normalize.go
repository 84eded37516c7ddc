package sentencepiece

import (
	"bytes"
	"unicode/utf8"

	"corpusmill/text/trie"
)

// space is what a space becomes where spaces are escaped: U+2581.
const space = "\u2581"

const replacement = "\uFFFD"

// normalizer brings text into the form that pieces are looked up in.
type normalizer struct {
	table             charsmap
	symbols           trie.Trie // user-defined ones, which pass unchanged
	addDummyPrefix    bool
	removeExtraSpaces bool
	escapeSpaces      bool
	spaceIsSuffix     bool
	// plain are the ASCII characters that pass unchanged when another ASCII
	// character or the end follows.
	plain [utf8.RuneSelf]bool
}

func (z *normalizer) read(b []byte) error {
	return fields(b, func(f field) (err error) {
		switch {
		case f.number == 2 && f.wire == wireBytes:
			z.table, err = readCharsmap(f.data)
		case f.wire != wireVarint:
		case f.number == 3:
			z.addDummyPrefix = f.bool()
		case f.number == 4:
			z.removeExtraSpaces = f.bool()
		case f.number == 5:
			z.escapeSpaces = f.bool()
		}
		return err
	})
}

func (z *normalizer) prepare() {
	for c := range z.plain {
		z.plain[c] = c != ' ' && z.isPlain(byte(c))
	}
}

func (z *normalizer) isPlain(c byte) bool {
	if len(z.symbols.Units) > 0 {
		if _, ok := z.symbols.Step(0, c); ok {
			return false
		}
	}
	if len(z.table.units) == 0 {
		return true
	}
	at, value, ok := z.table.step(z.table.root(), c)
	if !ok {
		return true
	}
	if value >= 0 {
		return false
	}
	for next := range byte(utf8.RuneSelf) {
		if _, _, ok := z.table.step(at, next); ok {
			return false
		}
	}
	return true
}

// prefix returns the normal form of the first part of b, and the length of
// that part. b is not empty. A byte that starts no UTF-8 sequence becomes
// U+FFFD.
func (z *normalizer) prefix(b []byte) (normal []byte, n int) {
	if n := z.symbols.Longest(b); n > 0 {
		return b[:n], n
	}
	if by, n := z.table.longest(b); n > 0 {
		return by, n
	}
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError && n <= 1 {
		return replacementBytes, 1
	}
	return b[:n], n
}

var replacementBytes = []byte(replacement)

// append appends the normal form of b to dst.
func (z *normalizer) append(dst, b []byte) []byte {
	start := len(dst)
	if z.removeExtraSpaces {
		for len(b) > 0 {
			normal, n := z.prefix(b)
			if string(normal) != " " {
				break
			}
			b = b[n:]
		}
	}
	if len(b) == 0 {
		return dst
	}
	if !z.spaceIsSuffix && z.addDummyPrefix {
		dst = z.appendSpace(dst)
	}
	afterSpace := z.removeExtraSpaces
	for i := 0; i < len(b); {
		if c := b[i]; c < utf8.RuneSelf && z.plain[c] {
			j := i + 1
			for j < len(b) && b[j] < utf8.RuneSelf && z.plain[b[j]] {
				j++
			}
			if j < len(b) && b[j] >= utf8.RuneSelf {
				j-- // what follows may change the last one
			}
			if j > i {
				dst, i, afterSpace = append(dst, b[i:j]...), j, false
				continue
			}
		}
		normal, n := z.prefix(b[i:])
		i += n
		if afterSpace {
			for len(normal) > 0 && normal[0] == ' ' {
				normal = normal[1:]
			}
		}
		if len(normal) == 0 {
			continue
		}
		for {
			at := bytes.IndexByte(normal, ' ')
			if at < 0 || !z.escapeSpaces {
				dst, afterSpace = append(dst, normal...), normal[len(normal)-1] == ' '
				break
			}
			dst = append(append(dst, normal[:at]...), space...)
			if normal = normal[at+1:]; len(normal) == 0 {
				afterSpace = true
				break
			}
		}
		afterSpace = afterSpace && z.removeExtraSpaces
	}
	if z.removeExtraSpaces {
		last := []byte(" ")
		if z.escapeSpaces {
			last = spaceBytes
		}
		for bytes.HasSuffix(dst[start:], last) {
			dst = dst[:len(dst)-len(last)]
		}
	}
	if z.spaceIsSuffix && z.addDummyPrefix {
		dst = z.appendSpace(dst)
	}
	return dst
}

var spaceBytes = []byte(space)

func (z *normalizer) appendSpace(dst []byte) []byte {
	if z.escapeSpaces {
		return append(dst, space...)
	}
	return append(dst, ' ')
}
