"""Makes a language model over the pieces of a SentencePiece model that leaves
line breaks and white space as they are, and records perplexities of random
texts as Data-Juicer's perplexity_filter computes them with the sentencepiece
and kenlm packages: python make.py model [texts].
"""

import json
import os
import random
import shutil
import sys

import kenlm
import sentencepiece

BREAKS = ["\n", "\r\n", "\r", "\n\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x85", "\u2028", "\u2029", "\t", "\u00a0", "\u3000",
          "\x1f", "\x00", "\u200b", " "]


def write_model(sp, path):
    rng = random.Random(5)
    pieces = [p for p in (sp.id_to_piece(i) for i in range(sp.get_piece_size())) if p not in ("<unk>", "<s>", "</s>")]
    pairs = sorted({(rng.choice(pieces), rng.choice(pieces)) for _ in range(400)})
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"\\data\\\nngram 1={len(pieces) + 3}\nngram 2={len(pairs)}\n\n\\1-grams:\n")
        f.write("-3\t<unk>\n-99\t<s>\t-0.2\n-1.5\t</s>\n")
        for p in pieces:
            f.write(f"{-1 - 2 * rng.random():.4f}\t{p}\t{-rng.random():.4f}\n")
        f.write("\n\\2-grams:\n")
        for a, b in pairs:
            f.write(f"{-rng.random():.4f}\t{a} {b}\n")
        f.write("\n\\end\\\n")


def perplexity(sp, lm, text):
    logits, length = 0, 0
    for line in " ".join(sp.encode_as_pieces(text)).splitlines():
        logits += lm.score(line)
        length += len(line.split()) + 1
    return round(10.0 ** (-logits / length), 1) if length else 0.0


def main():
    source = os.path.abspath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    shutil.copyfile(source, "xx.sp.model")
    sp = sentencepiece.SentencePieceProcessor(model_file="xx.sp.model")
    write_model(sp, "xx.arpa.bin")
    lm = kenlm.Model("xx.arpa.bin")
    rng = random.Random(9)
    words = "the quick brown fox jumps over a lazy dog донные ещё 今天天气 日本語 unknown Ω x y".split()
    with open("recorded.jsonl", "w", encoding="utf-8") as f:
        for _ in range(count):
            text = "".join(rng.choice(words) + rng.choice([" ", " ", " ", "", rng.choice(BREAKS)])
                           for _ in range(rng.choice([0, 1, 2, 4, 9, 20])))
            f.write(json.dumps({"text": text, "perplexity": perplexity(sp, lm, text)}, ensure_ascii=False) + "\n")


main()
