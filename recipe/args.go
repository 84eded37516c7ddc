package recipe

import (
	"slices"
	"strings"

	"corpusmill/op"
)

// Override is a setting from the command line.
type Override struct {
	// Key is a key of the recipe, "text_length_filter.min_len", or
	// "text_length_filter#2.min_len" for the second step of that operator.
	Key string
	// Value is read as a YAML scalar or flow collection, or taken as it is
	// where text is wanted.
	Value string
	Arg   string // the flag as written
}

func (o Override) pos() Pos { return Pos{File: flagPlace + o.Arg} }

// ParseArgs reads --key value, --key=value and --operator.parameter value.
// Hyphens in a key count as underscores. A flag for a boolean needs no value,
// nor does one that only names an operator. rest is what isn't a flag, and
// all after "--". The error is a Problems that lists each flag without a
// value.
func ParseArgs(args []string) (over []Override, rest []string, err error) {
	var problems Problems
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			rest = append(rest, args[i+1:]...)
			break
		}
		body, flag := strings.CutPrefix(arg, "--")
		if !flag {
			rest = append(rest, arg)
			continue
		}
		name, value, given := strings.Cut(body, "=")
		o := Override{Key: strings.ReplaceAll(name, "-", "_"), Value: value, Arg: "--" + name}
		if !given {
			next, more := "", i+1 < len(args) && !strings.HasPrefix(args[i+1], "--")
			if more {
				next = args[i+1]
			}
			short, ok := flagAlone(o.Key)
			switch {
			case ok && !(more && isBool(next)):
				o.Value = short
			case more:
				o.Value = next
				i++
			default:
				problems = append(problems, Problem{o.pos(), SeverityError, "needs a value", "write " + o.Arg + " VALUE"})
				continue
			}
		}
		over = append(over, o)
	}
	if len(problems) > 0 {
		return over, rest, problems
	}
	return over, rest, nil
}

// flagAlone returns what a flag without a value means, if it means something.
func flagAlone(key string) (string, bool) {
	if _, ok := op.Lookup(key); ok {
		return "{}", true
	}
	operator, param, ok := strings.Cut(key, ".")
	if !ok {
		isFlag := slices.ContainsFunc(Keys(), func(k Key) bool { return k.Name == key && k.Type == Bool })
		return "true", isFlag
	}
	operator, _, _ = strings.Cut(operator, "#")
	spec, _ := op.Lookup(operator)
	isFlag := slices.ContainsFunc(spec.Params, func(p op.Param) bool { return p.Name == param && p.Type == op.TypeBool })
	return "true", isFlag
}

func isBool(s string) bool { return plain(s).kind == kindBool }
