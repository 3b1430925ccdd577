import numpy as np
import pytest

from synthset.errors import RecipeError
from synthset.recipe.training import SourceDraws
from synthset.training.draws import (
    TURN,
    DrawPhase,
    average_tables,
    count_draws,
    log_prior,
    make_table,
)
from synthset.training.labelled import LabelledImages

CLASSES = ("cat", "dog", "bird")


def images(real, sd):
    labels = [k for counts in (real, sd) for k, count in enumerate(counts) for _ in range(count)]
    origins = np.repeat([0, 1], [sum(real), sum(sd)]).astype(np.int16)
    keys = tuple(map(str, range(len(labels))))
    return LabelledImages(lambda i: b"", np.array(labels), origins, ("real", "sd"), keys)


def test_a_table_gives_sources_and_classes_their_shares():
    draws = {
        "real": SourceDraws(share=0.85, by="balanced", classes={"cat": 0.02}),
        "sd": SourceDraws(by="natural"),
    }
    table = make_table(images((2, 30, 60), (10, 10, 20)), CLASSES, draws)
    assert table.sum() == TURN
    assert (table[0] / TURN).tolist() == pytest.approx([0.017, 0.4165, 0.4165], abs=1e-4)
    assert (table[1] / TURN).tolist() == pytest.approx([0.0375, 0.0375, 0.075], abs=1e-4)


def test_a_cell_with_the_smallest_share_is_still_drawn():
    draws = {"real": SourceDraws(classes={"cat": 1e-6}, share=0.5), "sd": SourceDraws()}
    assert make_table(images((1, 5, 5), (1, 1, 1)), CLASSES, draws)[0, 0] == 1


def test_shares_by_effective_number_lie_between_natural_and_balanced():
    shares = {
        by: make_table(
            images((100, 1000, 1000), (1, 1, 1)),
            CLASSES,
            {"real": SourceDraws(by=by, share=0.9), "sd": SourceDraws()},
        )[0, 0]
        for by in ("natural", "effective", "balanced")
    }
    assert shares["natural"] < shares["effective"] < shares["balanced"]


@pytest.mark.parametrize(
    ("draws", "said"),
    [
        ({"real": {"share": 0.5}, "sd": {"share": 0.4}}, "add up to 0.9"),
        (
            {"real": {}, "cd": {}},
            "draws.cd: there is no such source among the images; known: real, sd",
        ),
        ({"real": {"classes": {"cat": 0.6, "dog": 0.6}}, "sd": {}}, "add up to 1.2"),
        ({"real": {"classes": {"cow": 0.6}}, "sd": {}}, "real has no image of 'cow'"),
        ({"real": {"share": 1.0}, "sd": {}}, "add up to 1"),
    ],
)
def test_draws_that_do_not_add_up_are_refused(draws, said):
    settings = {name: SourceDraws(**one) for name, one in draws.items()}
    with pytest.raises(RecipeError, match=said):
        make_table(images((1, 5, 5), (1, 1, 1)), CLASSES, settings)


def test_the_prior_is_of_the_table_that_is_drawn():
    table = np.array([[10, 30, 0], [30, 30, 0]])
    of_class, of_source = np.exp(log_prior(table, "class")), np.exp(log_prior(table, "source"))
    assert of_class[:, :2].tolist() == [[0.4, 0.6], [0.4, 0.6]]
    assert of_source[:, :2].tolist() == [[0.25, 0.75], [0.5, 0.5]]
    assert np.isfinite(log_prior(table, "source")).all()  # of a class that is never drawn


def test_balanced_sampling_counts_each_class_alike_however_its_images_are_spread():
    table = count_draws(images((2, 30, 60), (2, 0, 20)), 3, "balanced")
    assert table.sum(axis=0).tolist() == pytest.approx([TURN / 3] * 3, abs=2)
    assert table[0, 0] == table[1, 0]


def test_a_source_that_is_not_named_is_not_drawn():
    table = make_table(images((2, 30, 60), (10, 10, 20)), CLASSES, {"sd": SourceDraws()})
    assert table.sum(axis=1).tolist() == [0, TURN]


def test_tables_of_phases_are_averaged_by_their_shares():
    first, last = np.array([[0, 0], [5, 5]]), np.array([[10, 0], [0, 0]])
    table = average_tables([DrawPhase(0.75, first), DrawPhase(0.25, last)])
    assert table.tolist() == [[2500, 0], [3750, 3750]]
