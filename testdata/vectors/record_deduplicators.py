"""Records what py-data-juicer's deduplicators of text keep, over random texts of
which some are made of others, as differential/<operator>__random.jsonl.

    python testdata/vectors/record_deduplicators.py [folder [sets of each]]

It needs py-data-juicer 1.6.1 and simhash-pybind. Texts shorter than a window
are left out: there they are all the same.
"""
import json
import pathlib
import random
import sys

from data_juicer.ops import OPERATORS
from data_juicer.utils.constant import HashKeys

HERE = pathlib.Path(__file__).parent
ODD = [
    " ", "  ", "\n", "\t", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1f", "\x85", "\u2028", "\u00a0", "\u3000", "\u200b", "\u0130", "\u0131",
    "\u017f", "\u212a", "\u03a3", "\u0391\u03a3", "\u00df", "\u00bd", "\u00b2", "\u0661", "\u0966", "\u0301", "\u4e2d", "\u3002", "\u30fb", "\u00ab", "\u2026", "\uff0c",
    "\u0436", "\U0001F600", "\U0001F468\u200d\U0001F469", "\ufeff", "\x00", "\x7f", "_", "-", "'", '"', ",", ".", "!", "(", ")", "[", "]", "{", "}", ";", "$", "+",
    "<", ">", "/", "#", "\\", "@", "|", "~", "^", "`", "A", "z", "0", "9",
]
WORDS = ("The the a of and is it this not do house Tree time RUN xxx it's Page 12 3,4 naïve ΟΔΟΣ ДОМ дом İstanbul straße 中文 天气 很好 公园 "
         "e.g. U.S. x=y a/b c++ end.").split()
LINES = [
    "", " ", "{", "} ;", "\t);", "[]", "()x", "# Title", "  ## Part", "#", "\\begin{figure}", "  \\end{figure}[h]", "\\begin {x}", "<div>", "</p>",
    "<a href='x'> ", "<p>text</p>", "<br", "<\u212aey>", "<\u0131>", "<1>", "< p>", "</ p>", "<p>\u3000", "<p>>", "<p\x1c>\x1c", "12 - 34", "1\u0662", "...", "Home | About", "HOME | about",
    "Share this page", " Share this page\r", "share this PAGE 7", "All rights reserved.", "\u1680", "\x1c", "x", "\u00e9", "\U0001F600", "\u03a3\u0391\u03a3", "\u03c3\u03b1\u03c2",
]
SETTINGS = {
    "document_minhash_deduplicator": [
        {"num_permutations": 32, "num_bands": 8, "num_rows_per_band": 4},
        {"tokenization": "character", "window_size": 4, "num_permutations": 24, "jaccard_threshold": 0.5},
        {"tokenization": "punctuation", "window_size": 2, "num_permutations": 20, "num_bands": 5, "num_rows_per_band": 3, "lowercase": False},
        {"window_size": 3, "num_permutations": 17, "num_bands": 4, "num_rows_per_band": 4, "ignore_pattern": "\\d+|\\p{P}|\\s(?=the)"},
        {"tokenization": "character", "window_size": 1, "num_permutations": 40, "jaccard_threshold": 0.8, "ignore_pattern": "\\s"},
        {"window_size": 2, "jaccard_threshold": 0.6},
    ],
    "document_simhash_deduplicator": [
        {}, {"window_size": 1, "hamming_distance": 5, "num_blocks": 6}, {"tokenization": "character"},
        {"tokenization": "character", "window_size": 2, "num_blocks": 9, "hamming_distance": 8, "lowercase": False},
        {"tokenization": "punctuation", "window_size": 2, "hamming_distance": 3, "num_blocks": 4},
        {"window_size": 2, "ignore_pattern": "[a-f]|\\d", "hamming_distance": 1, "num_blocks": 2},
    ],
    "document_line_deduplicator": [
        {"frequency_threshold": 2}, {"frequency_threshold": 1, "lowercase": True}, {"frequency_threshold": 1, "ignore_special_character": True},
        {"frequency_threshold": 1, "lowercase": True, "ignore_special_character": True, "min_line_length": 0},
        {"frequency_threshold": 1, "min_line_length": 0, "skip_brackets": False, "skip_markdown_headers": False, "skip_latex_env": False, "skip_html_tags": False},
        {"frequency_threshold": 3, "min_line_length": 6}, {},
    ],
}
COLUMNS = {"minhash": HashKeys.minhash, "simhash": HashKeys.simhash, "line": HashKeys.line_hashes}


