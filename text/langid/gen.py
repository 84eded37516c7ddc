"""Makes profiles.bin from the model of py3langid.

    pip download --no-deps py3langid==0.4.0
    python gen.py py3langid-0.4.0-py3-none-any.whl     # needs numpy

The source is a naive Bayes model: for each class, a logarithm of the
probability of each of some 100,000 byte n-grams. Here

- classes of languages that have no two-letter code, and that fastText's
  lid.176 doesn't have either, are left out; codes become those of ISO 639-1;
- n-grams are folded to lower case and to single spaces, their probabilities
  added up, since the text is folded too;
- the FEATURES n-grams that tell most are kept. Text that the others would have
  matched is matched by their longest kept suffix, which gets their probability;
- what an n-gram has above the class's least probability is rounded to steps of
  a factor of two; one step counts as none.

profiles.bin is a zlib stream. Numbers in it are little endian:

    u16 classes; for each: u8 length and label, f32 prior, f32 floor
    u32 features, in order of their bytes
    for each: u8 bytes shared with the feature before
    for each: u8 length of the rest;    then all rests
    for each: u8 number of weights
    for each weight: u8 class, as the difference from the one before + 1
    for each weight: u8 steps above the floor, 2 to 15
"""

import io
import lzma
import re
import struct
import sys
import zipfile
import zlib

import numpy as np

FEATURES = 60_000
STEP = np.log(2)
MOST = 15
LID_176 = {"arz", "bcl", "gom", "vec", "wuu", "yue"}  # of the source's three-letter codes
RENAMED = {"gug": "gn", "kik": "ki", "wuu": "zh"}  # Wu is written as Mandarin mostly
NO_LANGUAGE = "zxx"


def load(wheel):
    packed = zipfile.ZipFile(wheel).read("py3langid/data/model.npz.xz")
    with np.load(io.BytesIO(lzma.decompress(packed)), allow_pickle=False) as m:
        return {k: m[k] for k in m.files}


def ngrams(model):
    """The bytes of each feature: the walk from the automaton's root to its state."""
    nextmove, row = model["nextmove"].reshape(-1, 256), model["nextmove_row"]
    walk, queue = {0: b""}, [0]
    for state in queue:
        for byte in np.nonzero(nextmove[row[state]])[0]:
            after = int(nextmove[row[state]][byte])
            if after not in walk:
                walk[after] = walk[state] + bytes([byte])
                queue.append(after)
    names = [b""] * len(model["ptc"])
    for state, name in walk.items():
        if model["out_feat"][state] >= 0:
            names[model["out_feat"][state]] = name
    return names


def lower(char):
    small = char.lower()
    size = len(char.encode("utf-8", "surrogateescape"))
    return small if len(small.encode("utf-8", "surrogateescape")) == size else char


def folded(ngram):
    text = "".join(map(lower, ngram.decode("utf-8", "surrogateescape")))
    return re.sub(rb"[ \t\n\v\f\r]+", b" ", text.encode("utf-8", "surrogateescape"))


def suffix_of(ngram, known):
    for i in range(1, len(ngram) - 1):
        if ngram[i:] in known:
            return ngram[i:]
    return None


def shrink(names, prob):
    """Folds and chooses features. Returns them with their probabilities."""
    least = prob.min(0)
    by = {}
    for name, p in zip(names, prob):
        name = folded(name)
        if len(name) < 2:
            continue
        by[name] = by[name] + np.maximum(p - least, 0) if name in by else p.copy()
    names = sorted(by)
    all_ = np.array([by[n] for n in names])
    tells = (all_ * (np.log(all_) - np.log(all_.mean(1))[:, None])).sum(1)
    kept = {names[i] for i in np.argsort(-tells, kind="stable")[:FEATURES]}
    for name in sorted(by, key=len, reverse=True):
        if name not in kept:
            suffix = suffix_of(name, by)
            if suffix:
                by[suffix] = by[suffix] + np.maximum(by[name] - least, 0)
    kept = sorted(kept)
    return kept, np.array([by[n] for n in kept])


def main(wheel, out):
    model = load(wheel)
    classes = [str(c) for c in model["classes"]]
    chosen = [i for i, c in enumerate(classes) if len(RENAMED.get(c, c)) == 2 or c in LID_176 or c == NO_LANGUAGE]
    names, prob = shrink(ngrams(model), np.exp(model["ptc"][:, chosen].astype(np.float64)))
    weight = np.log(prob)
    floor = weight.min(0)
    steps = np.round((weight - floor) / STEP).clip(0, MOST).astype(np.uint8)
    steps[steps < 2] = 0

    body = bytearray(struct.pack("<H", len(chosen)))
    for column, i in enumerate(chosen):
        label = RENAMED.get(classes[i], classes[i]).encode()
        body += bytes([len(label)]) + label + struct.pack("<ff", model["pc"][i], floor[column])
    shared, rests, counts, gaps, values = bytearray(), [], bytearray(), bytearray(), bytearray()
    before = b""
    for name, s in zip(names, steps):
        n = 0
        while n < min(len(name), len(before)) and name[n] == before[n]:
            n += 1
        shared.append(n)
        rests.append(name[n:])
        before = name
        at = np.nonzero(s)[0]
        counts.append(len(at))
        gaps += np.diff(at, prepend=-1).astype(np.uint8).tobytes()
        values += s[at].tobytes()
    body += struct.pack("<I", len(names)) + shared + bytes(map(len, rests)) + b"".join(rests) + counts + gaps + values
    with open(out, "wb") as f:
        f.write(zlib.compress(bytes(body), 9))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: gen.py py3langid-0.4.0-py3-none-any.whl")
    main(sys.argv[1], "profiles.bin")
