"""perplexity.yaml by the packages that Data-Juicer scores with, a thousand rows
at a time as it does, but without what it does beside:

    python kenlm_perplexity.py INPUT OUTPUT MODELS

MODELS is the folder of en.sp.model and en.arpa.bin. Kept rows are written as
they came.
"""
import itertools
import json
import sys

import kenlm
import sentencepiece

BATCH = 1000
MOST = 500

source, target, models = sys.argv[1:]
tokenizer = sentencepiece.SentencePieceProcessor()
tokenizer.load(f"{models}/en.sp.model")
model = kenlm.Model(f"{models}/en.arpa.bin")


def perplexity(text):
    pieces = " ".join(tokenizer.encode_as_pieces(text))
    total, words = 0.0, 0
    for line in pieces.splitlines():
        total += model.score(line)
        words += len(line.split()) + 1
    return round(10.0 ** (-total / words), 1) if words else 0.0


with open(source, encoding="utf-8") as rows, open(target, "w", encoding="utf-8") as out:
    while batch := list(itertools.islice(rows, BATCH)):
        texts = [json.loads(row)["text"] for row in batch]
        out.writelines(row for row, text in zip(batch, texts) if perplexity(text) <= MOST)
