"""Records what the tokenizers library (PyPI, 0.23.3) makes of texts, with small tokenizers of many kinds.

    python3 make.py [TEXTS [SEED]]           trains the tokenizers and records texts, beside this file
    python3 make.py FOLDER TEXTS SEED        trains them, all in another folder
    python3 make.py --as FOLDER TEXTS SEED   takes the tokenizers beside this file, and records in another folder

For each kind KIND.json is the tokenizer, and each line of KIND.jsonl a text, its ids, those with what the
post-processor adds, and the texts of these with the special tokens and without.
Training does not yield the same tokenizer each time.
"""

import json
import pathlib
import random
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
WORDS = """the of and to in is that it was for on are with as his they be at one have this from or had by hot word but
what some we can out other were all there when up use your how said an each she which do their time if will way about
many then them write would like so these her long make thing see him two has look more day could go come did number
sound no most people my over know water than call first who may down side been now find tokenizer tokenization
internationalization It's don't we're I've he'll THE WORD Hello World über straße naïve café résumé Ελλάδα κόσμος
привет мир Москва здравствуйте шахматы 你好 世界 日本語 テキスト カタカナ 한국어 안녕하세요 नमस्ते हिन्दी العربية שלום ไทย 2024 3.14 100,000 1234567
def return self.value == None; print("x") // <div> </div> https://example.org/a?b=c user@example.org""".split()
ODD = list(" \t\n\r\v\f.,;:!?'\"`~@#$%^&*()-_=+[]{}<>/\\|aZ09") + [
    "  ", "   ", "\n\n", "\r\n", "\u00a0", "\u0085", "\u1680", "\u2003", "\u200b", "\u200d", "\u2028", "\u2029", "\u202f", "\u3000",
    "\ufeff", "\u00ad", "\ufffd", "\x00", "\x01", "\x1c", "\x1f", "\x7f", "\u0301", "\u0300\u0323", "e\u0301", "\u00e9", "\u1e9b\u0323",
    "\u00c5", "\u212b", "\ufb01", "\u0130", "\u0131", "\u00df", "\u1e9e", "\u017f", "'\u017f", "'S", "'LL", "'Re", "\u03a3", "\u03c2", "\u01c5",
    "\u00bd", "\u00b2", "\u2167", "\u0661\u0662", "\u0e33", "\u0903", "\u093f", "\uac00", "\u1100\u1161\u11a8", "\u4e00", "\u3007", "\uff21", "\uff11",
    "\U0001f600", "\U0001f44d\U0001f3fd", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u2764\ufe0f", "\U0001d7d8", "\U0001d400", "\U00020000",
    "\U0002b820", "\U000e0041", "\u2014", "\u2026", "\u3002", "\uff0c", "\u00bf", "\u00ab", "\u20ac", "\u2211", "\u2581", "\u0120", "\u010a",
    "<s>", "</s>", "<unk>", "<|endoftext|>", "<|end", "[MASK]", "[SEP]", "<extra>", " <extra>  ", "<0x0A>", "##", "</w>", "keyword", "\uf8ff",
]


def text(rng):
    kind = rng.random()
    if kind < 0.45:
        return "".join(rng.choice(WORDS) + rng.choice([" ", " ", " ", " ", ", ", ". ", "\n", "  ", "-", ""]) for _ in range(rng.randrange(12)))
    if kind < 0.8:
        return "".join(rng.choice(ODD) if rng.random() < 0.6 else rng.choice(WORDS) for _ in range(rng.randrange(14)))
    if kind < 0.9:
        return "".join(rng.choice(ODD + WORDS) for _ in range(rng.randrange(1, 4))) * rng.randrange(1, 30)
    # Assigned in every version of Unicode that the library's parts have.
    points = ((0x20, 0x24F), (0x370, 0x3FF), (0x400, 0x45F), (0x5D0, 0x5EA), (0x620, 0x669), (0x905, 0x939), (0xE01, 0xE3A), (0x2010, 0x2027),
              (0x2200, 0x22FF), (0x3041, 0x3096), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0x1F600, 0x1F64F))
    return "".join(chr(rng.randint(*rng.choice(points))) for _ in range(rng.randrange(20)))


def corpus(rng):
    for _ in range(3000):
        yield "".join(rng.choice(WORDS) + rng.choice([" ", " ", " ", ", ", ". ", "\n", "\n\n", "  "]) for _ in range(20))


GPT4 = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
QWEN = GPT4.replace("{1,3}", "")
O200K = "|".join([
    r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
    r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
    r"""\p{N}{1,3}""", r""" ?[^\s\p{L}\p{N}]+[\r\n/]*""", r"""\s*[\r\n]+""", r"""\s+(?!\S)""", r"""\s+"""])
