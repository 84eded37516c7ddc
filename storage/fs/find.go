// Package fs finds the input files of a run, on this machine and in object
// stores.
package fs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"corpusmill/storage"
	"corpusmill/storage/codec"
	"corpusmill/storage/object"
)

// Found is what Find found.
type Found struct {
	// Files are in the order of the paths that named them, those of one
	// folder or pattern by their names' bytes.
	Files []storage.File
	// Skipped are the files in folders whose ending no format has.
	Skipped []string
}

// Find lists the input files that paths name:
//   - a file, of whatever name; what its ending doesn't say, its first bytes
//     do: Parquet begins with PAR1, anything else is JSON Lines;
//   - a folder: the files in it and below whose ending a format has, alone or
//     with a codec's; names that begin with "." or "_" are passed over, and
//     what runs leave beside their results, folders that end in ".run";
//   - a pattern of * ? [ab] {a,b} and ** (any folders): as if its matches had
//     been named one by one, as a shell would;
//   - "-": standard input, JSON Lines.
//
// In an object store, a path that no object has stands for the folder of those
// that begin with it and "/".
//
// suffixes, when there are any, limit folders and patterns to files with one
// of these endings; each may lack its dot. An error names a path that stands
// for nothing and what there is instead, or a file that two paths name.
func Find(ctx context.Context, paths, suffixes []string, formats []storage.Format) (Found, error) {
	f := finder{ctx: ctx, formats: formats, by: map[string]string{}}
	for _, s := range suffixes {
		f.suffixes = append(f.suffixes, "."+strings.ToLower(strings.TrimPrefix(s, ".")))
	}
	for _, p := range paths {
		if err := f.path(p); err != nil {
			return Found{}, err
		}
	}
	return f.found, nil
}

type finder struct {
	ctx      context.Context
	formats  []storage.Format
	suffixes []string
	found    Found
	by       map[string]string // real path of each file: the path that named it
}

func (f *finder) path(mention string) error {
	if mention == "" {
		return errors.New("an input path is empty")
	}
	if mention == "-" {
		if f.by["-"] != "" {
			return errors.New("standard input (-) is named twice as input")
		}
		f.by["-"] = "-"
		f.found.Files = append(f.found.Files, storage.File{Path: "-", Size: -1, Format: lines})
		return nil
	}
	if object.In(mention) {
		return f.objects(mention)
	}
	if scheme, _, ok := strings.Cut(mention, "://"); ok {
		return fmt.Errorf("%s: files at %s:// can't be read; object stores that can: %s", mention, scheme, strings.Join(object.Schemes(), ", "))
	}
	info, err := os.Stat(mention)
	switch {
	case err == nil && info.IsDir():
		return f.folder(mention, info)
	case err == nil:
		return f.add(mention, mention, info)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case strings.ContainsAny(mention, "*?[{"):
		return f.pattern(mention)
	}
	return missing(mention)
}

func (f *finder) pattern(mention string) error {
	matches, err := doublestar.FilepathGlob(mention, doublestar.WithFilesOnly(), doublestar.WithNoHidden())
	if err != nil {
		return fmt.Errorf("%s: bad pattern: %w", mention, err)
	}
	slices.Sort(matches)
	n := len(f.found.Files)
	for _, m := range matches {
		if !f.wanted(m) {
			continue
		}
		info, err := os.Stat(m)
		if err != nil {
			return err
		}
		if err := f.add(m, mention, info); err != nil {
			return err
		}
	}
	if len(f.found.Files) == n {
		return f.unmatched(mention)
	}
	return nil
}

func (f *finder) unmatched(pattern string) error {
	return fmt.Errorf("%s: no file matches this pattern%s", pattern, f.withSuffixes())
}

func (f *finder) folder(mention string, info fs.FileInfo) error {
	var all []string
	if err := walk(mention, []fs.FileInfo{info}, &all); err != nil {
		return err
	}
	slices.Sort(all)
	n, skipped := len(f.found.Files), len(f.found.Skipped)
	for _, p := range all {
		if !f.wanted(p) {
			continue
		}
		if f.format(p) == nil {
			f.found.Skipped = append(f.found.Skipped, p)
			continue
		}
		info, err := os.Stat(p)
		if err != nil {
			return err
		}
		if err := f.add(p, mention, info); err != nil {
			return err
		}
	}
	if len(f.found.Files) == n {
		return f.empty(mention, f.found.Skipped[skipped:])
	}
	return nil
}

