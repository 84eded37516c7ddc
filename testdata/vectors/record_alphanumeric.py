"""Records alphanumeric_filter with tokenization by running the operator of Data-Juicer.

    python3 record_alphanumeric.py [ROWS [SEED [FILE]]]

Needs py-data-juicer 1.6.1, transformers 5 and tokenizers 0.23 from PyPI. The tokenizer is the small stand-in in
../models, which is trained here if it isn't there: of the kind, with the settings and the added tokens that
EleutherAI/pythia-6.9b-deduped has. Transformers finds it in a folder laid out as the cache of Hugging Face.
"""

import importlib.util
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
NAME = "EleutherAI/pythia-6.9b-deduped"
FOLDER = HERE.parent / "models" / NAME

hub = pathlib.Path(tempfile.mkdtemp())
os.environ.update(HF_HOME=str(hub), HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

make = importlib.util.spec_from_file_location("make", HERE.parent.parent / "text" / "tokenizers" / "testdata" / "make.py")
kinds = importlib.util.module_from_spec(make)
make.loader.exec_module(kinds)


def train():
    from tokenizers import AddedToken, normalizers, pre_tokenizers, processors
    t = kinds.bpe(pre_tokenizers.ByteLevel(add_prefix_space=False), 1200, norm=normalizers.NFC(), special=("<|endoftext|>", "<|padding|>"))
    t.add_tokens([AddedToken(" " * n, normalized=True) for n in range(24, 1, -1)])
    t.post_processor = processors.ByteLevel(add_prefix_space=False, trim_offsets=True)
    FOLDER.mkdir(parents=True)
    t.save(str(FOLDER / "tokenizer.json"), pretty=False)


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 11)
    file = sys.argv[3] if len(sys.argv) > 3 else HERE / "differential" / "alphanumeric_filter__model.jsonl"
    if not FOLDER.exists():
        train()
    repository = hub / "hub" / ("models--" + NAME.replace("/", "--"))
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    snapshot = repository / "snapshots" / ("0" * 40)
    shutil.copytree(FOLDER, snapshot)
    (snapshot / "config.json").write_text('{"model_type":"gpt_neox"}')
    (snapshot / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "GPTNeoXTokenizer", "add_prefix_space": False, "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>"}))

    from data_juicer.ops.filter.alphanumeric_filter import AlphanumericFilter
    from data_juicer.utils.constant import Fields
    with open(file, "w") as out:
        for params in ({"tokenization": True}, {"tokenization": True, "min_ratio": 1.5, "max_ratio": 3.0}):
            op = AlphanumericFilter(**params)
            for _ in range(rows // 2):
                row = {"text": kinds.text(rng)}
                batch = op.compute_stats_batched({"text": [row["text"]], Fields.stats: [{}]})
                print(json.dumps({"op": "alphanumeric_filter", "params": params, "input": row, "stats": batch[Fields.stats][0],
                                  "keep": bool(list(op.process_batched(batch))[0])}, ensure_ascii=False), file=out)


if __name__ == "__main__":
    main()
