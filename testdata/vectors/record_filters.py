"""Records what py-data-juicer's filters of text measure, over random texts, as
differential/<operator>__random.jsonl.

    python testdata/vectors/record_filters.py

It needs py-data-juicer 1.6.1.
"""
import json
import pathlib
import random

from data_juicer.ops import OPERATORS
from data_juicer.utils.constant import Fields

HERE = pathlib.Path(__file__).parent
ALPHABET = list("aaabbcdeeZ  \n\n\t.,:-_019'\"$%&()") + [
    "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\u2028", "\u2029", "\u00a0", "\u3000",
    "\u200b", "\u0130", "\u03a3", "\u03c3", "\u00d8", "\u00df", "\u00bd", "\u00b2", "\u2167", "\u0661", "\u0301", "\u0e33",
    "\u4e00", "\u4e2d", "\u3007", "\u30fb", "\u30c4", "\u0413", "\u0433", "\u0436", "\U0001F600", "\U0001F44D", "\U0001F3FD",
    "\u2764\ufe0f", "\U0001D7D8", "\U00020000", "\u0903", "\u00ad", "\ufeff", "\x00", "\x7f",
]
WORDS = "the a of and is it this not do porn sex Hell HELL damn bad word house Tree time run xxx it's 色情 傻瓜 的 了 le la".split()
PARAMS = {
    "alphanumeric_filter": [{}, {"min_ratio": 0.5, "max_ratio": 0.8}],
    "average_line_length_filter": [{}, {"min_len": 3, "max_len": 8}],
    "character_repetition_filter": [{}] + [{"rep_len": n, "max_ratio": 0.2} for n in (1, 2, 3, 5, 8, 17, 40)],
    "flagged_words_filter": [{}, {"lang": "all", "use_words_aug": True, "words_aug_join_char": " "},
                             {"lang": "zh", "use_words_aug": True, "words_aug_group_sizes": [2, 3]}],
    "maximum_line_length_filter": [{}, {"min_len": 3, "max_len": 8}],
    "special_characters_filter": [{}, {"min_ratio": 0.2, "max_ratio": 0.5}],
    "stopwords_filter": [{}, {"lang": "all"}, {"lang": "zh", "use_words_aug": True, "words_aug_group_sizes": [1, 2]}],
}


def text(rng):
    kind = rng.random()
    if kind < 0.4:
        return "".join(rng.choice(ALPHABET) for _ in range(rng.randrange(60)))
    if kind < 0.6:
        part = "".join(rng.choice(ALPHABET) for _ in range(rng.randrange(1, 14)))
        return part * rng.randrange(2, 9) + "".join(rng.choice(ALPHABET) for _ in range(rng.randrange(9)))
    return "".join(rng.choice(WORDS) + rng.choice([" ", " ", " ", "\n", ", ", "\t", "! ", "\r\n", ""]) for _ in range(rng.randrange(30)))


def record(name, params, rng, count):
    """Yields count vectors of an operator with these parameters."""
    used = dict(params)
    if name in ("flagged_words_filter", "stopwords_filter"):
        key = name.replace("_filter", "_dir")
        params, used[key] = {**params, key: "{ASSETS}"}, str(HERE / "assets")
    op = OPERATORS.modules[name](**used)
    for _ in range(count):
        row = {"text": text(rng)}
        if op.is_batched_op():
            batch = op.compute_stats_batched({"text": [row["text"]], Fields.stats: [{}]})
            stats, keep = batch[Fields.stats][0], list(op.process_batched(batch))[0]
        else:
            sample = op.compute_stats_single({**row, Fields.stats: {}})
            stats, keep = sample[Fields.stats], op.process_single(sample)
        yield {"op": name, "params": params, "input": row, "stats": stats, "keep": bool(keep)}


def main():
    rng = random.Random(7)
    for name, settings in PARAMS.items():
        with open(HERE / "differential" / f"{name}__random.jsonl", "w") as out:
            for params in settings:
                for vector in record(name, params, rng, 120 // len(settings)):
                    print(json.dumps(vector), file=out)


if __name__ == "__main__":
    main()
