package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"corpusmill/storage"
)

// Diff names what has changed from an interrupted run's plan to a new one so
// that the run can't be continued; nothing when it can. How input is cut into
// segments may differ: it doesn't show in the result.
func Diff(old, now *Plan) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if old.Format != now.Format {
		return []string{fmt.Sprintf("the interrupted run was made by another version of corpusmill (plan format %d, this one has %d)", old.Format, now.Format)}
	}
	out = append(out, diffInputs(old.OwnInputs(), now.OwnInputs())...)
	out = append(out, diffIndex(old.Index, now.Index)...)
	out = append(out, diffSteps(old.Steps, now.Steps)...)
	out = append(out, diffModels(old, now)...)
	if old.Output != now.Output {
		say("output: was %s, is %s", old.Output.describe(), now.Output.describe())
	}
	if old.TextKey != now.TextKey {
		say("text_keys: was %q, is %q", old.TextKey, now.TextKey)
	}
	if old.KeepStats != now.KeepStats {
		say("keep_stats_in_res_ds: was %t, is %t", old.KeepStats, now.KeepStats)
	}
	if old.StopOnRowError != now.StopOnRowError {
		say("skip_op_error: was %t, is %t", !old.StopOnRowError, !now.StopOnRowError)
	}
	if old.MaxRow != now.MaxRow {
		say("max_row: was %d, is %d", old.MaxRow, now.MaxRow)
	}
	return out
}

func (o Output) describe() string {
	s := fmt.Sprintf("%s (%s", o.Path, o.Format)
	if o.Codec != "" {
		s += " " + string(o.Codec)
	}
	if o.Shard > 0 {
		s += fmt.Sprintf(", shards of %d bytes", o.Shard)
	}
	return s + ")"
}

func diffInputs(old, now []storage.File) []string {
	var out []string
	name := func(f storage.File) string { return f.Path }
	was, is := map[string]storage.File{}, map[string]storage.File{}
	for _, f := range old {
		was[f.Path] = f
	}
	for _, f := range now {
		is[f.Path] = f
		if _, ok := was[f.Path]; !ok {
			out = append(out, "input "+f.Path+" has been added")
		}
	}
	for _, f := range old {
		g, ok := is[f.Path]
		switch {
		case !ok:
			out = append(out, "input "+f.Path+" is gone")
		case f.Size != g.Size:
			out = append(out, fmt.Sprintf("input %s has changed: it had %d bytes and has %d", f.Path, f.Size, g.Size))
		case f.Mod != g.Mod:
			out = append(out, fmt.Sprintf("input %s has changed: it was modified at %s, before at %s", f.Path, stamp(g.Mod), stamp(f.Mod)))
		case f != g:
			out = append(out, fmt.Sprintf("input %s has changed: it was %s %s and is %s %s", f.Path, f.Format, f.Codec, g.Format, g.Codec))
		}
	}
	if len(out) == 0 {
		for i := range old {
			if name(old[i]) != name(now[i]) {
				return []string{fmt.Sprintf("the order of the inputs has changed: input %d was %s and is %s", i+1, name(old[i]), name(now[i]))}
			}
		}
	}
	return out
}

// diffIndex compares what the indices hold; where they lie may differ.
func diffIndex(old, now *IndexUse) []string {
	switch {
	case old == nil && now == nil:
		return nil
	case old == nil:
		return []string{"the index " + now.Path + " wasn't there to go on from"}
	case now == nil:
		return []string{"the index " + old.Path + " isn't gone on from any more"}
	case old.Hash != now.Hash:
		return []string{fmt.Sprintf("the index %s has changed: its hash was %s and is %s", now.Path, old.Hash, now.Hash)}
	}
	return nil
}

func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000000000Z") }

func diffSteps(old, now []Step) []string {
	var out []string
	for i := range max(len(old), len(now)) {
		switch {
		case i >= len(now):
			out = append(out, fmt.Sprintf("step %d, %s, is gone", i+1, old[i].Label))
		case i >= len(old):
			out = append(out, fmt.Sprintf("step %d, %s, has been added", i+1, now[i].Label))
		case old[i].Name != now[i].Name:
			out = append(out, fmt.Sprintf("step %d was %s and is %s", i+1, old[i].Label, now[i].Label))
		case old[i].Version != now[i].Version:
			out = append(out, fmt.Sprintf("step %d, %s: the operator's version was %d and is %d", i+1, now[i].Label, old[i].Version, now[i].Version))
		default:
			for _, d := range diffParams(old[i].Params, now[i].Params) {
				out = append(out, fmt.Sprintf("step %d, %s: %s", i+1, now[i].Label, d))
			}
		}
	}
	return out
}

func diffParams(old, now json.RawMessage) []string {
	var a, b map[string]json.RawMessage
	if json.Unmarshal(old, &a) != nil || json.Unmarshal(now, &b) != nil {
		if bytes.Equal(old, now) {
			return nil
		}
		return []string{"its parameters have changed"}
	}
	keys := slices.Collect(maps.Keys(a))
	for k := range b {
		if _, ok := a[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var out []string
	for _, k := range keys {
		if x, y := compact(a[k]), compact(b[k]); x != y {
			out = append(out, fmt.Sprintf("%s was %s and is %s", k, x, y))
		}
	}
	return out
}

func compact(raw json.RawMessage) string {
	if raw == nil {
		return "not set"
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}
