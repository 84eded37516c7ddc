"""Records signatures.jsonl and bandings.json, with numpy and scipy:

    python3 record.py

Line 1 of signatures.jsonl is of 4096 permutations the first, the 256th, the
last, and the exclusive or of all; the others are documents. A document's tokens are the decimal digits of
i*i*step modulo a number, some of them repeated to be long; its shingles are
windows of them, joined by a space.
"""

import hashlib
import json

import numpy as np
from scipy import integrate

MERSENNE = np.uint64((1 << 61) - 1)
MOST = 4096

gen = np.random.RandomState(seed=42)
pairs = [
    (gen.randint(1, MERSENNE, dtype=np.uint64), gen.randint(0, MERSENNE, dtype=np.uint64))
    for _ in range(MOST)
]
A, B = np.array(pairs, dtype=np.uint64).T


def shingles(doc):
    tokens = []
    for i in range(doc["tokens"]):
        v = i * i * doc["step"] % doc["modulo"]
        tokens.append(str(v) * (1 + v % doc["repeat"]))
    w = doc["window"]
    return [" ".join(tokens[i : i + w]) for i in range(len(tokens) - w + 1)]


def signature(doc):
    least = np.full(doc["permutations"], (1 << 32) - 1, dtype=np.uint64)
    a, b = A[: doc["permutations"]], B[: doc["permutations"]]
    for s in shingles(doc):
        x = np.uint64(int.from_bytes(hashlib.sha1(s.encode()).digest()[:4], "little"))
        with np.errstate(over="ignore"):
            h = ((x * a + b) % MERSENNE) & np.uint64((1 << 32) - 1)
        least = np.minimum(least, h)
    return [int(v) for v in least]


def banding(threshold, permutations):
    best, least = None, float("inf")
    for bands in range(1, permutations + 1):
        for rows in range(1, permutations // bands + 1):
            met = lambda s: 1 - (1 - s**rows) ** bands
            low, _ = integrate.quad(met, 0.0, threshold)
            high, _ = integrate.quad(lambda s: 1 - met(s), threshold, 1.0)
            if (wrong := 0.5 * low + 0.5 * high) < least:
                best, least = [bands, rows], wrong
    return best


docs = []
for tokens, modulo, repeat, window, permutations in [
    (5, 1000, 1, 5, 256),
    (9, 100000, 3, 5, 256),
    (100, 1000003, 2, 5, 256),
    (101, 97, 40, 3, 128),
    (1000, 1000003, 1, 5, 256),
    (3000, 10007, 30, 5, 100),
    (2500, 7, 1, 1, 64),
    (2500, 101, 90, 5, 17),
    (300, 1000003, 60, 40, 33),
    (700, 65537, 4, 2, 1),
    (400, 65537, 4, 5, 1000),
]:
    doc = dict(tokens=tokens, step=7919, modulo=modulo, repeat=repeat, window=window, permutations=permutations)
    docs.append(doc | {"signature": signature(doc)})

with open("signatures.jsonl", "w") as f:
    edge = lambda v: [str(v[0]), str(v[255]), str(v[-1]), str(np.bitwise_xor.reduce(v))]
    print(json.dumps({"a": edge(A), "b": edge(B)}), file=f)
    for doc in docs:
        print(json.dumps(doc, separators=(",", ":")), file=f)

bandings = [
    [t / 100, n, *banding(t / 100, n)]
    for n in (1, 2, 3, 5, 7, 9, 10, 16, 20, 32, 50, 64, 100, 128, 200, 256, 512)
    for t in (range(0, 101, 5) if n < 200 else range(40, 101, 10))
]
with open("bandings.json", "w") as f:
    json.dump(bandings, f, separators=(",", ":"))
    f.write("\n")
