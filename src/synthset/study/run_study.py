"""Makes the recognition study of a dataset: judge, sum up, draw, write."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from synthset.encoders.classlist import read_class_list
from synthset.encoders.models import hash_weights
from synthset.engine.plan import read_classes
from synthset.errors import DatasetError, raise_storage_errors
from synthset.machine import ProgressBar
from synthset.notebook_bar import default_bar
from synthset.pages.kit.picture_files import paint_picture
from synthset.pages.study.study_charts import map_of
from synthset.pages.study.study_page import StudyContent, render_study_page
from synthset.recipe.encoders import ClassifierEncoder
from synthset.results.recognition import RULES, Rule, Study, StudyFile
from synthset.results.stored import dump
from synthset.seeds import fingerprint
from synthset.sheets import write_sheet
from synthset.store.dataset import Dataset
from synthset.store.folder import Storage, open_folder
from synthset.study.join import add_senses, join
from synthset.study.judge import choose_classifier, collect_answers, look, read_recipe
from synthset.study.layout import Method
from synthset.study.mapping import place_classes
from synthset.study.recognition import sum_up
from synthset.taxonomy.groups import group

RESULT = "study.json"  # what makes a folder one of ours


@raise_storage_errors()
def study_recognition(
    path: str | os.PathLike[str],
    *,
    classifier: str | None = None,
    weights: str | None = None,
    senses: Mapping[str, str] | None = None,
    by: Rule = "top1",
    output: str | os.PathLike[str] | None = None,
    method: Method = "auto",
    seed: int = 0,
    bar: ProgressBar | None = None,
) -> tuple[Study, str]:
    """Find out how many images of each class of a dataset a classifier recognises.

    The classifier looks at each image once; another study of the same dataset by the same
    classifier reuses its answers.

    Args:
        path: folder or URL of the dataset.
        classifier: timm name, local folder or `miniature`; none means the recipe's own.
        weights: local safetensors file of that classifier.
        senses: class key or name to WordNet synset, for classes that have none.
        by: what counts as recognised in groups, lists and map; the summary has all four.
        output: folder for page, figures and tables; none means one within the dataset.
        method: how classes are placed on the map.
        seed: of the map.
        bar: shows the progress of the classifier; none shows a bar in notebooks and is quiet
            elsewhere.

    Returns:
        What was found, and the path or URL of the page.

    Raises:
        DatasetError: there is no dataset, or `output` holds something else.
        UsageError: no classifier, or one that knows none of the classes.
        RecipeError: no such model, class or synset.
    """
    dataset = Dataset.open(path)
    recipe = read_recipe(dataset)
    settings = choose_classifier(recipe, classifier, weights)
    entries = add_senses(read_classes(dataset), senses or {})
    place = open_folder(output if output is not None else _place(dataset, settings, by))
    _refuse_strangers(place)
    classes = read_class_list(settings)
    joined = join(entries, classes)
    table = look(dataset, recipe, settings, bar or default_bar())
    said = collect_answers(dataset, table, classes, joined)
    grouping = group(entries, recipe.report.wanted_groups())
    study = sum_up(entries, said, classes, joined, grouping, by)
    drawn = place_classes(study, grouping, method, seed)
    by_whom = name_classifier(settings)
    place.replace(RESULT, _result(study, by_whom, drawn.how).encode())  # first: it says whose it is
    picture = map_of(drawn, by, f"{dataset.name}, seen by {by_whom}", key=True)
    for suffix in ("svg", "png"):
        place.replace(f"map.{suffix}", paint_picture(picture, suffix))
    shown = StudyContent(dataset, by_whom, classes, said, study, grouping, drawn)
    place.replace("index.html", render_study_page(shown).encode())
    place.replace("classes.csv", _table(study).encode())
    return study, f"{place.url}/index.html"


def name_classifier(settings: ClassifierEncoder) -> str:
    """Name a classifier in words, with the first digits of its weights' hash."""
    model = "the classifier miniature" if settings.model == "miniature" else settings.model
    if settings.weights is None:
        return model
    return f"{model} (weights {hash_weights(settings)[:12]})"


def _place(dataset: Dataset, settings: ClassifierEncoder, by: Rule) -> str:
    mark = fingerprint([hash_weights(settings), settings.identity(), by])
    return f"{dataset.path}/studies/recognition-{mark}"


def _refuse_strangers(place: Storage) -> None:
    """Only a new or empty folder, or one that an earlier study wrote."""
    found = place.names()
    if found and not place.exists(RESULT):
        raise DatasetError(
            f"{place.url}: contains {', '.join(found[:3])}{' …' if len(found) > 3 else ''} but no "
            f"{RESULT}; name a new or empty folder with -o, so that none of your files are touched"
        )


def _table(study: Study) -> str:
    """One row a class, as CSV."""
    rules = list(RULES)
    head = ["label", "key", "name", "wnid", "images", "made", "known", "known_under", *rules]
    rows = []
    for one in study.classes:
        entry = one.entry
        row = [one.label, entry.key, entry.name, entry.wnid or "", one.images, one.made]
        row += [int(one.known), int(one.known_under)]
        row += [one.counts[rule] if _can(one, rule) else "" for rule in RULES]
        probability = "" if np.isnan(one.probability) else f"{one.probability:.6g}"
        taken = "; ".join(f"{name} {times}" for name, times in one.taken_for)
        rows.append([*row, probability, taken])
    return write_sheet([*head, "mean_probability", "taken_for"], rows)


def _can(one: Any, rule: Rule) -> bool:
    return bool(one.can_be_judged(rule))


def _result(study: Study, by_whom: str, how: str) -> str:
    """The figures, as JSON."""
    return dump(
        StudyFile(
            classifier=by_whom,
            by=study.by,
            found=study.found,
            groups=study.groups,
            classes_in_several_groups=study.several,
            classes_in_no_group=study.outside,
            classes_without_synset=study.unplaced,
            classes_unknown=tuple(one.entry.key for one in study.unknown),
            images_missing=study.missing,
            map=how,
        )
    )
