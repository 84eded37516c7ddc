package fs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/sync/errgroup"

	"corpusmill/storage"
	"corpusmill/storage/codec"
	"corpusmill/storage/object"
)

// objects adds what a path in an object store names.
func (f *finder) objects(mention string) error {
	store, err := object.Of(mention)
	if err != nil {
		return err
	}
	if strings.ContainsAny(mention, "*?[{") {
		return f.objectPattern(store, mention)
	}
	if !strings.HasSuffix(mention, "/") {
		info, err := store.Stat(f.ctx, mention)
		if err == nil {
			return f.addObjects(store, []object.Info{info}, mention)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return f.objectFolder(store, mention)
}

func (f *finder) objectPattern(store object.Store, mention string) error {
	_, pattern, _ := strings.Cut(mention, "://")
	if !doublestar.ValidatePattern(pattern) {
		return fmt.Errorf("%s: bad pattern: %w", mention, doublestar.ErrBadPattern)
	}
	fixed := mention[:strings.IndexAny(mention, "*?[{")]
	var matches []object.Info
	for info, err := range store.List(f.ctx, fixed) {
		if err != nil {
			return err
		}
		_, name, _ := strings.Cut(info.Path, "://")
		if ok, _ := doublestar.Match(pattern, name); ok && f.wanted(name) && !hidden(strings.TrimPrefix(info.Path, fixed), ".") {
			matches = append(matches, info)
		}
	}
	if len(matches) == 0 {
		return f.unmatched(mention)
	}
	return f.addObjects(store, matches, mention)
}

func (f *finder) objectFolder(store object.Store, mention string) error {
	folder := strings.TrimRight(mention, "/") + "/"
	var found []object.Info
	var skipped []string
	there := false
	for info, err := range store.List(f.ctx, folder) {
		if err != nil {
			return err
		}
		there = true
		switch {
		case hidden(strings.TrimPrefix(info.Path, folder), "._") || strings.Contains(strings.TrimPrefix(info.Path, folder), runFolder+"/") || !f.wanted(info.Path):
		case f.format(info.Path) == nil:
			skipped = append(skipped, info.Path)
		default:
			found = append(found, info)
		}
	}
	switch {
	case !there:
		return f.noObject(store, mention)
	case len(found) == 0:
		return f.empty(mention, skipped)
	}
	f.found.Skipped = append(f.found.Skipped, skipped...)
	return f.addObjects(store, found, mention)
}

// hidden says whether a part of a path begins with one of marks.
func hidden(path, marks string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if part != "" && strings.Contains(marks, part[:1]) {
			return true
		}
	}
	return false
}

// looked is how many objects are looked at for names that are like a missing
// one.
const looked = 10_000

func (f *finder) noObject(store object.Store, mention string) error {
	var names []string
	folder, seen := object.Dir(strings.TrimRight(mention, "/"))+"/", 0
	for info, err := range store.List(f.ctx, folder) {
		if err != nil || seen == looked {
			break // the names are a help, and no more
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(info.Path, folder), "/")
		if n := len(names); n == 0 || names[n-1] != folder+name {
			names = append(names, folder+name)
		}
		seen++
	}
	return fmt.Errorf("%s: there is no such object, nor one that begins with %s/%s", mention, strings.TrimRight(mention, "/"), some("; did you mean ", alike(mention, names)))
}

// sniffers is how many objects are opened at once to see what they begin with.
const sniffers = 32

func (f *finder) addObjects(store object.Store, infos []object.Info, mention string) error {
	files := make([]storage.File, len(infos))
	group, ctx := errgroup.WithContext(f.ctx)
	group.SetLimit(sniffers)
	for i, info := range infos {
		if err := f.once(info.Path, info.Path, mention); err != nil {
			return err
		}
		group.Go(func() error {
			head := make([]byte, min(headBytes, info.Size))
			if len(head) > 0 {
				n, _, err := store.ReadAt(ctx, info.Path, info.Tag, head, 0)
				if err != nil && !errors.Is(err, io.EOF) {
					return err
				}
				head = head[:n]
			}
			_, named := codec.ByName(info.Path)
			files[i] = storage.File{Path: info.Path, Size: info.Size, Mod: info.Mod, Tag: info.Tag,
				Codec: codec.Detect(head, named), Format: f.formatOf(info.Path, head)}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	f.found.Files = append(f.found.Files, files...)
	return nil
}
