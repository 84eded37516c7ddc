package main

import (
	"fmt"
	"slices"
	"strings"
)

const similarIntro = `
Each program reads JSON Lines, drops the rows that are similar to others, and writes JSON Lines: windows of five
words in lower case and a similarity of 0.7. Of corpusmill, "default" is 256 permutations with the signatures,
bands and rows of Data-Juicer; "xxh3" has hash: xxh3, "characters" tokenization: character, "verify" verify: true,
"recall95" target_recall: 0.95; "avx2" is the same program held to AVX2. The numbers of peers are permutations,
or bands x rows; text-dedup cuts words at all that is no letter or digit. corpusmill, Data-Juicer and text-dedup
join what is similar to similar rows; gaoya, rensa and datasketch compare with the rows that they keep.

Recall and precision are against the exact Jaccard similarity of all pairs of rows. Rows connected by pairs of 0.7
and more are a cluster, of which one row has to stay, whichever. Recall is the share of all others that were
dropped; precision is the share of the dropped rows that are such. "Precision, copies" counts rows right that were
made as copies with more edits than leave a similarity of 0.7 as well: the rest is similar by accident. "To a kept
row" is the share of dropped rows that have a similarity of 0.7 to a row that stayed, of a sample.
`

// similarTables is the report of `bench similar`.
func (r *report) similarTables(c config, f similarFlags) string {
	var b strings.Builder
	r.heading(&b, "Deduplicators of similar rows")
	if f.judge {
		b.WriteString(similarIntro)
	}
	for _, kind := range f.corpora {
		for _, size := range c.sizes {
			rows := slices.DeleteFunc(slices.Clone(r.Measured), func(m measurement) bool { return m.Job != kind || m.Size != size })
			if len(rows) == 0 {
				continue
			}
			fmt.Fprintf(&b, "\n## %s, %s, np %d\n\n", kind, size, rows[0].Workers)
			r.similarTable(&b, rows, f.judge)
		}
	}
	for _, failure := range r.Failed {
		fmt.Fprintf(&b, "\n%s\n", failure)
	}
	return b.String()
}

func (r *report) similarTable(b *strings.Builder, rows []measurement, judged bool) {
	if v := rows[0].Verdict; judged && v != nil {
		fmt.Fprintf(b, "%d rows, in %d clusters of words, the largest of %d rows: %d are redundant.\n\n", v.Rows, v.Clusters, v.Largest, v.Redundant)
	}
	b.WriteString("| program | CPU s | MB/CPU s | wall s | peak MB, tree | rows out |")
	line := "\n|---|---|---|---|---|---|"
	if judged {
		b.WriteString(" recall | precision | precision, copies | to a kept row |")
		line += "---|---|---|---|"
	}
	b.WriteString(line + "\n")
	for _, g := range groups(rows) {
		runs := g.of(rows)
		cpu, wall := sorted(runs, measurement.cpu), sorted(runs, func(m measurement) float64 { return m.Wall })
		tree := slices.MaxFunc(runs, func(x, y measurement) int { return int(x.Tree - y.Tree) }).Tree
		fmt.Fprintf(b, "| %s | %.2f (%.2f to %.2f) | %.1f | %.1f | %.0f | %d |", g.contender,
			median(cpu), cpu[0], cpu[len(cpu)-1], float64(runs[0].Bytes)/1e6/median(cpu), median(wall), float64(tree)/1e6, runs[0].Rows)
		if v := runs[0].Verdict; judged && v != nil {
			fmt.Fprintf(b, " %.3f | %.3f | %.3f | %.3f |", v.Recall, v.Precision, v.Related, v.Direct)
		} else if judged {
			b.WriteString(" | | | |")
		}
		b.WriteString("\n")
	}
}
