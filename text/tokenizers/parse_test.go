package tokenizers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestRefused has files that ask for what isn't known here, or lack something.
func TestRefused(t *testing.T) {
	const model = `"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}`
	if _, err := Parse([]byte("{" + model + "}")); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		`{}`: "model: it is missing",
		`{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}`:                                                                "model.merges: merge 0",
		`{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]}}`:                                                          "makes a token that the vocabulary lacks",
		`{"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]}}`:                                                                  "not a merge of two tokens",
		`{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}}`:                                                       "dropout is 0.1",
		`{"model":{"type":"BPE","vocab":{"a":4294967295},"merges":[]}}`:                                                            "has the id 4294967295",
		`{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}`:                                                                    "model.vocab: ",
		`{"model":{"type":"BPE","merges":[]}}`:                                                                                     "model.vocab: it is missing",
		`{"model":{"type":"Tree"}}`:                                                                                                `model: the type "Tree" is not known here`,
		`{"model":{"type":"Unigram","unk_id":3,"vocab":[["a",-1]]}}`:                                                               "the unk_id 3 is not in the vocabulary",
		`{"model":{"type":"Unigram","vocab":[["a"]]}}`:                                                                             `not of the form ["token", score]`,
		`{"model":{"type":"WordPiece","vocab":{"a\u0000":0}}}`:                                                                     "holds a NUL",
		`{` + model + `,"normalizer":{"type":"Precompiled","precompiled_charsmap":""}}`:                                            `normalizer: the type "Precompiled"`,
		`{` + model + `,"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":1}]}}`:                               "normalizer.normalizers[1]: ",
		`{` + model + `,"normalizer":{"type":"Replace","pattern":{"Regex":"(?<=a)b"},"content":""}}`:                               "normalizer.pattern: the pattern",
		`{` + model + `,"pre_tokenizer":{"type":"UnicodeScripts"}}`:                                                                `pre_tokenizer: the type "UnicodeScripts"`,
		`{` + model + `,"pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"Odd"}}`:                               `pre_tokenizer.behavior: the behaviour "Odd"`,
		`{` + model + `,"pre_tokenizer":{"type":"Metaspace","replacement":"ab"}}`:                                                  `"ab" is not one character`,
		`{` + model + `,"pre_tokenizer":{"type":"Metaspace","replacement":"_","prepend_scheme":"x"}}`:                              `the prepend_scheme "x"`,
		`{` + model + `,"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}}]}}`:                    `special_tokens lacks "x"`,
		`{` + model + `,"post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"B"}}]}}`:                        "neither a special token nor the one text",
		`{` + model + `,"post_processor":{"type":"BertProcessing","sep":["x"],"cls":["y",1]}}`:                                     "sep and cls",
		`{` + model + `,"decoder":{"type":"CTC"}}`:                                                                                 `decoder: the type "CTC"`,
		`{` + model + `,"added_tokens":[{"content":"a\u0000"}]}`:                                                                   "added_tokens: ",
		`{` + model + `,"normalizer":` + strings.Repeat(`{"type":"Sequence","normalizers":[`, 20) + strings.Repeat("]}", 20) + `}`: "nest deeper",
	} {
		if _, err := Parse([]byte(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.120s: %v, want %s", file, err, want)
		}
	}
}

// TestOlderFiles reads models without their type, and merges in both forms.
func TestOlderFiles(t *testing.T) {
	for file, want := range map[string][]uint32{
		`{"model":{"vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}`:                       {2, 0},
		`{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]}}`:      {2, 0},
		`{"model":{"vocab":{"[UNK]":0,"a":1,"##ba":2},"continuing_subword_prefix":"##"}}`: {1, 2},
		`{"model":{"vocab":[["<unk>",0],["ab",-1],["a",-2]],"unk_id":0}}`:                 {1, 2},
		`{"model":{"vocab":{"<unk>":0,"aba":5},"unk_token":"<unk>"}}`:                     {5},
		`{"model":{"vocab":{"a":0,"b":1},"merges":[]},"pre_tokenizer":{"type":"Digits"}}`: {0, 1, 0},
	} {
		k, err := Parse([]byte(file))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if ids, err := k.NewEncoder().Append(nil, []byte("aba")); err != nil || !slices.Equal(ids, want) {
			t.Errorf("%s: %v, %v; want %v", file, ids, err, want)
		}
	}
}

// TestMissingUnknown has texts with characters that a model has no token for,
// nor one for unknown ones.
func TestMissingUnknown(t *testing.T) {
	for _, file := range []string{
		`{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"?"}}`,
		`{"model":{"type":"WordPiece","vocab":{"a":0},"unk_token":"?"}}`,
		`{"model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"?"}}`,
		`{"model":{"type":"Unigram","vocab":[["a",-1]]}}`,
	} {
		k, err := Parse([]byte(file))
		if err != nil {
			t.Fatal(err)
		}
		e := k.NewEncoder()
		for range 2 {
			if _, err := e.Append(nil, []byte("b")); err == nil || !strings.Contains(err.Error(), "unknown token") {
				t.Errorf("%s: %v", file, err)
			}
			if ids, err := e.Append(nil, []byte("a")); err != nil || !slices.Equal(ids, []uint32{0}) {
				t.Errorf("%s: %v, %v", file, ids, err)
			}
		}
	}
}

