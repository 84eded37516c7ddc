package record

// Doc is the analysis of one text that operators share. Each method computes
// on its first call and answers from memory afterwards. Its memory is reused
// for every row.
type Doc struct {
	text  []byte
	have  uint32
	runes int
}

const (
	haveRunes = 1 << iota
)

// Reset makes the Doc speak of another text, which it doesn't copy.
func (d *Doc) Reset(text []byte) { d.text, d.have = text, 0 }

// Text is the text analysed.
func (d *Doc) Text() []byte { return d.text }
