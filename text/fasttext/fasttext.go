// Package fasttext reads supervised fastText models, as trained (.bin) and
// quantised (.ftz), and predicts the labels of texts with them.
//
// Scores agree with those of the reference implementation to within 1e-4:
// the arithmetic is the same, the order of some sums is not.
//
// The model is that of A. Joulin, E. Grave, P. Bojanowski, T. Mikolov: Bag of
// Tricks for Efficient Text Classification, EACL 2017, arXiv:1607.01759; the
// quantised form is that of FastText.zip, arXiv:1612.03651.
package fasttext

import (
	"errors"
	"fmt"
)

// Model is a model that is ready to predict. It is read-only: any number of
// Predictors may use it at once.
type Model struct {
	args   args
	dict   dictionary
	input  matrix
	output matrix
	tree   []treeNode // of a hierarchical softmax
	unmap  func() error
}

// Open reads the model at path. Where the system allows it the file is mapped
// into memory and its pages are shared with other processes; it must not be
// changed before Close. The error names the file, the byte and what is wrong
// there.
func Open(path string) (*Model, error) {
	data, unmap, err := mapFile(path)
	if err != nil {
		return nil, err
	}
	m, err := Parse(data)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), unmap())
	}
	m.unmap = unmap
	return m, nil
}

// Close gives the model's memory back; no Predictor may be used afterwards.
// It may be called more than once.
func (m *Model) Close() error {
	unmap := m.unmap
	if unmap == nil {
		return nil
	}
	m.unmap, m.input, m.output, m.dict = nil, nil, nil, dictionary{}
	return unmap()
}

// Labels are the labels that the model knows, as its file has them: with
// their prefix, which is __label__ unless the model was trained otherwise.
func (m *Model) Labels() []string { return m.dict.labels }

// Parse reads a model from data, which it keeps and which must not be changed.
// The memory it takes beside data is at most some times the size of data.
func Parse(data []byte) (*Model, error) {
	c := &cursor{data: data}
	m := &Model{}
	m.args.read(c)
	m.dict.read(c)
	m.check(c)
	quantised := c.bool("the flag for a quantised input matrix")
	if quantised {
		m.input = readQuantised(c, "input matrix")
	} else {
		m.input = readDense(c, "input matrix")
	}
	if c.bool("the flag for a quantised output matrix") && quantised {
		m.output = readQuantised(c, "output matrix")
	} else {
		m.output = readDense(c, "output matrix")
	}
	m.checkShapes(c, quantised)
	if c.err == nil && m.args.loss == hierarchical {
		m.tree = m.dict.tree(c)
	}
	if c.err == nil && c.off < len(c.data) {
		c.fail("%d bytes follow the end of the model", len(c.data)-c.off)
	}
	if c.err != nil {
		return nil, c.err
	}
	return m, nil
}

// check tests what the header and the dictionary say about each other.
func (m *Model) check(c *cursor) {
	if c.err != nil {
		return
	}
	if len(m.dict.labels) == 0 {
		c.fail("the model has no labels: it can't classify")
	}
	hashed := m.args.maxn > 0 || m.args.wordNgrams > 1
	if hashed && m.dict.pruned != 0 && m.args.bucket < 1 {
		c.fail("the model has n-grams but %d buckets for them", m.args.bucket)
	}
}

// checkShapes tests that every row that a text can ask for is there.
func (m *Model) checkShapes(c *cursor, quantised bool) {
	if c.err != nil {
		return
	}
	if m.dict.pruned >= 0 && !quantised {
		c.fail("the dictionary is pruned but the input matrix isn't quantised: the file was made by a fastText that had a fault; get a newer one")
		return
	}
	labels := len(m.dict.labels)
	rows, dim := m.input.shape()
	need := m.dict.words + max(m.dict.largest+1, 0)
	if m.dict.pruned < 0 && (m.args.maxn > 0 || m.args.wordNgrams > 1) {
		need = m.dict.words + m.args.bucket
	}
	if dim != m.args.dim || rows < need {
		c.fail("the input matrix is %d × %d; the model needs at least %d × %d", rows, dim, need, m.args.dim)
		return
	}
	rows, dim = m.output.shape()
	if dim != m.args.dim || rows != labels {
		c.fail("the output matrix is %d × %d; the model needs %d × %d", rows, dim, labels, m.args.dim)
	}
}
