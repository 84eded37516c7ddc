package filter

import (
	"context"
	"errors"
	"slices"

	"corpusmill/op"
	"corpusmill/record"
)

// wordRatioDoc says how filters of lists of words count.
const wordRatioDoc = `Words lie between spaces, newlines and tabs; they are put in lower case, then special characters
around them are stripped and empty words left out. The ratio is that of the words on the list to all; 0
when there are none. Words are compared as the list has them, by 64-bit hashes.

` + tokenizationDoc + `

With use_words_aug, each group of neighbouring words joined by words_aug_join_char, of each of
words_aug_group_sizes, is a word more: in Chinese without spaces a word is often several tokens, in
Vietnamese several syllables.`

// augmentation makes more words out of neighbouring ones.
type augmentation struct {
	Use    bool    `json:"use_words_aug" doc:"count groups of neighbouring words as words too"`
	Groups []int64 `json:"words_aug_group_sizes" doc:"sizes of the groups, in words"`
	Join   string  `json:"words_aug_join_char" doc:"what stands between the words of a group"`
}

var defaultAugmentation = augmentation{Groups: []int64{2}}

// wordRatio is a filter of the share of words that are on a list.
type wordRatio struct {
	splitter
	interval op.Interval
	min, max float64
	words    wordList
	source   wordSource
	augment  augmentation
	name     string // of the stat
	lang     string
	// tokenization takes the pieces of the language's model for words.
	tokenization bool

	text record.Path
	stat record.Slot
}

func newWordRatio(w wordRatio, source wordSource) (op.Operator, error) {
	if slices.ContainsFunc(w.augment.Groups, func(n int64) bool { return n < 1 }) {
		return nil, errors.New("words_aug_group_sizes: a group has 1 word or more")
	}
	if !w.augment.Use {
		w.augment.Groups = nil
	}
	w.source = source
	var err error
	if w.words, err = source.load(); err != nil {
		return nil, err
	}
	return &w, nil
}

func (o *wordRatio) Open(ctx context.Context, env *op.Env) error {
	o.text, o.stat = env.Text(), env.Float(o.name)
	if o.words.name != "" {
		if err := env.Pin(o.words.name, o.words.where, o.words.hash); err != nil {
			return err
		}
	}
	if o.words.missing != nil {
		if err := env.StandIn(o.source.standIn(o.words)); err != nil {
			return err
		}
	}
	return o.open(env, o.tokenization, o.lang)
}

func (o *wordRatio) New(*op.Worker) (any, error) {
	return &wordRatioInstance{wordRatio: o}, nil
}

type wordRatioInstance struct {
	*wordRatio
	joined []byte
}

func (o *wordRatioInstance) Measure(r *record.Record) error {
	d := r.Doc(o.text)
	ids := o.ids(d)
	on, all := o.words.set.Count(ids), len(ids)
	for _, size := range o.augment.Groups {
		if size > int64(len(ids)) {
			continue
		}
		lower, words := o.folded(d)
		var n int
		n, o.joined = o.words.set.CountJoined(lower, words, int(size), o.augment.Join, o.joined)
		on, all = on+n, all+len(ids)-int(size)+1
	}
	r.SetFloat(o.stat, ratio(on, all))
	return nil
}

func (o *wordRatio) Keep(r *record.Record) (bool, op.Reason) {
	return op.Judge(o.interval, r.Float(o.stat), o.min, o.max)
}
