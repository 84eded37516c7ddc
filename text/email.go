package text

import "bytes"

// EmailPattern is the pattern that an EmailScanner implements.
const EmailPattern = `[A-Za-z0-9.\-+_]+@[a-z0-9.\-+_]+\.[a-z]+`

// EmailScanner finds the matches of EmailPattern in one text, in linear time.
type EmailScanner struct {
	b    []byte
	from int // matches begin here or later
}

// Reset points s at another text.
func (s *EmailScanner) Reset(b []byte) { *s = EmailScanner{b: b} }

// Next returns the bounds of the next match, or -1, -1.
func (s *EmailScanner) Next() (start, end int) {
	b := s.b
	for at := s.from; ; at++ {
		k := bytes.IndexByte(b[at:], '@')
		if k < 0 {
			return -1, -1
		}
		at += k
		if at == s.from || class[b[at-1]]&emailByte == 0 {
			continue
		}
		end := domainEnd(b, at+1)
		if end < 0 {
			continue
		}
		start := at - 1
		for start > s.from && class[b[start-1]]&emailByte != 0 {
			start--
		}
		s.from = end
		return start, end
	}
}

// domainEnd returns where [a-z0-9.\-+_]+\.[a-z]+ ends when it matches at i,
// else -1: the greedy first part gives back until a dot and a letter follow,
// so the last dot before a letter decides.
func domainEnd(b []byte, i int) int {
	stop := i
	for stop < len(b) && class[b[stop]]&domainByte != 0 {
		stop++
	}
	for dot := stop - 2; dot > i; dot-- {
		if b[dot] == '.' && b[dot+1]-'a' < 26 {
			end := dot + 2
			for end < stop && b[end]-'a' < 26 {
				end++
			}
			return end
		}
	}
	return -1
}
