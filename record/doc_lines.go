package record

import "corpusmill/text"

// Lines are the lines of Text, without what ends them, as text.AppendLines
// splits it.
func (d *Doc) Lines() []text.Span {
	if d.first(haveLines) {
		d.lines.keep(text.AppendLines(d.lines.mem[:0], d.text))
	}
	return d.lines.val
}
