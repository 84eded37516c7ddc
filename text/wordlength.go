package text

// AppendWordsOfLength appends to dst the words of b whose length in code
// points is within [shortest, longest], and those that are longer with the
// special characters around them and within it without. words are the words
// of b as AppendWords splits them. Between two words stands what separates
// them most in b: a newline, else a tab, else one space.
func AppendWordsOfLength(dst, b []byte, words []Span, shortest, longest int) []byte {
	first, gap := true, 0
	for _, w := range words {
		if !lengthWithin(b, w, shortest, longest) {
			continue
		}
		if !first {
			dst = append(dst, widest(b[gap:w.Start]))
		}
		dst = append(dst, w.Of(b)...)
		first, gap = false, int(w.End)
	}
	return dst
}

// WordsOfLength says whether AppendWordsOfLength appends all of b as it is.
func WordsOfLength(b []byte, words []Span, shortest, longest int) bool {
	end := -1 // of the word before, one separator before the next
	for _, w := range words {
		if int(w.Start) != end+1 || !lengthWithin(b, w, shortest, longest) {
			return false
		}
		end = int(w.End)
	}
	return end == len(b) || len(b) == 0
}

func lengthWithin(b []byte, w Span, shortest, longest int) bool {
	n := int(w.End - w.Start)
	if n > longest || (n+3)/4 < shortest { // the bytes alone don't decide
		n = Runes(w.Of(b))
	}
	if n > longest {
		w = TrimSpecial(b, w)
		n = Runes(w.Of(b))
	}
	return shortest <= n && n <= longest
}

// widest returns the separator among those of gap, and of the words left out
// between them, that divides most.
func widest(gap []byte) byte {
	sep := byte(' ')
	for _, c := range gap {
		switch c {
		case '\n':
			return '\n'
		case '\t':
			sep = '\t'
		}
	}
	return sep
}
