package record

import "corpusmill/text"

// Census counts the code points of Text by what they are.
func (d *Doc) Census() text.Census {
	if d.first(haveCensus) {
		d.census = text.TakeCensus(d.text)
	}
	return d.census
}
