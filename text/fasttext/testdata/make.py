"""Trains one small fastText model of each kind and records what it predicts.

    python make.py DIRECTORY

needs the fasttext package, as built from fastText 0.9.2 or later. The texts are
drawn from made-up languages, so models and predictions may be published as
they are. Each line of predictions.jsonl has a model, a text, k and the
predictions, best first.
"""

import json
import pathlib
import random
import sys
import tempfile

import fasttext

ALPHABETS = [
    "abdeginorst", "aceilmnopru", "äöüeghlnrst", "авегиклнорст", "αγεικλνοπστ",
    "的一是不了人我在有他", "あいうえかきくけこさ", "가나다라마바사아자차",
]

# name: (labels, options of train_supervised, options of quantize or None)
MODELS = {
    "softmax.bin": (8, dict(loss="softmax", minn=2, maxn=4, bucket=300, dim=10), None),
    "words.bin": (3, dict(loss="softmax", minn=0, maxn=0, dim=5), None),
    "ngrams.bin": (5, dict(loss="softmax", wordNgrams=3, bucket=400, dim=7), None),
    "hs.bin": (8, dict(loss="hs", minn=1, maxn=3, bucket=200, dim=16), None),
    "ns.bin": (6, dict(loss="ns", minn=3, maxn=3, bucket=200, dim=17), None),
    "ova.bin": (6, dict(loss="ova", minn=2, maxn=3, wordNgrams=2, bucket=200, dim=12), None),
    "softmax.ftz": (8, dict(loss="softmax", minn=2, maxn=4, bucket=900, dim=16), dict(qnorm=False)),
    "qnorm.ftz": (8, dict(loss="hs", minn=2, maxn=4, bucket=900, dim=15), dict(qnorm=True)),
    "cutoff.ftz": (8, dict(loss="softmax", minn=2, maxn=4, wordNgrams=2, bucket=3000, dim=8), dict(qnorm=True, cutoff=400)),
    "qout.ftz": (300, dict(loss="softmax", minn=0, maxn=0, dim=6), dict(qnorm=True, qout=True, dsub=4)),
    "unsupervised.bin": (2, None, None),
}

EDGES = [
    "", " ", "\t\r\v\f \0", "</s>", "tain </s> dorin", "__label__l1 tain", "__label__", "a", "😀 👨‍👩‍👧‍👦", "a\0b\0", "\u00a0x\u2003y\u3000",
    "unknownunknownunknown" * 20, "the quick brown fox jumps over the lazy dog", "ß" * 300,
]


def words(rng, label):
    alphabet = ALPHABETS[label % len(ALPHABETS)]
    return ["".join(rng.choice(alphabet) for _ in range(rng.randint(1, 7))) for _ in range(40)]


def line(rng, vocabulary, shared):
    return " ".join(rng.choice(vocabulary if rng.random() < 0.8 else shared) for _ in range(rng.randint(3, 15)))


def main(out):
    record = []
    for seed, (name, (labels, options, quantize)) in enumerate(MODELS.items()):
        rng = random.Random(seed)
        per_label = 40 if labels < 100 else 6
        shared = words(rng, 0)
        vocabularies = [words(rng, i)[: 40 if labels < 100 else 4] for i in range(labels)]
        lines = [(i, line(rng, v, shared)) for i, v in enumerate(vocabularies) for _ in range(per_label + 3 * (i % 5))]
        rng.shuffle(lines)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as f:
            f.writelines(f"__label__l{i} {text}\n" for i, text in lines)
            f.flush()
            if options is None:
                fasttext.train_unsupervised(f.name, dim=4, bucket=50, thread=1, verbose=0).save_model(str(out / name))
                continue
            model = fasttext.train_supervised(f.name, thread=1, seed=seed, epoch=8, lr=0.3, verbose=0, **options)
            if quantize is not None:
                model.quantize(input=f.name, thread=1, verbose=0, **quantize)
        model.save_model(str(out / name))
        # Read it again: what is asked of is the file.
        model = fasttext.load_model(str(out / name))
        texts = EDGES + [t for _, t in lines[:6]]
        texts += [line(rng, rng.choice(vocabularies), words(rng, rng.randrange(8))) for _ in range(8)]
        for text in texts:
            for k in (1, 4):
                got = model.f.predict(text + "\n", k, 0.0, "strict")
                record.append({"model": name, "text": text, "k": k, "predictions": [[l, p] for p, l in got]})
    with open(out / "predictions.jsonl", "w", encoding="utf-8") as f:
        for r in record:
            f.write(json.dumps(r, ensure_ascii=True) + "\n")


main(pathlib.Path(sys.argv[1]))
