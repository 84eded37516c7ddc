package fasttext

// loss is how the scores of labels follow from the hidden layer, numbered as
// in files.
type loss int

const (
	hierarchical loss = iota + 1
	negative
	softmax
	oneVsAll
)

// args are the options of the training that prediction depends on.
type args struct {
	dim        int
	wordNgrams int
	loss       loss
	bucket     int
	minn, maxn int
}

const (
	magic      = 793712314
	supervised = 3
	// longest bounds the lengths of n-grams: longer ones have no use, and
	// their number would make a damaged file run for ever.
	longest = 64
)

func (a *args) read(c *cursor) {
	if m := c.int32("the mark of the format"); c.err == nil && m != magic {
		c.off = 0
		c.fail("this is no fastText model: the file begins with %d, not %d", m, magic)
		return
	}
	version := c.int32("the version")
	if c.err == nil && version != 11 && version != 12 {
		c.fail("the model has version %d; 11 and 12 can be read", version)
		return
	}
	a.dim = c.int32("dim")
	c.int32("ws")
	c.int32("epoch")
	c.int32("minCount")
	c.int32("neg")
	a.wordNgrams = c.int32("wordNgrams")
	a.loss = loss(c.int32("loss"))
	kind := c.int32("model")
	a.bucket = c.int32("bucket")
	a.minn, a.maxn = c.int32("minn"), c.int32("maxn")
	c.int32("lrUpdateRate")
	c.int64("t")
	switch {
	case c.err != nil:
	case kind != supervised:
		c.fail("the model holds word vectors (kind %d): only supervised models (kind %d) can classify", kind, supervised)
	case a.loss < hierarchical || a.loss > oneVsAll:
		c.fail("the model has the unknown loss %d", a.loss)
	case a.dim < 1 || a.bucket < 0 || a.wordNgrams > longest || a.maxn > longest:
		c.fail("the header is damaged: dim %d, bucket %d, wordNgrams %d, maxn %d", a.dim, a.bucket, a.wordNgrams, a.maxn)
	}
	if version == 11 {
		a.maxn = 0 // supervised models had no character n-grams then
	}
}
