package recipe

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"corpusmill/op"
	"corpusmill/plan"
)

// commonElsewhere are parameters that Data-Juicer gives to all operators and
// that have no effect on those built here.
var commonElsewhere = []string{
	"image_key", "audio_key", "video_key", "image_bytes_key", "system_key", "instruction_key", "prompt_key",
	"query_key", "response_key", "history_key", "index_key", "image_special_token", "audio_special_token",
	"video_special_token", "eoc_special_token", "stats_export_path",
	"runtime_env", "auto_op_parallelism", "adaptive_batching", "batch_mode", "input_columns", "output_columns",
}

// IgnoredParams lists parameters that any operator may have in a recipe, and
// that no operator declares.
func IgnoredParams() []string { return slices.Clone(commonElsewhere) }

// finish checks a step's parameters and adds it to the recipe.
func (l *loader) finish(d *draft) {
	if !d.known {
		return
	}
	before := len(l.problems)
	values := map[string]json.RawMessage{}
	for _, p := range d.spec.Params {
		if effective(p) {
			values[p.Name] = p.Default
		}
	}
	var own []field
	for _, f := range d.fields {
		i := slices.IndexFunc(d.spec.Params, func(p op.Param) bool { return p.Name == f.key })
		if i < 0 {
			l.unknownParam(d, f)
			continue
		}
		p := d.spec.Params[i]
		if n := f.value; p.Common && (p.Name == "memory" || p.Name == plan.AskMemory) && (n.kind == kindInt || n.kind == kindFloat) {
			size := *n
			size.kind = kindString // both are sizes
			f.value = &size
		}
		v, ok := l.param(d, p, f.value)
		if !ok {
			continue
		}
		if !effective(p) {
			if l.need(d, f, v) {
				continue
			}
			if !bytes.Equal(encode(v), p.Default) {
				l.note(f.pos, "%s of %s is %s", p.Name, d.label, p.Doc)
			}
			continue
		}
		values[p.Name] = encode(v)
		own = append(own, f)
	}
	l.checkRanges(d, values)
	d.needs.Accelerated = l.byEngine() && string(values["accelerator"]) == `"cuda"`
	params := encode(values)
	if len(l.problems) == before && !d.faulty {
		o, err := op.Build(d.spec.Name, params)
		if err != nil {
			l.fail(blame(d, values, own), "", "%s: %v", d.label, err)
		} else if n, ok := o.(op.Noter); ok && n.Note() != "" {
			l.note(d.pos, "%s: %s", d.label, n.Note())
		}
	}
	l.out.Steps = append(l.out.Steps, Step{d.spec.Name, d.written, d.label, params, d.needs, d.pos})
}

// need takes a parameter that says what a step needs of an engine; false when
// it says something else, or the run has no engine.
func (l *loader) need(d *draft, f field, v any) bool {
	if !l.byEngine() || v == nil {
		return false
	}
	written := f.key
	if key, ok := asked[f.key]; ok {
		f.key = key
	} else if slices.ContainsFunc(d.fields, func(o field) bool { return asked[o.key] == f.key && o.value.kind != kindNull }) {
		return true // the other spelling holds
	}
	switch f.key {
	case "num_proc":
		d.needs.NumProc = max(v.(int64), 0) // -1 is no bound
	case "ray_execution_mode":
		d.needs.Actor = v == "actor"
		return l.out.Backend == "ray"
	case plan.AskCPUs:
		d.needs.CPUs = v.(float64)
		d.needs.place(f, d.needs.CPUs)
	case plan.AskGPUs:
		d.needs.GPUs = v.(float64)
		d.needs.place(f, d.needs.GPUs)
	case plan.AskMemory:
		n, ok := gibibytes(v.(string))
		if !ok {
			l.fail(f.pos, "write a number of GiB, or a size such as 8GB", "%s of %s can't be %q", written, d.label, clip(v.(string)))
		}
		d.needs.Memory = n
		d.needs.place(f, float64(n))
	default:
		return false
	}
	return true
}

// asked are other spellings of what a step asks for.
var asked = map[string]string{"num_cpus": plan.AskCPUs, "num_gpus": plan.AskGPUs, "memory": plan.AskMemory}

// byEngine says whether what a step needs is up to an engine.
func (l *loader) byEngine() bool {
	switch l.out.Backend {
	case "local", "processes", "ranks", "slurm":
		return false
	}
	return true
}

// gibibytes reads a size in bytes; a number without a unit is one of GiB, as
// in Data-Juicer.
func gibibytes(s string) (int64, bool) {
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		s += "GiB"
	}
	return ParseSize(s)
}

// effective says that a parameter has a place in the canonical parameters. Of
// those that all operators have, only text_key changes a result.
func effective(p op.Param) bool { return !p.Inert && (!p.Common || p.Name == "text_key") }

// encode writes canonical JSON: sorted keys, no escapes for HTML.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return json.RawMessage("null")
	}
	return bytes.TrimSpace(b.Bytes())
}

func (l *loader) unknownParam(d *draft, f field) {
	if slices.Contains(commonElsewhere, f.key) {
		if f.value.kind != kindNull {
			l.note(f.pos, "%s of %s is accepted without effect", f.key, d.label)
		}
		return
	}
	var all, own []string
	for _, p := range d.spec.Params {
		all = append(all, p.Name)
		if !p.Common {
			own = append(own, p.Name)
		}
	}
	hint := l.hint(f.key, all)
	switch {
	case hint != "":
	case isOperator(f.key):
		hint = "begin a list entry for it with `- `"
	case len(own) > 0:
		hint = "it has " + strings.Join(own, ", ")
	default:
		hint = "it has no parameters of its own"
	}
	l.fail(f.pos, hint, "unknown parameter %q of %s", clip(f.key), d.label)
}

