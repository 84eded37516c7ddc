package op

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

type entry struct {
	spec  Spec
	build func(params json.RawMessage) (Operator, error)
}

var (
	registry = map[string]entry{}
	aliases  = map[string]Spec{}
	names    = regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*_(mapper|filter|deduplicator)$`)
)

// Common are the parameters that every operator accepts beside its own.
// Those that steer engines or batching there are accepted and change nothing
// here, as their text says. An operator that can use a GPU has an accelerator
// among its own.
type Common struct {
	TextKey     *string  `json:"text_key" doc:"field to work on; the recipe's first text_keys when null"`
	BatchSize   int64    `json:"batch_size" min:"1" doc:"accepted; batches are sized in bytes here"`
	NumProc     *int64   `json:"num_proc" doc:"accepted; on an engine, how many tasks run its stage at once. On one machine the recipe's np holds for all steps"`
	SkipOpError *bool    `json:"skip_op_error" doc:"accepted; the recipe's skip_op_error holds"`
	Accelerator *string  `json:"accelerator" enum:"cpu,cuda" doc:"accepted; this operator runs on the CPU"`
	NumCPUs     *float64 `json:"num_cpus" min:"0" doc:"accepted; on an engine, the CPUs of a task, 1 by default"`
	NumGPUs     *float64 `json:"num_gpus" min:"0" doc:"accepted; on an engine, the GPUs of a task"`
	Memory      *string  `json:"memory" doc:"accepted; on an engine, the memory of a task, such as 8GB; a number without a unit is one of GiB"`
	CPURequired *float64 `json:"cpu_required" min:"0" doc:"accepted; num_cpus, by an earlier name"`
	GPURequired *float64 `json:"gpu_required" min:"0" doc:"accepted; num_gpus, by an earlier name"`
	MemRequired *string  `json:"mem_required" doc:"accepted; memory, by an earlier name"`
	Execution   *string  `json:"ray_execution_mode" enum:"actor,task" doc:"accepted; on Ray, actor has the step's stage run in actors, as models and GPUs do in any case"`
	Turbo       bool     `json:"turbo" doc:"accepted; there is no slow path to avoid"`
	WorkDir     *string  `json:"work_dir" doc:"accepted; the run folder is beside the export path"`
}

var commonDefaults = Common{BatchSize: 1000}

// Register adds an operator. defaults is a value of its parameter struct;
// build makes the operator from checked parameters, and its errors are the
// recipe author's. Register panics on a mistake in the declaration.
func Register[P any](spec Spec, defaults P, build func(P) (Operator, error)) {
	if !names.MatchString(spec.Name) || !strings.HasSuffix(spec.Name, "_"+spec.Kind.String()) {
		panic("op: bad name " + spec.Name + " for a " + spec.Kind.String())
	}
	if _, dup := registry[spec.Name]; dup {
		panic("op: " + spec.Name + " is registered twice")
	}
	if spec.Summary == "" || spec.Version == 0 || len(spec.Examples) == 0 {
		panic("op: " + spec.Name + " needs a summary, a version and an example")
	}
	if spec.Kind == KindFilter && (len(spec.Reasons) == 0 || len(spec.Stats) == 0) {
		panic("op: " + spec.Name + " needs reasons and stats")
	}
	own, err := paramsOf(reflect.ValueOf(defaults), false)
	if err != nil {
		panic("op: " + spec.Name + ": " + err.Error())
	}
	shared, err := paramsOf(reflect.ValueOf(commonDefaults), true)
	if err != nil {
		panic("op: " + err.Error())
	}
	for _, c := range shared {
		if !slices.ContainsFunc(own, func(p Param) bool { return p.Name == c.Name }) {
			own = append(own, c)
		}
	}
	spec.Params = own
	if err := registerAliases(&spec); err != nil {
		panic("op: " + spec.Name + ": " + err.Error())
	}
	registry[spec.Name] = entry{spec, func(raw json.RawMessage) (Operator, error) {
		p := defaults
		unshare(reflect.ValueOf(&p).Elem())
		if err := decode(raw, own, &p); err != nil {
			return nil, err
		}
		return build(p)
	}}
}

// unshare gives the lists and pointers of a parameter struct copies of their
// own: what is decoded into them would be every operator's default otherwise.
func unshare(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			unshare(v.Field(i))
		}
	case reflect.Slice:
		if v.CanSet() && !v.IsNil() {
			v.Set(reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()), v))
		}
	case reflect.Pointer:
		if v.CanSet() && !v.IsNil() {
			own := reflect.New(v.Type().Elem())
			own.Elem().Set(v.Elem())
			v.Set(own)
		}
	}
}

func registerAliases(spec *Spec) error {
	for i := range spec.Aliases {
		a := &spec.Aliases[i]
		if _, dup := aliases[a.Name]; dup || !names.MatchString(a.Name) {
			return fmt.Errorf("bad alias %q", a.Name)
		}
		if a.Accepted != nil {
			var err error
			if a.Params, err = paramsOf(reflect.ValueOf(a.Accepted), false); err != nil {
				return err
			}
		}
		for k := range a.Params {
			a.Params[k].Inert = true
			if slices.ContainsFunc(spec.Params, func(p Param) bool { return p.Name == a.Params[k].Name }) {
				return fmt.Errorf("alias %s has its own parameter %s", a.Name, a.Params[k].Name)
			}
		}
	}
	for _, a := range spec.Aliases {
		s := *spec
		s.Params = slices.Concat(spec.Params, a.Params)
		aliases[a.Name] = s
	}
	return nil
}

// Names lists the registered operators in order, each by its canonical name.
func Names() []string { return slices.Sorted(maps.Keys(registry)) }

// Lookup returns the Spec of an operator by its canonical name, which is the
// Spec's, or by an alias: then the Spec has the alias's parameters too. A name
// that begins with ray_ is the operator without that prefix.
func Lookup(name string) (Spec, bool) {
	if e, ok := registry[name]; ok {
		return e.spec, true
	}
	if s, ok := aliases[name]; ok {
		return s, true
	}
	e, ok := registry[strings.TrimPrefix(name, "ray_")]
	return e.spec, ok
}

// Build makes an operator from its canonical name and its parameters, a JSON
// object; what it leaves out has its default.
func Build(name string, params json.RawMessage) (Operator, error) {
	e, ok := registry[name]
	if !ok {
		return nil, fmt.Errorf("no operator is named %q", name)
	}
	return e.build(params)
}

// TextKey returns the text_key that params carry, or fallback.
func TextKey(params json.RawMessage, fallback string) string {
	var c struct {
		TextKey *string `json:"text_key"`
	}
	if len(params) > 0 && json.Unmarshal(params, &c) == nil && c.TextKey != nil && *c.TextKey != "" {
		return *c.TextKey
	}
	return fallback
}

func decode(raw json.RawMessage, params []Param, into any) error {
	if len(raw) == 0 {
		return nil
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(raw, &keys); err != nil {
		return err
	}
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if !slices.ContainsFunc(params, func(p Param) bool { return p.Name == k }) {
			return fmt.Errorf("unknown parameter %q", k)
		}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	return d.Decode(into)
}

// paramsOf reads the tags json, doc, enum, min and max of a parameter struct.
// A pointer field may be null. Embedded structs add their fields.
func paramsOf(v reflect.Value, common bool) ([]Param, error) {
	if v.Kind() != reflect.Struct {
		return nil, errors.New("parameters must be a struct")
	}
	var out []Param
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			sub, err := paramsOf(v.Field(i), common)
			if err != nil {
				return nil, err
			}
			out = append(out, sub...)
			continue
		}
		p := Param{Name: f.Tag.Get("json"), Doc: f.Tag.Get("doc"), Common: common}
		if p.Name == "" || p.Doc == "" {
			return nil, fmt.Errorf("field %s needs the tags json and doc", f.Name)
		}
		t := f.Type
		if t.Kind() == reflect.Pointer {
			p.Nullable, t = true, t.Elem()
		}
		switch {
		case t == reflect.TypeFor[AutoInt](): // of kind Int64
			p.Type = TypeAutoInt
		case t.Kind() == reflect.Int64:
			p.Type = TypeInt
		case t.Kind() == reflect.Float64:
			p.Type = TypeFloat
		case t.Kind() == reflect.Bool:
			p.Type = TypeBool
		case t.Kind() == reflect.String:
			p.Type = TypeString
		case t == reflect.TypeFor[[]string]():
			p.Type = TypeStrings
		case t == reflect.TypeFor[[]int64]():
			p.Type = TypeInts
		case t == reflect.TypeFor[OneOrMore]():
			p.Type = TypeOneOrMore
		default:
			return nil, fmt.Errorf("field %s has a type that parameters can't have: %s", f.Name, t)
		}
		if e := f.Tag.Get("enum"); e != "" {
			p.Enum = strings.Split(e, ",")
		}
		for tag, bound := range map[string]**float64{"min": &p.Min, "max": &p.Max} {
			s, ok := f.Tag.Lookup(tag)
			if !ok {
				continue
			}
			x, err := strconv.ParseFloat(s, 64)
			if err != nil {
				return nil, fmt.Errorf("field %s: %s: %w", f.Name, tag, err)
			}
			*bound = &x
		}
		d, err := json.Marshal(v.Field(i).Interface())
		if err != nil {
			return nil, err
		}
		p.Default = d
		out = append(out, p)
	}
	return out, nil
}
