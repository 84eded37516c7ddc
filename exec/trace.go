package exec

import (
	"context"
	"fmt"

	"corpusmill/op"
	"corpusmill/plan"
	"corpusmill/record"
)

// tracer takes rows through the steps of a run again.
type tracer struct {
	env   *op.Env
	plan  *plan.Plan
	steps []op.Operator
}

func (f *Finished) newTracer(ctx context.Context) (*tracer, error) {
	t := &tracer{env: f.Plan.Env(), plan: f.Plan}
	for _, s := range f.Plan.Steps {
		o, err := plan.Open(ctx, t.env, s, f.Plan.TextKey)
		if err != nil {
			t.close()
			return nil, err
		}
		t.steps = append(t.steps, o)
	}
	return t, nil
}

func (t *tracer) close() {
	for _, o := range t.steps {
		o.Close()
	}
}

// run takes a row through the steps up to the one of that label. payload is
// what that step compares of the row, when it compares rows.
func (t *tracer) run(rows record.Rows, row int, last string) (out []TraceStep, payload []byte, compare op.Comparer, err error) {
	rec := record.New(t.env.Fields, t.env.Stats)
	rec.Reset(rows, row)
	for i, o := range t.steps {
		step := t.plan.Steps[i]
		v, err := o.New(&op.Worker{})
		if err != nil {
			return nil, nil, nil, err
		}
		text := t.env.Fields.Path(op.TextKey(step.Params, t.plan.TextKey))
		out = append(out, traceOne(rec, v, text, step, t.env.Stats))
		if last == step.Label {
			if c, ok := v.(op.Comparer); ok {
				payload, err = c.Payload(rec, nil)
				return out, payload, c, err
			}
			break
		}
	}
	return out, nil, nil, nil
}

// trace takes the row through the steps up to the one that dropped it. A
// duplicate is compared with the row that it lost to.
func (f *Finished) trace(ctx context.Context, rows record.Rows, row int, x *Explanation, winner record.ID) ([]TraceStep, error) {
	if x.Outcome != "kept" && x.Step == stepLabel(f.Plan, SourceStep) {
		return nil, nil
	}
	t, err := f.newTracer(ctx)
	if err != nil {
		return nil, err
	}
	defer t.close()
	out, payload, compare, err := t.run(rows, row, x.Step)
	if err != nil || x.Outcome != "duplicate" || compare == nil || f.Plan.Inputs[winner.Src].Indexed {
		return out, err // the files of an index aren't read again
	}
	var other []byte
	err = f.scanFrom(ctx, winner, func(rows record.Rows, row int) error {
		if err := rows.Seek(row); err != nil {
			return err
		}
		_, other, _, err = t.run(rows, row, x.Step)
		return err
	})
	if err != nil {
		return out, err
	}
	similarity, same := compare.Similarity(other, payload)
	last := &out[len(out)-1]
	last.Stats = map[string]any{"similarity": similarity}
	if !same {
		last.Why = "too little by itself: it duplicates other rows of the cluster"
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
				if v := rec.Values()[slot]; v.Set && stats.Name(record.Slot(slot)) == s.Name {
					t.Stats[s.Name] = statValue(v, stats.Kind(record.Slot(slot)))
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
