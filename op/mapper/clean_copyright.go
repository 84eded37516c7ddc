package mapper

import (
	"context"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text"
)

func init() {
	op.Register(op.Spec{
		Name:    "clean_copyright_mapper",
		Summary: "Removes the copyright notice from the text of a source file.",
		Kind:    op.KindMapper,
		Doc: `Where the text holds a comment between /* and */, the first one goes if the word copyright is in
it, in upper or lower case; otherwise the text stays as it is. Where it holds no such comment, the lines
at its start that begin with //, # or -- or are empty go, whatever they say: most files that begin with a
comment begin with their licence.`,
		ScratchPerByte: 1,
		Version:        1,
		Examples: []op.Example{
			{
				Doc:  "A comment that speaks of copyright, and one that doesn't.",
				In:   `{"text":"/* Copyright 2020 A. */\ncode();"}` + "\n" + `{"text":"/* Hello. */ code(); /* copyright */"}`,
				Want: `{"text":"\ncode();"}` + "\n" + `{"text":"/* Hello. */ code(); /* copyright */"}`,
			},
			{
				Doc:  "The comment lines that a file begins with.",
				In:   `{"text":"#!/bin/sh\n# by me\n\necho hi # there"}`,
				Want: `{"text":"echo hi # there"}`,
			},
		},
	}, struct{}{}, func(struct{}) (op.Operator, error) { return new(cleanCopyright), nil })
}

type cleanCopyright struct {
	op.Base
	text record.Path
}

func (o *cleanCopyright) Open(ctx context.Context, env *op.Env) error {
	o.text = env.Text()
	return nil
}

func (o *cleanCopyright) New(*op.Worker) (any, error) { return o, nil }

func (o *cleanCopyright) Map(r *record.Record) error {
	b := r.Text(o.text)
	if cut := text.CopyrightNotice(b); cut.Start < cut.End {
		dst := append(r.Buffer(o.text), b[:cut.Start]...)
		r.SetText(o.text, append(dst, b[cut.End:]...))
	}
	return nil
}
