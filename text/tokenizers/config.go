package tokenizers

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"corpusmill/text/tokenizers/pattern"
)

// part is a value of the file and the key it is at.
type part struct {
	key string
	raw json.RawMessage
}

// fail returns an error that names the key.
func (p part) fail(format string, a ...any) error {
	return fmt.Errorf("%s: %s", p.key, fmt.Sprintf(format, a...))
}

// absent says whether there is no value, or null.
func (p part) absent() bool { return len(p.raw) == 0 || string(p.raw) == "null" }

// decode reads the value into v, which holds the defaults.
func (p part) decode(v any) error {
	if p.absent() {
		return p.fail("it is missing")
	}
	if err := json.Unmarshal(p.raw, v); err != nil {
		return p.fail("%v", err)
	}
	return nil
}

// at is the part below a key; what it is below must be an object.
func (p part) at(key string) (part, error) {
	var all map[string]json.RawMessage
	if err := p.decode(&all); err != nil {
		return part{}, err
	}
	return part{p.key + "." + key, all[key]}, nil
}

// kind returns the value of the key type.
func (p part) kind() (string, error) {
	var v struct{ Type string }
	if err := p.decode(&v); err != nil {
		return "", err
	}
	return v.Type, nil
}

// list is the parts of the list below a key.
func (p part) list(key string) ([]part, error) {
	l, err := p.at(key)
	if err != nil {
		return nil, err
	}
	var all []json.RawMessage
	if err := l.decode(&all); err != nil {
		return nil, err
	}
	out := make([]part, len(all))
	for i, raw := range all {
		out[i] = part{fmt.Sprintf("%s[%d]", l.key, i), raw}
	}
	return out, nil
}

// maxNesting is how deep a Sequence may hold others.
const maxNesting = 16

// flatten returns the parts of nested Sequences in order; members are below
// the key. A part that is no Sequence is itself.
func (p part) flatten(key string, depth int) ([]part, error) {
	if p.absent() {
		return nil, nil
	}
	kind, err := p.kind()
	if err != nil {
		return nil, err
	}
	if kind != "Sequence" {
		return []part{p}, nil
	}
	if depth == maxNesting {
		return nil, p.fail("sequences nest deeper than %d", maxNesting)
	}
	members, err := p.list(key)
	if err != nil {
		return nil, err
	}
	var out []part
	for _, m := range members {
		more, err := m.flatten(key, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// unknown is the error for a type that isn't known here.
func (p part) unknown(kind string) error {
	return p.fail("the type %q is not known here", kind)
}

// patternOf reads {"String": ...} or {"Regex": ...}.
func (p part) patternOf() (finder, error) {
	var v struct{ String, Regex *string }
	if err := p.decode(&v); err != nil {
		return nil, err
	}
	switch {
	case v.Regex != nil:
		re, err := pattern.Compile(*v.Regex)
		if err != nil {
			return nil, p.fail("%v", err)
		}
		return regex{re}, nil
	case v.String != nil:
		if *v.String == "" {
			return nil, p.fail("an empty string is found nowhere")
		}
		return literal(*v.String), nil
	}
	return nil, p.fail("neither String nor Regex")
}

// char reads a string of one character.
func (p part) char() (rune, error) {
	var s string
	if err := p.decode(&s); err != nil {
		return 0, err
	}
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 || n < len(s) {
		return 0, p.fail("%q is not one character", s)
	}
	return r, nil
}
