"""Token counts agree with open_clip's own tokenizer."""

from __future__ import annotations

import open_clip
import pytest

from synthset.prompts.tokens import count_clip_tokens
from synthset.taxonomy import wordnet


@pytest.mark.parametrize(
    "text",
    ["a dog", "It's  1234 co-ops!", "crème brûlée, 50% of $3.50", "", "  Two\nlines ", "日本"],
)
def test_a_text_has_as_many_tokens_as_open_clip_says(text):
    assert count_clip_tokens(text) == len(open_clip.get_tokenizer("ViT-B-32").encode(text)) + 2


def test_glosses_have_as_many_tokens_as_open_clip_says():
    nouns, own = wordnet.load(), open_clip.get_tokenizer("ViT-B-32")
    glosses = [synset.gloss for synset in nouns.closure(nouns.synset("dog.n.01"))]
    assert [count_clip_tokens(text) for text in glosses] == [
        len(own.encode(text)) + 2 for text in glosses
    ]
