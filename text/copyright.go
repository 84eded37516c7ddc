package text

import "bytes"

// CopyrightNotice returns the part of b that cleaning a source file of its
// copyright notice cuts out, by the rule of RedPajama's cleaning: where b holds
// a comment in the style of C, /* to */, the first one if "copyright" is in
// it, in any case, and else nothing; where b holds none, the lines at its start
// that begin with //, # or -- or are empty. The part is empty where there is
// nothing to cut.
func CopyrightNotice(b []byte) Span {
	if start := bytes.Index(b, []byte("/*")); start >= 0 {
		if n := bytes.Index(b[start+2:], []byte("*/")); n >= 0 {
			end := start + 2 + n + 2
			if !saysCopyright(b[start:end]) {
				end = start
			}
			return Span{uint32(start), uint32(end)}
		}
	}
	i := 0
	for i < len(b) {
		line := b[i:]
		if !bytes.HasPrefix(line, []byte("//")) && !bytes.HasPrefix(line, []byte("--")) &&
			line[0] != '#' && line[0] != '\n' {
			break
		}
		n := bytes.IndexByte(line, '\n')
		if n < 0 {
			i = len(b)
			break
		}
		i += n + 1
	}
	return Span{0, uint32(i)}
}

// saysCopyright says whether the pattern (?i)copyright matches in b; İ is an i
// to Python's regex module.
func saysCopyright(b []byte) bool {
	for {
		i := bytes.IndexAny(b, "yY")
		if i < 0 {
			return false
		}
		if i >= 3 && foldHasPrefix(b[i-3:], "copyr") {
			rest := b[i+2:]
			if tail, ok := bytes.CutPrefix(rest, []byte("İ")); ok && foldHasPrefix(tail, "ght") ||
				foldHasPrefix(rest, "ight") {
				return true
			}
		}
		b = b[i+1:]
	}
}

// foldHasPrefix says whether b begins with the letters of prefix, which is in
// lower case and ASCII, in any case.
func foldHasPrefix(b []byte, prefix string) bool {
	if len(b) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if b[i]|0x20 != prefix[i] {
			return false
		}
	}
	return true
}
