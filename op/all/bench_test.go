package all_test

import (
	"context"
	"strings"
	"testing"

	"corpusmill/op"
	"corpusmill/op/optest"
	"corpusmill/record"
)

// mixedTexts are 64 texts of some 2 KB, two thirds English, the rest Russian
// and Chinese, without e-mail addresses and links.
func mixedTexts() [][]byte {
	words := strings.Fields("The quick brown fox jumps over a lazy dog while it was raining, and nobody (at 10:30) knew why: " +
		"Smith wrote about windows, power and/or law; we saw that on page 12 of his second book, which \"sells\" well.")
	var out [][]byte
	state := uint32(1)
	for range 64 {
		var b strings.Builder
		for n := 0; b.Len() < 1400; n++ {
			state = state*1664525 + 1013904223
			b.WriteString(words[state>>16%uint32(len(words))])
			b.WriteByte(" \n"[n%12/11])
		}
		b.WriteString(strings.Repeat("Съешь же ещё этих булок. ", 8))
		b.WriteString(strings.Repeat("今天天气很好，我们去公园玩吧。", 7))
		out = append(out, []byte(b.String()))
	}
	return out
}

// BenchmarkOperators runs each operator alone, over texts that need no
// decoding. Its figures hold on a machine that does nothing else.
func BenchmarkOperators(b *testing.B) {
	texts := mixedTexts()
	bytes := 0
	for _, t := range texts {
		bytes += len(t)
	}
	for _, c := range []struct{ name, params string }{
		{"clean_email_mapper", ""}, {"clean_links_mapper", ""}, {"whitespace_normalization_mapper", ""},
		{"clean_email_mapper", `{"pattern":"\\w+@\\w+"}`}, {"clean_email_mapper", `{"pattern":"\\b\\w+@\\w+\\b"}`},
		{"clean_copyright_mapper", ""}, {"clean_html_mapper", ""}, {"clean_ip_mapper", ""}, {"fix_unicode_mapper", ""},
		{"punctuation_normalization_mapper", ""}, {"remove_long_words_mapper", ""},
		{"text_length_filter", ""}, {"words_num_filter", ""}, {"word_repetition_filter", ""},
		{"alphanumeric_filter", ""}, {"average_line_length_filter", ""}, {"character_repetition_filter", ""},
		{"flagged_words_filter", ""}, {"maximum_line_length_filter", ""}, {"special_characters_filter", ""},
		{"stopwords_filter", ""}, {"stopwords_filter", `{"use_words_aug":true}`},
		{"document_deduplicator", ""}, {"document_deduplicator", `{"lowercase":true,"ignore_non_character":true}`},
		{"document_line_deduplicator", ""}, {"document_line_deduplicator", `{"lowercase":true,"ignore_special_character":true}`},
		{"document_minhash_deduplicator", ""}, {"document_minhash_deduplicator", `{"hash":"xxh3"}`},
		{"document_minhash_deduplicator", `{"tokenization":"punctuation"}`}, {"document_minhash_deduplicator", `{"tokenization":"character"}`},
		{"document_minhash_deduplicator", `{"tokenization":"sentencepiece","tokenizer_model":"en.sp.model"}`},
		{"document_simhash_deduplicator", ""}, {"document_simhash_deduplicator", `{"tokenization":"character"}`},
	} {
		b.Run(c.name+c.params, func(b *testing.B) {
			s, err := optest.Open(c.name, c.params)
			if err != nil {
				b.Fatal(err)
			}
			rows := optest.Decoded(texts...)
			b.SetBytes(int64(bytes))
			b.ReportAllocs()
			for b.Loop() {
				for i := range texts {
					if _, _, err := s.One(rows, i); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// filtersOfText are those that need no model.
var filtersOfText = []string{
	"text_length_filter", "words_num_filter", "alphanumeric_filter", "special_characters_filter",
	"average_line_length_filter", "maximum_line_length_filter", "character_repetition_filter",
	"word_repetition_filter", "stopwords_filter", "flagged_words_filter",
}

// BenchmarkFilters runs the filters of text one after the other over each
// record, which shares the analysis, as an engine does.
func BenchmarkFilters(b *testing.B) {
	texts := mixedTexts()
	bytes := 0
	for _, t := range texts {
		bytes += len(t)
	}
	env := &op.Env{Fields: new(record.Fields), Stats: new(record.Stats), TextKey: "text"}
	var chain []op.Filter
	for _, name := range filtersOfText {
		o, err := op.Build(name, nil)
		if err != nil {
			b.Fatal(err)
		}
		if err := o.Open(context.Background(), env); err != nil {
			b.Fatal(err)
		}
		instance, err := o.New(&op.Worker{})
		if err != nil {
			b.Fatal(err)
		}
		chain = append(chain, instance.(op.Filter))
	}
	rows, r := optest.Decoded(texts...), record.New(env.Fields, env.Stats)
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	for b.Loop() {
		for i := range texts {
			if err := rows.Seek(i); err != nil {
				b.Fatal(err)
			}
			r.Reset(rows, i)
			for _, f := range chain {
				if err := f.Measure(r); err != nil {
					b.Fatal(err)
				}
				f.Keep(r)
			}
		}
	}
}
