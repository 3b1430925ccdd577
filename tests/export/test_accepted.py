"""What is asked of a set stands on its card, and can hold an export back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synthset.errors import NotAccepted, UsageError
from synthset.export.write import write_export
from synthset.recipe.exports import ImageFolder

OUT = ImageFolder(kind="imagefolder", path="out")


def asked(world: Any, limits: str) -> Any:
    dataset = world.select()
    dataset.write_text("recipe.yaml", f"{dataset.read_text('recipe.yaml')}\naccept: {limits}\n")
    return dataset


def card(world: Any, limits: str) -> tuple[str, tuple[str, ...]]:
    done = write_export(asked(world, limits), OUT)
    return (done.path / "README.md").read_text(), done.notes


def test_a_card_says_what_was_asked_and_met(world: Any) -> None:
    text, notes = card(world, "{FID: {max: 30}}")
    assert "## Accepted" in text
    assert "| FID | 24.5 | at most 30 | accepted |" in text
    assert not any("accepted" in note for note in notes)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ("{FID: {max: 20}}", "**Not accepted:** FID 24.5, required at most 20."),
        (
            "{FID: {max: 30}, KID: {max: 1}}",
            "**Not accepted:** KID not measured, required at most 1",
        ),
    ],
)
def test_a_card_says_what_was_missed_or_not_measured(world: Any, limits: str, said: str) -> None:
    text, notes = card(world, limits)
    assert said in text
    assert "## Not accepted" in text
    assert "## Accepted" not in text
    assert notes[0].startswith("not accepted: ")


def test_a_selection_that_nobody_measured_is_not_accepted(world: Any) -> None:
    dataset = asked(world, "{FID: {max: 30}}")
    dataset.write_view(type(dataset.view)("plan", "images-1", selection=dataset.view.selection))
    text = (write_export(dataset, OUT).path / "README.md").read_text()
    assert "**Not accepted:** FID not measured" in text


def test_a_card_of_a_set_of_which_nothing_is_asked_says_nothing(world: Any) -> None:
    text = (write_export(world.select(), OUT).path / "README.md").read_text()
    assert "ccepted" not in text


def test_nothing_is_exported_where_it_must_be_accepted_and_is_not(world: Any) -> None:
    dataset = asked(world, "{FID: {max: 20}}")
    with pytest.raises(NotAccepted, match=r"FID 24\.5, required at most 20; nothing is exported"):
        write_export(dataset, OUT, require_accepted=True)
    assert not Path(dataset.path, "out").exists()
    assert NotAccepted.exit_code == 3


def test_an_acceptance_that_nothing_defines_cannot_be_required(world: Any) -> None:
    with pytest.raises(UsageError, match="has no requirements"):
        write_export(world.select(), OUT, require_accepted=True)