func (f *finder) empty(folder string, skipped []string) error {
	return fmt.Errorf("%s: no file in this folder ends in %s, alone or with .gz or .zst%s%s",
		folder, strings.Join(f.extensions(), " "), f.withSuffixes(), some("; other files there: ", skipped))
}

// walk appends the files in dir and below. It follows links to folders, but
// not into one of those it is in, which are chain.
func walk(dir string, chain []fs.FileInfo, out *[]string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name()[0] == '.' || e.Name()[0] == '_' || e.IsDir() && strings.HasSuffix(e.Name(), runFolder) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return err
		case info.Mode().IsRegular():
			*out = append(*out, path)
		case info.IsDir() && !slices.ContainsFunc(chain, func(c fs.FileInfo) bool { return os.SameFile(c, info) }):
			if err := walk(path, append(slices.Clip(chain), info), out); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *finder) withSuffixes() string {
	if len(f.suffixes) == 0 {
		return ""
	}
	return " (suffixes: " + strings.Join(f.suffixes, " ") + ")"
}

// wanted says whether the recipe's suffixes allow a file.
func (f *finder) wanted(path string) bool {
	if len(f.suffixes) == 0 {
		return true
	}
	name := strings.ToLower(filepath.Base(path))
	base, _ := codec.ByName(name)
	return slices.ContainsFunc(f.suffixes, func(s string) bool { return strings.HasSuffix(name, s) || strings.HasSuffix(base, s) })
}

// add lists a file that mention led to.
func (f *finder) add(path, mention string, info fs.FileInfo) error {
	real, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if real, err = filepath.EvalSymlinks(real); err != nil {
		return err
	}
	if err := f.once(path, real, mention); err != nil {
		return err
	}
	file := storage.File{Path: path, Size: info.Size(), Mod: info.ModTime().UnixNano()}
	_, file.Codec = codec.ByName(path)
	var head []byte
	if info.Mode().IsRegular() {
		if head, err = first(path); err != nil {
			return err
		}
		file.Codec = codec.Detect(head, file.Codec)
	} else {
		file.Size, file.Mod = -1, 0 // a pipe: what is read of it is gone
	}
	file.Format = f.formatOf(path, head)
	f.found.Files = append(f.found.Files, file)
	return nil
}

// once refuses a file that was found before.
func (f *finder) once(path, real, mention string) error {
	if other, twice := f.by[real]; twice {
		return fmt.Errorf("%s is an input twice: by %q and by %q", path, other, mention)
	}
	f.by[real] = mention
	return nil
}

// formatOf is the format of a file that begins with head.
func (f *finder) formatOf(path string, head []byte) string {
	format := f.format(path)
	switch {
	case strings.HasPrefix(string(head), parquetMagic):
		return "parquet"
	case format != nil:
		return format.Name()
	}
	return lines
}

// runFolder ends the name of a run folder.
const runFolder = ".run"

const (
	lines        = "jsonl"
	parquetMagic = "PAR1"
)

// format returns the format that the ending of a file name means, nil for
// none.
func (f *finder) format(path string) storage.Format {
	base, _ := codec.ByName(filepath.Base(path))
	ext := strings.ToLower(filepath.Ext(base))
	for _, format := range f.formats {
		if slices.Contains(format.Extensions(), ext) {
			return format
		}
	}
	return nil
}

func (f *finder) extensions() []string {
	var out []string
	for _, format := range f.formats {
		out = append(out, format.Extensions()...)
	}
	return out
}

// headBytes are enough for codec.Detect.
const headBytes = 64

// first returns the first bytes of a file.
func first(path string) ([]byte, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	head := make([]byte, headBytes)
	n, err := r.ReadAt(head, 0)
	if n == 0 && err != nil && !isEOF(err) {
		return nil, err
	}
	return head[:n], nil
}
