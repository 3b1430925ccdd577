"""Answers of language models on disk, by the content of the question: nothing is asked twice."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from synthset.seeds import digest
from synthset.store.files import replace_file


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        text: what the model is told.
        seed: another seed, another answer; 0 for the first question of a class.
    """

    text: str
    seed: int


class KeptAnswers:
    """A folder with a small JSON file an answer.

    Args:
        folder: where they lie; none takes `$SYNTHSET_CACHE/answers`, else `synthset/answers` in the
            user's folder for such things.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or find_cache_folder() / "answers"

    def find(self, identity: dict[str, Any], question: Question) -> str | None:
        """Read an answer; None where there is none, or a damaged one."""
        try:
            content = json.loads(self._file(identity, question).read_text(encoding="utf-8"))
            return str(content["answer"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, identity: dict[str, Any], question: Question, answer: str) -> None:
        """Write an answer, whole or not at all."""
        content = {"model": identity, "question": asdict(question), "answer": answer}
        text = json.dumps(content, ensure_ascii=False, indent=1)
        replace_file(self._file(identity, question), text.encode())

    def _file(self, identity: dict[str, Any], question: Question) -> Path:
        name = digest([identity, asdict(question)])
        return self.folder / name[:2] / f"{name}.json"


def find_cache_folder() -> Path:
    """Name the user's folder for what synthset could ask for again."""
    own = os.environ.get("SYNTHSET_CACHE")
    if own:
        return Path(own).expanduser()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "synthset"
