package exec

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"corpusmill/plan"
	"corpusmill/storage/object"
)

// A result in an object store has there, beside it, what a result on this
// machine has in its run folder: a copy that other machines can read, and a
// lease, which tells them that a run is under way.

const leaseName = "lock"

// lease is who writes to a place of an object store: the run folder with that
// ID, wherever it is mounted. Host and Folder are for who has to wait.
type lease struct {
	ID     string `json:"id"`
	Host   string `json:"host"`
	Folder string `json:"folder"`
}

// leaseID is the run folder's own, made when it is asked for first.
func leaseID(folder string) (string, error) {
	path := filepath.Join(folder, "lease")
	raw, err := os.ReadFile(path)
	if err == nil && len(raw) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return string(raw), err
	}
	id := rand.Text()
	return id, publishBytes(path, []byte(id))
}

// away says whether the result goes to an object store.
func (d *driver) away() bool { return object.In(d.plan.Output.Path) }

// takeLease has other machines know that this run writes to its output's
// place. The lease is the run folder's: it outlives a process that is killed.
func (d *driver) takeLease(ctx context.Context) error {
	if !d.away() {
		return nil
	}
	path := object.Join(plan.RunFolder(d.plan.Output.Path), leaseName)
	s, err := object.Of(path)
	if err != nil {
		return err
	}
	var own lease
	if own.ID, err = leaseID(d.opts.Folder); err != nil {
		return err
	}
	if own.Host, err = os.Hostname(); err != nil {
		return err
	}
	if own.Folder, err = filepath.Abs(d.opts.Folder); err != nil {
		return err
	}
	raw, err := json.Marshal(own)
	if err != nil {
		return err
	}
	if err = s.Create(ctx, path, raw); !errors.Is(err, fs.ErrExist) {
		return err
	}
	other, err := readLease(ctx, path)
	switch {
	case err != nil:
		return err
	case other.ID == own.ID:
		return nil
	case d.opts.Restart:
		return publishBytes(path, raw)
	}
	return fmt.Errorf("%w: %s says that a run on %s, in %s, writes to %s; wait for it, go on with it there, or give --restart when it is gone for good",
		errAtWork, path, other.Host, other.Folder, d.plan.Output.Path)
}

// HeldBy tells which run is under way, or was interrupted, that writes to an
// output in an object store: its machine and its run folder there, or "" when
// there is none.
func HeldBy(ctx context.Context, output string) (host, folder string, err error) {
	l, err := readLease(ctx, object.Join(plan.RunFolder(output), leaseName))
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", nil
	}
	return l.Host, l.Folder, err
}

