"""How long a text is for CLIP, without a download: its vocabulary comes with open_clip.

Paper: Radford et al. 2021, arXiv 2103.00020.
"""

from __future__ import annotations

import gzip
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.normalizers import NFC, Lowercase, Replace
from tokenizers.normalizers import Sequence as Normalizers
from tokenizers.pre_tokenizers import ByteLevel, Split
from tokenizers.pre_tokenizers import Sequence as PreTokenizers

MERGES = 49152 - 256 - 2  # merges that CLIP uses of the file, after its first line
ENDS = 2  # start and end token
PIECES = r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"


def count_clip_tokens(text: str) -> int:
    """Count the tokens of a text for CLIP, start and end token included.

    >>> count_clip_tokens("a photo of a dog")
    7
    """
    return len(build_clip_tokenizer().encode(text).ids) + ENDS


@cache
def build_clip_tokenizer() -> Tokenizer:
    """Build CLIP's tokenizer from its list of merges."""
    merges = read_clip_merges()
    letters = sorted(ByteLevel.alphabet())
    pieces = [*letters, *(f"{letter}</w>" for letter in letters), *map("".join, merges)]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    model = BPE(vocabulary, merges, end_of_word_suffix="</w>", unk_token=None)
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = Normalizers([NFC(), Replace(Regex(r"\s+"), " "), Lowercase()])
    split = Split(Regex(PIECES), "removed", invert=True)
    tokenizer.pre_tokenizer = PreTokenizers([split, ByteLevel(add_prefix_space=False)])
    return tokenizer


def read_clip_merges() -> list[tuple[str, str]]:
    """Read the pairs that CLIP merges, in their order. open_clip itself, with torch, stays out."""
    spec = find_spec("open_clip")
    assert spec is not None
    assert spec.submodule_search_locations
    file = Path(spec.submodule_search_locations[0]) / "bpe_simple_vocab_16e6.txt.gz"
    lines = gzip.decompress(file.read_bytes()).decode("utf-8").split("\n")[1 : MERGES + 1]
    pairs = [line.split() for line in lines]
    return [(first, second) for first, second in pairs]
