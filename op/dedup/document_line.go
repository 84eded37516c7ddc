package dedup

import (
	"bytes"
	"context"

	"github.com/zeebo/xxh3"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text"
)

type documentLineParams struct {
	FrequencyThreshold     int64 `json:"frequency_threshold" min:"1" doc:"the most rows that may have a line that stays"`
	Lowercase              bool  `json:"lowercase" doc:"compare lines in lower case"`
	IgnoreSpecialCharacter bool  `json:"ignore_special_character" doc:"compare lines without white space, digits and ASCII punctuation"`
	MinLineLength          int64 `json:"min_line_length" doc:"lines of fewer code points, without the white space around them, always stay"`
	SkipBrackets           bool  `json:"skip_brackets" doc:"lines of nothing but {}[](); always stay"`
	SkipMarkdownHeaders    bool  `json:"skip_markdown_headers" doc:"lines that begin with # always stay"`
	SkipLatexEnv           bool  `json:"skip_latex_env" doc:"lines that begin with \\begin{ or \\end{ always stay"`
	SkipHTMLTags           bool  `json:"skip_html_tags" doc:"lines that are one HTML or XML tag, whole or begun, always stay"`
}

func init() {
	op.Register(op.Spec{
		Name:    "document_line_deduplicator",
		Summary: "Takes lines that are in many rows out of all of them.",
		Kind:    op.KindDeduplicator,
		Doc: `It takes out what sites put on each page: menus, notices, calls to subscribe. Lines end at \n alone. A
line that is in more rows than frequency_threshold is taken out of all of them, wherever it stands and
however often; rows all stay, with an empty text if need be. Lines are compared without the white space
around them, by a 128-bit hash (XXH3; MD5 in Data-Juicer). With ignore_special_character, lines of digits
and ASCII punctuation alone are the same as each other. The rows are those of Data-Juicer, except that it
leaves a data set of a single row alone.`,
		ScratchPerByte: 4,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:    "A line that is in more than two rows goes.",
				Params: `{"frequency_threshold":2}`,
				In: `{"text":"Home | About | Contact\nThe weather will be fine."}` + "\n" +
					`{"text":"Home | About | Contact\nThe match ended in a draw.\nAll rights reserved"}` + "\n" +
					`{"text":"A storm is near.\n  Home | About | Contact\nAll rights reserved"}`,
				Want: `{"text":"The weather will be fine."}` + "\n" +
					`{"text":"The match ended in a draw.\nAll rights reserved"}` + "\n" +
					`{"text":"A storm is near.\nAll rights reserved"}`,
			},
			{
				Doc:    "Code and markup keep their brackets, headings and tags.",
				Params: `{"frequency_threshold":1,"lowercase":true,"ignore_special_character":true}`,
				In:     `{"text":"# Usage\n<div>\n{\nPage 1 of 12\n}"}` + "\n" + `{"text":"# Usage\n<div>\n{\npage 3 of 12.\n}"}`,
				Want:   `{"text":"# Usage\n<div>\n{\n}"}` + "\n" + `{"text":"# Usage\n<div>\n{\n}"}`,
			},
		},
	}, documentLineParams{
		FrequencyThreshold: 6, MinLineLength: 2, SkipBrackets: true, SkipMarkdownHeaders: true, SkipLatexEnv: true, SkipHTMLTags: true,
	}, func(p documentLineParams) (op.Operator, error) { return &documentLine{params: p}, nil })
}

type documentLine struct {
	op.Base
	params documentLineParams
	text   record.Path
}

func (o *documentLine) Open(ctx context.Context, env *op.Env) error {
	o.text = env.Text()
	return nil
}

func (o *documentLine) Grouping() op.Grouping {
	return op.Grouping{By: op.ByPart, MaxRows: o.params.FrequencyThreshold}
}

func (o *documentLine) New(*op.Worker) (any, error) {
	return &documentLineInstance{documentLine: o}, nil
}

type documentLineInstance struct {
	*documentLine
	buf []byte
}

// Keys has one for each line that doesn't always stay.
func (o *documentLineInstance) Keys(r *record.Record, dst []op.Key) ([]op.Key, error) {
	d := r.Doc(o.text)
	rest := d.Text()
	compared := rest // has the same line ends as rest
	if o.params.Lowercase {
		compared = d.Lower()
	}
	for more := true; more; {
		var line, as []byte
		line, rest, more = bytes.Cut(rest, newline)
		as, compared, _ = bytes.Cut(compared, newline)
		if o.stays(line) {
			continue
		}
		if o.params.IgnoreSpecialCharacter {
			o.buf = letters(o.buf, as)
			as = o.buf
		}
		h := xxh3.Hash128(text.Trim(as))
		dst = append(dst, op.Key{Hi: h.Hi, Lo: h.Lo})
	}
	return dst, nil
}

// Trim takes out the lines that parts name. Parts are in order.
func (o *documentLineInstance) Trim(r *record.Record, parts []uint32) error {
	dst, rest := r.Buffer(o.text), r.Text(o.text)
	first := true
	for more, key := true, uint32(0); more; {
		var line []byte
		line, rest, more = bytes.Cut(rest, newline)
		if !o.stays(line) {
			key++
			if len(parts) > 0 && parts[0] == key-1 {
				parts = parts[1:]
				continue
			}
		}
		if !first {
			dst = append(dst, '\n')
		}
		dst, first = append(dst, line...), false
	}
	r.SetText(o.text, dst)
	return nil
}

var newline = []byte{'\n'}

// stays says that a line has no key, by what it is.
func (o *documentLine) stays(line []byte) bool {
	p := &o.params
	line = text.Trim(line)
	switch {
	case int64(text.Runes(line)) < p.MinLineLength:
	case p.SkipBrackets && allBrackets(line):
	case p.SkipMarkdownHeaders && len(line) > 0 && line[0] == '#':
	case p.SkipLatexEnv && (bytes.HasPrefix(line, []byte(`\begin{`)) || bytes.HasPrefix(line, []byte(`\end{`))):
	case p.SkipHTMLTags && isTag(line):
	default:
		return false
	}
	return true
}

// allBrackets holds for an empty line too.
func allBrackets(line []byte) bool {
	for _, c := range line {
		switch c {
		case '{', '}', '[', ']', '(', ')', ';':
		default:
			return false
		}
	}
	return true
}

// isTag says whether a trimmed line matches </?[a-z][^>]*>? as Python does
// with IGNORECASE, where four letters beyond ASCII are the equals of i, s and
// k.
func isTag(line []byte) bool {
	if len(line) < 2 || line[0] != '<' {
		return false
	}
	line = line[1:]
	if line[0] == '/' {
		line = line[1:]
	}
	switch r, _ := text.Decode(line); {
	case r|0x20 >= 'a' && r|0x20 <= 'z':
	case r == 'İ', r == 'ı', r == 'ſ', r == '\u212A': // the Kelvin sign
	default:
		return false
	}
	end := bytes.IndexByte(line, '>')
	return end < 0 || end == len(line)-1
}

// letters returns b without what Python's re module takes for \s, \d or ASCII
// punctuation, in buf if that has room.
func letters(buf, b []byte) []byte {
	dst := text.AppendCharacters(buf[:0], b)
	n := 0
	for _, c := range dst { // of the regex module, \s doesn't have U+001C to U+001F
		dst[n] = c
		if c-0x1C >= 4 {
			n++
		}
	}
	return dst[:n]
}