DEEPSEEK = (r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"""
            r"""|\s*[\r\n]+|\s+(?!\S)|\s+""")
CLIP = r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""
BLOOM = r""" ?[^(\s|[.,!?…。，、।۔،])]+"""
KIMI = "|".join([r"""[\p{Han}]+""", r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+""",
                 r"""\p{N}{1,3}""", r""" ?[^\s\p{L}\p{N}]+[\r\n]*""", r"""\s*[\r\n]+""", r"""\s+(?!\S)""", r"""\s+"""])
BYTES = pre_tokenizers.ByteLevel.alphabet()


def bpe(pre, size=420, alphabet=True, special=("<|endoftext|>",), norm=None, **model):
    t = Tokenizer(models.BPE(**model))
    if norm:
        t.normalizer = norm
    t.pre_tokenizer = pre
    extra = {k: model[k] for k in ("continuing_subword_prefix", "end_of_word_suffix") if k in model}
    t.train_from_iterator(corpus(random.Random(1)), trainers.BpeTrainer(
        vocab_size=size, show_progress=False, initial_alphabet=BYTES if alphabet else [], special_tokens=list(special), **extra))
    t.decoder = decoders.ByteLevel()
    return t


def byte_level(**options):
    return pre_tokenizers.ByteLevel(**options)


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert=invert)


def by_pattern(*patterns):
    return pre_tokenizers.Sequence([split(p) for p in patterns] + [byte_level(add_prefix_space=False, use_regex=False)])


def bert(lower, accents=None):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=20))
    t.normalizer = normalizers.BertNormalizer(lowercase=lower, strip_accents=accents)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.train_from_iterator(corpus(random.Random(1)), trainers.WordPieceTrainer(
        vocab_size=400, show_progress=False, special_tokens=["[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    t.decoder = decoders.WordPiece()
    return t


def unigram(norm, pre, fallback=False, unk="<unk>", size=400):
    t = Tokenizer(models.Unigram())
    if norm:
        t.normalizer = norm
    t.pre_tokenizer = pre
    special = ["<s>", "</s>", "<unk>"] + (["<0x%02X>" % b for b in range(256)] if fallback else [])
    t.train_from_iterator(corpus(random.Random(1)), trainers.UnigramTrainer(
        vocab_size=size + len(special), show_progress=False, special_tokens=special, unk_token=unk))
    if fallback:
        j = json.loads(t.to_str())
        j["model"]["byte_fallback"] = True
        j["added_tokens"] = [a for a in j["added_tokens"] if not a["content"].startswith("<0x")]
        t = Tokenizer.from_str(json.dumps(j))
    t.decoder = decoders.Metaspace()
    return t


def kinds():
    t = bpe(byte_level(add_prefix_space=False), norm=normalizers.NFC(), special=("<|endoftext|>", "<|padding|>"))
    t.add_tokens([AddedToken(" " * n, normalized=True) for n in range(24, 1, -1)])
    yield "neox", t
    t = bpe(byte_level(add_prefix_space=True), special=("<s>", "</s>", "<unk>"), unk_token="<unk>")
    t.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
    t.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    yield "roberta", t
    t = bpe(by_pattern(GPT4), ignore_merges=True)
    t.add_special_tokens(["<s>"])
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", t.token_to_id("<s>"))])])
    yield "llama3", t
    yield "qwen", bpe(by_pattern(QWEN), norm=normalizers.NFC())
    yield "o200k", bpe(by_pattern(O200K))
    yield "deepseek", bpe(by_pattern(r"\p{N}{1,3}", "[一-龥\u3040-\u309f\u30a0-\u30ff]+", DEEPSEEK))
    yield "kimi", bpe(by_pattern(KIMI))
    yield "falcon", bpe(pre_tokenizers.Sequence([
        pre_tokenizers.Punctuation("contiguous"), byte_level(add_prefix_space=False), pre_tokenizers.Digits(False), split("[0-9][0-9][0-9]")]))
    yield "starcoder", bpe(pre_tokenizers.Sequence([pre_tokenizers.Digits(True), byte_level(add_prefix_space=False)]))
    yield "bloom", bpe(pre_tokenizers.Sequence([split(BLOOM), byte_level(add_prefix_space=False, use_regex=False)]))
    t = bpe(pre_tokenizers.Sequence([split(CLIP, "removed", True), byte_level(add_prefix_space=False)]), end_of_word_suffix="</w>",
            unk_token="<|endoftext|>", norm=normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]))
    t.decoder = decoders.BPEDecoder()
    yield "clip", t
    yield "few_bytes", bpe(byte_level(add_prefix_space=False), alphabet=False, unk_token="<|endoftext|>")

    t = bpe(pre_tokenizers.WhitespaceSplit(), alphabet=False, unk_token="<unk>", fuse_unk=True, special=("<unk>",), continuing_subword_prefix="##")
    t.decoder = decoders.WordPiece(cleanup=True)
    yield "prefixed", t
    t = bpe(pre_tokenizers.Sequence([pre_tokenizers.CharDelimiterSplit("-"), pre_tokenizers.Whitespace()]), alphabet=False, size=300,
            norm=normalizers.Nmt(), unk_token="<unk>", special=("<unk>",))
    t.decoder = None
    yield "unfused", t
    for behavior in ("merged_with_previous", "merged_with_next", "removed", "isolated"):
        yield behavior, bpe(pre_tokenizers.Sequence([split(r"\s", behavior), pre_tokenizers.Punctuation(behavior), byte_level(use_regex=False)]))
    yield "inverted", bpe(pre_tokenizers.Sequence([split(r"\w+", "merged_with_next", True), pre_tokenizers.Split("o", "merged_with_previous"), byte_level(use_regex=False)]))

    # As the converter of Llama's SentencePiece model makes them.
    yield "llama2", llama2()

    t = bert(True)
    t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    yield "bert", t
    t = bert(False)
    t.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    yield "bert_cased", t
    yield "bert_accents", bert(True, False)

    nfkc = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    for scheme in ("always", "first", "never"):
        t = unigram(nfkc, pre_tokenizers.Metaspace(prepend_scheme=scheme))
        t.decoder = decoders.Metaspace(prepend_scheme=scheme)
        t.add_tokens([AddedToken("<extra>", rstrip=True, lstrip=scheme == "first", normalized=scheme == "never")])
        yield "unigram_" + scheme, t
    yield "unigram_whole", unigram(normalizers.NFD(), pre_tokenizers.Metaspace(split=False))
    yield "unigram_bytes", unigram(None, pre_tokenizers.Metaspace(), True)
    t = unigram(normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Strip()]),
                pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation()]))
    t.add_tokens([AddedToken("keyword", single_word=True), AddedToken("É", normalized=True), AddedToken("the ", normalized=False, lstrip=True)])
    yield "unigram_stripped", t

    t = Tokenizer(models.WordLevel(unk_token="<unk>"))
    t.pre_tokenizer = pre_tokenizers.Whitespace()
    t.train_from_iterator(corpus(random.Random(1)), trainers.WordLevelTrainer(vocab_size=100, show_progress=False, special_tokens=["<unk>"]))
    t.decoder = decoders.Sequence([decoders.Replace("o", "0"), decoders.Strip("t", 1, 0)])
    yield "words", t

    # Where what the text begins with goes, no space is put before it.
    yield "unigram_headless", unigram(normalizers.Sequence([
        normalizers.Replace("x", ""), normalizers.Replace(Regex("[0-9]{2}"), ""), normalizers.StripAccents(), normalizers.Nmt(),
        normalizers.Strip(right=False), normalizers.Prepend("t")]), pre_tokenizers.Metaspace(prepend_scheme="first"))


