package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"corpusmill/op"
	"corpusmill/storage"
)

// IndexFormat is the version of the files of an index.
const IndexFormat = 2

// Index is what index.json says of a deduplication index: the rows whose keys
// it holds, and the way by which they came.
type Index struct {
	Format int `json:"index_format"`
	Way
	Inputs   []storage.File `json:"inputs"`
	Segments []Segment      `json:"segments"` // in input order
	// Generations are what the build and each addition put into it.
	Generations []Generation `json:"generations"`
}

// Way is all that decides which keys an input gives: an index is of use only
// to rows that come by the same one.
type Way struct {
	TextKey string   `json:"text_key"`
	Texts   []string `json:"texts"` // as in a Plan
	MaxRow  int64    `json:"max_row"`
	// Steps end with the deduplicator, less those of its parameters that keys
	// don't depend on.
	Steps  []Step  `json:"steps"`
	Models []Model `json:"models,omitempty"`
}

// Segment is a piece of an input as a run has cut it.
type Segment struct {
	Src  uint32 `json:"src"`
	Seg  int    `json:"seg"`
	Base uint64 `json:"base"` // position of its first row
	Line int64  `json:"line"` // number, from 0, of its first line in the file
}

// Generation is what one run put into an index. Its files hold equal parts of
// all keys, and of all rows.
type Generation struct {
	Inputs     int         `json:"inputs"`     // files that it added
	Segments   int         `json:"segments"`   // of these files
	Rows       int64       `json:"rows"`       // that have keys
	Duplicates int64       `json:"duplicates"` // of these rows
	Keys       []IndexFile `json:"keys"`       // that no earlier generation has
	Losers     []IndexFile `json:"losers"`     // duplicates, and the rows that they lost to
}

// IndexFile is a file of an index: the number of its entries, and the
// checksum that its trailer has of it all.
type IndexFile struct {
	N   int64  `json:"n"`
	Sum uint32 `json:"crc32c"`
}

// Entries is the number of entries of files.
func Entries(files []IndexFile) (n int64) {
	for _, f := range files {
		n += f.N
	}
	return n
}

// Keys is the number of keys of all generations.
func (x *Index) Keys() (n int64) {
	for _, g := range x.Generations {
		n += Entries(g.Keys)
	}
	return n
}

// Losers is the number of edges of all generations.
func (x *Index) Losers() (n int64) {
	for _, g := range x.Generations {
		n += Entries(g.Losers)
	}
	return n
}

// Rows is the number of rows of all generations.
func (x *Index) Rows() (n int64) {
	for _, g := range x.Generations {
		n += g.Rows
	}
	return n
}

// IndexUse is an index that a run goes on from: its inputs come first.
type IndexUse struct {
	Path string `json:"path"` // its folder, absolute
	Hash string `json:"xxh3_128"`
	Step int    `json:"step"` // the deduplicator, an index of Plan.Steps
}

// IndexFileName is the file of an index that says what it is. It is replaced
// last: what it doesn't name is not part of the index.
const IndexFileName = "index.json"

type indexEnvelope struct {
	Sum   string          `json:"xxh3_128"` // of the bytes of Index
	Index json.RawMessage `json:"index"`
}

func sumOf(b []byte) string { return fmt.Sprintf("%x", xxh3.Hash128(b).Bytes()) }

// Encode is the index as index.json has it.
func (x *Index) Encode() ([]byte, error) {
	body, err := json.Marshal(x)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "{\"xxh3_128\":%q,\"index\":%s}\n", sumOf(body), body), nil
}

// ReadIndex reads index.json in a folder, and its hash.
func ReadIndex(folder string) (x *Index, hash string, err error) {
	path := filepath.Join(folder, IndexFileName)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", fmt.Errorf("%s holds no index: there is no %s in it; corpusmill dedup index build makes one", folder, IndexFileName)
	}
	if err != nil {
		return nil, "", err
	}
	if x, err = ParseIndex(raw); err != nil {
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	return x, sumOf(raw), nil
}

