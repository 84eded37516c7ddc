package text

import "encoding/binary"

// punctuation is what AppendPlainPunctuation replaces: the table that Data-Juicer
// and the pipelines before it share. That a full-width 1 becomes a quotation
// mark is part of it.
var punctuation = map[rune]string{
	'，': ",", '。': ".", '、': ",", '„': `"`, '”': `"`, '“': `"`, '«': `"`, '»': `"`, '１': `"`,
	'」': `"`, '「': `"`, '《': `"`, '》': `"`, '´': "'", '∶': ":", '：': ":", '？': "?", '！': "!",
	'（': "(", '）': ")", '；': ";", '–': "-", '—': " - ", '．': ". ", '～': "~", '’': "'",
	'…': "...", '━': "-", '〈': "<", '〉': ">", '【': "[", '】': "]", '％': "%", '►': "-",
}

// plainBlocks holds the replacements by the code points' upper bits: which of
// 64 code points that share all but their last byte are replaced, and by what.
// Block 0 replaces nothing.
var plainBlocks, plainIndex = func() (blocks []plainBlock, index [1 << 10]uint8) {
	blocks = make([]plainBlock, 1)
	for r, by := range punctuation {
		k := &index[r>>6]
		if *k == 0 {
			*k = uint8(len(blocks))
			blocks = append(blocks, plainBlock{})
		}
		blocks[*k].by[r&63] = by
	}
	return blocks, index
}()

type plainBlock struct{ by [64]string }

// plainLead says which bytes begin a sequence that may be replaced.
var plainLead = func() (lead [256]bool) {
	for r := range punctuation {
		lead[string(r)[0]] = true
	}
	return lead
}()

// PlainPunctuation returns where the first punctuation mark of b lies that
// AppendPlainPunctuation replaces; len(b) for none.
func PlainPunctuation(b []byte) int {
	i, _, _ := nextPunctuation(b, 0)
	return i
}

// AppendPlainPunctuation appends b to dst with the punctuation marks of other
// scripts replaced by those of ASCII.
func AppendPlainPunctuation(dst, b []byte) []byte {
	for i := 0; ; {
		at, n, by := nextPunctuation(b, i)
		dst = append(dst, b[i:at]...)
		if n == 0 {
			return dst
		}
		dst = append(dst, by...)
		i = at + n
	}
}

// nextPunctuation returns where the first replaced code point at i or later
// lies, its length and what replaces it; len(b), 0 for none.
func nextPunctuation(b []byte, i int) (at, n int, by string) {
	for i < len(b) {
		if len(b)-i >= 8 && binary.LittleEndian.Uint64(b[i:])&highs == 0 {
			i += 8
			continue
		}
		for stop := min(i+8, len(b)); i < stop; {
			if !plainLead[b[i]] {
				i++
				continue
			}
			r, n := Decode(b[i:])
			if block := plainIndex[r>>6&1023]; block != 0 && r < 1<<16 {
				if by := plainBlocks[block].by[r&63]; by != "" {
					return i, n, by
				}
			}
			i += n
		}
	}
	return len(b), 0, ""
}
