package dedup

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"github.com/zeebo/xxh3"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text/minhash"
)

type documentMinhashParams struct {
	Tokenization string `json:"tokenization" enum:"space,punctuation,character,sentencepiece" doc:"what a token is; character suits languages without spaces, sentencepiece a mixture of languages"`
	shingleParams
	NumPermutations  int64    `json:"num_permutations" min:"1" max:"4096" doc:"numbers in a signature; more make the result surer, and take longer"`
	JaccardThreshold float64  `json:"jaccard_threshold" min:"0" max:"1" doc:"similarity from which texts are duplicates"`
	NumBands         *int64   `json:"num_bands" min:"1" doc:"bands of a signature; two texts meet when they agree in one. Null, here or at num_rows_per_band, has both chosen"`
	NumRowsPerBand   *int64   `json:"num_rows_per_band" min:"1" doc:"numbers in a band"`
	TokenizerModel   *string  `json:"tokenizer_model" doc:"the SentencePiece model for sentencepiece: a path, or the name of a file in the folders for models"`
	Hash             string   `json:"hash" enum:"sha1,xxh3" doc:"hash of the shingles: sha1 gives the signatures of Data-Juicer; xxh3 others that are as good, sooner"`
	Verify           bool     `json:"verify" doc:"compare the rows that meet by all their shingles, and drop those alone that are similar to a row that stays"`
	TargetRecall     *float64 `json:"target_recall" min:"0" max:"1" doc:"choose bands and rows so that a pair whose similarity is jaccard_threshold meets with this probability at least, and as few others as that allows"`
	Against          *string  `json:"against" doc:"folder of an index; its rows come before those of the input"`
}

// rayMinhashParams steer the engine there.
type rayMinhashParams struct {
	UnionFindParallelNum     op.AutoInt `json:"union_find_parallel_num" doc:"accepted; there it is the number of actors that find clusters"`
	UnionThreshold           int64      `json:"union_threshold" doc:"accepted; there it bounds the rows of a band that wait"`
	MaxPendingEdgeBufferTask int64      `json:"max_pending_edge_buffer_task" doc:"accepted; there it bounds tasks"`
	NumEdgeBufferTaskReturns int64      `json:"num_edge_buffer_task_returns" doc:"accepted; there it is how many tasks are waited for"`
	MaxPendingFilterTasks    int64      `json:"max_pending_filter_tasks" doc:"accepted; there it bounds tasks"`
	NumFilterTaskReturns     int64      `json:"num_filter_task_returns" doc:"accepted; there it is how many tasks are waited for"`
	MergeBatchSize           int64      `json:"merge_batch_size" doc:"accepted; there it is a size of batches"`
}

// rayMinhashBatches are those that only one of the two operators has.
type rayMinhashBatches struct {
	rayMinhashParams
	MinhashBatchSize op.AutoInt `json:"minhash_batch_size" doc:"accepted; batches are sized in bytes here"`
	MemoryPerSample  float64    `json:"memory_per_sample" doc:"accepted; the recipe's memory holds"`
	ActorMemory      *int64     `json:"actor_memory" doc:"accepted; the recipe's memory holds"`
	TaskMemory       *int64     `json:"task_memory" doc:"accepted; the recipe's memory holds"`
}

var rayMinhashDefaults = rayMinhashParams{
	UnionFindParallelNum: op.Auto, UnionThreshold: 256, MaxPendingEdgeBufferTask: 20, NumEdgeBufferTaskReturns: 10,
	MaxPendingFilterTasks: 20, NumFilterTaskReturns: 10, MergeBatchSize: 1000,
}

