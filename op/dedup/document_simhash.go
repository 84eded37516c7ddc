package dedup

import (
	"context"
	"encoding/binary"
	"fmt"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text/shingle"
	"corpusmill/text/simhash"
)

type documentSimhashParams struct {
	Tokenization string `json:"tokenization" enum:"space,punctuation,character" doc:"what a token is; character suits languages without spaces"`
	shingleParams
	NumBlocks       int64 `json:"num_blocks" min:"2" max:"64" doc:"blocks of bits by which near signatures are looked for; more than hamming_distance. The result doesn't depend on it"`
	HammingDistance int64 `json:"hamming_distance" min:"1" max:"63" doc:"the most bits in which the signatures of duplicates differ"`
}

func init() {
	op.Register(op.Spec{
		Name:    "document_simhash_deduplicator",
		Summary: "Keeps the first of the rows whose texts are similar by SimHash.",
		Kind:    op.KindDeduplicator,
		Doc: `The signature of a text has 64 bits: those that more than half of the hashes of its shingles have. A
shingle that a text has twice counts twice; the hash is the first eight bytes of MD5. Signatures and rows
kept are those of Data-Juicer. Texts whose signatures differ in hamming_distance bits or fewer are
duplicates, and so are the duplicates of duplicates; of those the first row stays. Every such pair is
found: signatures are compared when num_blocks - hamming_distance of their num_blocks blocks agree.

` + shinglesDoc + `

Texts of a few shingles have signatures that say little: those of short texts on different matters may lie
within some bits of each other.`,
		ScratchPerByte: 8,
		CanFail:        true,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:    "Case and spaces don't count, nor a word that is exchanged in a text of some length.",
				Params: `{"window_size":2,"hamming_distance":5,"num_blocks":6}`,
				In: `{"text":"We sat on the bench by the river and watched the boats go by until it was too dark to see them"}` + "\n" +
					`{"text":"we sat on the  bench by the river and watched the boats go by until it was too dark to see them"}` + "\n" +
					`{"text":"A recipe for bread takes flour, water, salt and time, and of these time is what most people lack"}`,
				Want: `{"text":"We sat on the bench by the river and watched the boats go by until it was too dark to see them"}` + "\n" +
					`{"text":"A recipe for bread takes flour, water, salt and time, and of these time is what most people lack"}`,
			},
			{
				Doc:    "Texts that are shorter than a window are the same or not.",
				Params: `{"tokenization":"character"}`,
				In:     `{"text":"你好"}` + "\n" + `{"text":"再见"}` + "\n" + `{"text":"你好"}`,
				Want:   `{"text":"你好"}` + "\n" + `{"text":"再见"}`,
			},
		},
	}, documentSimhashParams{
		Tokenization: "space", shingleParams: shingleParams{WindowSize: 6, Lowercase: true}, NumBlocks: 6, HammingDistance: 4,
	}, newDocumentSimhash)
}

func newDocumentSimhash(p documentSimhashParams) (op.Operator, error) {
	o := &documentSimhash{distance: int(p.HammingDistance)}
	var err error
	if o.shingles, err = newShingles(p.Tokenization, p.shingleParams); err != nil {
		return nil, err
	}
	if o.tokens == shingle.Pieces {
		return nil, fmt.Errorf("tokenization: %q is none of SimHash", p.Tokenization)
	}
	if o.blocks, err = simhash.NewBlocks(int(p.NumBlocks), o.distance); err != nil {
		return nil, err
	}
	return o, nil
}

type documentSimhash struct {
	op.Base
	shingles
	distance int
	blocks   *simhash.Blocks
	text     record.Path
}

func (o *documentSimhash) Open(ctx context.Context, env *op.Env) error {
	o.text = env.Text()
	return nil
}

func (o *documentSimhash) Grouping() op.Grouping { return op.Grouping{By: op.ByCluster, Match: true} }

// Match compares signatures.
func (o *documentSimhash) Match(a, b uint64) bool { return simhash.Distance(a, b) <= o.distance }

func (o *documentSimhash) New(*op.Worker) (any, error) {
	return &documentSimhashInstance{documentSimhash: o, shingler: o.shingler()}, nil
}

type documentSimhashInstance struct {
	*documentSimhash
	shingler
	sum     simhash.Sum
	buckets []uint64
}

func (o *documentSimhashInstance) Keys(r *record.Record, dst []op.Key) ([]op.Key, error) {
	sig, err := o.signature(r.Doc(o.text))
	if err != nil {
		return dst, err
	}
	o.buckets = o.blocks.AppendBuckets(o.buckets[:0], sig)
	for _, b := range o.buckets {
		dst = append(dst, op.Key{Hi: b, Lo: sig})
	}
	return dst, nil
}

// Payload is the signature, little-endian.
func (o *documentSimhashInstance) Payload(r *record.Record, dst []byte) ([]byte, error) {
	sig, err := o.signature(r.Doc(o.text))
	if err != nil {
		return dst, err
	}
	return binary.LittleEndian.AppendUint64(dst, sig), nil
}

// Similarity is the share of equal bits.
func (o *documentSimhashInstance) Similarity(a, b []byte) (similarity float64, same bool) {
	d := simhash.Distance(binary.LittleEndian.Uint64(a), binary.LittleEndian.Uint64(b))
	return 1 - float64(d)/64, d <= o.distance
}

func (o *documentSimhashInstance) signature(d *record.Doc) (uint64, error) {
	if err := o.read(d); err != nil {
		return 0, err
	}
	o.sum.Reset()
	for tokens, shingles := o.Next(); len(shingles) > 0; tokens, shingles = o.Next() {
		o.sum.AddAll(tokens, shingles)
	}
	return o.sum.Signature(), nil
}