// ParseIndex reads what Encode wrote.
func ParseIndex(raw []byte) (*Index, error) {
	damaged := errors.New("damaged: the checksum is wrong; build the index anew")
	var e indexEnvelope
	if err := json.Unmarshal(raw, &e); err != nil || e.Sum != sumOf(e.Index) {
		return nil, damaged
	}
	x := &Index{}
	if err := json.Unmarshal(e.Index, x); err != nil {
		return nil, fmt.Errorf("%w; build the index anew", err)
	}
	if x.Format != IndexFormat {
		return nil, fmt.Errorf("an index of another version of corpusmill (format %d, this one has %d); build it anew", x.Format, IndexFormat)
	}
	if !x.sound() {
		return nil, damaged
	}
	return x, nil
}

// sound says whether the parts fit each other.
func (x *Index) sound() bool {
	inputs, segments := 0, 0
	for _, g := range x.Generations {
		if g.Inputs < 0 || g.Segments < 0 || len(g.Keys) == 0 || len(g.Losers) == 0 {
			return false
		}
		inputs, segments = inputs+g.Inputs, segments+g.Segments
	}
	for i, s := range x.Segments {
		if int(s.Src) >= len(x.Inputs) || i > 0 && !x.Segments[i-1].before(s) {
			return false
		}
	}
	return len(x.Steps) > 0 && len(x.Generations) > 0 && inputs == len(x.Inputs) && segments == len(x.Segments)
}

func (s Segment) before(o Segment) bool { return s.Src < o.Src || s.Src == o.Src && s.Seg < o.Seg }

// MakesIndex says that the run's result is an index, or an addition to one.
func (p *Plan) MakesIndex() bool { return p.Output.Layout == IndexFolder }

// UsesIndex says that a stage's deduplicator goes on from an index.
func (p *Plan) UsesIndex(stage int) bool {
	return p.Index != nil && p.Stages[stage].Dedup == p.Index.Step
}

// OwnInputs are the inputs that the run reads: those of an index are before
// them.
func (p *Plan) OwnInputs() []storage.File {
	n := 0
	for n < len(p.Inputs) && p.Inputs[n].Indexed {
		n++
	}
	return p.Inputs[n:]
}

// extent is how much of a plan the steps up to one account for.
type extent struct{ models, stats int }

// takeIndex cuts the plan of an index behind its deduplicator, and puts the
// inputs of an index that the run goes on from before its own. extents has one
// for each step.
func (p *Plan) takeIndex(j Job, extents []extent) error {
	at, err := p.indexStep()
	if err != nil || at < 0 {
		return err
	}
	path := p.Steps[at].Grouping.Against
	if p.MakesIndex() {
		p.cutBehind(at, extents[at])
		if path = ""; j.AddToIndex {
			path = p.Output.Path
		}
	}
	if path == "" {
		return nil
	}
	if path, err = filepath.Abs(path); err != nil {
		return err
	}
	x, hash, err := ReadIndex(path)
	if err != nil {
		return err
	}
	if diff := x.Way.diff(p.way(at, extents[at])); len(diff) > 0 {
		return fmt.Errorf("the rows of the index %s came by another way than those of this recipe:\n  %s\nGive the recipe that it was built with, or build another index", path, strings.Join(diff, "\n  "))
	}
	var inputs []storage.File
	for _, f := range x.Inputs {
		for _, own := range p.Inputs {
			if sameFile(f, own) {
				return fmt.Errorf("the input %s is in the index %s already: all its rows would be duplicates of themselves", own.Path, path)
			}
		}
		f.Indexed = true
		inputs = append(inputs, f)
	}
	p.Inputs = append(inputs, p.Inputs...)
	p.Index = &IndexUse{Path: path, Hash: hash, Step: at}
	return nil
}

// sameFile says whether two files are one, wherever the paths start from.
func sameFile(a, b storage.File) bool {
	return a.Path != "-" && filepath.Base(a.Path) == filepath.Base(b.Path) && a.Size == b.Size && a.Mod == b.Mod
}