func init() {
	op.Register(op.Spec{
		Name:    "document_minhash_deduplicator",
		Summary: "Keeps the first of the rows whose texts are similar by MinHash.",
		Kind:    op.KindDeduplicator,
		Doc: `The similarity of two texts is that of Jaccard: the shingles that both have, of those that either has. It
is not computed for each pair. A text has a signature of num_permutations numbers, of which two texts share
a part that is about their similarity, and signatures are cut into bands. Texts that agree in a band are
duplicates, and so are the duplicates of duplicates; of those the first row stays. Signatures, bands and rows
kept are those of Data-Juicer, with every way to run it.

Bands and rows per band are chosen like there, for the least error over all similarities: pairs just at the
threshold are then found about every other time (` + "`corpusmill check`" + ` says how often). With target_recall
they are found as often as it says. With verify the similarity is computed, from 64-bit hashes of all
shingles (XXH3): of rows that meet, those stay that are below jaccard_threshold to each row that stays
before them.

` + shinglesDoc + `

With sentencepiece, tokens are the pieces of a SentencePiece model, joined by nothing; a lone surrogate is
read as U+FFFD. tokenizer_model with a slash in it is a path; otherwise the file is looked for in the folders
of ` + "`--models`" + `, in the user's cache and where Data-Juicer keeps its models. Its hash is part of the plan.`,
		ScratchPerByte: 40,
		CanFail:        true,
		Version:        1,
		Aliases: []op.Alias{
			{Name: "ray_bts_minhash_deduplicator", Accepted: rayMinhashBatches{rayMinhashParams: rayMinhashDefaults, MinhashBatchSize: op.Auto, MemoryPerSample: 0.1}},
			{Name: "ray_bts_minhash_cpp_deduplicator", Accepted: rayMinhashDefaults},
		},
		Examples: []op.Example{
			{
				Doc:    "Case and spaces don't count, nor a few other words.",
				Params: `{"window_size":2}`,
				In: `{"text":"We sat on the bench by the river and watched the boats go by until it was too dark to see them"}` + "\n" +
					`{"text":"we sat on the  bench by the river and watched the boats go by until it was too dark to see much"}` + "\n" +
					`{"text":"We sat on the bench by the river"}`,
				Want: `{"text":"We sat on the bench by the river and watched the boats go by until it was too dark to see them"}` + "\n" +
					`{"text":"We sat on the bench by the river"}`,
			},
			{
				Doc:    "Bands of a single number bring together what has little in common; verify tells them apart.",
				Params: `{"tokenization":"character","window_size":2,"num_bands":256,"num_rows_per_band":1,"verify":true}`,
				In:     `{"text":"今天天气很好，我们去公园玩"}` + "\n" + `{"text":"今天天气很好，我们去公园玩吧"}` + "\n" + `{"text":"今天天气不好，我们在家玩"}`,
				Want:   `{"text":"今天天气很好，我们去公园玩"}` + "\n" + `{"text":"今天天气不好，我们在家玩"}`,
			},
			{
				Doc:    "Pairs at the threshold are found nine times in ten, with another hash.",
				Params: `{"hash":"xxh3","target_recall":0.9,"jaccard_threshold":0.8,"ignore_pattern":"\\p{P}|\\d+"}`,
				In:     `{"text":"Chapter 1: how it all began, long ago."}` + "\n" + `{"text":"Chapter 27: how it all began, long ago!"}` + "\n" + `{"text":"Chapter 3"}`,
				Want:   `{"text":"Chapter 1: how it all began, long ago."}` + "\n" + `{"text":"Chapter 3"}`,
			},
		},
	}, documentMinhashParams{
		Tokenization: "space", shingleParams: shingleParams{WindowSize: 5, Lowercase: true},
		NumPermutations: 256, JaccardThreshold: 0.7, Hash: "sha1",
	}, newDocumentMinhash)
}

var families = map[string]minhash.Family{"sha1": minhash.DataJuicer, "xxh3": minhash.XXH3}

func newDocumentMinhash(p documentMinhashParams) (op.Operator, error) {
	o := &documentMinhash{params: p}
	var err error
	if o.shingles, err = newShingles(p.Tokenization, p.shingleParams); err != nil {
		return nil, err
	}
	if p.Tokenization == "sentencepiece" && (p.TokenizerModel == nil || *p.TokenizerModel == "") {
		return nil, fmt.Errorf("tokenization: sentencepiece needs tokenizer_model")
	}
	family, known := families[p.Hash]
	if !known {
		return nil, fmt.Errorf("hash: %q is none", p.Hash)
	}
	if o.scheme, err = minhash.New(family, int(p.NumPermutations)); err != nil {
		return nil, err
	}
	if o.banding, err = bandingOf(p); err != nil {
		return nil, err
	}
	return o, nil
}

// bandingOf chooses bands and rows.
func bandingOf(p documentMinhashParams) (b minhash.Banding, err error) {
	n := int(p.NumPermutations)
	switch {
	case p.NumBands != nil && p.NumRowsPerBand != nil:
		if p.TargetRecall != nil {
			return b, fmt.Errorf("target_recall chooses bands and rows: leave num_bands and num_rows_per_band out")
		}
		if *p.NumBands > p.NumPermutations / *p.NumRowsPerBand {
			return b, fmt.Errorf("%d bands of %d rows need more numbers than the %d of num_permutations", *p.NumBands, *p.NumRowsPerBand, n)
		}
		return minhash.Banding{Bands: int(*p.NumBands), Rows: int(*p.NumRowsPerBand)}, nil
	case p.TargetRecall != nil:
		if b, err = minhash.Reaching(p.JaccardThreshold, *p.TargetRecall, n); err != nil {
			return b, fmt.Errorf("target_recall: %w", err)
		}
		return b, nil
	default:
		return minhash.Optimal(p.JaccardThreshold, n), nil
	}
}

