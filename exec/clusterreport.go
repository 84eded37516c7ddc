package exec

import (
	"context"

	"corpusmill/op"
	"corpusmill/plan"
)

// ClusterReport is what a deduplicator by similarity found. Of clusters with
// rows of an index only the row that stays is counted among those.
type ClusterReport struct {
	Step     string `json:"step"`
	Clusters int64  `json:"clusters"` // of two rows and more
	Rows     int64  `json:"rows"`     // that are in them, with those that stay
	// ExpectedRecall is the share of pairs, just alike enough, that the
	// operator's parameters are expected to find.
	ExpectedRecall float64 `json:"expected_recall,omitempty"`
	// Verified says that each duplicate was compared with the row that it lost
	// to; Spared are the rows of clusters that are like none that stays.
	Verified bool  `json:"verified"`
	Spared   int64 `json:"spared,omitempty"`
	// Sample are random duplicates compared with the rows that they lost to:
	// Precision is the share of those that are alike enough.
	Sample    int            `json:"sample,omitempty"`
	Precision *float64       `json:"precision,omitempty"`
	Largest   []LargeCluster `json:"largest,omitempty"`
}

// LargeCluster is one of the clusters with the most rows.
type LargeCluster struct {
	Rows    int64        `json:"rows"`
	Kept    ClusterRow   `json:"kept"`
	Members []ClusterRow `json:"members"` // the first of the others
}

// ClusterRow is a row of a cluster.
type ClusterRow struct {
	File       string   `json:"file"`
	Offset     uint64   `json:"offset"`               // bytes into the uncompressed file, or row number
	Text       string   `json:"text"`                 // its beginning
	Similarity *float64 `json:"similarity,omitempty"` // to the row that is kept
}

func (d *driver) clusterReports(ctx context.Context) ([]ClusterReport, error) {
	var out []ClusterReport
	for i, s := range d.plan.Stages {
		f := d.findings[i]
		last := i+1 == len(d.plan.Stages) || d.plan.Stages[i+1].End != plan.EndPayloads
		if f == nil || !last {
			continue
		}
		r, err := d.clusterReport(ctx, i, s, f)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (d *driver) clusterReport(ctx context.Context, stage int, s plan.Stage, f *findings) (ClusterReport, error) {
	g := d.plan.Grouping(stage)
	r := ClusterReport{Step: d.plan.Steps[s.Dedup].Label, Clusters: f.Clusters, Rows: f.Rows, Verified: g.Verify, Spared: f.Spared, ExpectedRecall: g.Recall}
	o, err := plan.Open(ctx, d.plan.Env(), d.plan.Steps[s.Dedup], d.plan.TextKey)
	if err != nil {
		return r, err
	}
	defer o.Close()
	v, err := o.New(&op.Worker{})
	if err != nil {
		return r, err
	}
	comparer, _ := v.(op.Comparer)
	rows := d.captures[stage]
	compare := func(a, b node) (float64, bool, bool) {
		x, y := rows[a].Payload, rows[b].Payload
		if comparer == nil || len(x) == 0 || len(y) == 0 {
			return 0, false, false
		}
		similarity, same := comparer.Similarity(x, y)
		return similarity, same, true
	}
	alike := 0
	for _, p := range f.Pairs {
		if _, same, ok := compare(p.parent, p.child); ok {
			r.Sample++
			if same {
				alike++
			}
		}
	}
	if r.Sample > 0 {
		p := float64(alike) / float64(r.Sample)
		r.Precision = &p
	}
	row := func(n, kept node) ClusterRow {
		at := d.segs[n.seg()]
		c := ClusterRow{File: d.plan.Inputs[at.Src].Path, Offset: at.Base + uint64(n.off()), Text: rows[n].Text}
		if similarity, _, ok := compare(kept, n); ok && n != kept {
			c.Similarity = &similarity
		}
		return c
	}
	for _, c := range f.Largest {
		large := LargeCluster{Rows: c.Rows, Kept: row(c.Root, c.Root)}
		for _, m := range c.Members {
			large.Members = append(large.Members, row(m, c.Root))
		}
		r.Largest = append(r.Largest, large)
	}
	return r, nil
}
