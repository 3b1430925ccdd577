"""Where a recipe's prompts come from: its templates, a file, captions, or a language model.

What was read or asked once is recorded in the dataset, as a prompt file by class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from synthset.engine.catalog import source_of
from synthset.formats.scan import scan
from synthset.machine import Bar, Silent
from synthset.prompts.definitions import CLIP_TOKENS, fit_glosses
from synthset.prompts.kept_answers import KeptAnswers
from synthset.prompts.questions import Answering, ask
from synthset.prompts.service import Service
from synthset.prompts.templates import templates_of
from synthset.prompts.texts import TABLES, Texts, by_class, columns_of, has_column, lines_of
from synthset.prompts.tokens import clip_tokens
from synthset.prompts.word_lists import words_of
from synthset.prompts.writer import Writer
from synthset.recipe import prompts as kinds
from synthset.recipe.recipe import Recipe
from synthset.recipe.sources import Folder
from synthset.revisions import revision_of
from synthset.seeds import digest
from synthset.sheets import read_sheet, write_sheet
from synthset.store.dataset import Dataset
from synthset.taxonomy.classlists import ClassEntry

GLOSS = ("{gloss}",)
CLASS_GLOSS = ("{class}, {gloss}",)
BEFORE_BACKGROUND = ("a photo of {a_class} {background}",)
KIND_BEFORE_BACKGROUND = ("a photo of {a_class}, {hypernym}, {background}",)
HEADER = ("class_key", "class", "prompt")


def prompts_identity(recipe: Recipe) -> dict[str, Any]:
    """All that decides a plan's prompts: the settings, and the content of a file.

    Raises:
        RecipeError: the file cannot be read.
    """
    settings = recipe.prompts
    identity = settings.identity()
    file = getattr(settings, "file", None)
    if file is None:
        return identity
    place = Path(file).expanduser()
    if not place.is_file():
        lines_of(file, "prompts.file")  # says what is wrong with it
    return {**identity, "file": revision_of(place)}


def writer_of(recipe: Recipe, entries: Sequence[ClassEntry], texts: Texts | None = None) -> Writer:
    """Make the writer of a recipe's prompts.

    Args:
        recipe: the recipe.
        entries: the classes.
        texts: each class's own texts, where the kind of prompts has some.

    Raises:
        RecipeError: a file or a list of templates cannot be read.
    """
    settings = recipe.prompts
    if isinstance(settings, kinds.Texts):
        writer = _text_writer(recipe, settings, texts)
    else:
        writer = Writer(*_design(settings), seed=recipe.seed)
    if getattr(settings, "shorten", False):
        return _shortened(writer, recipe, entries)
    return writer


def _design(
    settings: kinds.Template
    | kinds.Gloss
    | kinds.ClassGloss
    | kinds.Background
    | kinds.ClipTemplates,
) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]], kinds.Draw]:
    """Templates, words and draw of a kind that needs nothing from outside."""
    match settings:
        case kinds.Template():
            words = words_of(settings.variations)
            return templates_of(settings.templates), words, settings.draw
        case kinds.Gloss():
            return GLOSS, {}, "balanced"
        case kinds.ClassGloss():
            return CLASS_GLOSS, {}, "balanced"
        case kinds.Background():
            templates = KIND_BEFORE_BACKGROUND if settings.hypernym else BEFORE_BACKGROUND
            return templates, words_of({"background": settings.backgrounds}), "balanced"
        case kinds.ClipTemplates():
            return templates_of("clip"), {}, "balanced"


def _text_writer(recipe: Recipe, settings: kinds.Texts, texts: Texts | None) -> Writer:
    """The writer of prompts around texts; lines that all classes share stand in the templates."""
    templates, words = settings.templates, words_of(settings.variations)
    shared = _shared_lines(settings)
    if shared is None:
        return Writer(templates, words, seed=recipe.seed, texts=texts or {})
    filled = tuple(template.replace("{text}", line) for template in templates for line in shared)
    return Writer(filled, words, seed=recipe.seed)


def known_texts(
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
    settings = recipe.prompts
    if not isinstance(settings, kinds.Texts) or _shared_lines(settings) is not None:
        return None
    recorded = _recorded(dataset, plan)
    lacking = [entry for entry in entries if entry.key not in recorded]
    if isinstance(settings, kinds.LanguageModel) or not lacking:
        return recorded
    return {**_read(recipe, settings, lacking), **recorded}


def gather_texts(
    recipe: Recipe,
    entries: Sequence[ClassEntry],
    dataset: Dataset,
    plan: str,
    bar: Bar | None = None,
) -> Texts | None:
    """Each class's own texts, all of them: what no one knows yet is asked of the language model.

    They are recorded in the dataset, so that they are the same for ever, with the model or without.

    Raises:
        RecipeError: a file or a reference cannot be read.
        ModelError: the language model gives no answer.
    """
    texts = known_texts(recipe, entries, dataset, plan)
    if texts is None:
        return None
    recorded = _recorded(dataset, plan)
    settings = recipe.prompts
    lacking = [entry for entry in entries if entry.key not in texts]
    if isinstance(settings, kinds.LanguageModel) and lacking:
        bar = bar or Silent()
        bar.start("prompts", len(lacking))
        try:
            new = ask(settings, lacking, language_model(settings), KeptAnswers(), bar.advance)
        finally:
            bar.stop()
        texts |= new
        dataset.log(
            {
                "event": "prompts",
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "model": settings.model,
                "classes": len(new),
                "fewest": min(map(len, new.values())),
            }
        )
    if any(key not in recorded for key in texts):
        names = {entry.key: entry.name for entry in entries}
        dataset.write_text(recording(plan), _as_csv(texts, names))
    return texts


def language_model(settings: kinds.LanguageModel) -> Answering:
    """Reach the language model of a recipe; nothing is loaded or asked yet."""
    if settings.address is not None:
        return Service(settings)
    from synthset.prompts.local_model import LocalModel  # torch: for those who ask for it

    return LocalModel(settings)


def recording(plan: str) -> str:
    """Name the file of a dataset that holds the texts of a plan: class_key, class, prompt."""
    return f"prompts/{plan.removeprefix('plan-')}.csv"


def _recorded(dataset: Dataset | None, plan: str) -> Texts:
    if dataset is None or not dataset.folder.exists(recording(plan)):
        return {}
    found: dict[str, list[str]] = {}
    place = f"{dataset.path}/{recording(plan)}"
    for _, row in read_sheet(dataset.read_text(recording(plan)), place).rows:
        found.setdefault(row["class_key"], []).append(row["prompt"])
    return {key: tuple(texts) for key, texts in found.items()}


def _as_csv(texts: Texts, names: dict[str, str]) -> str:
    rows = [(key, names.get(key, key), text) for key, mine in texts.items() for text in mine]
    return write_sheet(HEADER, rows)


def _read(
    recipe: Recipe,
    settings: kinds.Captions | kinds.PromptFile,
    entries: Sequence[ClassEntry],
) -> Texts:
    if settings.file is not None:
        wanted = [settings.class_column, settings.text_column]
        pairs = columns_of(settings.file, wanted, "prompts.file")
        return by_class(((name, text) for name, text in pairs), entries)
    assert isinstance(settings, kinds.Captions)
    return by_class(_captions(recipe, settings), entries)


def _captions(recipe: Recipe, settings: kinds.Captions) -> Iterator[tuple[str, str]]:
    """Class name and caption of each image of a reference that has one."""
    reference = recipe.references[settings.reference or ""]
    assert reference.kind == "images"
    for image in scan(Folder(kind="folder", paths=reference.paths)):
        if image.caption:
            yield image.name, image.caption


def captions_mark(recipe: Recipe) -> str:
    """Hash the captions that prompts are written around, as a reference holds them now; empty for
    prompts of other kinds.

    Raises:
        RecipeError: the reference cannot be read.
    """
    settings = recipe.prompts
    if not isinstance(settings, kinds.Captions) or settings.reference is None:
        return ""
    return digest(list(_captions(recipe, settings)))


def _shared_lines(settings: kinds.Texts) -> tuple[str, ...] | None:
    """The lines of a prompt file that tells no classes apart; None where there is no such file."""
    if not isinstance(settings, kinds.PromptFile):
        return None
    if Path(settings.file).suffix.lower() not in TABLES:
        return lines_of(settings.file, "prompts.file")
    if has_column(settings.file, settings.class_column, "prompts.file"):
        return None
    rows = columns_of(settings.file, [settings.text_column], "prompts.file")
    return tuple(text for (text,) in rows)


def _shortened(writer: Writer, recipe: Recipe, entries: Sequence[ClassEntry]) -> Writer:
    """Shorten the glosses that make a prompt longer than the text encoder reads."""
    count, limit = _counter(recipe)
    fitted = fit_glosses(entries, writer.templates, writer.variations, count, limit)
    pairs = zip(entries, fitted, strict=True)
    changed = {entry.key: fits for entry, fits in pairs if fits != entry}
    return Writer(
        writer.templates, writer.variations, writer.draw, writer.seed, writer.texts, changed
    )


def _counter(recipe: Recipe) -> tuple[Callable[[str], int], int]:
    """Count tokens as the source's text encoder does, where it lies on this disk for certain; else
    as CLIP's: the same answer before and after a download."""
    counter = source_of(recipe).token_counter()
    if counter is None or not counter.certain:
        return clip_tokens, CLIP_TOKENS
    return lambda text: counter.count([text])[0], counter.limit
