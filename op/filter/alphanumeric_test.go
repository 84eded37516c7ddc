package filter

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"corpusmill/models"
	"corpusmill/op"
	"corpusmill/op/optest"
	"corpusmill/record"
)

// openAlphaTokens opens the operator with tokenization and the models of a
// folder.
func openAlphaTokens(folder string) (*alphaTokens, *op.Env, error) {
	o := &alphanumeric{params: alphanumericParams{Tokenization: true, MaxRatio: 10, Interval: op.DefaultInterval}}
	env := &op.Env{Fields: new(record.Fields), Stats: new(record.Stats), TextKey: "text"}
	env.FindModel = func(name string) (string, error) { return models.Find(name, []string{folder}) }
	if err := o.Open(context.Background(), env); err != nil {
		return nil, nil, err
	}
	i, err := o.New(&op.Worker{})
	if err != nil {
		return nil, nil, err
	}
	return i.(*alphaTokens), env, nil
}

func TestAlphanumericNeedsItsTokenizer(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := openAlphaTokens(dir); err == nil || !strings.Contains(err.Error(), alphanumericTokenizer+" isn't in "+dir) {
		t.Errorf("without a tokenizer: %v", err)
	}
	path := filepath.Join(dir, filepath.FromSlash(alphanumericTokenizer))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"<html>": "invalid character", `{"model":{"type":"Tree"}}`: `model: the type "Tree" is not known`} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, _, err := openAlphaTokens(dir); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// TestAlphanumericUnknown has a tokenizer that lacks a token for the text.
func TestAlphanumericUnknown(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, filepath.FromSlash(alphanumericTokenizer))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(`{"model":{"type":"WordLevel","vocab":{"known":0},"unk_token":"?"}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	o, env, err := openAlphaTokens(dir)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"known": "", "other": `unknown token "?"`} {
		r, rows := record.New(env.Fields, env.Stats), optest.Decoded([]byte(text))
		if err := rows.Seek(0); err != nil {
			t.Fatal(err)
		}
		r.Reset(rows, 0)
		if err := o.Measure(r); (err == nil) != (want == "") || err != nil && (op.IsFatal(err) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// BenchmarkAlphanumericTokens measures English prose in 2 KB texts.
func BenchmarkAlphanumericTokens(b *testing.B) {
	o, env, err := openAlphaTokens("../../testdata/models")
	if err != nil {
		b.Fatal(err)
	}
	text := bytes.Repeat([]byte("The quick brown fox jumps over a lazy dog, while nobody knew why Smith wrote about windows. "), 22)
	r, rows := record.New(env.Fields, env.Stats), optest.Decoded(text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := rows.Seek(0); err != nil {
			b.Fatal(err)
		}
		r.Reset(rows, 0)
		if err := o.Measure(r); err != nil {
			b.Fatal(err)
		}
	}
}
