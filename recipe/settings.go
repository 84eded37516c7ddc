package recipe

import (
	"math"
	"path/filepath"
	"strconv"
	"strings"
)

func (l *loader) np(n *node) {
	n = l.resolve(n)
	v, ok := n.whole()
	if !ok || v < 1 || v > math.MaxInt32 {
		l.fail(n.pos, "", "np takes a whole number of at least 1, not %s", n.describe())
		return
	}
	l.out.NP, l.out.NPGiven = int(v), true
}

// split takes a plain off, which YAML reads as false, for what it says.
func (l *loader) split(n *node) {
	mode := "auto"
	if v := l.resolve(n); v.kind != kindBool {
		l.choice(n, "split", splitModes, &mode)
	} else if !v.bool {
		mode = "off"
	}
	l.out.WholeFiles = mode == "off"
}

// maxSplits is more tasks than any engine has use for, and few enough to be
// held in memory.
const maxSplits = 1_000_000

func (l *loader) splitCount(n *node) {
	n = l.resolve(n)
	v, ok := n.whole()
	switch {
	case n.kind == kindString && n.text == "auto":
		l.out.SplitCount = 0
	case !ok || v < 1 || v > maxSplits:
		l.fail(n.pos, "", "split_count takes auto or a whole number from 1 to %d, not %s", maxSplits, n.describe())
	default:
		l.out.SplitCount = int(v)
	}
}

// executorType is set before backend, which overrules it.
func (l *loader) executorType(n *node) {
	var kind string
	l.choice(n, "executor_type", executors, &kind)
	if strings.HasPrefix(kind, "ray") {
		l.out.Backend, l.out.Implied = "ray", true
	}
}

func (l *loader) workerTimeout(n *node) {
	n = l.resolve(n)
	v, ok := n.whole()
	if !ok || v < 1 || v > 24*60*60 {
		l.fail(n.pos, "", "worker_timeout takes a whole number of seconds from 1 to 86400, not %s", n.describe())
		return
	}
	l.out.WorkerTimeout = int(v)
}

func (l *loader) slurmOptions(n *node) {
	list, ok := l.strings(n, "slurm_options")
	if !ok {
		return
	}
	if n.kind != kindList && len(list) == 1 {
		list = strings.Fields(list[0])
	}
	l.out.SlurmOptions = list
}

func (l *loader) rayAddress(n *node) {
	before := len(l.problems)
	l.text(n, "ray_address", &l.out.RayAddress)
	address := l.out.RayAddress
	switch scheme, rest, ok := strings.Cut(address, "://"); {
	case len(l.problems) > before:
	case address == "auto":
		l.out.RayAddress = ""
	case ok && scheme == "ray":
		host, _, _ := strings.Cut(rest, ":")
		l.fail(n.pos, "give the address of the dashboard, as in http://"+clip(host)+":8265: the run becomes a job there", "ray_address can't be that of a Ray client, %s", clip(address))
	case ok && scheme != "http" && scheme != "https":
		l.fail(n.pos, "write auto, HOST:PORT or http://HOST:8265", "ray_address can't begin with %s://", clip(scheme))
	}
}

// whole gives a number without fraction, however it is spelt.
func (n *node) whole() (int64, bool) {
	switch {
	case n.kind == kindInt:
		return n.int, true
	case n.kind == kindFloat && n.float == math.Trunc(n.float) && math.Abs(n.float) < 1<<63:
		return int64(n.float), true
	}
	return 0, false
}

func (l *loader) maxQuarantined(n *node) {
	n = l.resolve(n)
	if v, ok := n.whole(); ok && v >= 0 {
		l.out.MaxQuarantined = Limit{N: float64(v)}
		return
	}
	if body, ok := strings.CutSuffix(n.text, "%"); ok && n.kind == kindString {
		if x, err := strconv.ParseFloat(strings.TrimSpace(body), 64); err == nil && x >= 0 && x <= 100 {
			l.out.MaxQuarantined = Limit{N: x, Percent: true}
			return
		}
	}
	hint := `write a number of rows, or a share such as "1%"`
	l.fail(n.pos, hint, "max_quarantined takes a number of rows or a share, not %s", n.describe())
}

func (l *loader) textKeys(n *node) {
	keys, ok := l.strings(n, "text_keys")
	switch {
	case !ok:
		return
	case len(keys) == 0 || keys[0] == "":
		l.fail(n.pos, "name the field that holds the text", "text_keys is empty")
		return
	case len(keys) > 1:
		l.note(n.pos, "of text_keys only the first, %s, is used; an operator's text_key names another", keys[0])
	}
	l.out.TextKey, l.out.TextKeys = keys[0], keys
}

func (l *loader) models(n *node) {
	list, ok := l.strings(n, "models")
	if !ok {
		return
	}
	if n.kind != kindList && len(list) == 1 {
		list = filepath.SplitList(list[0])
	}
	for _, dir := range list {
		if dir != "" {
			l.out.Models = append(l.out.Models, dir)
		}
	}
}

func (l *loader) suffixes(n *node) {
	list, ok := l.strings(n, "suffixes")
	if !ok {
		return
	}
	for _, s := range list {
		if s == "" {
			continue
		}
		l.out.Suffixes = append(l.out.Suffixes, "."+strings.ToLower(strings.TrimPrefix(s, ".")))
	}
}
