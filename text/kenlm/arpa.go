package kenlm

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// maxLine bounds a line of an ARPA file.
const maxLine = 1 << 20

// arpaReader fills the hash tables of a layout from an ARPA file.
type arpaReader struct {
	lines  *bufio.Reader
	size   int64 // of the file
	number int   // of the line
	counts []uint64

	*layout
	used       []uint64 // entries of the tables by order, from two words on
	sawUnknown bool

	// Of the n-gram read last: its words from the last one on, and the hashes
	// of its ends of two words and more.
	words []uint32
	keys  []uint64
}

// crowded is the error of a table that the n-grams of an order don't fit into,
// those that aren't in the file but are needed to find longer ones among them.
type crowded struct{ order int }

func (c crowded) Error() string { return fmt.Sprintf("there are too many %d-grams", c.order) }

// arpaError is what is wrong with an ARPA file.
type arpaError struct {
	line int
	err  error
}

func (e arpaError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }
func (e arpaError) Unwrap() error { return e.err }

// convert makes a binary file of an ARPA file of that size in the memory that
// allocate gives for each try, which is all 0. It has room for extra bytes at
// its end.
func convert(r io.ReadSeeker, size int64, extra int, allocate func(size int) ([]byte, error)) ([]byte, error) {
	var places []uint64
	for {
		if _, err := r.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		a := &arpaReader{lines: bufio.NewReaderSize(r, maxLine), size: size}
		data, err := a.convert(places, extra, allocate)
		var c crowded
		switch {
		case err == nil:
			return data, nil
		case !errors.As(err, &c):
			return nil, err
		}
		if places == nil {
			places = slices.Clone(a.counts)
		}
		// Each longer n-gram may need one of that order.
		most := uint64(0)
		for _, n := range a.counts[c.order-1:] {
			most += n
		}
		places[c.order-1] = min(2*places[c.order-1]+1, most)
	}
}

func (a *arpaReader) convert(places []uint64, extra int, allocate func(int) ([]byte, error)) (data []byte, err error) {
	if err := a.readCounts(); err != nil {
		return nil, arpaError{a.number, err}
	}
	if places == nil {
		places = a.counts
	}
	size, err := layoutSize(places)
	if err != nil {
		return nil, err
	}
	if data, err = allocate(size + extra); err != nil {
		return nil, err
	}
	if a.layout, err = newLayout(data[:size], places); err != nil {
		return nil, err
	}
	if err := a.read(); err != nil {
		return nil, arpaError{a.number, err}
	}
	return data, nil
}

// line returns the next line without its end, valid until the next call. Its
// error is io.ErrUnexpectedEOF at the end.
func (a *arpaReader) line() ([]byte, error) {
	a.number++
	b, err := a.lines.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, fmt.Errorf("it is longer than %d KiB", maxLine>>10)
	case errors.Is(err, io.EOF) && len(b) == 0:
		return nil, io.ErrUnexpectedEOF
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	}
	return bytes.TrimRight(b, "\r\n"), nil
}

// fullLine returns the next line that isn't blank.
func (a *arpaReader) fullLine() ([]byte, error) {
	for {
		b, err := a.line()
		if err != nil || len(bytes.TrimSpace(b)) > 0 {
			return b, err
		}
	}
}

