"""The texts of a recipe's prompts: what was read or asked once is recorded in the dataset, as a
prompt file by class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from synthset.engine.catalog import make_prompts, make_source
from synthset.machine import ProgressBar, Silent
from synthset.prompts.definitions import CLIP_TOKENS
from synthset.prompts.texts import Texts
from synthset.prompts.tokens import count_clip_tokens
from synthset.prompts.writer import PromptWriter
from synthset.recipe.recipe import Recipe
from synthset.sheets import read_sheet, write_sheet
from synthset.store.dataset import Dataset
from synthset.taxonomy.classlists import ClassEntry

HEADER = ("class_key", "class", "prompt")


def make_writer(
    recipe: Recipe, entries: Sequence[ClassEntry], texts: Texts | None = None
) -> PromptWriter:
    """Make the writer of a recipe's prompts.

    Args:
        recipe: the recipe.
        entries: the classes.
        texts: each class's own texts, where the kind of prompts has some.

    Raises:
        RecipeError: a file or a list of templates cannot be read.
    """
    prompts = make_prompts(recipe)
    return prompts.shorten_glosses(prompts.writer(texts), entries, *_make_counter(recipe))


def find_known_texts(
    recipe: Recipe, entries: Sequence[ClassEntry], dataset: Dataset | None, plan: str
) -> Texts | None:
    """Each class's own texts as far as they are known without asking anybody.

    Args:
        recipe: the recipe.
        entries: the classes.
        dataset: with what it has recorded; None where there is none yet.
        plan: name of its plan table.

    Returns:
        By class key; None where the recipe's kind of prompts has no such texts.

    Raises:
        RecipeError: a file or a reference cannot be read.
    """
    prompts = make_prompts(recipe)
    if not prompts.has_texts():
        return None
    recorded = _read_recording(dataset, plan)
    lacking = [entry for entry in entries if entry.key not in recorded]
    return {**prompts.read_texts(lacking), **recorded} if lacking else recorded


def gather_texts(
    recipe: Recipe,
    entries: Sequence[ClassEntry],
    dataset: Dataset,
    plan: str,
    bar: ProgressBar | None = None,
) -> Texts | None:
    """Each class's own texts, all of them: what no one knows yet is asked for.

    They are recorded in the dataset, so that they are the same for ever, with the model or without.

    Raises:
        RecipeError: a file or a reference cannot be read.
        ModelError: the language model gives no answer.
    """
    texts = find_known_texts(recipe, entries, dataset, plan)
    if texts is None:
        return None
    recorded, prompts = _read_recording(dataset, plan), make_prompts(recipe)
    lacking = [entry for entry in entries if entry.key not in texts]
    if prompts.asks and lacking:
        bar = bar or Silent()
        bar.start("prompts", len(lacking))
        try:
            new = prompts.ask_texts(lacking, bar.advance)
        finally:
            bar.stop()
        texts |= new
        dataset.log(
            {
                "event": "prompts",
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "model": getattr(recipe.prompts, "model", None),
                "classes": len(new),
                "fewest": min(map(len, new.values())),
            }
        )
    if any(key not in recorded for key in texts):
        names = {entry.key: entry.name for entry in entries}
        dataset.write_text(name_recording(plan), _as_csv(texts, names))
    return texts


def name_recording(plan: str) -> str:
    """Name the file of a dataset that holds the texts of a plan: class_key, class, prompt."""
    return f"prompts/{plan.removeprefix('plan-')}.csv"


def _read_recording(dataset: Dataset | None, plan: str) -> Texts:
    if dataset is None or not dataset.folder.exists(name_recording(plan)):
        return {}
    found: dict[str, list[str]] = {}
    place = f"{dataset.path}/{name_recording(plan)}"
    for _, row in read_sheet(dataset.read_text(name_recording(plan)), place).rows:
        found.setdefault(row["class_key"], []).append(row["prompt"])
    return {key: tuple(texts) for key, texts in found.items()}


def _as_csv(texts: Texts, names: dict[str, str]) -> str:
    rows = [(key, names.get(key, key), text) for key, mine in texts.items() for text in mine]
    return write_sheet(HEADER, rows)


def _make_counter(recipe: Recipe) -> tuple[Callable[[str], int], int]:
    """Count tokens as the source's text encoder does, where it lies on this disk for certain; else
    as CLIP's: the same answer before and after a download."""
    counter = make_source(recipe).token_counter()
    if counter is None or not counter.certain:
        return count_clip_tokens, CLIP_TOKENS
    return lambda text: counter.count([text])[0], counter.limit