type documentMinhash struct {
	op.Base
	shingles
	params  documentMinhashParams
	scheme  *minhash.Scheme
	banding minhash.Banding
	text    record.Path
}

// Note says how good the banding is.
func (o *documentMinhash) Note() string {
	alone := ""
	if (o.params.NumBands == nil) != (o.params.NumRowsPerBand == nil) {
		alone = ", chosen since one of num_bands and num_rows_per_band says nothing without the other"
	}
	percent := strconv.FormatFloat(100*o.banding.Recall(o.params.JaccardThreshold), 'f', 1, 64)
	return fmt.Sprintf("%d bands of %d rows%s: they find %s%% of the pairs with a similarity of %v",
		o.banding.Bands, o.banding.Rows, alone, percent, o.params.JaccardThreshold)
}

func (o *documentMinhash) Grouping() op.Grouping {
	g := op.Grouping{By: op.ByCluster, Keys: int64(o.banding.Bands), Recall: o.banding.Recall(o.params.JaccardThreshold), Verify: o.params.Verify}
	if o.params.Against != nil {
		g.Against = *o.params.Against
	}
	return g
}

func (o *documentMinhash) Open(ctx context.Context, env *op.Env) (err error) {
	o.text = env.Text()
	if o.params.Tokenization == "sentencepiece" {
		o.model, err = openTokenizer(env, *o.params.TokenizerModel)
	}
	return err
}

func (o *documentMinhash) New(*op.Worker) (any, error) {
	n := o.scheme.Permutations()
	return &documentMinhashInstance{
		documentMinhash: o, shingler: o.shingler(), signer: o.scheme.NewSigner(), sig: make([]uint32, n), part: make([]uint32, n),
	}, nil
}

type documentMinhashInstance struct {
	*documentMinhash
	shingler
	signer    *minhash.Signer
	sig, part []uint32
	hashes    []uint64
}

func (o *documentMinhashInstance) Keys(r *record.Record, dst []op.Key) ([]op.Key, error) {
	sig, err := o.signature(r.Doc(o.text))
	if err != nil {
		return dst, err
	}
	for band := range o.banding.Bands {
		dst = append(dst, op.Key(o.banding.Key(sig, band)))
	}
	return dst, nil
}

// signature is valid until the next call.
func (o *documentMinhashInstance) signature(d *record.Doc) ([]uint32, error) {
	if err := o.read(d); err != nil {
		return nil, err
	}
	tokens, shingles := o.Next()
	o.signer.Sign(o.sig, tokens, shingles)
	for tokens, shingles = o.Next(); len(shingles) > 0; tokens, shingles = o.Next() {
		o.signer.Sign(o.part, tokens, shingles)
		for i, v := range o.part {
			o.sig[i] = min(o.sig[i], v)
		}
	}
	return o.sig, nil
}

// Payload is the 64-bit hashes (XXH3) of the shingles, each once, in order,
// little-endian.
func (o *documentMinhashInstance) Payload(r *record.Record, dst []byte) ([]byte, error) {
	if err := o.read(r.Doc(o.text)); err != nil {
		return dst, err
	}
	o.hashes = o.hashes[:0]
	for tokens, shingles := o.Next(); len(shingles) > 0; tokens, shingles = o.Next() {
		for _, s := range shingles {
			o.hashes = append(o.hashes, xxh3.Hash(s.Of(tokens)))
		}
	}
	slices.Sort(o.hashes)
	for _, h := range slices.Compact(o.hashes) {
		dst = binary.LittleEndian.AppendUint64(dst, h)
	}
	return dst, nil
}

// Similarity is that of Jaccard.
func (o *documentMinhashInstance) Similarity(a, b []byte) (similarity float64, same bool) {
	both, either := 0, (len(a)+len(b))/8
	for len(a) > 0 && len(b) > 0 {
		x, y := binary.LittleEndian.Uint64(a), binary.LittleEndian.Uint64(b)
		if x <= y {
			a = a[8:]
		}
		if y <= x {
			b = b[8:]
		}
		if x == y {
			both++
		}
	}
	if either -= both; either > 0 { // which it is, since no text is without shingles
		similarity = float64(both) / float64(either)
	}
	return similarity, similarity >= o.params.JaccardThreshold
}
