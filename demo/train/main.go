// Train makes a small language model of texts in JSON Lines, so that recipes
// which ask for one can be tried without fetching any: a SentencePiece model
// (BPE) and an n-gram model over its pieces, under the names that Data-Juicer
// gives them.
//
//	go run ./demo/train -o out/demo/models -kinds comment,doc,text out/demo/input.jsonl
//
// The same texts give the same files. These models know no more than the texts
// do: filter real data by real models.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"corpusmill/text/kenlm"
	"corpusmill/text/sentencepiece"
)

type options struct {
	out, lang string
	kinds     []string
	pieces    int
	bytes     int64
	binary    bool
	inputs    []string
}

func main() {
	var o options
	var kinds string
	flag.StringVar(&o.out, "o", "out/demo/models", "`folder` for the models")
	flag.StringVar(&o.lang, "lang", "en", "`language` in their names")
	flag.StringVar(&kinds, "kinds", "", "take only rows whose meta.kind is one of these (default: all)")
	flag.IntVar(&o.pieces, "pieces", 4000, "`number` of pieces")
	flag.Int64Var(&o.bytes, "bytes", 4<<20, "take rows from all parts of the input, so many `bytes` of text in all")
	flag.BoolVar(&o.binary, "binary", false, "make the n-gram model a binary file of KenLM instead of an ARPA file")
	flag.Parse()
	if kinds != "" {
		o.kinds = strings.Split(kinds, ",")
	}
	if o.inputs = flag.Args(); len(o.inputs) == 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	var texts []string
	for _, path := range o.inputs {
		more, err := readTexts(path, o.kinds)
		if err != nil {
			return err
		}
		texts = append(texts, more...)
	}
	texts, size := sample(texts, o.bytes)
	if size == 0 {
		return fmt.Errorf("%s: no texts of these kinds there", strings.Join(o.inputs, ", "))
	}
	pieces := learnPieces(texts, o.pieces)
	model := modelFile(pieces)
	grams, err := countNgrams(model, pieces, texts)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	base := filepath.Join(o.out, o.lang)
	if err := write(base+".sp.model", func(w io.Writer) error {
		_, err := w.Write(model)
		return err
	}); err != nil {
		return err
	}
	arpa := base + ".arpa.bin"
	if o.binary {
		arpa = base + ".arpa"
	}
	if err := write(arpa, grams.writeARPA); err != nil {
		return err
	}
	if o.binary {
		if err := kenlm.Convert(arpa, base+".arpa.bin"); err != nil {
			return err
		}
	}
	fmt.Printf("%s.sp.model and .arpa.bin: %d pieces, %d n-grams, of %d texts of %.1f MB\n",
		base, len(pieces), grams.kept(), len(texts), float64(size)/1e6)
	return nil
}

// readTexts reads the texts of the rows of those kinds.
func readTexts(path string, kinds []string) (texts []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d := json.NewDecoder(bufio.NewReaderSize(f, 1<<20))
	for {
		var row struct {
			Text string
			Meta struct{ Kind string }
		}
		switch err := d.Decode(&row); {
		case err == io.EOF:
			return texts, nil
		case err != nil:
			return nil, fmt.Errorf("%s: byte %d: %w", path, d.InputOffset(), err)
		}
		if len(kinds) == 0 || slices.Contains(kinds, row.Meta.Kind) {
			texts = append(texts, row.Text)
		}
	}
}

// sample takes rows evenly, until they have about that many bytes.
func sample(texts []string, most int64) (taken []string, size int64) {
	total := int64(0)
	for _, t := range texts {
		total += int64(len(t))
	}
	passed := int64(0)
	for _, t := range texts {
		passed += int64(len(t))
		if size*total <= passed*most {
			taken = append(taken, t)
			size += int64(len(t))
		}
	}
	return taken, size
}

// countNgrams cuts the texts by the model and counts: each text is a sentence.
func countNgrams(model []byte, pieces, texts []string) (*ngrams, error) {
	m, err := sentencepiece.Parse(model)
	if err != nil {
		return nil, err
	}
	grams := newNgrams(pieces)
	encoder := m.NewEncoder()
	var sentence []uint32
	for _, t := range texts {
		sentence = sentence[:0]
		for _, p := range encoder.Encode([]byte(t)) {
			// The numbers of pieces are those of words: three marks come first,
			// and the unknown one is 0 in both.
			sentence = append(sentence, uint32(p.ID))
		}
		grams.add(sentence)
	}
	return grams, nil
}

// write makes a file, which is there when it is whole.
func write(path string, content func(io.Writer) error) error {
	f, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails after the rename, as it should
	defer f.Close()
	if err := content(f); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
