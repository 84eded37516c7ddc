package synth

import "strconv"

// codeLines are lines of code in which $ stands for a name and # for a number.
var codeLines = []string{
	"def $(self, $, $=#):", "\treturn $($, #)", "for $ in range(#):", "\tif $ == # and not $:", "\t\t$.append($[#])",
	"func $($ int, $ string) ($, error) {", "\tif err := $.$($); err != nil {", "\t\treturn nil, fmt.Errorf(\"$: %w\", err)", "\t}", "}", "",
	"import $.$", "class $($):", "\t\"\"\"$ $ $ $.\"\"\"", "// $ $ the $ of $ when $ is #.", "\t$ := make([]$, 0, #)",
	"#include <$.h>", "static int $(const char *$, size_t $) {", "\twhile ($ < # && *$ != '\\0') { $++; }", "\t$ = {'$': #, \"$\": [#, #]}",
	"# $ $ $", "/* $ $ */", "<div class=\"$\">$</div>", "const $ = ($) => $.$(#);",
}

func (g *Generator) code(dst []byte, size int, r *rng) []byte {
	end := len(dst) + size
	if r.oneIn(4) {
		dst = append(dst, "/* Copyright (c) 2020 The Example Authors. All rights reserved. */\n"...)
	}
	for len(dst) < end {
		for _, c := range []byte(codeLines[r.below(len(codeLines))]) {
			switch c {
			case '$':
				dst = g.languages.english.draw(r).appendTo(dst)
			case '#':
				dst = strconv.AppendInt(dst, int64(r.below(1000)), 10)
			default:
				dst = append(dst, c)
			}
		}
		dst = append(dst, '\n')
	}
	return dst
}

var boilerplate = []string{
	"Home | About | Contact | Privacy policy | Terms of use\n",
	"This website uses cookies to give you the best experience. Accept all\n",
	"Subscribe to our newsletter! Enter your e-mail address below.\n",
	"All rights reserved. No part of this page may be reproduced.\n",
	"Share on social media:    like    follow    share\n",
	"Loading... please enable JavaScript to view this page.\n",
}

func (g *Generator) junk(dst []byte, size int, r *rng) []byte {
	end := len(dst) + size
	words := g.languages.english
	switch r.below(6) {
	case 0: // nothing but white space
		return append(dst, " \n\t \n"[:r.below(6)]...)
	case 1: // a few words
		for range r.between(1, 4) {
			dst = append(words.draw(r).appendTo(dst), ' ')
		}
		return dst[:len(dst)-1]
	case 2: // one phrase over and over
		start := len(dst)
		dst = sentence(dst, words, false, r)
		for phrase := dst[start:]; len(dst) < end; {
			dst = append(dst, phrase...)
		}
		return dst
	case 3:
		for len(dst) < end {
			dst = append(dst, boilerplate[r.below(len(boilerplate))]...)
		}
		return dst
	case 4: // rules and symbols
		for len(dst) < end {
			c := "-=*#_.~!$%^&+"[r.below(13)]
			for range r.between(1, 40) {
				dst = append(dst, c)
			}
			dst = append(dst, ' ')
		}
		return dst
	default: // a table of numbers
		for len(dst) < end {
			dst = strconv.AppendInt(dst, int64(r.below(100000)), 10)
			dst = append(dst, "\t\t\t\n"[r.below(4)])
		}
		return dst
	}
}

// edit appends text with rate of 1,000 words replaced, dropped or followed by
// a word that wasn't there; where chance changes none, a word is added.
func (g *Generator) edit(dst, text []byte, rate int, r *rng) []byte {
	edits := 0
	for i := 0; i < len(text); {
		start := i
		for i < len(text) && text[i] > ' ' && (i-start < longestWord || text[i]&0xc0 == 0x80) {
			i++
		}
		word := text[start:i]
		for i < len(text) && text[i] <= ' ' {
			i++
		}
		if r.below(1000) >= rate {
			dst = append(dst, text[start:i]...)
			continue
		}
		edits++
		space := text[start+len(word) : i]
		switch r.below(4) {
		case 0:
		case 1:
			dst = append(append(dst, word...), ' ')
			fallthrough
		default:
			dst = append(g.languages.english.draw(r).appendTo(dst), space...)
		}
	}
	if edits == 0 {
		dst = g.languages.english.draw(r).appendTo(append(dst, ' '))
	}
	return dst
}
