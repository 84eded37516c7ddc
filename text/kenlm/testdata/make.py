"""Makes small n-gram models, binary files of them, and recordings of what the
kenlm package makes of random sentences: python make.py build_binary [folder
[sentences]].

build_binary is KenLM's program. With a folder, the files go there.
"""

import json
import math
import os
import random
import subprocess
import sys

import kenlm

SYLLABLES = ["ka", "lo", "mi", "ne", "ra", "su", "to", "vé", "▁", "語"]
WORDS = ["<s>", "</s>"] + sorted({a + b for a in SYLLABLES for b in SYLLABLES[:5]})


def sentence(rng):
    state = rng.randrange(7)
    out = []
    for _ in range(rng.randrange(1, 14)):
        state = (state * 5 + rng.choice([1, 1, 1, 2, 3])) % 47
        out.append(WORDS[2 + state])
    return out


def arpa(path, order, unknown, prune):
    """Relative frequencies with invented backoffs; sums don't matter here.
    prune leaves n-grams out that longer ones end with."""
    rng = random.Random(order)
    counts = [{} for _ in range(order)]
    for _ in range(120):
        s = ["<s>"] + sentence(rng) + ["</s>"]
        for n in range(1, order + 1):
            for i in range(len(s) - n + 1):
                g = tuple(s[i:i + n])
                counts[n - 1][g] = counts[n - 1].get(g, 0) + 1
    for w in WORDS:
        counts[0].setdefault((w,), 1)
    if unknown:
        counts[0][("<unk>",)] = 1
    if prune:
        for n in range(2, order):
            contexts = {g[:-1] for g in counts[n]}
            for g in [g for g in counts[n - 1] if g not in contexts and rng.random() < prune]:
                del counts[n - 1][g]
            kept = set(counts[n - 1])
            counts[n] = {g: c for g, c in counts[n].items() if g[:-1] in kept}
    with open(path, "w", encoding="utf-8") as f:
        f.write("\\data\\\n")
        for n, c in enumerate(counts):
            f.write(f"ngram {n + 1}={len(c)}\n")
        for n, c in enumerate(counts):
            f.write(f"\n\\{n + 1}-grams:\n")
            for g, k in sorted(c.items()):
                prob = -99 if g == ("<s>",) else math.log10(k / (k + rng.randrange(1, 60)))
                line = f"{prob:.6f}\t{' '.join(g)}"
                if n + 1 < order and rng.random() < 0.8:
                    line += "\t" + rng.choice(["0", "-0.301030", f"{-rng.random():.5f}"])
                f.write(line + "\n")
        f.write("\n\\end\\\n")


def record(models, out, count):
    rng = random.Random(3)
    loaded = [kenlm.Model(m) for m in models]
    with open(out, "w", encoding="utf-8") as f:
        for _ in range(count):
            words = sentence(rng)
            for i in range(len(words)):
                if rng.random() < 0.1:
                    words[i] = rng.choice(["unbekannt", "</s>", "<unk>", "<s>", "x" * rng.randrange(1, 20)])
            s = rng.choice([" ", " ", "  ", "\t", "\x0b"]).join(words)
            for m, path in zip(loaded, models):
                scores = [[p, n, oov] for p, n, oov in m.full_scores(s)]
                f.write(json.dumps({"model": os.path.basename(path), "text": s, "score": m.score(s), "full": scores},
                                   ensure_ascii=False) + "\n")


def main():
    build = os.path.abspath(sys.argv[1])
    os.chdir(os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else os.path.dirname(os.path.abspath(__file__)))
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 12
    kinds = {
        "probing": ["probing"],
        "trie": ["trie"],
        "quant": ["-q", "5", "-b", "4", "trie"],
        "array": ["-a", "6", "trie"],
        "quantarray": ["-q", "4", "-b", "5", "-a", "22", "trie"],
    }
    models = []
    for name, order, unknown, prune in [("two", 2, True, 0), ("three", 3, False, 0.3), ("five", 5, True, 0.2)]:
        arpa(name + ".arpa", order, unknown, prune)
        models.append(name + ".arpa")
        for kind, flags in kinds.items():
            path = f"{name}.{kind}"
            subprocess.run([build, "-S", "10M", *flags[:-1], flags[-1], name + ".arpa", path], check=True,
                           stderr=subprocess.DEVNULL)
            models.append(path)
    lower = [f"lower{n}.arpa" for n in (1, 2)]
    for n, path in enumerate(lower):
        arpa(path, n + 1, False, 0)
    subprocess.run([build, "-r", " ".join(lower), "probing", "three.arpa", "three.rest"], check=True,
                   stderr=subprocess.DEVNULL)
    models.append("three.rest")
    for path in lower:
        os.remove(path)
    record(models, "scores.jsonl", count)


main()
