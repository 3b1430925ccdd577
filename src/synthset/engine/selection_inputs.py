"""Names all that a selection reads besides the records: for its fingerprint."""

from __future__ import annotations

from synthset.encoders.feature_reader import FeatureReader
from synthset.engine.reference import mark_reference
from synthset.recipe.steps import SelectionStep
from synthset.selection.review import read_review


def name_selection_inputs(reader: FeatureReader) -> list[object]:
    """Name a reviewer's verdicts, the tables of features and the references that the recipe's
    selection reads."""
    settings = reader.recipe.selection
    inputs: list[object] = []
    if settings.review is not None:
        verdicts = read_review(settings.review)
        inputs.append({name: [verdict.keep, verdict.note] for name, verdict in verdicts.items()})
    for step in settings.steps:
        inputs += _name_inputs(step, reader)
    return inputs


def _name_inputs(step: SelectionStep, reader: FeatureReader) -> list[object]:
    """Name what a step reads."""
    inputs: list[object] = []
    if step.version != "1":  # what had no version before is what it was
        inputs.append(step.version)
    if step.seen_by is not None:
        inputs.append(reader.tables[step.seen_by])
    for name in step.compares:
        seen_by = step.seen_by or ""
        if step.chooses:
            for encoder in (*reader.other_encoders(name, seen_by), seen_by):
                inputs.append(reader.tables[encoder])
                inputs.append(mark_reference(reader.recipe, name, encoder, reader.imported))
        else:
            inputs.append(mark_reference(reader.recipe, name, seen_by, reader.imported))
        if step.hashed_by is not None:
            inputs.append(reader.imported(name).view.scores[step.hashed_by])
    return inputs
