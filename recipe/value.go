package recipe

import (
	"fmt"
	"slices"
	"strings"
)

// maxProblems bounds what one recipe can say about itself.
const maxProblems = 100

func (l *loader) fail(pos Pos, hint, format string, args ...any) {
	l.problems = append(l.problems, Problem{pos, SeverityError, fmt.Sprintf(format, args...), hint})
}

// near is Nearest, except that it finds nothing once more is wrong than is
// shown: the search takes time.
func (l *loader) near(written string, candidates []string) string {
	if len(l.problems) > maxProblems {
		return ""
	}
	return Nearest(written, candidates)
}

// hint asks for the candidate that is near a misspelt name.
func (l *loader) hint(written string, candidates []string) string {
	if near := l.near(written, candidates); near != "" {
		return "did you mean \"" + near + "\"?"
	}
	return ""
}

func (l *loader) note(pos Pos, format string, args ...any) {
	if len(l.out.Notes) < maxProblems {
		l.out.Notes = append(l.out.Notes, Problem{pos, SeverityNote, fmt.Sprintf(format, args...), ""})
	}
}

// resolve reads the text of a flag or variable as YAML.
func (l *loader) resolve(n *node) *node {
	if n.kind != kindRaw {
		return n
	}
	v, problems := parse(n.pos.File, []byte(n.text), false)
	l.problems = append(l.problems, problems...)
	if v == nil {
		return &node{pos: n.pos, text: n.text}
	}
	return v
}

// string gives a text value. Text from a flag is taken as it is; in a recipe
// a plain number or boolean isn't text.
func (l *loader) string(n *node, what string) (string, bool) {
	switch n.kind {
	case kindString, kindRaw:
		return n.text, true
	case kindBool, kindInt, kindFloat:
		l.fail(n.pos, `quote it: "`+clip(n.text)+`"`, "%s takes text, not %s, which YAML reads as a %s", what, n.describe(), n.kind)
	default:
		l.fail(n.pos, "", "%s takes text, not %s", what, n.describe())
	}
	return "", false
}

func (k kind) String() string {
	return [...]string{"null", "boolean", "number", "number", "text", "list", "mapping", "text"}[k]
}

func (l *loader) text(n *node, key string, into *string) {
	if s, ok := l.string(n, key); ok {
		*into = s
	}
}

func (l *loader) bool(n *node, key string, into *bool) {
	if n = l.resolve(n); n.kind == kindBool {
		*into = n.bool
		return
	}
	hint := ""
	if n.kind == kindString {
		hint = "write true or false, without quotes"
	}
	l.fail(n.pos, hint, "%s takes true or false, not %s", key, n.describe())
}

func (l *loader) choice(n *node, key string, values []string, into *string) {
	s, ok := l.string(n, key)
	if !ok {
		return
	}
	if !slices.Contains(values, s) {
		l.fail(n.pos, l.hint(s, values), "%s is one of %s, not %q", key, strings.Join(values, ", "), clip(s))
		return
	}
	*into = s
}

func (l *loader) size(n *node, key string, least int64, into *int64) {
	n = l.resolve(n)
	var size int64
	var ok bool
	switch n.kind {
	case kindInt:
		size, ok = n.int, n.int >= 0
	case kindFloat:
		size, ok = ParseSize(fmt.Sprintf("%f", n.float))
	case kindString:
		size, ok = ParseSize(n.text)
	}
	switch {
	case !ok:
		l.fail(n.pos, `write a number, or text such as "64MiB" or "2GB"`, "%s takes a number of bytes, not %s", key, n.describe())
	case size < least:
		l.fail(n.pos, "", "%s must be at least %s, not %s", key, FormatSize(least), n.describe())
	default:
		*into = size
	}
}

// strings gives a list of text, or one text as a list.
func (l *loader) strings(n *node, key string) ([]string, bool) {
	if n.kind == kindRaw && !strings.HasPrefix(strings.TrimSpace(n.text), "[") {
		return []string{n.text}, true
	}
	n = l.resolve(n)
	if n.kind != kindList {
		s, ok := l.string(n, key)
		return []string{s}, ok
	}
	var out []string
	good := true
	for i, e := range n.list {
		s, ok := l.string(e, fmt.Sprintf("entry %d of %s", i+1, key))
		out, good = append(out, s), good && ok
	}
	return out, good
}