// indexStep is the step that has an index, or that one is to be made for; -1
// for none.
func (p *Plan) indexStep() (int, error) {
	at := -1
	for i, s := range p.Steps {
		if g := s.Grouping; g == nil || p.MakesIndex() && !indexable(s) || !p.MakesIndex() && g.Against == "" {
			continue
		}
		if at >= 0 {
			return at, fmt.Errorf("%s and %s: a recipe can have one deduplicator with an index, not two", p.Steps[at].Label, s.Label)
		}
		at = i
	}
	if at < 0 {
		if p.MakesIndex() {
			return at, errors.New("an index is for a deduplicator with the parameter against, such as document_minhash_deduplicator; the recipe has none")
		}
		return at, nil
	}
	step := p.Steps[at]
	for _, s := range p.Steps[:at] {
		if s.Grouping != nil {
			return at, fmt.Errorf("%s is before %s: it can't compare rows with those of the index, so that other rows would stay than without one. Put it behind, or leave it out", s.Label, step.Label)
		}
	}
	if !p.MakesIndex() && step.Grouping.Verify {
		return at, fmt.Errorf("%s: verify can't be used with against: an index has the keys of its rows, not what verify compares. Leave one of them out", step.Label)
	}
	return at, nil
}

// indexable says whether a step is a deduplicator that can have an index.
func indexable(s Step) bool {
	spec, _ := op.Lookup(s.Name)
	return s.Grouping.By == op.ByCluster && slices.ContainsFunc(spec.Params, func(p op.Param) bool { return p.Name == "against" })
}

// keyless are parameters of deduplicators that keys don't depend on.
var keyless = []string{"against", "verify"}

// cutBehind makes a step the last: a deduplicator that only makes keys and
// groups by them.
func (p *Plan) cutBehind(at int, e extent) {
	p.Steps, p.Models, p.Stats = p.Steps[:at+1], p.Models[:e.models], p.Stats[:e.stats]
	s := &p.Steps[at]
	g := *s.Grouping
	g.Verify, g.Against = false, ""
	s.Params, s.Grouping = withoutKeyless(s.Params), &g
}

func withoutKeyless(params json.RawMessage) json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(params, &m) != nil {
		return params
	}
	maps.DeleteFunc(m, func(k string, _ json.RawMessage) bool { return slices.Contains(keyless, k) })
	raw, err := json.Marshal(m)
	if err != nil {
		return params
	}
	return raw
}

// way is what decides which keys a step makes.
func (p *Plan) way(at int, e extent) Way {
	w := Way{TextKey: p.TextKey, Texts: p.Texts, MaxRow: p.MaxRow, Steps: slices.Clone(p.Steps[:at+1]), Models: p.Models[:e.models]}
	w.Steps[at].Params = withoutKeyless(w.Steps[at].Params)
	return w
}

// Way is that of the rows of an index that the plan makes.
func (p *Plan) Way() Way {
	return p.way(len(p.Steps)-1, extent{models: len(p.Models)})
}

// diff names the differences between an index's way and that of a plan.
func (w Way) diff(now Way) []string {
	out := diffSteps(w.Steps, now.Steps)
	out = append(out, diffModels(&Plan{Models: w.Models}, &Plan{Models: now.Models})...)
	if w.TextKey != now.TextKey {
		out = append(out, fmt.Sprintf("text_keys: was %q, is %q", w.TextKey, now.TextKey))
	}
	if a, b := slices.Sorted(slices.Values(w.Texts)), slices.Sorted(slices.Values(now.Texts)); !slices.Equal(a, b) {
		out = append(out, fmt.Sprintf("fields that are read as text: were %s, are %s", strings.Join(a, ", "), strings.Join(b, ", ")))
	}
	if w.MaxRow != now.MaxRow {
		out = append(out, fmt.Sprintf("max_row: was %d, is %d", w.MaxRow, now.MaxRow))
	}
	return out
}
