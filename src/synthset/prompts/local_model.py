"""A language model that is loaded here, by transformers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils.logging import disable_progress_bar

from synthset.encoders.device import pick_device
from synthset.errors import ModelError
from synthset.prompts.kept_answers import Question
from synthset.recipe.prompts import LanguageModel
from synthset.revisions import compute_revision
from synthset.seeds import digest


class LocalModel:
    """Answers questions in batches; the model is loaded at the first one.

    An answer depends on the other questions of its batch, as sampling in batches does; it is kept
    and recorded, so that it stays the same.

    Args:
        settings: without an address.
    """

    def __init__(self, settings: LanguageModel) -> None:
        self._settings = settings
        self._loaded: tuple[Any, Any] | None = None

    def identity(self) -> dict[str, Any]:
        """The model's content where it lies on this disk, else its name and commit."""
        wanted, place = self._settings, Path(self._settings.model).expanduser()
        return {
            "transformers": compute_revision(place) if place.is_dir() else wanted.model,
            "revision": wanted.revision,
            "temperature": wanted.temperature,
            "max_tokens": wanted.max_tokens,
        }

    def answers(self, questions: Sequence[Question]) -> list[str]:
        """Answer several questions, in their order.

        Raises:
            ModelError: the model cannot be had.
        """
        tokenizer, model = self._load()
        told = [_wrap_as_chat(tokenizer, question.text) for question in questions]
        batch = tokenizer(told, return_tensors="pt", padding=True, add_special_tokens=False)
        batch = {name: batch[name].to(model.device) for name in ("input_ids", "attention_mask")}
        seed = int(digest([[question.text, question.seed] for question in questions], 7), 16)
        devices = [model.device] if model.device.type == "cuda" else []
        with torch.random.fork_rng(devices), torch.inference_mode():
            torch.manual_seed(seed)  # of this block alone: `generate` draws from the global one
            written = model.generate(**batch, **self._drawing(tokenizer))  # (N, T + new)
        new = written[:, batch["input_ids"].shape[1] :]
        found: list[str] = tokenizer.batch_decode(new, skip_special_tokens=True)
        return found

    def _drawing(self, tokenizer: Any) -> dict[str, Any]:
        wanted: dict[str, Any] = {
            "max_new_tokens": self._settings.max_tokens,
            "pad_token_id": tokenizer.pad_token_id,
            "do_sample": self._settings.temperature > 0,
        }
        if self._settings.temperature > 0:
            wanted["temperature"] = self._settings.temperature
        return wanted

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            disable_progress_bar()  # the engine shows the only bar
            name, revision = self._settings.model, self._settings.revision
            try:
                tokenizer = AutoTokenizer.from_pretrained(
                    name, revision=revision, padding_side="left"
                )
                model = AutoModelForCausalLM.from_pretrained(name, revision=revision, dtype="auto")
            except (OSError, ValueError, ImportError) as fault:
                raise ModelError(
                    f"prompts.model: {name!r} cannot be loaded ({str(fault).splitlines()[0]}); "
                    "name a hub id or a folder saved by transformers, or give an address"
                ) from None
            if tokenizer.pad_token_id is None:
                tokenizer.pad_token = tokenizer.eos_token
            device = pick_device("auto")
            self._loaded = tokenizer, model.eval().to(device)
        return self._loaded


def _wrap_as_chat(tokenizer: Any, text: str) -> str:
    """Wrap a question as the model was taught to read one."""
    if not tokenizer.chat_template:
        return f"{text}\n"
    message = [{"role": "user", "content": text}]
    told: str = tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True)
    return told
