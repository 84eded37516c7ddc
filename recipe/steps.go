package recipe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"corpusmill/op"
)

const maxSteps = 1000

// draft is a step before its parameters are checked.
type draft struct {
	written string
	label   string
	pos     Pos
	spec    op.Spec
	known   bool // spec is set
	fields  []field
	faulty  bool // its parameters can't be read
	needs   Needs
}

func canonical(name string) string {
	if spec, ok := op.Lookup(name); ok {
		return spec.Name
	}
	return name
}

func isOperator(name string) bool {
	_, built := op.Lookup(name)
	return built || slices.Contains(knownElsewhere(), name)
}

// steers says that a flag is about a step rather than about a key.
func (l *loader) steers(key string) bool {
	name, _, dotted := strings.Cut(key, ".")
	if dotted {
		return findForeign(key) == nil
	}
	name, _, _ = strings.Cut(name, "#")
	return isOperator(name) && findBuilt(name) == nil
}

// steps checks process and the flags that change its steps.
func (l *loader) steps() {
	var drafts []*draft
	s, given := l.settings[processKey.Name]
	if given {
		drafts = l.readProcess(l.resolve(s.value))
	}
	create := !given && l.out.File == ""
	if create {
		drafts = l.stepsFromFlags()
	}
	number(drafts)
	for _, o := range l.params {
		l.override(drafts, o)
	}
	for _, d := range drafts {
		l.finish(d)
	}
	if len(drafts) == 0 {
		pos := Pos{File: l.out.File}
		if given {
			pos = s.pos
		}
		l.note(pos, "process has no steps: rows pass unchanged")
	}
}

// number labels the steps; operators that are used several times get numbers.
func number(drafts []*draft) {
	total, nth := map[string]int{}, map[string]int{}
	for _, d := range drafts {
		total[canonical(d.written)]++
	}
	for _, d := range drafts {
		name := canonical(d.written)
		d.label = name
		if total[name] > 1 {
			nth[name]++
			d.label += "#" + strconv.Itoa(nth[name])
		}
	}
}

func (l *loader) readProcess(n *node) (drafts []*draft) {
	if n.kind == kindNull {
		return nil
	}
	if n.kind != kindList {
		hint := ""
		if n.kind == kindMap {
			hint = "put `- ` before each operator"
		}
		l.fail(n.pos, hint, "process takes a list of operators, not %s", n.describe())
		return nil
	}
	if len(n.list) > maxSteps {
		l.fail(n.pos, "", "process has %d steps; the most is %d", len(n.list), maxSteps)
		return nil
	}
	for _, e := range n.list {
		switch {
		case e.kind == kindString && isOperator(e.text):
			l.fail(e.pos, "write `- "+e.text+":`", "operator %s lacks its colon", e.text)
		case e.kind != kindMap:
			l.fail(e.pos, "write `- operator: {parameter: value}`", "an entry of process is a mapping, not %s", e.describe())
		case len(e.fields) == 0:
			l.fail(e.pos, "write `- operator: {parameter: value}`", "an entry of process is empty")
		default:
			drafts = append(drafts, l.readStep(e))
		}
	}
	return drafts
}

func (l *loader) readStep(e *node) *draft {
	head := e.fields[0]
	d := &draft{written: head.key, pos: head.pos}
	d.spec, d.known = op.Lookup(head.key)
	if !d.known {
		l.unknownOperator(head.key, head.pos)
	}
	for _, f := range e.fields[1:] {
		if isOperator(f.key) {
			l.fail(f.pos, "begin a list entry for it with `- `", "an entry of process holds one operator, but %s is beside %s", f.key, head.key)
		} else {
			l.fail(f.pos, "indent it further than the operator", "%q is beside %s rather than under it", clip(f.key), head.key)
		}
		d.faulty = true
	}
	switch head.value.kind {
	case kindNull:
	case kindMap:
		d.fields = head.value.fields
	default:
		l.fail(head.value.pos, "write `parameter: value`", "%s takes a mapping of parameters, not %s", head.key, head.value.describe())
		d.faulty = true
	}
	return d
}