func readLease(ctx context.Context, path string) (l lease, err error) {
	raw, err := object.ReadFile(ctx, path)
	if err != nil {
		return l, err
	}
	if err := json.Unmarshal(raw, &l); err != nil {
		return l, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}

// endLease has other machines know that the run is over.
func (d *driver) endLease() error {
	if !d.away() {
		return nil
	}
	return removeShared(object.Join(plan.RunFolder(d.plan.Output.Path), leaseName))
}

// checkAway refuses to put shards among objects that no run has made.
func checkAway(p *plan.Plan, folder string) error {
	if p.Output.Layout != plan.Folder {
		return nil
	}
	prefix := strings.TrimRight(p.Output.Path, "/") + "/"
	s, err := object.Of(prefix)
	if err != nil {
		return err
	}
	old, err := manifestOf(p, folder)
	if err != nil {
		return err
	}
	for info, err := range s.List(context.Background(), prefix) {
		if err != nil {
			return err
		}
		if !contains(old.Output, info.Path) {
			return fmt.Errorf("export_path %s is a folder that holds %s, which no earlier run made; the folder would be replaced: give another path, or a file name", p.Output.Path, info.Path)
		}
	}
	return nil
}

// manifestOf is the manifest of the result that was there before, empty when
// there is none. The one beside it counts: another machine may have made it.
func manifestOf(p *plan.Plan, folder string) (m Manifest, err error) {
	raw := []byte(nil)
	if object.In(p.Output.Path) {
		raw, err = readShared(object.Join(plan.RunFolder(p.Output.Path), manifestName))
	} else {
		raw, err = os.ReadFile(filepath.Join(folder, manifestName))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	if json.Unmarshal(raw, &m) != nil {
		return Manifest{}, nil // it can't tell what there was
	}
	return m, nil
}

// stagedFile is a file that waits in an object store for its place.
type stagedFile struct {
	Path  string `json:"path"`
	Token string `json:"token"`
}

// publishStaged makes objects of the staged files, and drops what lost tasks
// have staged.
func (d *driver) publishStaged() error {
	if !d.away() {
		return nil
	}
	s, err := object.Of(d.plan.Output.Path)
	if err != nil {
		return err
	}
	ctx := context.Background()
	for _, f := range d.commit.Staged {
		if err := s.Publish(ctx, f.Path, f.Token); err != nil {
			return err
		}
	}
	return d.discard(ctx, s)
}

// discard drops what tasks of this run, or of one before it, have staged.
func (d *driver) discard(ctx context.Context, s object.Store) error {
	prefix, ours := stagedFor(d.plan.Output)
	return s.Discard(ctx, prefix, ours)
}

// stagedFor tells what is staged for an output from what others stage whose
// names begin alike.
func stagedFor(o plan.Output) (prefix string, ours func(path string) bool) {
	before, after, several := nameParts(o)
	if !several {
		return o.Path, func(path string) bool { return path == o.Path }
	}
	return before, func(path string) bool {
		number, rest, ok := strings.Cut(strings.TrimPrefix(path, before), "-of-")
		return ok && strings.Trim(number, digits) == "" && strings.TrimLeft(rest, digits) == after
	}
}

const digits = "0123456789"

// clearAway drops what an earlier run has left in an object store.
func (d *driver) clearAway() error {
	if d.shared != d.work {
		if err := removeTree(string(d.shared)); err != nil {
			return err
		}
	}
	if !d.away() {
		return nil
	}
	s, err := object.Of(d.plan.Output.Path)
	if err != nil {
		return err
	}
	return d.discard(context.Background(), s)
}

// copyAway puts a copy of the run folder beside the output, in place of an
// earlier run's. work is left out, the plan comes from there.
func (d *driver) copyAway() error {
	if !d.away() {
		return nil
	}
	to := plan.RunFolder(d.plan.Output.Path)
	s, err := object.Of(to)
	if err != nil {
		return err
	}
	put := map[string]bool{object.Join(to, leaseName): true}
	for _, name := range copied {
		root := filepath.Join(d.opts.Folder, name)
		if name == planName {
			root = d.work.plan()
		}
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) && path == root {
				return nil
			}
			if err != nil || e.IsDir() {
				return err
			}
			rest, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			put[object.Join(to, name, filepath.ToSlash(rest))] = true
			return copyOut(path, object.Join(to, name, filepath.ToSlash(rest)))
		})
		if err != nil {
			return err
		}
	}
	var old []string
	for info, err := range s.List(context.Background(), to+"/") {
		if err != nil {
			return err
		}
		if !put[info.Path] {
			old = append(old, info.Path)
		}
	}
	return s.Remove(context.Background(), old)
}

// copied are the parts of a run folder that go with a result. The manifest is
// the last: with it the copy is whole.
var copied = []string{"report.json", "report.html", monitorFolder, "drops", "quarantine", "segments.json", planName, manifestName}

// Fetch brings the copy of the run folder that lies beside an output in an
// object store to a folder of this machine, unless it has that already.
func Fetch(ctx context.Context, output, folder string) error {
	from := plan.RunFolder(output)
	manifest, err := object.ReadFile(ctx, object.Join(from, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s holds no finished run: there is no %s in it", from, manifestName)
	}
	if err != nil {
		return err
	}
	if have, err := os.ReadFile(filepath.Join(folder, manifestName)); err == nil && string(have) == string(manifest) {
		return nil
	}
	unlock, err := lock(folder)
	if err != nil {
		return err
	}
	defer unlock()
	s, err := object.Of(from)
	if err != nil {
		return err
	}
	for _, name := range copied {
		if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	for info, err := range s.List(ctx, from+"/") {
		if err != nil {
			return err
		}
		rest := strings.TrimPrefix(info.Path, from+"/")
		part, _, _ := strings.Cut(rest, "/")
		if !filepath.IsLocal(rest) || !slices.Contains(copied, part) || rest == manifestName {
			continue
		}
		if err := fetchFile(ctx, info.Path, filepath.Join(folder, rest)); err != nil {
			return err
		}
	}
	return publishBytes(filepath.Join(folder, manifestName), manifest)
}

func fetchFile(ctx context.Context, from, to string) error {
	src, err := object.Open(ctx, from)
	if err != nil {
		return err
	}
	defer src.Close()
	return publish(to, func(f *os.File) error { _, err := io.Copy(f, src); return err })
}
