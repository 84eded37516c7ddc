package recipe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

const (
	maxRecipeBytes = 1 << 20 // a recipe; the largest known ones have some 50 KB
	maxNodes       = 100_000 // values of a recipe after anchors are expanded
	maxDepth       = 100
)

type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindInt
	kindFloat
	kindString
	kindList
	kindMap
	kindRaw // text of a flag or variable, whose key decides what it means
)

// node is one value of a recipe.
type node struct {
	pos    Pos
	kind   kind
	text   string // of a scalar, as written without quotes
	quoted bool
	bool   bool
	int    int64
	float  float64 // of kindInt too
	list   []*node
	fields []field
}

type field struct {
	key   string
	pos   Pos
	value *node
}

// describe names a value in a message.
func (n *node) describe() string {
	switch n.kind {
	case kindNull:
		return "null"
	case kindBool, kindInt, kindFloat:
		return clip(n.text)
	case kindList:
		return "a list"
	case kindMap:
		return "a mapping"
	default:
		return strconv.Quote(clip(n.text))
	}
}

// clip shortens what a message repeats from the recipe.
func clip(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// reader turns YAML into nodes.
type reader struct {
	file  string
	lines bool // positions have lines
	left  int  // nodes that anchors may still expand to
	errs  []Problem
}

func (r *reader) fail(pos Pos, hint, format string, args ...any) {
	r.errs = append(r.errs, Problem{pos, SeverityError, fmt.Sprintf(format, args...), hint})
}

func (r *reader) pos(line, column int) Pos {
	if !r.lines {
		return Pos{File: r.file}
	}
	return Pos{r.file, line, column}
}

// parse reads one YAML document. The node is nil when it is empty or can't be
// read at all; with other mistakes it holds what could be read. file names it
// in positions, which have lines and columns when lines is set.
func parse(file string, src []byte, lines bool) (*node, []Problem) {
	r := &reader{file: file, lines: lines, left: maxNodes}
	if at := unreadable(src); at >= 0 {
		line, column := place(src, at)
		if src[at] < utf8.RuneSelf {
			r.fail(r.pos(line, column), `write it in double quotes, as an escape such as "\x07"`, "a control character (0x%02x)", src[at])
		} else {
			r.fail(r.pos(line, column), "save it as UTF-8", "not UTF-8 text (byte 0x%02x)", src[at])
		}
		return nil, r.errs
	}
	var doc, next yaml.Node
	l, err := yaml.NewLoader(bytes.NewReader(src))
	if err == nil {
		err = l.Load(&doc)
	}
	switch {
	case err == io.EOF:
		return nil, nil
	case err != nil:
		r.syntax(src, err)
		return nil, r.errs
	}
	switch err := l.Load(&next); {
	case err == nil:
		r.fail(r.pos(next.Line, next.Column), "keep one recipe in a file", "a second YAML document begins here")
	case err != io.EOF:
		r.syntax(src, err)
	}
	if len(r.errs) > 0 || len(doc.Content) == 0 {
		return nil, r.errs
	}
	n := r.node(doc.Content[0], 0)
	if r.left < 0 {
		r.errs = r.errs[:0]
		r.fail(Pos{File: file}, "write it out without anchors", "more than %d values once anchors are expanded", maxNodes)
		return nil, r.errs
	}
	return n, r.errs
}

func (r *reader) syntax(src []byte, err error) {
	var e *yaml.LoadError
	if !errors.As(err, &e) {
		r.fail(Pos{File: r.file}, "", "not valid YAML: %v", err)
		return
	}
	msg, hint := e.Message, ""
	if e.ContextMsg != "" {
		msg = e.ContextMsg + ": " + msg
	}
	mark := e.Mark
	if mark.Line == 0 {
		mark = e.ContextMark
	}
	if e.ContextMark.Line > 0 && e.ContextMark.Line < mark.Line {
		hint = fmt.Sprintf("what is wrong may be anywhere from line %d on", e.ContextMark.Line)
	}
	if line := nthLine(src, mark.Line); strings.HasPrefix(strings.TrimLeft(line, " "), "\t") {
		hint = "indent with spaces, not with tabs"
	}
	r.fail(r.pos(mark.Line, mark.Column), hint, "not valid YAML: %s", msg)
}

// node converts y, with anchors expanded and merge keys applied. Every
// conversion takes from r.left, so that the work is bounded whatever the
// anchors say.
func (r *reader) node(y *yaml.Node, depth int) *node {
	n := &node{pos: r.pos(y.Line, y.Column)}
	if r.left--; r.left < 0 {
		return n
	}
	if depth > maxDepth {
		r.fail(n.pos, "", "nested more than %d deep", maxDepth)
		return n
	}
	switch y.Kind {
	case yaml.AliasNode:
		if y.Alias != nil {
			return r.node(y.Alias, depth+1)
		}
	case yaml.SequenceNode:
		n.kind = kindList
		for _, c := range y.Content {
			n.list = append(n.list, r.node(c, depth+1))
		}
	case yaml.MappingNode:
		n.kind = kindMap
		r.mapping(n, y, depth)
	case yaml.ScalarNode:
		r.scalar(n, y)
	}
	return n
}

func (r *reader) mapping(n *node, y *yaml.Node, depth int) {
	seen := make(map[string]Pos, len(y.Content)/2)
	var merged []field
	for i := 0; i+1 < len(y.Content) && r.left >= 0; i += 2 {
		k, v := y.Content[i], r.node(y.Content[i+1], depth+1)
		pos := r.pos(k.Line, k.Column)
		if k.Kind == yaml.AliasNode && k.Alias != nil {
			k = k.Alias
		}
		if k.Kind != yaml.ScalarNode {
			r.fail(pos, "", "a key must be a name, not a list or mapping")
			continue
		}
		if k.Value == "<<" && k.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0 {
			merged = append(merged, r.merge(v)...)
			continue
		}
		if first, dup := seen[k.Value]; dup {
			r.fail(pos, "keep one of them", "%q is given twice, first at %v", clip(k.Value), first)
			continue
		}
		seen[k.Value] = pos
		n.fields = append(n.fields, field{k.Value, pos, v})
	}
	for _, f := range merged {
		if _, own := seen[f.key]; !own {
			seen[f.key] = f.pos
			n.fields = append(n.fields, f)
		}
	}
}

// merge returns what a merge key adds: the fields of a mapping or of a list
// of mappings, the earlier ones first.
func (r *reader) merge(v *node) (out []field) {
	switch v.kind {
	case kindMap:
		return v.fields
	case kindList:
		for _, m := range v.list {
			if m.kind == kindMap {
				out = append(out, m.fields...)
			} else {
				r.fail(m.pos, "", "<< takes mappings, not %s", m.describe())
			}
		}
	default:
		r.fail(v.pos, "", "<< takes a mapping, not %s", v.describe())
	}
	return out
}

func (r *reader) scalar(n *node, y *yaml.Node) {
	n.kind, n.text = kindString, y.Value
	n.quoted = y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	if y.Style&yaml.TaggedStyle == 0 {
		if !n.quoted {
			n.resolve()
		}
		return
	}
	want := map[string]kind{"!!null": kindNull, "!!bool": kindBool, "!!int": kindInt, "!!float": kindFloat, "!!str": kindString}
	k, ok := want[y.ShortTag()]
	if !ok {
		r.fail(n.pos, "leave the tag out", "the tag %s isn't allowed in a recipe", clip(y.Tag))
		return
	}
	if k == kindString {
		n.quoted = true
		return
	}
	n.resolve()
	if n.kind == kindInt && k == kindFloat {
		n.kind = kindFloat
	}
	if n.kind != k {
		r.fail(n.pos, "", "%q doesn't fit the tag %s", clip(y.Value), y.ShortTag())
	}
}

// plain is the value that a scalar without quotes has.
func plain(text string) *node {
	n := &node{kind: kindString, text: text}
	n.resolve()
	return n
}

// resolve finds what a plain scalar is. The rules are those that
// Data-Juicer's recipe reader has: PyYAML's (YAML 1.1) for null, booleans and
// integers, with floats as in YAML 1.2, so that 1e3 is a number. Base-60
// numbers stay text.
func (n *node) resolve() {
	switch n.text {
	case "", "~", "null", "Null", "NULL":
		n.kind = kindNull
		return
	case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON":
		n.kind, n.bool = kindBool, true
		return
	case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF":
		n.kind = kindBool
		return
	}
	digits, negative := n.text, false
	if digits[0] == '-' || digits[0] == '+' {
		digits, negative = digits[1:], digits[0] == '-'
	}
	switch digits {
	case ".inf", ".Inf", ".INF":
		n.kind, n.float = kindFloat, math.Inf(1)
		if negative {
			n.float = math.Inf(-1)
		}
		return
	case ".nan", ".NaN", ".NAN":
		if digits == n.text {
			n.kind, n.float = kindFloat, math.NaN()
		}
		return
	}
	if digits == "" || digits[0] != '.' && (digits[0] < '0' || digits[0] > '9') {
		return
	}
	n.number(strings.ReplaceAll(digits, "_", ""), negative)
}

func (n *node) number(digits string, negative bool) {
	base, body := 10, digits
	switch {
	case strings.HasPrefix(digits, "0x"):
		base, body = 16, digits[2:]
	case strings.HasPrefix(digits, "0b"):
		base, body = 2, digits[2:]
	case len(digits) > 1 && digits[0] == '0' && strings.Trim(digits, "01234567") == "":
		base, body = 8, digits[1:]
	case len(digits) > 1 && digits[0] == '0' && strings.Trim(digits, "0123456789") == "":
		return // 08 is text in YAML 1.1
	}
	sign := ""
	if negative {
		sign = "-"
	}
	if strings.Trim(body, "0123456789abcdefABCDEF") == "" {
		if i, err := strconv.ParseInt(sign+body, base, 64); err == nil {
			n.kind, n.int, n.float = kindInt, i, float64(i)
			return
		}
	}
	if base != 10 || strings.Trim(body, "0123456789.eE+-") != "" {
		return
	}
	f, err := strconv.ParseFloat(sign+body, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return
	}
	n.kind, n.float = kindFloat, f
}

// unreadable is where b isn't UTF-8, or has an ASCII control character that
// YAML doesn't allow; -1 for nowhere.
func unreadable(b []byte) int {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f {
			return i
		}
		i += size
	}
	return -1
}

func place(src []byte, at int) (line, column int) {
	start := bytes.LastIndexByte(src[:at], '\n') + 1
	return bytes.Count(src[:at], []byte{'\n'}) + 1, utf8.RuneCount(src[start:at]) + 1
}

func nthLine(src []byte, n int) string {
	for range n - 1 {
		_, rest, ok := bytes.Cut(src, []byte{'\n'})
		if !ok {
			return ""
		}
		src = rest
	}
	line, _, _ := bytes.Cut(src, []byte{'\n'})
	return string(line)
}