func (l *loader) unknownOperator(name string, pos Pos) {
	elsewhere := knownElsewhere()
	if slices.Contains(elsewhere, name) || slices.Contains(elsewhere, strings.TrimPrefix(name, "ray_")) {
		l.fail(pos, "take it out, or run that step with Data-Juicer", "%s is a Data-Juicer operator that corpusmill doesn't have yet", name)
		return
	}
	near, hint := l.near(name, append(op.Names(), elsewhere...)), ""
	if near != "" {
		hint = "did you mean \"" + near + "\"?"
		if _, built := op.Lookup(near); !built {
			hint += " (a Data-Juicer operator that corpusmill doesn't have yet)"
		}
	}
	l.fail(pos, hint, "unknown operator %q", clip(name))
}

// stepsFromFlags makes a step of each operator that the flags name, in order
// of first mention.
func (l *loader) stepsFromFlags() (drafts []*draft) {
	seen := map[string]bool{}
	for _, o := range l.params {
		label, _, _ := strings.Cut(o.Key, ".")
		name, _, _ := strings.Cut(label, "#")
		if seen[label] {
			continue
		}
		seen[label] = true
		d := &draft{written: name, pos: o.pos()}
		if d.spec, d.known = op.Lookup(name); !d.known {
			l.unknownOperator(name, o.pos())
		}
		drafts = append(drafts, d)
	}
	return drafts
}

// override applies one flag to the step it names.
func (l *loader) override(drafts []*draft, o Override) {
	label, param, dotted := strings.Cut(o.Key, ".")
	name, nth, numbered := strings.Cut(label, "#")
	var found []*draft
	for _, d := range drafts {
		if canonical(d.written) == canonical(name) {
			found = append(found, d)
		}
	}
	i := 0
	switch {
	case len(found) == 0:
		l.noStep(drafts, o, name)
		return
	case numbered:
		k, err := strconv.Atoi(nth)
		if err != nil || k < 1 || k > len(found) {
			l.fail(o.pos(), "", "process has %d of %s, and none is number %q", len(found), name, clip(nth))
			return
		}
		i = k - 1
	case len(found) > 1:
		var ways []string
		for k := range found {
			ways = append(ways, fmt.Sprintf("--%s#%d.%s", name, k+1, param))
		}
		l.fail(o.pos(), "write "+strings.Join(ways[:min(len(ways), 4)], " or "), "process has %d of %s", len(found), name)
		return
	}
	d := found[i]
	value := &node{pos: o.pos(), kind: kindRaw, text: o.Value}
	if dotted {
		d.put(field{param, o.pos(), value})
		return
	}
	value = l.resolve(value)
	if value.kind != kindMap && value.kind != kindNull {
		l.fail(o.pos(), "write --"+label+".PARAMETER VALUE", "%s takes a mapping of parameters, not %s", label, value.describe())
		return
	}
	for _, f := range value.fields {
		d.put(f)
	}
}

func (l *loader) noStep(drafts []*draft, o Override, name string) {
	if isOperator(name) {
		l.fail(o.pos(), "add it to the recipe: flags change steps and don't add them", "%s isn't in process", name)
		return
	}
	var candidates []string
	for _, d := range drafts {
		candidates = append(candidates, d.written)
	}
	near := Nearest(name, append(candidates, op.Names()...))
	if near != "" {
		near = "did you mean \"" + strings.Replace(o.Arg, name, near, 1) + "\"?"
	}
	l.fail(o.pos(), near, "no operator is named %q", clip(name))
}

// put sets a parameter, over what the recipe has. It leaves the recipe's own
// list alone: an anchor may share it with another step.
func (d *draft) put(f field) {
	d.fields = slices.Clone(d.fields)
	i := slices.IndexFunc(d.fields, func(g field) bool { return g.key == f.key })
	if i < 0 {
		d.fields = append(d.fields, f)
		return
	}
	d.fields[i] = f
}
