"""A language model that is loaded here; this one is made of random numbers on the spot."""

from __future__ import annotations

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from synthset.errors import ModelError
from synthset.prompts.kept_answers import KeptAnswers, Question
from synthset.prompts.local_model import LocalModel
from synthset.prompts.questions import ask
from synthset.recipe.prompts import LanguageModel
from synthset.taxonomy.classlists import make_name_classes

WORDS = ["<unk>", "</s>", "\n", *(f" w{number}" for number in range(61))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("model")
    words = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    words.pre_tokenizer = Split(" ", "merged_with_next")
    PreTrainedTokenizerFast(
        tokenizer_object=words, eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(place)
    state = torch.random.get_rng_state()
    torch.manual_seed(0)
    config = LlamaConfig(vocab_size=len(WORDS), hidden_size=16, intermediate_size=32,
                         num_hidden_layers=1, num_attention_heads=2, bos_token_id=None,
                         eos_token_id=1)  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(place)
    torch.random.set_rng_state(state)
    return place


def settings(folder, **changes):
    content = {"kind": "llm", "model": str(folder), "per_class": 2, "max_tokens": 64, **changes}
    return LanguageModel(**{"names_class": False, **content})


def test_a_batch_is_answered_in_its_order_and_again_the_same(folder):
    questions = [Question("w1 w2 w3 w4", 0), Question("w5", 0)]
    before = torch.random.get_rng_state()
    first = LocalModel(settings(folder)).answers(questions)
    assert len(first) == 2
    assert first[0] != first[1]
    assert LocalModel(settings(folder)).answers(questions) == first
    assert torch.equal(torch.random.get_rng_state(), before)


def test_without_temperature_companions_change_nothing(folder):
    model = LocalModel(settings(folder, temperature=0, max_tokens=16))
    long, short = Question("w1 w2 w3 w4", 0), Question("w5", 0)
    assert model.answers([long, short])[1] == model.answers([short])[0]


def test_classes_get_prompts_from_it(folder, tmp_path):
    wanted = settings(folder)
    found = ask(
        wanted, make_name_classes(["cat", "dog"]), LocalModel(wanted), KeptAnswers(tmp_path)
    )
    assert {len(texts) for texts in found.values()} <= {1, 2}
    assert set(found) == {"cat", "dog"}


def test_a_model_that_is_not_there_is_named(tmp_path):
    model = LocalModel(settings(tmp_path))
    with pytest.raises(ModelError, match=r"^prompts\.model: .* cannot be loaded"):
        model.answers([Question("x", 0)])
