"""Records what ftfy makes of random garbled text, as JSON Lines: [form, in, out].

Usage: record.py SEED COUNT LENGTH > vectors.jsonl, with ftfy 6.3.1 installed.
The committed file is that of 1 3200 40; the program equals it for hundreds of
thousands more. Texts have at most LENGTH code points.
"""

import json
import random
import sys

import ftfy
from ftfy import badness, chardata

WORDS = """
voilà déjà garçon Ça œuvre naïve Müller Straße größer niño ¿qué? açúcar São coração être Noël façade
příliš žluťoučký kůň úpěl ďábelské ódy zażółć gęślą jaźń łódź árvíztűrő tükörfúrógép ştiinţă Türkçe ığdır İstanbul
Iñtërnâtiônàlizætiøn smörgåsbord Ærø Þór ðað lietuvių šąžininė Latviešu āēīūčģķļņšž
Привет, мир! Съешь ещё этих мягких французских булок Київ їжак ґанок България
Ελληνικά γλώσσα Άέήίόύώ ΰ Ξεσκεπάζω ψυχοφθόρα τις
مرحبا بالعالم شكرا لك שלום עולם हिन्दी में নমস্কার ไทย ភាសា
你好，世界！今天天气很好。日本語のテキスト カタカナ ｶﾀｶﾅ 한국어 텍스트입니다 ㅎㅏㄴ
😀 👨‍👩‍👧 🇨🇳 👍🏽 ❤️ 𝒥ohn 𐍈
“quoted” ‘single’ it’s … – — • ™ © ® € £ ¥ § ¶ ° ± ² ³ ½ × ÷ ¬ ¦ «guillemets» „low‟ ‹single›
plain English words with nothing in them, HTML <b>bold</b> &amp; x=1;y=2? a? à Å Â Ã
""".split()
CODECS = chardata.CHARMAP_ENCODINGS + ["cp1252", "cp1251", "mac_cyrillic", "cp850", "iso-8859-15", "cp1255"]
MEMBERS = sorted({c for p in (badness.MOJIBAKE_CATEGORIES, chardata.UTF8_CLUES) for s in p.values() for c in s if c != "-"})
NASTY = list(
    "\x00\x01\x07\x08\x0b\x0c\x1a\x1b\x1c\x1f\x7f\x80\x81\x85\x8d\x90\x91\x92\x9d\x9f\xa0\xad \t\n\r&;#<>[]?'\"Aaz09"
    "\u02bc\u2018\u2019\u201a\u201b\u201c\u201f\u2028\u2029\u206a\ufeff\ufff9\ufffc\ufffd\u3000"
    "\uff01\uff06\uff1b\uff1c\uff21\uff3b\uff5e\uff71\uff9e\uff9f\uffa0\uffa1\uffe3\uffe6\uffef"
    "ĲŉǱǆﬀﬁﬅﬆſİıßÅÅéé\u0301\u0300\u0323\u0327\u0338\u0345\u0308\u3099\u1100\u1161\u11a8가각ㄱ"
    "\ud800\udbff\udc00\udfff\ud83d\ude00\U0001d15e\U0001f600\U000e0067中文\u0f73\u0f71\ufb1d\u212b\u2126"
) + [
    "&amp;", "&AMP;", "&lt;", "&NTILDE;", "&ntilde;", "&SZLIG;", "&FILIG;", "&notin;", "&not;", "&notit;", "&semi;", "&foo;",
    "&#233;", "&#xe9;", "&#XE9;", "&#x80;", "&#128;", "&#129;", "&#0;", "&#11;", "&#13;", "&#55357;", "&#xFDD0;", "&#1114112;",
    "&#x1F600;", "&#59;", "&#12a;", "&#x;", "&#xg;", "&amp;#x41;", "&amp;amp;", "&CounterClockwiseContourIntegral;", "&fjlig;",
    "&acE;", "&NVLT;", "&nvlt;", "&THETASYM;", "&JCIRC;", "&#99999999999999999999999;", "&#999999999999999999999999;",
    "\x1b[0m", "\x1b[1;31m", "\x1b[", "\x1b[1;", "\x1b\x00[0m", "\x1b［0m", "\x1b[٣m", "\x1b\ufeff[0m", "\r\n", "\r\r\n",
    "Ã ", "Ã¡", "Ã©", "â€™", "â€œ", "â€\ufffd", "â€?", "Â ", "Ã\xa0", "ï»¿", "ðŸ˜€", "Ð¿Ñ€", "вЂ™", "Î±", "Ã quele", "Ã s ",
    "Ãƒ\xa9", "ÃƒÂ©", "í\xa0½í¸\x80", "í ½í¸\x80", "À\x80", "√©", "‚Äô", "ÔÇÖ", "Ù…Ø±", "à¸\xad", "ï¬\x81", "ã\x83\x84", "Å ",
]


def decode(b, codec):
    try:
        return b.decode(codec)
    except UnicodeDecodeError:
        return b.decode(codec, random.choice(["replace", "ignore"]))


def garble(s):
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        s = decode(s.encode("utf-8", "surrogatepass"), random.choice(CODECS))
        kind = random.random()
        if kind < 0.1:
            s = s.replace("\xa0", " ")
        elif kind < 0.15:
            s = s.replace("\ufffd", "?")
        elif kind < 0.2 and s:
            i = random.randrange(len(s))
            s = s[:i] + s[i + 1 :]
    return s


def piece():
    kind = random.random()
    words = " ".join(random.choice(WORDS) for _ in range(random.randint(1, 3)))
    if kind < 0.45:
        return garble(words)
    if kind < 0.6:
        return words
    if kind < 0.75:
        return "".join(random.choice(NASTY) for _ in range(random.randint(1, 6)))
    if kind < 0.9:
        return "".join(random.choice(MEMBERS) for _ in range(random.randint(1, 5)))
    if kind < 0.95:
        return "".join(chr(random.choice([random.randrange(0x80, 0x600), random.randrange(0x110000)])) for _ in range(random.randint(1, 3)))
    return bytes(random.choice(b"\xc0\x80\xed\xa0\xbd\xed\xb8\x80\xe2\x80\x99\xc3 \xa9\x1a?\n\xf0\x9f\xa0") for _ in range(random.randint(2, 8))).decode(random.choice(["latin-1", "sloppy-windows-1252"]))


def text():
    sep = random.choice(["", " ", " ", "\n"])
    return sep.join(piece() for _ in range(random.choice([1, 1, 1, 2, 2, 3, 5])))


def main():
    random.seed(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        s = text()
        if len(s) > int(sys.argv[3]):
            continue
        form = random.choice(["NFC", "NFC", "NFC", "NFKC", "NFD", "NFKD"])
        try:
            out = ftfy.fix_text(s, normalization=form)
        except AssertionError:
            continue
        print(json.dumps([form, s, out], separators=(",", ":")))


main()
