package recipe

import (
	"path/filepath"
	"slices"
	"strings"

	"corpusmill/storage"
	"corpusmill/storage/object"
)

const (
	defaultExport = "./outputs/hello_world/hello_world.jsonl"
	exportEndings = "`.jsonl`, `.json`, `.ndjson`, `.jsonl.gz`, `.jsonl.zst`, `.parquet`, `.csv` or `.tsv` (with `.gz` or `.zst` too)"
)

var exportFormats = map[string]string{".jsonl": "jsonl", ".json": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".csv": "csv", ".tsv": "tsv"}

var formatNames = map[string]string{"parquet": "Parquet", "csv": "CSV", "tsv": "TSV"}

// checkExport settles the format of the result, and that a run doesn't write
// over what it reads.
func (l *loader) checkExport() {
	e := &l.out.Export
	if l.bad["export_path"] || l.bad["export_type"] {
		return
	}
	want := l.exportType
	if want == "json" {
		want = "jsonl"
	}
	if e.Path == "" {
		l.fail(e.Pos, "", "export_path is empty")
		return
	}
	if !l.has("export_path") {
		l.note(e.Pos, "export_path isn't given: the result goes to %s", e.Path)
	}
	if scheme, place, ok := strings.Cut(e.Path, "://"); ok && !l.exportAway(scheme, place) {
		return
	}
	if e.Path == "-" {
		e.Format = "jsonl"
		if want != "" && want != "jsonl" {
			l.fail(e.Pos, "export to a file", "%s can't be written to standard output: its columns are known at the end only", formatNames[want])
		}
		if e.ShardSize > 0 {
			l.fail(e.Pos, "leave export_shard_size out", "standard output can't be cut into shards")
		}
		return
	}
	l.exportEnding(want)
	l.checkOverlap()
}

func (l *loader) exportEnding(want string) {
	e := &l.out.Export
	name := strings.ToLower(filepath.Base(e.Path))
	for ending, codec := range map[string]storage.Codec{".gz": storage.Gzip, ".zst": storage.Zstd} {
		if base, ok := strings.CutSuffix(name, ending); ok {
			name, e.Codec = base, codec
		}
	}
	ending := filepath.Ext(name)
	format, known := exportFormats[ending]
	switch {
	case strings.HasSuffix(e.Path, "/") || ending == "" && e.Codec == storage.Plain:
		e.Folder, e.Codec, e.Format = true, storage.Plain, "jsonl"
		if want != "" {
			e.Format = want
		}
		return
	case known && want != "" && want != format:
		l.fail(e.Pos, "", "export_path ends in %q, but export_type is %s", ending, l.exportType)
		return
	case known:
		e.Format = format
	case want != "":
		e.Format = want
	default:
		l.fail(e.Pos, "it may end in "+strings.ReplaceAll(exportEndings, "`", "")+"; a path without extension is a folder of shards",
			"export_path has the unknown extension %q", filepath.Ext(e.Path))
		return
	}
	if e.Format == "parquet" && e.Codec != storage.Plain {
		l.fail(e.Pos, "end it in .parquet: its pages are compressed already", "Parquet isn't compressed as a whole")
	}
	if ending == ".json" || l.exportType == "json" {
		l.note(e.Pos, "the result is JSON Lines, one object a line; Data-Juicer writes one JSON array to .json")
	}
}

// exportAway checks an export_path with a scheme.
func (l *loader) exportAway(scheme, place string) bool {
	e := &l.out.Export
	bucket, key, _ := strings.Cut(place, "/")
	switch {
	case !object.In(e.Path):
		l.fail(e.Pos, "write to a local path", "writing to %s:// isn't built yet", clip(scheme))
	case bucket == "" || strings.Trim(key, "/") == "":
		l.fail(e.Pos, "write "+scheme+"://BUCKET/FOLDER or "+scheme+"://BUCKET/FILE.jsonl", "export_path %s names no place in a bucket", e.Path)
	case l.out.WorkDir == "" && slices.Contains(sharers, l.out.Backend):
		l.fail(e.Pos, "set work_dir to a folder that all machines share", "with --backend %s the machines meet in a folder; %s is none", l.out.Backend, e.Path)
	default:
		return true
	}
	return false
}

// sharers are the backends whose machines can't do without a common folder.
var sharers = []string{"ranks", "slurm", "spark"}

// checkOverlap compares paths as they are written; links are not followed.
func (l *loader) checkOverlap() {
	out := absolute(l.out.Export.Path)
	for _, in := range l.out.Inputs {
		path := absolute(in.Path)
		glob, _ := filepath.Match(path, out)
		switch {
		case in.Path == "-":
		case path == out:
			l.fail(l.out.Export.Pos, "choose another export_path", "export_path is also an input, %s", in.Path)
		case glob:
			l.fail(l.out.Export.Pos, "choose another export_path", "export_path is also an input: %s finds it", in.Path)
		case within(out, path):
			l.fail(l.out.Export.Pos, "choose another export_path", "export_path lies inside the input %s, so that a second run would read the first one's result", in.Path)
		case within(path, out):
			l.fail(l.out.Export.Pos, "choose another export_path", "the input %s lies inside export_path, which the result replaces", in.Path)
		}
	}
}

func absolute(path string) string {
	if object.In(path) {
		return object.Join(path)
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return filepath.Clean(path)
}

func within(path, folder string) bool {
	return strings.HasPrefix(path, strings.TrimSuffix(folder, string(filepath.Separator))+string(filepath.Separator))
}