def llama2():
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    t.train_from_iterator(corpus(random.Random(1)), trainers.BpeTrainer(
        vocab_size=700, show_progress=False, special_tokens=["<unk>", "<s>", "</s>"] + ["<0x%02X>" % b for b in range(256)]))
    j = json.loads(t.to_str())
    j["pre_tokenizer"] = None
    j["added_tokens"] = j["added_tokens"][:3]
    # Runs of spaces are tokens there.
    j["model"]["vocab"].update({"▁▁": len(j["model"]["vocab"]), "▁▁▁▁": len(j["model"]["vocab"]) + 1})
    j["model"]["merges"] += [["▁", "▁"], ["▁▁", "▁▁"]]
    t = Tokenizer.from_str(json.dumps(j))
    t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return t


def trained():
    for file in sorted(HERE.glob("*.json")):
        yield file.stem, Tokenizer.from_file(str(file))


def main():
    args = sys.argv[1:]
    source = trained() if args[:1] == ["--as"] else kinds()
    args = [a for a in args if a != "--as"]
    folder = pathlib.Path(args.pop(0)) if len(args) > 2 else HERE
    count, seed = int(args[0]) if args else 60, int(args[1]) if len(args) > 1 else 5
    rng = random.Random(seed)
    folder.mkdir(exist_ok=True)
    for name, t in source:
        t.save(str(folder / f"{name}.json"), pretty=False)
        with open(folder / f"{name}.jsonl", "w", encoding="utf-8") as out:
            for _ in range(count):
                s = text(rng)
                ids, whole = t.encode(s, add_special_tokens=False).ids, t.encode(s).ids
                print(json.dumps({"text": s, "ids": ids, "whole": whole, "decoded": t.decode(whole, skip_special_tokens=False),
                                  "plain": t.decode(whole)}, ensure_ascii=False), file=out)


if __name__ == "__main__":
    main()
