package exec

import (
	"context"
	"fmt"

	"corpusmill/op"
	"corpusmill/plan"
	"corpusmill/record"
)

// trace takes the row through the steps up to the one that dropped it.
func (f *Finished) trace(ctx context.Context, rows record.Rows, row int, x *Explanation) (out []TraceStep, err error) {
	if x.Outcome != "kept" && x.Step == stepLabel(f.Plan, SourceStep) {
		return nil, nil
	}
	env := f.Plan.Env()
	var steps []op.Operator
	for _, s := range f.Plan.Steps {
		o, err := plan.Open(ctx, env, s, f.Plan.TextKey)
		if err != nil {
			return nil, err
		}
		defer o.Close()
		steps = append(steps, o)
	}
	rec := record.New(env.Fields, env.Stats)
	rec.Reset(rows, row)
	for i, o := range steps {
		step := f.Plan.Steps[i]
		v, err := o.New(&op.Worker{})
		if err != nil {
			return nil, err
		}
		text := env.Fields.Path(op.TextKey(step.Params, f.Plan.TextKey))
		t := traceOne(rec, v, text, step, env.Stats)
		out = append(out, t)
		if x.Step == step.Label {
			return out, nil
		}
	}
	return out, nil
}

func traceOne(rec *record.Record, v any, text record.Path, step plan.Step, stats *record.Stats) (t TraceStep) {
	t = TraceStep{Step: step.Label, Did: "kept"}
	defer func() {
		if p := recover(); p != nil {
			t.Did, t.Why = "failed", fmt.Sprint("the operator panicked: ", p)
		}
	}()
	fail := func(err error) TraceStep { t.Did, t.Why = "failed", err.Error(); return t }
	switch v := v.(type) {
	case op.Mapper:
		before := string(rec.Text(text))
		if err := v.Map(rec); err != nil {
			return fail(err)
		}
		if after := string(rec.Text(text)); after != before {
			t.Did, t.Before, t.After = "edited", before, after
		}
	case op.Filter:
		if err := v.Measure(rec); err != nil {
			return fail(err)
		}
		t.Stats = map[string]any{}
		spec, _ := op.Lookup(step.Name)
		for _, s := range spec.Stats {
			for slot := range stats.Len() {
				if stats.Name(record.Slot(slot)) == s.Name {
					t.Stats[s.Name] = statValue(rec.Values()[slot], stats.Kind(record.Slot(slot)))
				}
			}
		}
		if ok, why := v.Keep(rec); !ok {
			t.Did, t.Why = "dropped", step.Reasons[why]
		}
	case op.Deduplicator:
		t.Did = "keyed"
	}
	return t
}

func statValue(v record.Value, k record.StatKind) any {
	switch k {
	case record.IntStat:
		return v.Int
	case record.FloatStat:
		return v.Float
	default:
		return v.Str
	}
}
