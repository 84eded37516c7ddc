package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/exec"
	"corpusmill/internal/scratch"
)

// TestReportAgain prints the report of a run again.
func TestReportAgain(t *testing.T) {
	dir := scratch.Dir(t)
	in := write(t, filepath.Join(dir, "in.jsonl"), string(rows(1<<20, 0.3)))
	out := filepath.Join(dir, "out.jsonl")
	recipe := write(t, filepath.Join(dir, "r.yaml"), "dataset_path: "+in+"\nexport_path: "+out+"\n"+mapDedup)
	o := corpusmill(t, "process", "--config", recipe, "--backend", "processes", "--np", "2")
	o.want(t, 0)
	o.wantOut(t, "workers     ", " processes, ", " of CPU time, at most ")
	again := corpusmill(t, "report", out)
	again.want(t, 0)
	table, _, _ := strings.Cut(o.stdout, "\n\n")
	again.wantOut(t, table, "words_num_filter", ", driver", "CPU used", "rows/s")
	var r exec.Report
	if err := json.Unmarshal([]byte(corpusmill(t, "report", out, "--json").stdout), &r); err != nil || r.Resources == nil || r.Resources.Processes < 2 || r.Rows.In == 0 {
		t.Errorf("report --json has %+v, %v", r, err)
	}
	if page := read(t, out+".run/report.html"); !strings.Contains(page, r.Digest) || !strings.Contains(page, "words_num_filter") || len(page) > 200<<10 {
		t.Errorf("report.html has %d bytes:\n%.500s", len(page), page)
	}
	corpusmill(t, "process", "--config", recipe, "--open_monitor", "false").want(t, 0)
	if calm := corpusmill(t, "report", out); strings.Contains(calm.stdout, "CPU time") || !strings.Contains(calm.stdout, r.Digest) {
		t.Errorf("without figures the report is\n%s", calm.stdout)
	}
	corpusmill(t, "report", in).want(t, exitFailure, "holds no finished run")
	corpusmill(t, "report").want(t, exitUsage, "report needs the output of a run")
}
