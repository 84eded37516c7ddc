"""Records the text that selectolax finds in random HTML, as JSON Lines: [html, text].

Usage: record.py SEED COUNT > vectors.jsonl, with selectolax 0.4.4 installed, whose
HTMLParser (Modest) is the one that Data-Juicer 1.4.3 used. The committed file is that
of 1 3000. Left out are inputs on which that parser or ours departs from the HTML
standard: a < at the very end, raw text that doesn't end or stands in a select or
foreign element, a carriage return before &, and a tag right after <pre>.
"""

import json
import random
import re
import sys
import warnings

warnings.simplefilter("ignore")
from selectolax.parser import HTMLParser  # noqa: E402

COMMON = "p div b i a span table tr td ul ol li h1 br script style pre button font option select form".split()
TAGS = COMMON + (
    "th tbody thead caption colgroup col optgroup hr img input head body html svg math mi desc foreignObject nobr em center dl dt dd"
    " header nav main object applet marquee ruby rt rb code small u custom-x link meta base"
).split()
WORDS = (
    "a|b| |x y|\n|中|é|&amp;|&lt;|&copy;|&nbsp;|&notit;|&#65;|&#x80;|&|&amp|< |>|\"|'|<!-- c -->|-->|<!doctype html>|<?php x ?>"
    "|<![CDATA[q]]>|/>|<li>|</li>|<ol>|</ol>|\r\n|\r|1 < 2 && 3|&zzz;|&#0;|&#xD800;"
).split("|")
PRE = "<pre(?: class='x'| a=b>| href=\"<i>\"|/)?>\\s*<"


def piece():
    if random.random() < 0.4:
        return random.choice(WORDS)
    tag = random.choice(COMMON if random.random() < 0.7 else TAGS)
    if random.random() < 0.6:
        return "<%s%s>" % (tag, random.choice(["", "", " class='x'", " a=b>", ' href="<i>"', "/"]))
    return "</%s>" % tag


def mark_items(s):
    return s.replace("<li>", "\n*").replace("</li>", "").replace("<ol>", "\n*").replace("</ol>", "")


def main():
    random.seed(int(sys.argv[1]))
    n = 0
    while n < int(sys.argv[2]):
        s = "".join(piece() for _ in range(random.randint(1, 7)))
        t = mark_items(s)
        if t.rstrip().endswith("<") or re.search("<(script|style|select)", t) and re.search("select|svg|math", t):
            continue
        if re.search("(?s)<(script|style)(?!.*</)|<style(?!.*</style).*&|\r&|" + PRE, t):
            continue
        print(json.dumps([s, HTMLParser(t).text()], separators=(",", ":")))
        n += 1


main()
