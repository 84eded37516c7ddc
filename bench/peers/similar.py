"""similar.yaml by packages for MinHash:

    python similar.py rensa|datasketch|text-dedup INPUT OUTPUT

Rows are similar from an estimated Jaccard similarity of 0.7 on, of windows of
five words in lower case. Kept rows are written as they came.
"""
import itertools
import sys

import orjson

THRESHOLD = 0.7
WINDOW = 5
BATCH = 10_000


def shingles(text):
    words = [word for word in text.lower().split(" ") if word]
    if len(words) < WINDOW:
        return [" ".join(words)]
    return [" ".join(words[i : i + WINDOW]) for i in range(len(words) - WINDOW + 1)]


def rensa(source, target, permutations=128):
    from rensa import RMinHash, RMinHashDeduplicator

    seen = RMinHashDeduplicator(THRESHOLD, permutations, True)
    with open(source, "rb") as rows, open(target, "wb") as out:
        first = 0
        while batch := list(itertools.islice(rows, BATCH)):
            sets = [shingles(orjson.loads(row)["text"]) for row in batch]
            signatures = RMinHash.from_token_sets(sets, permutations, 42)
            new = seen.add_pairs([(str(first + i), s) for i, s in enumerate(signatures)])
            out.writelines(row for row, is_new in zip(batch, new) if is_new)
            first += len(batch)


def datasketch(source, target, permutations=128):
    from datasketch import MinHash, MinHashLSH

    seen = MinHashLSH(threshold=THRESHOLD, num_perm=permutations)
    with open(source, "rb") as rows, open(target, "wb") as out:
        for i, row in enumerate(rows):
            signature = MinHash(num_perm=permutations)
            signature.update_batch([s.encode("utf-8", "surrogatepass") for s in shingles(orjson.loads(row)["text"])])
            if not seen.query(signature):
                seen.insert(i, signature)
                out.write(row)


def text_dedup(source, target):
    """The package's own command, then JSON Lines from what it saves."""
    import datasets
    from text_dedup.minhash import main

    folder = target + ".saved"
    main(
        ["--path", "json", "--data_files", source, "--split", "train", "--cache_dir", target + ".cache",
         "--output", folder, "--column", "text", "--ngram", str(WINDOW), "--min_length", "0", "--num_perm", "256",
         "--threshold", str(THRESHOLD), "--hash_func", "xxh3", "--hash_bits", "32", "--num_proc", "1", "--batch_size", str(BATCH)],
        standalone_mode=False,
    )
    datasets.load_from_disk(folder).to_json(target, lines=True, force_ascii=False)


if __name__ == "__main__":
    tool, source, target = sys.argv[1:]
    {"rensa": rensa, "datasketch": datasketch, "text-dedup": text_dedup}[tool](source, target)
