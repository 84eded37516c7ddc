package pyregex

import (
	"fmt"
	"regexp"

	"github.com/dlclark/regexp2/v2"
)

// Flags are those that the caller of a pattern passes beside it.
type Flags struct {
	IgnoreCase bool // (?i)
	MultiLine  bool // (?m): ^ and $ match at newlines too
	DotAll     bool // (?s): . matches a newline too
	Verbose    bool // (?x)
	ASCII      bool // (?a): \w, \d, \s and \b are ASCII
}

// maxStack bounds the memory of a match: 32 MiB. A repeated group takes some
// entries for each repetition.
var maxStack = regexp2.OptionMaxBacktrackingStackSize(4 << 20)

// Error is a fault in a pattern or a replacement.
type Error struct {
	Src string // the pattern or replacement
	At  int    // offset of the fault in code points, -1 where unknown
	Msg string
}

func (e *Error) Error() string {
	if e.At < 0 {
		return fmt.Sprintf("%q: %s", e.Src, e.Msg)
	}
	return fmt.Sprintf("%q: position %d: %s", e.Src, e.At, e.Msg)
}

// Regexp is a compiled pattern. It is safe for concurrent use.
type Regexp struct {
	pattern string
	groups  int
	names   map[string]int
	holds   []byte // what every match holds

	linear *regexp.Regexp // nil where the pattern has no equal in RE2
	back   *regexp2.Regexp
	// again is the pattern barred from matching empty where a search starts;
	// nil when the pattern never matches empty.
	again *regexp2.Regexp
}

// Compile translates a pattern. Its errors are of type *Error.
func Compile(pattern string, f Flags) (*Regexp, error) {
	t, err := translate(pattern, f)
	if err != nil {
		return nil, err
	}
	re := &Regexp{pattern: pattern, groups: t.groups, names: t.names, holds: []byte(t.holds)}
	expr := string(t.out)
	if re.back, err = regexp2.Compile(expr, maxStack); err != nil {
		return nil, &Error{pattern, -1, err.Error()}
	}
	switch {
	case !t.nonEmpty:
		// \G is where the search starts; ending there is matching empty there.
		if re.again, err = regexp2.Compile("(?:"+expr+`)(?!\G)`, maxStack); err != nil {
			return nil, &Error{pattern, -1, err.Error()}
		}
	case !t.backtrack:
		// What RE2 refuses is left to the other engine.
		re.linear, _ = regexp.Compile(expr)
	}
	return re, nil
}

// Linear says whether texts without lone surrogates are matched in linear time.
func (re *Regexp) Linear() bool { return re.linear != nil }

// Groups is the number of capturing groups.
func (re *Regexp) Groups() int { return re.groups }
