"""Runs operators of py-data-juicer for package conformance.

It reads requests from standard input and answers each with a line on standard
output, both JSON. The first line that it writes says what it is.

A request is {"op", "params", "rows"}. The answer to a mapper or a filter has
"rows", one answer for each; to a deduplicator "kept" and "texts", the ids and
the texts of the rows that are left, and "blank", the ids of those that have no
signature; or "error", when the parameters were refused. Texts are answered in
base64 of UTF-8 with surrogates, in which two that make a pair are one character.
"""
import base64
import importlib.metadata
import inspect
import json
import os
import platform
import resource
import sys
import unicodedata

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what libraries print is no answer

import datasets
import regex
from data_juicer.core.data import NestedDataset
from data_juicer.ops import OPERATORS
from data_juicer.ops.base_op import Deduplicator, Filter
from data_juicer.utils.constant import Fields, HashKeys

MEMORY = 12 << 30
PACKAGES = ["py-data-juicer", "fasttext-predict", "ftfy", "kenlm", "regex", "selectolax", "sentencepiece"]


def whole(text):
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def encoded(text):
    return base64.b64encode(whole(text).encode("utf-8", "surrogatepass")).decode()


def measure(op, row):
    if op.is_batched_op():
        batch = op.compute_stats_batched({"text": [row["text"]], Fields.stats: [{}]})
        return batch[Fields.stats][0], bool(list(op.process_batched(batch))[0])
    sample = op.compute_stats_single({**row, Fields.stats: {}})
    return sample[Fields.stats], bool(op.process_single(sample))


def map_text(op, row):
    if op.is_batched_op():
        texts = op.process_batched({"text": [row["text"]]})["text"]
        if len(texts) != 1:
            raise ValueError(f"{len(texts)} rows of one")
        return texts[0]
    return op.process_single(dict(row))["text"]


def answer_row(op, row):
    try:
        if isinstance(op, Filter):
            stats, keep = measure(op, row)
            return {"stats": stats, "keep": keep}
        return {"keep": True, "text": encoded(map_text(op, row))}
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}"}


def is_blank(row):
    signature = row.get(HashKeys.minhash) or row.get(HashKeys.simhash)
    if isinstance(signature, list):
        return b"".join(signature) == b"\0\0\0\0\xff\xff\xff\xff" * (sum(map(len, signature)) // 8)
    return signature == "0"


def deduplicate(op, rows):
    hashed = NestedDataset.from_list(rows).map(op.compute_hash)
    signed = {row["id"] for row in hashed.to_list() if not is_blank(row)}
    left = op.process(hashed)[0].to_list()
    return {
        "kept": [row["id"] for row in left],
        "texts": [encoded(row["text"]) for row in left],
        "blank": [row["id"] for row in rows if row["id"] not in signed],
    }


def parameters(module):
    names = set()
    for cls in module.__mro__:
        names.update(getattr(cls, "_BASE_PARAMS", {}))
        names.update(inspect.signature(cls.__init__).parameters)
    return sorted(names)


def answer(request):
    try:
        op = OPERATORS.modules[request["op"]](**request["params"])
        if isinstance(op, Deduplicator):
            return deduplicate(op, request["rows"])
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}"}
    return {"rows": [answer_row(op, row) for row in request["rows"]]}


def unassigned():
    """Ranges of code points, ends included, that a version of Unicode lacks: Python's, the regex module's."""
    everything = [chr(code) for code in range(sys.maxunicode + 1)]
    python = "".join("x" if unicodedata.category(c) == "Cn" else " " for c in everything)
    return [
        [[m.start(), m.end() - 1] for m in regex.finditer("x+", python)],
        [[m.start(), m.end() - 1] for m in regex.finditer(r"\p{Cn}+", "".join(everything))],
    ]


def say(value):
    print(json.dumps(value, default=float), file=answers, flush=True)


def main():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))  # a MemoryError, not the machine's end
    datasets.disable_caching()
    datasets.disable_progress_bars()
    versions = {"Python": platform.python_version(), "Unicode": unicodedata.unidata_version}
    versions.update((name, importlib.metadata.version(name)) for name in PACKAGES)
    operators = {name: parameters(module) for name, module in OPERATORS.modules.items()}
    say({"versions": versions, "operators": operators, "unassigned": unassigned()})
    for line in sys.stdin:
        say(answer(json.loads(line)))


main()
