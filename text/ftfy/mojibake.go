package ftfy

import (
	"slices"

	"corpusmill/text"
)

// frame is the memory of fixEncoding at one depth of its recursion.
type frame struct {
	runes [2][]rune
	bytes [2][]byte
}

func (f *Fixer) fixEncoding(dst, b []byte) []byte {
	fr := f.frame(0)
	rs := fr.runes[0][:0]
	for i := 0; i < len(b); {
		r, n := text.Decode(b[i:])
		rs = append(rs, r)
		i += n
	}
	fr.runes[0] = rs
	for _, r := range f.decode(0) {
		dst = text.Append(dst, r)
	}
	return dst
}

func (f *Fixer) frame(depth int) *frame {
	for depth >= len(f.frames) {
		f.frames = append(f.frames, new(frame))
	}
	return f.frames[depth]
}

// decode undoes wrong decodings of the first runes of the frame at depth until
// there is nothing unlikely in them or no way to mend it is known. Each that is
// undone leaves fewer code points or fewer C1 controls.
func (f *Fixer) decode(depth int) []rune {
	fr := f.frame(depth)
	for f.isBad(fr.runes[0]) {
		fixed := f.decodeOnce(fr, depth)
		if slices.Equal(fixed, fr.runes[0]) {
			break
		}
		fr.runes[0], fr.runes[1] = fixed, fr.runes[0]
	}
	return fr.runes[0]
}

// decodeOnce tries, in this order: that all is UTF-8 that was read in one of
// the encodings; that parts are; that all is Windows-1252 read as Latin-1; that
// the C1 controls are. It returns fr.runes[1], grown.
func (f *Fixer) decodeOnce(fr *frame, depth int) []rune {
	in, out := fr.runes[0], fr.runes[1][:0]
	table := places()
	possible, c1, clue := uint16(1<<len(encodings)-1), false, false
	for _, r := range in {
		p := placeOf(table, r)
		possible &= p.in
		c1 = c1 || isC1(r)
		clue = clue || p.clues&(firstOfTwo|firstOfThree|firstOfFour) != 0
	}
	for e := range encodings {
		if possible>>e&1 == 0 {
			continue
		}
		if fixed, ok := fr.decodeUTF8(out, in, e); ok {
			return fixed
		}
	}
	if clue {
		fixed := f.decodeParts(out, in, depth)
		if !slices.Equal(fixed, in) {
			return fixed
		}
		out = fixed[:0]
	}
	if !c1 {
		return append(out, in...)
	}
	// Both ways to read C1 controls as Windows-1252 come to the same where
	// all of them have a meaning there; where one has none, it stays.
	for _, r := range in {
		if isC1(r) {
			r = windows1252()[r-0x80]
		}
		out = append(out, r)
	}
	return out
}

func isC1(r rune) bool { return r >= 0x80 && r < 0xA0 }

// decodeUTF8 appends what rs is when its bytes in an encoding are read as
// UTF-8; false when they can't be.
func (fr *frame) decodeUTF8(dst, rs []rune, e int) ([]rune, bool) {
	table := places()
	b := fr.bytes[0][:0]
	for _, r := range rs {
		b = append(b, placeOf(table, r).code[e])
	}
	fr.bytes[0] = b
	if encodings[e].spaces {
		fr.bytes[1] = appendSpacesRestored(fr.bytes[1][:0], b)
		b = fr.bytes[1]
		fr.bytes[0], fr.bytes[1] = fr.bytes[1], fr.bytes[0]
	}
	if encodings[e].sloppy {
		fr.bytes[1] = appendLossyReplaced(fr.bytes[1][:0], b)
		b = fr.bytes[1]
	}
	return appendUTF8Runes(dst, b)
}

// decodeParts decodes the parts of rs that look like UTF-8 which was read in
// some encoding, each for itself.
func (f *Fixer) decodeParts(dst, rs []rune, depth int) []rune {
	table := places()
	for i := 0; i < len(rs); {
		n := 0
		if i == 0 || placeOf(table, rs[i-1]).clues&strictContinuation == 0 {
			n = partLen(table, rs[i:])
		}
		if n == 0 {
			dst = append(dst, rs[i])
			i++
			continue
		}
		part := rs[i : i+n]
		if n < len(rs) && f.isBad(part) {
			below := f.frame(depth + 1)
			below.runes[0] = append(below.runes[0][:0], part...)
			part = f.decode(depth + 1)
		}
		dst = append(dst, part...)
		i += n
	}
	return dst
}

// partLen returns how many of the first code points look like sequences of
// UTF-8.
func partLen(table map[rune]place, rs []rune) int {
	i := 0
	for i < len(rs) {
		first := placeOf(table, rs[i]).clues
		n := 0
		for n < 3 && i+1+n < len(rs) && placeOf(table, rs[i+1+n]).clues&continuation != 0 {
			n++
		}
		switch {
		case first&firstOfTwo != 0 && n >= 1:
			i += 2
		case first&firstOfThree != 0 && n >= 2:
			i += 3
		case first&firstOfFour != 0 && n >= 3:
			i += 4
		default:
			return i
		}
	}
	return i
}
