package main

// prose has sentences of several languages and scripts.
var prose = [][]string{
	{
		"The quick brown fox jumps over the lazy dog.", "It was raining, and nobody (at 10:30) knew why!",
		"\"We saw that\", she said -- on page 12 of his book; it sells well.", "Is this the end of it?",
		"Don't do that, it's a damn bad word.", "I am what I am and you are not the one to tell.", "HELL sex Xxx crap",
		"naïve café, coöperate: façade…", "end-to-end well-known and/or x.y.z", "It’s ‘typographic’ — “really” – yes…",
	},
	{"Être ou ne pas être, c’est la question.", "Un café et une crêpe à la maison, zut !", "Les élèves de l'école sont là : merde."},
	{"Übung macht den Meister; Straße, Größe, Füße.", "Der Fluß fließt durch ẞTADT."},
	{"El niño está en la casa y no quiere ir.", "¿Qué hora es? ¡Tarde!"},
	{"Съешь же ещё этих мягких французских булок.", "Да, Ёжик: № 5 — «кавычки»."},
	{"今天天气很好，我们去公园玩吧。", "你是坏蛋！他说的就不是人话：傻瓜。", "《三国演义》是一部小说（罗贯中著）、很长……", "ＡＢＣ１２３全角，色情。", "的了和是在我有就不人都一你"},
	{"これは日本語の文章です。", "カタカナとひらがな、ﾊﾝｶｸ「かぎ」・テスト〜", "々〆〇ヶ"},
	{"한국어 텍스트입니다. 띄어쓰기도 있어요!", "각 \u1112\u1161\u11ab"},
	{"مرحبا بالعالم، كيف حالك؟ ١٢٣", "الكِتَابُ مُفِيدٌ\u200f", "שלום עולם, מה שלומך? שָׁלוֹם"},
	{"हिन्दी में लिखा हुआ वाक्य।", "ภาษาไทยไม่มีเว้นวรรค กำ ๑๒๓", "Tiếng Việt có dấu, ừ!", "İstanbul ıssız Iğdır", "ΑΣ ΟΔΟΣ, ὈΔΥΣΣΕΎΣ·"},
}

// alphabet has characters that some operator treats in a way of its own.
var alphabet = []rune("aaabcdeeZ   \n\n\t.,:;-_/@019'\"$%&()<>[]{}!?#*+=~^|\\`" +
	"\r\v\f\x00\x01\x1b\x1c\x1d\x1e\x1f\x7f\u0080\u0085\u009f\u00a0\u00ad\u1680\u180e\u2003\u200b\u200c\u200d\u200e\u2028\u2029\u202e\u202f\u205f\u2060\u3000\ufeff\ufffd\ufffe" +
	"éßĳŉǅıİſKÅΣσςØÐøﬁﬀẞ½²Ⅷⅷ①ªº©®™٣๓߀𝟘𝐀𝔊" +
	"\u0301\u0308\u0327\u0345\u0903\u0e33\u20e3\ufe0f\u1100\u1161\u11a8" +
	"中文的了〇々・ツｱ。，、；！？：「」“”‘’«»„‟…—–～％《》【】（）１Ａ" +
	"Гжя😀👍🏽👨❤🇨🇳🦀𠀀𞤀")

var code = []string{
	"package main", "import os, sys", "def f(x, y=1):", "    return x[0] + {'a': 1}[\"b\"]", "if (a && b || !c) { i++; }",
	"#include <stdio.h>", "var s = `raw ${x}`;", "SELECT * FROM t WHERE a <> 'b';", "// Copyright me", "/* copyright (c) 2020 X */",
	"x = 0xFF_FF; y = 1e-9", "\tfor i := range 10 {}", "assert(p->next != NULL);", "<?php echo $a->b['c']; ?>", "\\frac{a}{b} % comment",
}

var comments = []string{
	"/* Copyright 2020 Some One */", "/*\n * Licensed under the Apache License\n */", "// copyright holders", "# Copyright (c) me\n# all rights\n",
	"//", "#", "-- note", "/* no notice */", "/**/", "/* open", "*/", "#!/bin/sh\n# COPYRIGHT\n", "", "\n", "  // indented", "/* a */ /* copyright b */",
}

