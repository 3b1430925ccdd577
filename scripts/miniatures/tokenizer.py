"""A small CLIP tokenizer: the first merges of CLIP's own table, 4,096 tokens, 0.3 MB."""

import gzip
from pathlib import Path
from typing import Any

import open_clip
from transformers import CLIPTokenizer
from transformers.convert_slow_tokenizer import bytes_to_unicode


def build_tokenizer(text: dict[str, Any]) -> CLIPTokenizer:
    """Cut CLIP's tokenizer down to `vocab_size` tokens and `context_length` places."""
    letters = list(bytes_to_unicode().values())  # 256 bytes as printable characters
    num_merges = text["vocab_size"] - 2 * len(letters) - 2
    table = Path(open_clip.__file__).with_name("bpe_simple_vocab_16e6.txt.gz")
    lines = gzip.decompress(table.read_bytes()).decode().splitlines()
    merges = [tuple(line.split()) for line in lines[1 : 1 + num_merges]]  # line 0 is a heading
    tokens = [*letters, *(one + "</w>" for one in letters), *("".join(pair) for pair in merges)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(
        vocab={token: index for index, token in enumerate(tokens)},
        merges=merges,
        model_max_length=text["context_length"],
    )
