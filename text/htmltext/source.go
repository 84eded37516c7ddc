package htmltext

import (
	"bytes"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// appendSource appends the texts of b in the order of the source. In most
// pages that is their order in the tree, and making none is a few times
// faster. With exact it returns false when it meets an element for which that
// may not hold: tables move what is misplaced in them, menus drop tags, in
// drawings and formulas scripts are no raw text.
func appendSource(dst, b []byte, exact bool) (out []byte, ok bool) {
	z := html.NewTokenizer(bytes.NewReader(b))
	start := len(dst)
	body := false       // it has begun
	raw := atom.Atom(0) // the element of the head that the next text belongs to
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return dst, true
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			tag := tagOf(bytes.TrimPrefix(z.Raw()[1:], []byte("/")))
			if exact && isMoving(tag, body) {
				return dst[:start], false
			}
			raw = 0
			switch tag {
			case atom.Title, atom.Script, atom.Style:
				if kind != html.EndTagToken {
					raw = tag
				}
			case atom.Html, atom.Body, atom.Br:
				body = body || tag != atom.Html || kind == html.EndTagToken
			case atom.Noscript:
				z.NextIsNotRawText() // since scripts are turned off
			case atom.Head, atom.Base, atom.Basefont, atom.Bgsound, atom.Link, atom.Meta, atom.Template, atom.Noframes:
			default:
				body = body || kind != html.EndTagToken
			}
		case html.TextToken:
			text := z.Raw()
			if bytes.IndexByte(text, '&') >= 0 || bytes.IndexByte(text, '\r') >= 0 {
				text = z.Text()
			}
			if !body {
				if raw != 0 {
					continue
				}
				for len(text) > 0 && isSpace(text[0]) {
					text = text[1:]
				}
				body = len(text) > 0
			}
			dst = append(dst, text...)
		}
	}
}

// isMoving says whether an element of the name may move or drop text, whether
// its start or its end tag is seen, in the body or before it.
func isMoving(tag atom.Atom, body bool) bool {
	switch tag {
	case atom.Table, atom.Caption, atom.Colgroup, atom.Col, atom.Tbody, atom.Thead, atom.Tfoot, atom.Tr, atom.Td, atom.Th,
		atom.Select, atom.Option, atom.Optgroup, atom.Frameset, atom.Frame, atom.Svg, atom.Math, atom.Template,
		atom.Plaintext, atom.Pre, atom.Listing, atom.Textarea:
		return true
	case atom.Noscript, atom.Noframes:
		return !body
	}
	return false
}

// tagOf returns the element whose name b begins with, 0 for one that HTML
// doesn't know.
func tagOf(b []byte) atom.Atom {
	var name [len("annotation-xml")]byte // the longest
	n := 0
	for ; n < len(b) && !isSpace(b[n]) && b[n] != '/' && b[n] != '>'; n++ {
		if n == len(name) {
			return 0
		}
		name[n] = b[n]
		if b[n]-'A' < 26 {
			name[n] += 'a' - 'A'
		}
	}
	return atom.Lookup(name[:n])
}