func (a *arpaReader) read() error {
	order := len(a.counts)
	a.used = make([]uint64, order+1)
	a.words, a.keys = make([]uint32, order), make([]uint64, order-1)
	for n := 1; n <= order; n++ {
		b, err := a.fullLine()
		if err != nil {
			return err
		}
		if want := fmt.Sprintf("\\%d-grams:", n); string(b) != want {
			return fmt.Errorf("%q stands where %s is expected", clip(b), want)
		}
		for range a.counts[n-1] {
			b, err := a.line()
			if err != nil {
				return err
			}
			if n == 1 {
				err = a.unigram(b)
			} else {
				err = a.ngram(b, n)
			}
			if err != nil {
				return err
			}
		}
	}
	binary.LittleEndian.PutUint32(a.bound, a.vocab.bound)
	if !a.sawUnknown {
		putFloat(a.search.unigrams, -100)
	}
	b, err := a.fullLine()
	if err == nil && string(b) != `\end\` {
		err = fmt.Errorf(`%q stands where \end\ is expected`, clip(b))
	}
	return err
}

// readCounts reads the lines from \data\ to the blank one.
func (a *arpaReader) readCounts() error {
	b, err := a.fullLine()
	for err == nil && b[0] == '#' {
		b, err = a.fullLine()
	}
	if err != nil {
		return err
	}
	if string(b) != `\data\` {
		if bytes.HasPrefix(b, []byte{0x1F, 0x8B}) {
			return errors.New("it is compressed with gzip; decompress it")
		}
		return fmt.Errorf(`%q stands where an ARPA file has \data\`, clip(b))
	}
	for {
		if b, err = a.line(); err != nil {
			return err
		}
		if len(bytes.TrimSpace(b)) == 0 {
			break
		}
		n := len(a.counts) + 1
		number, ok := strings.CutPrefix(string(b), fmt.Sprintf("ngram %d=", n))
		if !ok {
			return fmt.Errorf(`%q stands where "ngram %d=" and a number is expected`, clip(b), n)
		}
		count, err := strconv.ParseUint(strings.TrimSpace(number), 10, 64)
		if err != nil {
			return fmt.Errorf("%q is no count", clip(b))
		}
		// A line has a number, a word and what parts them from the others.
		if most := uint64(a.size) / uint64(2*n+2); count > most {
			return fmt.Errorf("it claims %d %d-grams, more than it can hold", count, n)
		}
		a.counts = append(a.counts, count)
	}
	switch n := len(a.counts); {
	case n < 2 || n > MaxOrder:
		return fmt.Errorf("its n-grams have up to %d words; 2 to %d can be read", n, MaxOrder)
	case a.counts[0] >= math.MaxUint32:
		return errors.New("it has more words than can be numbered")
	}
	return nil
}

func (a *arpaReader) unigram(b []byte) error {
	prob, b, err := number(b)
	if err != nil {
		return err
	}
	word, b := nextWord(b)
	if len(word) == 0 {
		return errors.New("there is no word")
	}
	backoff, err := backoffOf(b)
	if err != nil {
		return err
	}
	at := 0
	if h := hashWord(word); h == unknownHashes[0] || h == unknownHashes[1] {
		a.sawUnknown = true
	} else {
		value, isNew := a.vocab.table.insert(h)
		if !isNew {
			return fmt.Errorf("the word %q is there twice", clip(word))
		}
		binary.LittleEndian.PutUint32(value, a.vocab.bound)
		at = 8 * int(a.vocab.bound)
		a.vocab.bound++
	}
	putFloat(a.search.unigrams[at:], prob)
	putFloat(a.search.unigrams[at+4:], backoff)
	return nil
}

func (a *arpaReader) ngram(b []byte, n int) error {
	prob, b, err := number(b)
	if err != nil {
		return err
	}
	for i := n - 1; i >= 0; i-- {
		var word []byte
		if word, b = nextWord(b); len(word) == 0 {
			return fmt.Errorf("it has fewer than %d words", n)
		}
		a.words[i] = a.vocab.index(hashWord(word))
		if a.words[i] == 0 && string(word) != "<unk>" && string(word) != "<UNK>" {
			return fmt.Errorf("the word %q is not among the 1-grams", clip(word))
		}
	}
	backoff, err := backoffOf(b)
	if err != nil {
		return err
	}
	hash := uint64(a.words[0])
	for i, w := range a.words[1:n] {
		hash = combine(hash, w)
		a.keys[i] = hash
	}
	to := &a.search.last
	if n < len(a.counts) {
		to = &a.search.middles[n-2]
	} else if backoff != 0 {
		return errors.New("a backoff stands behind one of the longest n-grams")
	}
	// No probability is positive; a set sign says that none is longer.
	value, err := a.insert(to, n, hash)
	if err != nil {
		return err
	}
	putFloat(value, negative(prob))
	if n < len(a.counts) {
		putFloat(value[4:], backoff)
	}
	if err := a.extendLower(n); err != nil {
		return err
	}
	return a.extendContext(n)
}

// insert puts an n-gram into the table of its order.
func (a *arpaReader) insert(to *table, n int, hash uint64) (value []byte, err error) {
	if a.used[n] == a.places[n-1] {
		return nil, crowded{n}
	}
	value, isNew := to.insert(hash)
	if !isNew {
		return nil, errors.New("the n-gram is there twice")
	}
	a.used[n]++
	return value, nil
}

// negative sets the sign of x, and positive clears it.
func negative(x float32) float32 { return math.Float32frombits(math.Float32bits(x) | signBit) }
func positive(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ signBit) }

// extendLower notes of the ends of the n-gram that a longer one has them.
// Where some were pruned although a longer one was not, they are put in with
// the probability that backing off gives them, so that a search gets past.
func (a *arpaReader) extendLower(n int) error {
	basis := n - 1
	for basis > 1 && a.search.middles[basis-2].find(a.keys[basis-2]) == nil {
		basis--
	}
	at := a.weightsOf(basis)
	prob := negative(getFloat(at))
	putFloat(at, positive(prob))
	for ; basis < n-1; basis++ {
		// The context of the pruned n-gram is its words but the last.
		if context := a.contextWeights(basis); context != nil {
			backoff := extension(getFloat(context[4:]))
			putFloat(context[4:], backoff)
			prob += backoff
		}
		value, err := a.insert(&a.search.middles[basis-1], basis+1, a.keys[basis-1])
		if err != nil {
			return err
		}
		putFloat(value, positive(prob))
		putFloat(value[4:], negative(0))
	}
	return nil
}

// weightsOf returns the weights of the end of the n-gram of that length, which
// is there.
func (a *arpaReader) weightsOf(length int) []byte {
	if length == 1 {
		return a.search.unigrams[8*int(a.words[0]):]
	}
	return a.search.middles[length-2].find(a.keys[length-2])
}

// contextWeights returns the weights of the length words before the last one,
// nil if they are no n-gram of the model.
func (a *arpaReader) contextWeights(length int) []byte {
	hash := uint64(a.words[1])
	if length == 1 {
		return a.search.unigrams[8*int(hash):]
	}
	for _, w := range a.words[2 : length+1] {
		hash = combine(hash, w)
	}
	return a.search.middles[length-2].find(hash)
}

// extendContext notes of the words before the last one that they are the
// context of an n-gram.
func (a *arpaReader) extendContext(n int) error {
	w := a.contextWeights(n - 1)
	if w == nil {
		return fmt.Errorf("its first %d words are not among the %d-grams", n-1, n-1)
	}
	putFloat(w[4:], extension(getFloat(w[4:])))
	return nil
}

// extension is a backoff that says that the n-gram may be a context.
func extension(backoff float32) float32 {
	if backoff == 0 {
		return 0
	}
	return backoff
}

// number reads the probability at the start of a line.
func number(b []byte) (x float32, rest []byte, err error) {
	word, rest := nextWord(b)
	if x, err = parseFloat(word); err != nil {
		return 0, nil, err
	}
	if x > 0 {
		return 0, nil, fmt.Errorf("the logarithm of a probability, %q, is positive", clip(word))
	}
	return x, rest, nil
}

// backoffOf reads what is behind the words: a backoff, or nothing for 0.
func backoffOf(b []byte) (float32, error) {
	word, rest := nextWord(b)
	if len(word) == 0 {
		return negative(0), nil
	}
	if more, _ := nextWord(rest); len(more) > 0 {
		return 0, fmt.Errorf("%q follows the backoff", clip(more))
	}
	x, err := parseFloat(word)
	if x == 0 {
		x = negative(0)
	}
	return x, err
}

func parseFloat(b []byte) (float32, error) {
	x, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(b), len(b)), 32)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, fmt.Errorf("%q is no number", clip(b))
	}
	return float32(x), nil
}

// nextWord returns what lies before the next tab or space.
func nextWord(b []byte) (word, rest []byte) {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	n := bytes.IndexAny(b, " \t")
	if n < 0 {
		n = len(b)
	}
	return b[:n], b[n:]
}

// clip shortens what is quoted in an error.
func clip(b []byte) []byte { return b[:min(len(b), 80)] }