class Rows:
    """What process asks of a data set."""

    def __init__(self, rows):
        self.rows = list(rows)

    def __len__(self):
        return len(self.rows)

    def __iter__(self):
        return iter(self.rows)

    def __getitem__(self, column):
        return [r[column] for r in self.rows]

    def remove_columns(self, names):
        return Rows({k: v for k, v in r.items() if k not in names} for r in self)

    def map(self, fn, **_):
        return Rows(fn(dict(r)) for r in self)

    def filter(self, fn, with_indices=False, fn_kwargs=None, **_):
        return Rows(r for i, r in enumerate(self) if (fn(r, i) if with_indices else fn(r, **fn_kwargs or {})))


def words(rng):
    out = []
    for _ in range(rng.randrange(4, 40)):
        out.append(rng.choice(WORDS))
        out.append(rng.choice(ODD) if rng.random() < 0.2 else " ")
    return "".join(out)


def changed(rng, text):
    """The text with some characters or a word of others."""
    for _ in range(rng.randrange(3)):
        i = rng.randrange(len(text) + 1)
        text = text[:i] + rng.choice([rng.choice(ODD), " " + rng.choice(WORDS) + " ", ""]) + text[i + rng.randrange(3):]
    return rng.choice([text, text, text.upper(), text.replace(" ", "  "), text])


def lines(rng):
    def line():
        kind = rng.random()
        if kind < 0.7:
            return rng.choice(LINES)
        if kind < 0.85:
            return rng.choice(ODD) + rng.choice(LINES) + rng.choice(ODD)
        return "".join(rng.choice(ODD + LINES) for _ in range(rng.randrange(4)))

    return "\n".join(line() for _ in range(rng.randrange(9)))


def texts(rng, of_lines):
    out = []
    for _ in range(rng.randrange(2, 12)):
        if of_lines:
            out.append(lines(rng))
        elif out and rng.random() < 0.6:
            out.append(changed(rng, rng.choice(out)))
        else:
            out.append(words(rng))
    return out


def too_short(name, value):
    if "simhash" in name:
        return value == "0"
    return "minhash" in name and all(set(band[4:8]) == {255} for band in value)


def plain(value):
    return [v.hex() for v in value] if isinstance(value, list) and value and isinstance(value[0], bytes) else value


def record(name, params, rng):
    op = OPERATORS.modules[name](**params)
    column = COLUMNS[name.split("_")[1]]
    rows = [op.compute_hash({"text": t, "id": i}) for i, t in enumerate(texts(rng, "line" in name))]
    rows = Rows(r for r in rows if not too_short(name, r[column]))
    if len(rows) < 2:
        return None
    vector = {"op": name, "params": params, "kind": "run", "input": [{"text": r["text"], "id": r["id"]} for r in rows]}
    if "line" not in name:
        vector["after_hash"] = [{column: plain(r[column])} for r in rows]
    kept, _ = op.process(Rows(dict(r) for r in rows))
    vector["output"] = [{"text": r["text"], "id": r["id"]} for r in kept]
    return vector


def main():
    folder, sets = HERE / "differential", 0
    if len(sys.argv) > 1:
        folder = pathlib.Path(sys.argv[1])
    if len(sys.argv) > 2:
        sets = int(sys.argv[2])
    for name, settings in SETTINGS.items():
        rng = random.Random(7 + sets)
        with open(folder / f"{name}__random.jsonl", "w") as out:
            for params in settings:
                few = 8 if "num_permutations" in params else 2  # signatures take room
                for _ in range(sets or (few if "minhash" in name else 12)):
                    vector = record(name, params, rng)
                    if vector:
                        print(json.dumps(vector), file=out)


if __name__ == "__main__":
    main()
