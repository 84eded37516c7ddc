package backendtest

import (
	"bytes"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"corpusmill/exec"
	"corpusmill/internal/scratch"
	"corpusmill/plan"
	"corpusmill/storage"
	"corpusmill/storage/codec"
)

// layouts writes an archive's result in every other form: the rows and their
// digest stay the same.
func (e Engine) layouts(t *testing.T, a *archive, digest string) {
	for _, name := range []string{"out.jsonl.gz", "out.jsonl.zst", "folder", "numbered.jsonl", "numbered.jsonl.gz", "-"} {
		j := job{recipe: a.recipe, inputs: a.inputs, models: a.models, out: filepath.Join(scratch.Dir(t), name), workers: 2}
		j.flags = append(j.flags, flag("segment", 1<<10))
		if !strings.HasPrefix(name, "out") && name != "-" {
			j.flags = append(j.flags, flag("export_shard_size", 200))
		}
		var stdout bytes.Buffer
		if name == "-" {
			j.out, j.options.Folder, j.options.Stdout = "-", filepath.Join(scratch.Dir(t), "stdout.run"), &stdout
		}
		report, err := j.run(t.Context(), e.New())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := stdout.String()
		if name != "-" {
			j.checkFinished(t, report)
			got = content(t, report)
		}
		if want := a.want("want.jsonl"); got != want || report.Digest != digest {
			t.Errorf("%s: the digest is %s, want %s; the rows are\n%s\nwant:\n%s", name, report.Digest, digest, got, want)
		}
		if name == "folder" || name == "numbered.jsonl.gz" {
			e.byWorkers(t, j, report)
		}
	}
	for _, name := range []string{"out.parquet", "out.csv", "out.tsv.zst"} {
		e.table(t, a, digest, name)
	}
}

// byWorkers has the workers write the files of a result, as they do on other
// machines: they are the same files.
func (e Engine) byWorkers(t *testing.T, j job, want *exec.Report) {
	t.Helper()
	j.out = filepath.Join(scratch.Dir(t), filepath.Base(j.out))
	j.flags = append(slices.Clone(j.flags), flag("segment", 64))
	j.edit = func(p *plan.Job) { p.WorkersWrite = true }
	got := j.mustRun(t, e.New())
	if len(got.Output) != len(want.Output) || got.Digest != want.Digest {
		t.Fatalf("%s: the workers wrote %d files with digest %s, want %d with %s", filepath.Base(j.out), len(got.Output), got.Digest, len(want.Output), want.Digest)
	}
	for i, f := range got.Output {
		w := want.Output[i]
		if filepath.Base(f.Path) != filepath.Base(w.Path) || f.Rows != w.Rows || f.Sum != w.Sum || f.Bytes != w.Bytes {
			t.Errorf("the workers wrote %+v, want %+v", f, w)
		}
	}
}

// content is what the files of a result have, one after the other.
func content(t *testing.T, r *exec.Report) string {
	t.Helper()
	var b strings.Builder
	for _, f := range r.Output {
		_, c := codec.ByName(f.Path)
		in, err := codec.Open(t.Context(), storage.File{Path: f.Path, Codec: c})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(in)
		in.Close()
		if err != nil {
			t.Fatal(err)
		}
		if n := int64(bytes.Count(raw, []byte("\n"))); n != f.Rows {
			t.Errorf("%s has %d rows; the report says %d", f.Path, n, f.Rows)
		}
		b.Write(raw)
	}
	return b.String()
}

// table writes an archive's result in a format with columns, twice and cut
// differently, and reads it again.
func (e Engine) table(t *testing.T, a *archive, digest, name string) {
	var files []string
	var report *exec.Report
	for _, segment := range []int64{64, 32 << 20} {
		j := job{recipe: a.recipe, inputs: a.inputs, models: a.models, out: filepath.Join(scratch.Dir(t), name), workers: 2}
		j.flags = append(j.flags, flag("segment", segment))
		report = j.mustRun(t, e.New())
		files = append(files, j.out)
	}
	if readFile(t, files[0]) != readFile(t, files[1]) {
		t.Errorf("the bytes of %s depend on how the input was cut", name)
	}
	refused := slices.ContainsFunc(report.Steps, func(s exec.StepReport) bool { return s.Kind == "export" && s.Quarantined > 0 })
	if report.Digest != digest && !refused {
		t.Errorf("%s: the digest is %s, want %s", name, report.Digest, digest)
	}
	back := job{inputs: files[:1], out: filepath.Join(scratch.Dir(t), "back.jsonl")}
	if n := back.mustRun(t, e.New()).Rows; n.In != report.Rows.Kept || n.Kept != n.In {
		t.Errorf("%s has %d rows, %d of them pass; %d were written", name, n.In, n.Kept, report.Rows.Kept)
	}
}