// param converts a value to the type of its parameter.
func (l *loader) param(d *draft, p op.Param, n *node) (any, bool) {
	what := p.Name + " of " + d.label
	if n.kind == kindRaw && p.Type != op.TypeString && p.Type != op.TypeOneOrMore {
		n = l.resolve(n)
	}
	if n.kind == kindNull || n.kind == kindRaw && p.Nullable && isNull(n.text) {
		if !p.Nullable {
			l.fail(n.pos, "leave it out to have the default, "+string(p.Default), "%s can't be null", what)
		}
		return nil, p.Nullable
	}
	switch p.Type {
	case op.TypeInt, op.TypeFloat:
		return l.number(p, n, what)
	case op.TypeBool:
		var b bool
		before := len(l.problems)
		l.bool(n, what, &b)
		return b, len(l.problems) == before
	case op.TypeString:
		if len(p.Enum) > 0 {
			var s string
			l.choice(n, what, p.Enum, &s)
			return s, s != ""
		}
		return l.string(n, what)
	case op.TypeStrings:
		if n.kind != kindList {
			l.fail(n.pos, asList(n), "%s takes a list, not %s", what, n.describe())
			return nil, false
		}
		return l.strings(n, what)
	case op.TypeInts:
		return l.ints(n, what)
	case op.TypeOneOrMore:
		s, ok := l.strings(n, what)
		return op.OneOrMore(s), ok
	case op.TypeAutoInt:
		if n.kind == kindString && n.text == "auto" {
			return op.Auto, true
		}
		p.Type = op.TypeInt
		return l.number(p, n, what+", where it isn't auto,")
	}
	l.fail(n.pos, "", "%s has the type %s, which recipes can't give", what, p.Type)
	return nil, false
}

func isNull(s string) bool { return s != "" && plain(s).kind == kindNull }

func asList(n *node) string {
	if n.kind == kindMap {
		return ""
	}
	return "write [" + clip(n.text) + "]"
}

func (l *loader) number(p op.Param, n *node, what string) (any, bool) {
	wanted := "a number"
	if p.Type == op.TypeInt {
		wanted = "a whole number"
	}
	if n.kind != kindInt && n.kind != kindFloat {
		hint := ""
		if v := plain(n.text); n.kind == kindString && (v.kind == kindInt || v.kind == kindFloat) {
			hint = "leave the quotes out"
		}
		l.fail(n.pos, hint, "%s takes %s, not %s", what, wanted, n.describe())
		return nil, false
	}
	if math.IsInf(n.float, 0) || math.IsNaN(n.float) {
		l.fail(n.pos, "", "%s takes a finite number, not %s", what, n.describe())
		return nil, false
	}
	whole, ok := n.whole()
	if p.Type == op.TypeInt && !ok {
		hint := ""
		if n.float == math.Trunc(n.float) {
			hint = "the largest is " + strconv.FormatInt(math.MaxInt64, 10)
		}
		l.fail(n.pos, hint, "%s takes %s, not %s", what, wanted, n.describe())
		return nil, false
	}
	if p.Min != nil && n.float < *p.Min {
		l.fail(n.pos, "", "%s must be at least %v, not %s", what, *p.Min, n.describe())
		return nil, false
	}
	if p.Max != nil && n.float > *p.Max {
		l.fail(n.pos, "", "%s must be at most %v, not %s", what, *p.Max, n.describe())
		return nil, false
	}
	if p.Type == op.TypeInt {
		return whole, true
	}
	return n.float, true
}

func (l *loader) ints(n *node, what string) (any, bool) {
	if n.kind != kindList {
		l.fail(n.pos, asList(n), "%s takes a list of whole numbers, not %s", what, n.describe())
		return nil, false
	}
	out := []int64{}
	for i, e := range n.list {
		v, ok := e.whole()
		if !ok {
			l.fail(e.pos, "", "entry %d of %s is %s, not a whole number", i+1, what, e.describe())
			return nil, false
		}
		out = append(out, v)
	}
	return out, true
}

// checkRanges finds bounds that nothing can lie between: min_x above max_x,
// unless the range is reversed.
func (l *loader) checkRanges(d *draft, values map[string]json.RawMessage) {
	if string(values["reversed_range"]) == "true" {
		return
	}
	for _, f := range d.fields {
		bound, stem, ok := strings.Cut(f.key, "_")
		if !ok || bound != "min" && bound != "max" {
			continue
		}
		lo, err1 := strconv.ParseFloat(string(values["min_"+stem]), 64)
		hi, err2 := strconv.ParseFloat(string(values["max_"+stem]), 64)
		if err1 != nil || err2 != nil || lo <= hi {
			continue
		}
		l.fail(f.value.pos, "", "no row passes %s: min_%s (%s) is more than max_%s (%s)",
			d.label, stem, values["min_"+stem], stem, values["max_"+stem])
		return
	}
}

// blame finds the parameter that an operator refuses: the only one without
// which it is content. Otherwise it is the step.
func blame(d *draft, values map[string]json.RawMessage, own []field) Pos {
	var guilty []Pos
	for _, f := range own {
		written := values[f.key]
		delete(values, f.key)
		if _, err := op.Build(d.spec.Name, encode(values)); err == nil {
			guilty = append(guilty, f.value.pos)
		}
		values[f.key] = written
	}
	if len(guilty) == 1 {
		return guilty[0]
	}
	return d.pos
}