// TestExceeded has a pattern that takes time which grows with a high power of
// the text.
func TestExceeded(t *testing.T) {
	const model = `"model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"}`
	const slow = `"pattern":{"Regex":"a*a*a*a*b"}`
	for _, file := range []string{
		`{` + model + `,"pre_tokenizer":{"type":"Split","behavior":"Isolated",` + slow + `}}`,
		`{` + model + `,"normalizer":{"type":"Replace","content":"",` + slow + `}}`,
	} {
		k, err := Parse([]byte(file))
		if err != nil {
			t.Fatal(err)
		}
		e := k.NewEncoder()
		if _, err := e.Append(nil, bytes.Repeat([]byte("a"), 3000)); err != errExceeded {
			t.Errorf("%s: %v", file, err)
		}
		if ids, err := e.Append(nil, []byte("a")); err != nil || len(ids) != 1 {
			t.Errorf("%s: afterwards %v, %v", file, ids, err)
		}
	}
}

// TestLongWords holds the two ways of merging to each other, on words of all
// lengths about the one from which the second is taken.
func TestLongWords(t *testing.T) {
	k, err := Open("testdata/neox.json")
	if err != nil {
		t.Fatal(err)
	}
	b := k.model.(*bpe)
	rng := rand.New(rand.NewPCG(5, 6))
	letters := []byte("theotinwasra ")
	var g merger
	for range 3000 {
		var ids []uint32
		for range rng.IntN(2*shortWord) + 2 {
			ids = append(ids, b.byteIDs[letters[rng.IntN(len(letters))]])
		}
		want := slices.Clone(ids)
		for { // the definition
			at, lowest := 0, uint32(noRank)
			for i := range len(want) - 1 {
				if r := b.pairs.rank(want[i], want[i+1]); r < lowest {
					at, lowest = i, r
				}
			}
			if lowest == noRank {
				break
			}
			want[at] = b.pairs.into(want[at], want[at+1])
			want = slices.Delete(want, at+1, at+2)
		}
		if got := g.merge(&b.pairs, slices.Clone(ids), 0); !slices.Equal(got, want) {
			t.Fatalf("%v is merged to %v, want %v", ids, got, want)
		}
	}
}

// TestHugeWord has a word of a million letters, which must not take time that
// grows with its square.
func TestHugeWord(t *testing.T) {
	k, err := Open("testdata/neox.json")
	if err != nil {
		t.Fatal(err)
	}
	word := bytes.Repeat([]byte("internationaltheword"), 50_000)
	ids, err := k.NewEncoder().Append(nil, word)
	if err != nil {
		t.Fatal(err)
	}
	if got := k.Decode(ids, false); got != string(word) {
		t.Error("the word isn't what its tokens say")
	}
}

// TestCacheForgets has more words than the cache has room for.
func TestCacheForgets(t *testing.T) {
	k, err := Open("testdata/neox.json")
	if err != nil {
		t.Fatal(err)
	}
	e := k.NewEncoder()
	var first []uint32
	for round := range 2 {
		var all []uint32
		for i := range 4 * cacheSlots {
			if all, err = e.Append(all, fmt.Appendf(nil, "%07d", i*7919)); err != nil {
				t.Fatal(err)
			}
		}
		if round == 0 {
			first = all
		} else if !slices.Equal(first, all) {
			t.Error("the ids depend on what came before")
		}
	}
	if cap(e.cache.ids) != cacheIDs || len(e.cache.slots) != cacheSlots {
		t.Error("the cache has grown")
	}
}

// TestDamaged changes and cuts files: each yields an error or a tokenizer that
// encodes.
func TestDamaged(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, name := range []string{"neox", "bert", "unigram_first", "llama2", "clip"} {
		file, err := os.ReadFile("testdata/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for range 150 {
			b := slices.Clone(file)
			switch at := rng.IntN(len(b)); rng.IntN(4) {
			case 0:
				b = b[:at]
			case 1:
				b[at] ^= 1 << rng.IntN(7)
			case 2:
				b = slices.Delete(b, at, min(len(b), at+rng.IntN(30)))
			default: // another value in the place of a key's
				var keys map[string]json.RawMessage
				if err := json.Unmarshal(b, &keys); err != nil {
					t.Fatal(err)
				}
				names := []string{"model", "normalizer", "pre_tokenizer", "decoder", "added_tokens", "post_processor"}
				from, to := names[rng.IntN(len(names))], names[rng.IntN(len(names))]
				keys[to] = keys[from]
				if b, err = json.Marshal(keys); err != nil {
					t.Fatal(err)
				}
			}
			if !survives(b, []byte("ABé it's <|endoftext|> @@x \xff\u3000日本 \x00 [SEP] the")) {
				refused++
			}
		}
		if refused == 0 {
			t.Errorf("%s: nothing was refused", name)
		}
	}
}

// survives encodes and decodes a text; it says whether the file was taken.
func survives(file, text []byte) bool {
	k, err := Parse(file)
	if err != nil {
		return false
	}
	e := k.NewEncoder()
	ids, err := e.Append(nil, text)
	if err == nil {
		k.Decode(ids, true)
	}
	k.Decode([]uint32{0, 1 << 31, 5}, false)
	return true
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"words", "bert", "unigram_first", "llama2"} {
		b, err := os.ReadFile("testdata/" + name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, []byte("the quick fox 12 "))
	}
	f.Fuzz(func(t *testing.T, file, text []byte) { survives(file, text) })
}

// BenchmarkEncode measures text of many languages in pieces of 4 KB, all of
// whose words are in the cache.
func BenchmarkEncode(b *testing.B) {
	for _, name := range []string{"neox", "llama3", "bert", "unigram_always", "llama2"} {
		b.Run(name, func(b *testing.B) {
			k, rows := readRecording(b, "testdata/"+name+".jsonl")
			var text []byte
			for _, r := range rows {
				text = append(append(text, r.Text...), ' ')
			}
			text = text[:min(len(text), 4096)]
			e := k.NewEncoder()
			var ids []uint32
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if ids, err = e.Append(ids[:0], text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
