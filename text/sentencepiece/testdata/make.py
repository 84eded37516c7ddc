"""Trains the small models of this folder and records what the sentencepiece
package makes of random texts: python make.py [folder [texts per model]].

With a folder the recordings go there, beside the models, and are as many as
asked for; models with the large tables of Unicode normalisation are then
trained too.
"""

import io
import json
import os
import random
import sys

import sentencepiece

WORDS = (
    "the quick brown fox jumps over a lazy dog while it was raining and nobody knew why "
    "données été naïve façade coöperate Straße Größe съешь же ещё этих мягких французских булок "
    "今天天气很好我们出去玩 日本語のテキスト カタカナ 한국어 텍스트 हिन्दी ไทย ภาษา العربية "
    "http www com 2024 10:30 3.14 $100 (see) \"why\" it's don't e-mail <b> </b> {x} [y] ﬁne Ⅳ ① ㈱ Å"
).split()
SPECIAL = [" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u200b", "\u2028", "▁", "▁▁", "\u0000", "\u0001",
           "<unk>", "<s>", "</s>", "<sep>", "<0x41>", "😀", "👨‍👩‍👧", "e\u0301", "a\u0300\u0301", "ﬃ", "ｶﾞ", "½", "\ufeff", "\ufffd",
           "@@", "aaaa", "ababab", "𝔘", "x"]


def text(rng):
    out = []
    for _ in range(rng.choice([0, 1, 2, 5, 12, 30])):
        kind = rng.random()
        if kind < 0.6:
            out.append(rng.choice(WORDS))
        elif kind < 0.75:
            out.append(rng.choice(SPECIAL))
        elif kind < 0.9:
            w = rng.choice(WORDS)
            out.append(w[rng.randrange(len(w)):] + rng.choice(WORDS)[:2])
        else:
            out.append("".join(chr(rng.choice([rng.randrange(0x20, 0x7F), rng.randrange(0xA0, 0x2100),
                                               rng.randrange(0x3000, 0xA000), rng.randrange(0x1F300, 0x1F700)]))
                               for _ in range(rng.randrange(1, 6))))
        if rng.random() < 0.6:
            out.append(" ")
    return "".join(out)


def train(folder, name, **options):
    rng = random.Random(7)
    corpus = [" ".join(rng.choice(WORDS) for _ in range(12)) for _ in range(800)]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus), model_writer=model, minloglevel=2, num_threads=1, **options)
    path = os.path.join(folder, name + ".model")
    with open(path, "wb") as f:
        f.write(model.getvalue())
    return path


def record(path, out, count):
    sp = sentencepiece.SentencePieceProcessor(model_file=path)
    rng = random.Random(11)
    with open(out, "w", encoding="utf-8") as f:
        for _ in range(count):
            t = text(rng)
            row = {"text": t, "pieces": sp.encode(t, out_type=str), "ids": sp.encode(t)}
            f.write(json.dumps(row, ensure_ascii=False) + "\n")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    folder, count = here, 150
    if len(sys.argv) > 1:
        folder = os.path.abspath(sys.argv[1])
    if len(sys.argv) > 2:
        count = int(sys.argv[2])
    os.chdir(folder)  # a model holds the name of the rules it was made with
    rules = "rules.tsv"
    with open(rules, "w") as f:
        f.write("41\t61\n41 42\t7A\nFB01\t66 69\n3000\t20\nA0\t20 20\n301\t\n65 301\tE9\n9\t20\n")
    unigram = dict(model_type="unigram", vocab_size=320, hard_vocab_limit=False)
    bpe = dict(model_type="bpe", vocab_size=400)
    models = {
        "unigram_rules": dict(unigram, normalization_rule_tsv=rules, user_defined_symbols=["<sep>", "it's"]),
        "unigram_bytes": dict(unigram, vocab_size=580, normalization_rule_name="identity", byte_fallback=True,
                              remove_extra_whitespaces=False),
        "unigram_suffix": dict(unigram, normalization_rule_name="identity", treat_whitespace_as_suffix=True,
                               character_coverage=0.98),
        "bpe_identity": dict(bpe, normalization_rule_name="identity", character_coverage=0.98),
        "bpe_bytes": dict(bpe, vocab_size=700, normalization_rule_tsv=rules, byte_fallback=True, add_dummy_prefix=False,
                          user_defined_symbols=["<sep>", "@@", "fo"]),
    }
    if folder != here:
        models["unigram_nmt_nfkc"] = dict(unigram)
        models["unigram_nfkc_cf"] = dict(unigram, normalization_rule_name="nfkc_cf", user_defined_symbols=["Å", "<b>"])
        models["bpe_nmt_nfkc_cf"] = dict(bpe, normalization_rule_name="nmt_nfkc_cf", byte_fallback=True, vocab_size=650)
        models["bpe_spaces"] = dict(bpe, normalization_rule_name="nmt_nfkc", split_by_whitespace=False,
                                    remove_extra_whitespaces=False, allow_whitespace_only_pieces=True)
    for name, options in models.items():
        record(train(folder, name, **options), os.path.join(folder, name + ".jsonl"), count)
    os.remove(rules)


main()
