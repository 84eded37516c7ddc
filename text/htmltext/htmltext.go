// Package htmltext extracts the text of HTML pages and fragments.
package htmltext

import (
	"bytes"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Plain says whether b is its own text because nothing in it has a meaning in
// HTML.
func Plain(b []byte) bool {
	return len(b) == 0 || !isSpace(b[0]) && bytes.IndexByte(b, '<') < 0 && bytes.IndexByte(b, '&') < 0 &&
		bytes.IndexByte(b, '\r') < 0 && bytes.IndexByte(b, 0) < 0
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'
}

var items = []struct{ tag, by string }{{"<li>", "\n*"}, {"</li>", ""}, {"<ol>", "\n*"}, {"</ol>", ""}}

// AppendMarkedItems appends b to dst with a newline and an asterisk for each
// <li> and <ol> that is written so, without attributes, and without their end
// tags.
func AppendMarkedItems(dst, b []byte) []byte {
next:
	for {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			return append(dst, b...)
		}
		dst = append(dst, b[:i]...)
		b = b[i:]
		for _, item := range items {
			if bytes.HasPrefix(b, []byte(item.tag)) {
				dst = append(dst, item.by...)
				b = b[len(item.tag):]
				continue next
			}
		}
		dst = append(dst, '<')
		b = b[1:]
	}
}

// Append appends to dst the text in the body of b, read as a browser reads a
// page when scripts are turned off. What stands outside of all elements is in
// the body; sources of scripts and styles there count as text; comments,
// attributes and the head don't. Of pages of frames there is no text.
//
// A page in which more than 512 elements or 16 of those that only change the
// font are open at once makes a tree of which the size has no bound; its texts
// are taken in the order of the source, in which they nearly always are in the
// tree.
func Append(dst, b []byte) []byte {
	switch {
	case !bytes.ContainsAny(b, "<&\x00"):
		return appendLines(dst, b)
	case bytes.IndexByte(b, 0) < 0:
		if out, ok := appendSource(dst, b, true); ok {
			return out
		}
	}
	if openFonts(b) <= maxOpenFonts {
		if out, ok := appendTree(dst, b); ok {
			return out
		}
	}
	dst, _ = appendSource(dst, b, false)
	return dst
}

// appendLines appends b, which is text alone, without the white space before it
// and with newlines for other line breaks.
func appendLines(dst, b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	for {
		i := bytes.IndexByte(b, '\r')
		if i < 0 {
			return append(dst, b...)
		}
		dst = append(append(dst, b[:i]...), '\n')
		if b = b[i+1:]; len(b) > 0 && b[0] == '\n' {
			b = b[1:]
		}
	}
}

// appendTree appends the texts that the parser puts into the body; false where
// it refuses to go so deep.
func appendTree(dst, b []byte) ([]byte, bool) {
	root, err := html.ParseWithOptions(bytes.NewReader(b), html.ParseOptionEnableScripting(false))
	if err != nil {
		return dst, false
	}
	body := bodyOf(root)
	if body == nil {
		return dst, true
	}
	for n := body; ; {
		if n.Type == html.TextNode {
			dst = append(dst, n.Data...)
		}
		if n.FirstChild != nil {
			n = n.FirstChild
			continue
		}
		for n != body && n.NextSibling == nil {
			n = n.Parent
		}
		if n == body {
			return dst, true
		}
		n = n.NextSibling
	}
}

func bodyOf(root *html.Node) *html.Node {
	for page := range root.ChildNodes() {
		if page.DataAtom != atom.Html {
			continue
		}
		for n := range page.ChildNodes() {
			if n.DataAtom == atom.Body {
				return n
			}
		}
	}
	return nil
}

const maxOpenFonts = 16

// openFonts returns how many formatting elements are open at once in b, at
// most: a parser opens all of them anew in each paragraph after the one that
// they were left open in.
func openFonts(b []byte) int {
	open, most := 0, 0
	for {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			return most
		}
		b = b[i+1:]
		step := 1
		name := b
		if len(b) > 0 && b[0] == '/' {
			step = -1
			name = b[1:]
		}
		if isFormatting(tagOf(name)) {
			open = max(open+step, 0)
			most = max(most, open)
		}
	}
}

func isFormatting(tag atom.Atom) bool {
	switch tag {
	case atom.A, atom.B, atom.Big, atom.Code, atom.Em, atom.Font, atom.I, atom.Nobr, atom.S, atom.Small,
		atom.Strike, atom.Strong, atom.Tt, atom.U:
		return true
	}
	return false
}
