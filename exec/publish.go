package exec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"corpusmill/plan"
	"corpusmill/storage/object"
)

// checkTarget refuses to replace what no run of corpusmill has made.
func checkTarget(p *plan.Plan, folder string) error {
	if p.MakesIndex() {
		return checkIndexTarget(p)
	}
	if object.In(p.Output.Path) {
		return checkAway(p, folder)
	}
	spec := p.Output
	info, err := os.Stat(spec.Path)
	if errors.Is(err, os.ErrNotExist) || spec.Layout == plan.Stream {
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case spec.Layout == plan.SingleFile && info.IsDir():
		return fmt.Errorf("export_path %s is a folder; give a file name in it, or a path without extension for a folder of shards", spec.Path)
	case spec.Layout == plan.Folder && !info.IsDir():
		return fmt.Errorf("export_path %s has no extension, which means a folder of shards, but it is a file", spec.Path)
	case spec.Layout != plan.Folder:
		return nil
	}
	files, err := os.ReadDir(spec.Path)
	if err != nil {
		return err
	}
	old, err := manifestOf(p, folder)
	if err != nil {
		return err
	}
	ours := map[string]bool{}
	for _, f := range old.Output {
		ours[filepath.Base(f.Path)] = true
	}
	for _, f := range files {
		if !ours[f.Name()] {
			return fmt.Errorf("export_path %s is a folder that holds %s, which no earlier run made; the folder would be replaced: give another path, or a file name", spec.Path, f.Name())
		}
	}
	return nil
}

const (
	manifestName = "manifest.json"
	planName     = "plan.json"
)

// publish checks the account and gives the result its names. Once the journal
// has the commit, a run that stops in between is finished by the next try.
func (d *driver) publish(ctx context.Context) (*Report, error) {
	if d.commit == nil {
		if err := d.account.Check(d.plan); err != nil {
			return nil, &AccountError{err}
		}
		r := d.report()
		var err error
		if r.Clusters, err = d.clusterReports(ctx); err != nil {
			return nil, err
		}
		c := &commitEntry{Report: r}
		for i, s := range d.shards {
			path := finalName(d.plan.Output, i, len(d.shards))
			r.Output = append(r.Output, OutputFile{Path: path, Bytes: s.Bytes, Rows: s.Rows, Sum: s.Sum})
			if s.Staged != "" {
				c.Staged = append(c.Staged, stagedFile{path, s.Staged})
			}
		}
		if len(c.Staged) == 0 {
			c.Renames = finalNames(d.plan.Output, d.work, len(d.shards))
		}
		more, err := d.indexed(r)
		if err != nil {
			return nil, d.explain(err)
		}
		c.Renames = append(c.Renames, more...)
		if d.writesStats() {
			c.Renames = append(c.Renames, [2]string{d.work.stats(), statsPath(d.plan.Output)})
		}
		if r.Resources = d.resources.report(d.account); r.Resources != nil {
			if err := writeJSON(d.work.monitor(), d.resources.monitor(d.account)); err != nil {
				return nil, d.explain(err)
			}
		}
		if err := d.journal.write(entry{Commit: c}); err != nil {
			return nil, d.explain(err)
		}
		d.commit = c
	}
	r := d.commit.Report
	if err := d.replace(r); err != nil {
		return nil, d.explain(err)
	}
	return r, nil
}

// replace moves the result to its names, and what the run leaves beside it.
// Each move is done once: one whose file is gone was done by an earlier try.
func (d *driver) replace(r *Report) error {
	if err := d.publishStaged(); err != nil {
		return err
	}
	if err := d.removeOld(r); err != nil {
		return err
	}
	for _, n := range d.commit.Renames {
		if err := move(n[0], n[1]); err != nil {
			return err
		}
		if !d.plan.MakesIndex() {
			continue
		}
		// Of an index no file may reach the disk after the one that names it.
		if err := syncDir(filepath.Dir(n[1])); err != nil {
			return err
		}
	}
	if err := removeEmpty(d.work.at("drops"), d.work.at("quarantine")); err != nil {
		return err
	}
	// A file that this run has made too is replaced: an earlier try of this may
	// have put it in its place already.
	if d.plan.Index == nil {
		if err := os.Remove(filepath.Join(d.opts.Folder, supersededName)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if r.Resources == nil {
		if err := os.RemoveAll(filepath.Join(d.opts.Folder, monitorFolder)); err != nil {
			return err
		}
	}
	for _, name := range []string{monitorFolder, "drops", "quarantine", "segments.json", supersededName} {
		if err := move(d.work.at(name), filepath.Join(d.opts.Folder, name)); err != nil {
			return err
		}
	}
	if err := writeJSON(filepath.Join(d.opts.Folder, "report.json"), r); err != nil {
		return err
	}
	if err := publish(filepath.Join(d.opts.Folder, "report.html"), func(f *os.File) error { return r.writePage(f) }); err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(d.opts.Folder, manifestName), d.manifest(r)); err != nil {
		return err
	}
	if err := d.copyAway(); err != nil {
		return err
	}
	if err := d.endLease(); err != nil {
		return err
	}
	// The plan goes last: without it the next try would begin anew.
	if err := move(d.work.plan(), filepath.Join(d.opts.Folder, planName)); err != nil {
		return err
	}
	for _, dir := range []string{filepath.Dir(d.opts.Folder), d.opts.Folder} {
		if err := syncDir(dir); err != nil {
			return err
		}
	}
	if d.shared != d.work {
		if err := removeTree(string(d.shared)); err != nil {
			return err
		}
	}
	return removeTree(string(d.work))
}

// removeOld removes the files of the result before that the new one doesn't
// replace.
func (d *driver) removeOld(r *Report) error {
	old, err := manifestOf(d.plan, d.opts.Folder)
	if err != nil {
		return err
	}
	var gone []string
	if d.plan.Output.Layout == plan.Numbered || d.plan.Output.Layout == plan.Folder && d.away() {
		for _, f := range old.Output {
			if !contains(r.Output, f.Path) {
				gone = append(gone, f.Path)
			}
		}
	}
	if old.Stats != "" && !d.writesStats() {
		gone = append(gone, old.Stats)
	}
	return removeShared(gone...)
}

// writesStats says whether a stats file goes beside the output.
func (d *driver) writesStats() bool {
	return len(d.plan.Stats) > 0 && d.plan.Output.Layout != plan.Stream && !d.plan.MakesIndex()
}

// removeEmpty removes the files of length 0 in folders.
func removeEmpty(folders ...string) error {
	for _, dir := range folders {
		files, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		for _, f := range files {
			if info, err := f.Info(); err == nil && info.Size() == 0 {
				if err := os.Remove(filepath.Join(dir, f.Name())); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func contains(files []OutputFile, path string) bool {
	for _, f := range files {
		if f.Path == path {
			return true
		}
	}
	return false
}

// statsPath is where the stats of the kept rows go, beside the output.
func statsPath(o plan.Output) string {
	if o.Layout == plan.Folder {
		return strings.TrimRight(o.Path, "/") + "_stats.jsonl"
	}
	base := filepath.Base(o.Path)
	name, _, _ := strings.Cut(base, ".")
	return strings.TrimSuffix(o.Path, base) + name + "_stats.jsonl"
}

func writeJSON(path string, v any) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return publishBytes(path, append(raw, '\n'))
}
