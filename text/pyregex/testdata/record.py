"""Record what Python's regex module makes of patterns: vectors.jsonl.

Run: pip install regex==2026.5.9; python3 record.py > vectors.jsonl
"""
import json
import sys
import warnings

import regex

warnings.simplefilter("ignore")
TEXTS = [
    "",
    "a",
    "abc abd\nxyz abb",
    "root@localhost é@ü x_1@y2 foo-bar",
    "Das IST İstanbul, ıslak; Kelvin K ſharp Σςσ",
    "١٢٣ 42 ½ Ⅷ 中文，测试 \u00a0\u3000 \u200d ⓐ",
    "tab\tend\r\nline two\nlast\n",
    "aaaa (b(c)d) [e] {f} \\ ^$ .*+? ]- &&--||~~",
    "\x00\x1c\x85 \u0301x👍🏽 \ud800z",
]
CASES = [
    (r"\w+@\w+", "X"), (r"(\w+)@(\w+)", r"\2 at \1"), (r"\W+", "_"), (r"\d", "#"), (r"\D+", "-"),
    (r"\s+", " "), (r"\S+", "s"), (r"\b\w", "<"), (r"\B", "."), (r"\b", "|"), (r"\w+$", "E"), (r"$", "$"), (r"^", "^"),
    (r"(?m)^", ">"), (r"(?m)$", "<"), (r"\A.", "A"), (r".\Z", "Z"), (r"(?m)^\w+$", "L"), (r"\z", "z"),
    (r"x*", "-"), (r"|a", "-"), (r"a|", "-"), (r"a*?", "-"), (r"(a)|b", r"[\1]"), (r"(?:)", "."), (r"", "."), (r"()", r"\1."),
    (r"a{2}", "2"), (r"a{,2}", "n"), (r"a{2,}", "m"), (r"a{1,2}?", "l"), (r"a{2", "x"), (r"\{f}", "x"), (r"{f}", "x"), (r"a{0}", "0"),
    (r"a++", "p"), (r"a*+a", "p"), (r"(?>a+)b", "p"), (r"a?+a", "q"), (r"\w{2,3}+", "r"), (r"(?:ab)++", "s"),
    (r"(?=a)\w", "1"), (r"(?!a)\w", "1"), (r"(?<=a)\w", "1"), (r"(?<!a)\w", "1"), (r"(?<=a+)b", "1"),
    (r"(\w)\1", r"<\1>"), (r"(?P<c>\w)(?P=c)", r"<\g<c>>"), (r"(?<c>\w)\g<c>", r"<\g<1>>"), (r"(\w)(?i)\1", "d"),
    (r"(?i)i", "*"), (r"(?i)[h-j]", "*"), (r"(?i)[^i]", "*"), (r"(?i)İ", "*"), (r"(?i)I", "*"), (r"(?i)ı", "*"), (r"(?i)[H-J]", "*"), (r"(?i)k", "*"), (r"(?i)S", "*"), (r"(?i)σ", "*"),
    (r"a(?i)B", "*"), (r"(?i:IS)T", "*"), (r"(?i)a(?-i:B)", "*"), (r"(?s-i:.)", "*"), (r"(?i)ist", "*"), (r"(?a)\w", "*"), (r"(?a)\b", "|"),
    (r"(?a)\W", "*"), (r"(?a)\s", "*"), (r"(?a)[\W\d]", "*"), (r"(?x) a b # comment", "*"), (r"(?x)[a b]", "*"), (r"(?x)a\ ", "*"),
    (r"[\W]", "*"), (r"[^\W]", "*"), (r"[\Wa]", "*"), (r"[^\Wa]", "*"), (r"[\w-]+", "*"), (r"[^\w\s]", "*"), (r"[\D]", "*"), (r"[^\D]", "*"), (r"[\S]", "*"), (r"[^\S\n]", "*"),
    (r"[]a]", "*"), (r"[^]a]", "*"), (r"[[a]", "*"), (r"[a-]", "*"), (r"[-a]", "*"), (r"[a-\d]", "*"), (r"[\d-z]", "*"), (r"[a&&b]", "*"), (r"[a||b]", "*"), (r"[\]\[\\]", "*"), (r"[\b]", "*"), (r"[a^]", "*"), (r"[.*+?]", "*"), (r"[\x41-\u00ff]", "*"), (r"[\n\t]", "*"), (r"[!--]", "*"),
    (r"\p{Lu}", "*"), (r"\P{L}", "*"), (r"\p{^L}", "*"), (r"\pN", "*"), (r"[\p{Han}b]", "*"), (r"\p{IsHan}+", "*"), (r"\p{Script=Greek}", "*"), (r"\p{lu}", "*"),
    (r"\x61\u0062", "*"), (r"\141", "*"), (r"\0", "*"), (r"\U0001F44D", "*"), (r"\a|\f|\v", "*"), (r"\_", "*"), (r"\é", "*"), (r"\-\.", "*"),
    (r"(a)?(?(1)b|x)", "*"), (r"(?P<q>a)?(?(q)b|x)", "*"), (r"(?#note)a", "*"), (r"((a)(b))", r"\3\2\1"), (r"(a)(b)?", r"\2\1!"), (r"(\w)(\w)(\w)", r"\g<3>\g<2>\g<1>"),
    (r"(?:https?|ftp)://\S+", "L"), (r".", "."), (r"a.a", "*"), (r"\n", r"\\n"), (r"a", r"\n\t\x41\u0042\101\\"), (r"a", r"\-\.\ é"), (r"a", r"\g<0>\g<0>"), (r"a", "\\\n"), (r"a", r"\0"),
    (r"(?:a|ab)(?:c|bcd)?", "*"), (r"(a|b)*?c", r"\1"), (r"(?:a*)*b", "*"), (r"(a*)+", "*"), (r"\.\*", "*"), (r"a{1000}", "*"), (r"a{1001}", "*"), (r"(?:\w{500}){3}", "*"), (r"[^\x00-\x7f]", "*"), (r"\w(?=\W|$)", "*"),
    (r"(?V0)a", "*"), (r"(?u)\w", "*"), (r"(?-i)a", "*"),
    # refused
    (r"\y", ""), (r"a**", ""), (r"*a", ""), (r"(", ""), (r")", ""), (r"[a", ""), (r"[]", ""), (r"[b-a]", ""), (r"a{2,1}", ""), (r"x\1", ""), (r"(a)\2", ""), (r"(?P<n>a", ""), (r"(?P=n)", ""), (r"(?(1)a|b)", ""), (r"\x4", ""), ("\\", ""), (r"(?", ""), (r"(?<n", ""), (r"a{1,2}{2}", ""), (r"(?q)a", ""), (r"\p{Nope}", ""),
    (r"a", "\\"), (r"a", r"\1"), (r"a", r"\q"), (r"a", r"\g<x>"), (r"a", r"\g<1"), (r"a", r"\g"), (r"(a)", r"\2"), (r"a", r"\x4"), (r"a", r"\g<>"),
]
for pattern, repl in CASES:
    for text in TEXTS:
        row = {"pattern": pattern, "repl": repl, "text": text}
        try:
            re = regex.compile(pattern, flags=regex.DOTALL)
            re.sub(repl, "".join(chr(c) for c in range(1, 256)))  # templates are compiled on the first match
            row["want"] = re.sub(repl, text)
        except (regex.error, IndexError):
            row["refused"] = True
            del row["text"]
        json.dump(row, sys.stdout)
        print()
        if "refused" in row:
            break