var tags = []string{
	"<p>", "</p>", "<div class=\"a b\">", "</div>", "<br/>", "<br>", "<li>", "</li>", "<ol>", "</ol>", "<ul>", "<li class=x>", "<a href='x?a=1&b=2'>", "</a>",
	"<script>var a = '<b>';</script>", "<style>p { color: red }</style>", "<!-- comment -->", "<!DOCTYPE html>", "<html>", "<head>", "<title>T</title>", "</head>",
	"<body>", "</body>", "</html>", "<table><tr><td>1</td></tr></table>", "<td>", "&amp;", "&lt;b&gt;", "&nbsp;", "&eacute", "&#x4e2d;", "&#0;", "&notin", "&unknown;",
	"a < b", "x > y", "<", "</", "<b", "<img src=x alt='y'>", "<textarea>", "</textarea>", "<svg><title>s</title></svg>", "<template>t</template>", "<noscript>n</noscript>",
	"text", "more text", "中文", "\x00", "<pre>\n a</pre>", "<select><option>o</select>", "<p><table>foo", "<![CDATA[x]]>", "<?xml?>",
}

var entities = []string{
	"&lt;", "&amp;amp;", "&quot;", "&hearts;", "&#8217;", "&#x80;", "&EACUTE;", "\u001b[31mred\u001b[0m", "ﬁne ﬂow", "ｆｕｌｌ　ｗｉｄｔｈ", "‘a’ “b”", "\u0085", "a\r\nb\rc",
	"Ã©", "â€œ", "â€™", "Ã\u00a0", "Â£", "ï¿½", "\ufeff", "e\u0301", "Å\u030a", "à la mode", "Ð¿Ñ€Ð¸", "\u2028", "\x00\x07", "Ĳ", "¼", "ðŸ˜€", "<&lt;>", "Â Â",
}

// windows1252 is what bytes from 0x80 on are in it; those that it lacks are
// the controls that browsers make of them.
var windows1252 = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

var addresses = []string{
	"a.b+c@example.co.uk", "root@localhost", "X@Y.ORG", "é@ü.de", "@@", "a@b.c", "_a-%1@b-c.d-e.io", "foo.@bar.com", "mailto:x@y.zz", "a@b..com", "1@2.33",
	"http://example.com", "https://example.com/a_(b)?c=d#e", "www.example.org", "ftp://host:21/x", "HTTP://UPPER.CASE/", "http://", "https://中文.com/路径", "example.net/x",
	"http://user:pw@host.tld:8080/p;q=1", "bit.ly/3x", "http://[::1]/", "www.a", "file:///etc/x", "http://a.b/c)d", "http://a.b/<c>", "//cdn.x.com/y", "git+ssh://x.y",
	"192.168.0.12:80", "1.2.3", "256.256.256.256", "999.1.1.1", "01.02.03.04", "::1", "2001:db8:0:1:2:3:4:5", "fe80::1%eth0", "1.2.3.4.5", "10.0.0.1/8", "٣.٣.٣.٣",
	"2001:0db8:85a3:0000:0000:8a2e:0370:7334", "a:b:c:d:e:f:1:2", "12:34:56",
}

var numbers = []string{"0", "-1", "3.14", "1e9", "1,000,000", "٣٤٥", "๑๒", "½", "Ⅷ", "①", "²", "１２３", "0x1F", "1/2", "50%", "$9.99", "€5", "2026-11-22", "12:30", "+49 30 1234", "一百", "𝟘𝟙", "NaN"}

var spaces = []string{
	" ", "  ", "\t", "\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x1f", "\u0085", "\u00a0", "\u1680", "\u180e", "\u2000", "\u2003", "\u2009",
	"\u200a", "\u200b", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\ufeff", "\u00ad", "\u2060", "\u200d", "￼", "\u0084", "\u2800", "",
}
