package recipe

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

func (l *loader) datasetPath(n *node) {
	weighted := false
	add := func(path string, weight float64, pos Pos) {
		if path == "" {
			return
		}
		weighted = weighted || weight != 1
		l.out.Inputs = append(l.out.Inputs, Input{path, weight, pos})
	}
	if n.kind == kindRaw && strings.HasPrefix(strings.TrimSpace(n.text), "[") {
		// A glob such as [ab].jsonl is text all the same.
		if list, problems := parse("", []byte(n.text), false); len(problems) == 0 && list != nil && list.kind == kindList {
			n = l.resolve(n)
		}
	}
	if n.kind == kindList {
		for _, e := range n.list {
			if path, ok := l.string(e, "an entry of dataset_path"); ok {
				add(path, 1, e.pos)
			}
		}
	} else if s, ok := l.string(n, "dataset_path"); ok {
		l.weightedPaths(s, n.pos, add)
	}
	if weighted {
		l.note(n.pos, "the weights of dataset_path are accepted without effect: they act only with a limit on the number of rows, which is not built yet; every input is taken whole")
	}
}

// weightedPaths reads "[weight] path [weight] path …".
func (l *loader) weightedPaths(s string, pos Pos, add func(string, float64, Pos)) {
	words, err := shellSplit(s)
	if err != nil {
		l.fail(pos, "close it, or quote the whole path", "dataset_path: %v", err)
		return
	}
	weight, pending := 1.0, ""
	for _, w := range words {
		x, err := strconv.ParseFloat(w, 64)
		switch {
		case err != nil || math.IsNaN(x) || math.IsInf(x, 0):
			add(w, weight, pos)
			weight, pending = 1, ""
		case pending != "":
			l.fail(pos, `a file of that name is written "./`+w+`"`, "dataset_path has two weights in a row, %s and %s", pending, w)
			return
		case x < 0:
			l.fail(pos, "", "dataset_path: the weight %s is negative", w)
			return
		default:
			weight, pending = x, w
		}
	}
	if pending != "" {
		l.fail(pos, `a file of that name is written "./`+pending+`"`, "dataset_path: the weight %s has no path after it", pending)
	}
}

// shellSplit cuts s into words as a POSIX shell does: at white space, outside
// quotes, with backslash escapes.
func shellSplit(s string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	in, escaped := false, false
	for _, c := range s {
		switch {
		case escaped:
			if quote == '"' && c != '"' && c != '\\' {
				word.WriteByte('\\')
			}
			word.WriteRune(c)
			escaped = false
		case c == '\\' && quote != '\'':
			escaped, in = true, true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '\'' || c == '"':
			quote, in = c, true
		case strings.ContainsRune(" \t\r\n", c):
			if in {
				words = append(words, word.String())
				word.Reset()
				in = false
			}
		default:
			word.WriteRune(c)
			in = true
		}
	}
	switch {
	case quote != 0:
		return nil, errors.New("a quote isn't closed")
	case escaped:
		return nil, errors.New("a backslash is at the end")
	case in:
		words = append(words, word.String())
	}
	return words, nil
}

// dataset reads the long form of dataset_path.
func (l *loader) dataset(n *node) {
	n = l.resolve(n)
	if n.kind == kindList && len(n.list) == 0 || n.kind == kindMap && len(n.fields) == 0 {
		return
	}
	if l.has("dataset_path") {
		l.note(n.pos, "dataset is accepted without effect: dataset_path comes first")
		return
	}
	if n.kind != kindMap {
		l.fail(n.pos, "write `configs: [{type: local, path: …}]`", "dataset takes a mapping, not %s", n.describe())
		return
	}
	for _, f := range n.fields {
		switch f.key {
		case "configs":
			if f.value.kind != kindList {
				l.fail(f.value.pos, "", "configs takes a list of mappings, not %s", f.value.describe())
				continue
			}
			for _, c := range f.value.list {
				l.datasetConfig(c)
			}
		case "max_sample_num":
			if f.value.kind != kindNull {
				l.fail(f.pos, "leave it out to take every row", "max_sample_num isn't built yet: sampling would change the result")
			}
		default:
			l.fail(f.pos, l.hint(f.key, []string{"configs", "max_sample_num"}), "unknown key %q of dataset", clip(f.key))
		}
	}
}

func (l *loader) datasetConfig(c *node) {
	if c.kind != kindMap {
		l.fail(c.pos, "write `{type: local, path: …}`", "an entry of configs is a mapping, not %s", c.describe())
		return
	}
	in, remote, source := Input{Weight: 1, Pos: c.pos}, false, field{}
	for _, f := range c.fields {
		if f.value.kind == kindNull {
			continue
		}
		switch f.key {
		case "type":
			if s, ok := l.string(f.value, "type"); ok && s != "local" && s != "remote" {
				l.fail(f.value.pos, "fetch the data and give its path", "a dataset of type %q isn't built yet; local ones and those in S3 are", clip(s))
			} else {
				remote = s == "remote"
			}
		case "path":
			l.text(f.value, "path", &in.Path)
			in.Pos = f.value.pos
		case "weight":
			if f.value.kind != kindInt && f.value.kind != kindFloat || !(f.value.float >= 0) {
				l.fail(f.value.pos, "", "weight takes a number that isn't negative, not %s", f.value.describe())
			} else if in.Weight = f.value.float; in.Weight != 1 {
				l.note(f.pos, "weight is accepted without effect: it acts only with a limit on the number of rows, which is not built yet")
			}
		case "source":
			source = f
		case "name", "split", "data_files", "data_dir", "limit":
			l.note(f.pos, "%s is accepted without effect: %s", f.key, noLoader)
		default:
			if !l.credential(f) {
				l.fail(f.pos, l.hint(f.key, append([]string{"type", "path", "weight", "source"}, credentialKeys...)), "unknown key %q of a dataset", clip(f.key))
			}
		}
	}
	l.noteSecrets(c)
	l.source(source, remote)
	switch {
	case in.Path == "":
		l.fail(c.pos, "", "a dataset needs a path")
		return
	case remote && !strings.Contains(in.Path, "://"):
		l.fail(in.Pos, "write s3://BUCKET/…", "the path of a remote dataset names its store, and %s doesn't", clip(in.Path))
		return
	}
	l.out.Inputs = append(l.out.Inputs, in)
}

// source checks where a remote dataset is; that of a local one says nothing.
func (l *loader) source(f field, remote bool) {
	switch {
	case f.value == nil:
	case !remote:
		l.note(f.pos, "source is accepted without effect: %s", noLoader)
	default:
		if s, ok := l.string(f.value, "source"); ok && s != "s3" {
			l.fail(f.value.pos, "fetch the data and give its path", "a remote dataset from %q isn't built yet; those in s3 are", clip(s))
		}
	}
}
