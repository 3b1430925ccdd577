"""Copies: exact, near and semantic ones, chains of them, copies of real images, and which stays."""

import numpy as np
import pyarrow as pa
import pytest

from synthset.errors import UsageError
from synthset.recipe.selection import Selection
from synthset.results.reason import Reason, describe_reason
from synthset.selection.select import decide


def turned(*bits):
    """A hash with these bits set."""
    return f"{sum(1 << bit for bit in bits):016x}"


def at(*degrees):
    """Features of two numbers, by their angle: the cosine of two is that of the difference."""
    angles = np.deg2rad(degrees)
    return 3 * np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


class Eye:
    """Features of the records, and a reader of one real set."""

    def __init__(self, features=None, real=None):
        self.seen, self.real = features, real

    def features(self, encoder):
        assert encoder == "eye"
        return self.seen

    def of(self, reference, scores):
        assert reference == "test"
        return self.real


def photos(ids, contents, hashes=None, features=None, places=None, names=None):
    """A reader of real images."""
    eye, nothing = Eye(features), [None] * len(ids)
    eye.records = pa.table(
        {
            "id": ids,
            "sha256": contents,
            "perceptual_hash": pa.array(hashes or nothing, pa.string()),
            "source": pa.array(places or nothing, pa.string()),
            "class_name": names or ["cat"] * len(ids),
        }
    )
    return eye


def decided(
    reader=None,
    *,
    contents=None,
    hashes=None,
    step=None,
    before=None,
    review=None,
    conflicts="drop",
    **columns,
):
    count = len(contents or hashes or reader.seen)
    table = {
        "id": [f"r{i}" for i in range(count)],
        "label": pa.array([0] * count, pa.int32()),
        "sha256": contents or [f"s{i}" for i in range(count)],
        "error": pa.nulls(count, pa.string()),
        "perceptual_hash": pa.array(hashes or [None] * count, pa.string()),
        **columns,
    }
    steps = [*([before] if before else []), {"kind": "duplicates", **(step or {})}]
    settings = Selection(steps=steps, review=review)
    return decide(pa.table(table), settings, reader, conflicts)


def reasons(decision):
    cells = decision.table.column("reason").to_pylist()
    return [None if cell is None else describe_reason(Reason(**cell)) for cell in cells]


def test_hashes_within_the_radius_are_near_copies_and_the_reason_says_how_near():
    hashes = [turned(), turned(0, 1), turned(0, 1, 2, 3, 4, 5, 6), None, None]
    found = decided(hashes=hashes, step={"radius": 4})
    assert reasons(found) == [None, "near copy of r0 (2 of 64 bits differ)", None, None, None]
    assert found.outcomes[0]["groups"] == {"exact": 0, "near": 1, "semantic": 0}
    assert reasons(decided(hashes=hashes, step={"radius": 1})) == [None] * 5
    assert reasons(decided(hashes=hashes)) == [None] * 5


def test_near_copies_have_like_colours_too():
    red, rose, green = "8e" * 36, "7d" * 36, "65" * 36
    hashes = [turned() + red, turned(0) + rose, turned() + green, turned() + red, turned(1)]
    found = decided(hashes=hashes[:4], step={"radius": 4})
    assert reasons(found) == [
        None,
        "near copy of r0 (1 of 64 bits differ)",
        None,
        "near copy of r0 (0 of 64 bits differ)",
    ]
    real = photos(["t0"], ["x"], [turned() + green])
    found = decided(Eye(real=real), hashes=hashes, step={"radius": 1, "against": ["test"]})
    assert [text and text.split(" (")[0] for text in reasons(found)] == [
        None,
        "near copy of r0",
        "near copy of t0 in test",
        "near copy of r0",
        "near copy of t0 in test",  # whose own colours aren't known
    ]


def test_a_chain_of_colours_says_that_its_ends_differ():
    hashes = [turned() + "88" * 36, turned() + "89" * 36, turned() + "8a" * 36]
    assert reasons(decided(hashes=hashes, step={"radius": 0})) == [
        None,
        "near copy of r0 (0 of 64 bits differ)",
        "in a group of copies with r0",
    ]


def test_a_chain_is_one_group_and_a_link_without_likeness_says_so():
    hashes = [turned(), turned(0, 1, 2), turned(0, 1, 2, 3, 4, 5)]
    found = decided(hashes=hashes, step={"radius": 3})
    assert reasons(found) == [
        None,
        "near copy of r0 (3 of 64 bits differ)",
        "in a group of copies with r0",
    ]
    assert found.outcomes[0]["dropped"] == {"exact": 0, "near": 1, "semantic": 0, "chained": 1}


def test_images_alike_in_features_are_found_by_their_cosine():
    step = {"encoder": "eye", "similarity": 0.95}
    features = at(0, 17, 90, 109)  # cosine 0.956 and 0.946
    found = decided(Eye(features), step=step)
    assert reasons(found) == [None, "looks like r0 (cosine 0.9563)", None, None]
    assert found.outcomes[0]["groups"]["semantic"] == 1


def test_an_image_without_features_or_direction_is_no_copy():
    features = np.array([[1, 0], [0, 0], [0, 0], [np.nan, np.nan]], dtype=np.float32)
    found = decided(Eye(features), step={"encoder": "eye", "similarity": 0.5})
    assert reasons(found) == [None] * 4
    nothing = decided(Eye(features[1:]), step={"encoder": "eye", "similarity": 0.5})
    assert reasons(nothing) == [None] * 3


def test_a_group_counts_as_the_loosest_kind_that_it_took():
    contents = ["a", "a", "b", "b", "c", "d", "e", "e"]
    hashes = [turned(), turned(), turned(*range(20)), turned(*range(20)), turned(*range(21)),
              turned(*range(40, 60)), turned(*range(30)), turned(*range(30))]  # fmt: skip
    features = at(0, 0, 40, 40, 80, 120, 125, 125)
    step = {"radius": 2, "encoder": "eye", "similarity": 0.99}
    found = decided(Eye(features), contents=contents, hashes=hashes, step=step)
    assert found.outcomes[0]["groups"] == {"exact": 1, "near": 1, "semantic": 1}
    assert found.outcomes[0]["dropped"] == {"exact": 2, "near": 1, "semantic": 2, "chained": 0}
    kept = [row["id"] for row in found.table.to_pylist() if row["keep"]]
    assert kept == ["r0", "r2", "r5"]


def test_the_highest_score_stays_and_a_missing_one_never_wins():
    hashes = [turned(), turned(0), turned(1), turned(*range(30)), turned(*range(31))]
    beauty = [1.0, 5.0, 5.0, None, 0.0]
    found = decided(hashes=hashes, step={"radius": 2, "stays": "beauty"}, beauty=pa.array(beauty))
    assert [text and text.split(" (")[0] for text in reasons(found)] == [
        "near copy of r1",
        None,
        "near copy of r1",
        "near copy of r4",
        None,
    ]


def test_copies_of_real_images_are_dropped_and_named_by_the_nearest():
    real = photos(
        ["t0", "t1", "t2"],
        ["x", "s0", "z"],
        [turned(0, 1, 2), turned(*range(40, 60)), turned(0)],
        at(200, 104, 98),
        ["test/0.png", None, "test/2.png"],
    )
    eye = Eye(at(0, 50, 100, 150), real)
    step = {"radius": 4, "encoder": "eye", "similarity": 0.99, "against": ["test"]}
    hashes = [turned(*range(20, 30)), turned(), turned(*range(9, 40)), turned(*range(33, 64))]
    found = decided(eye, hashes=hashes, step=step)
    assert reasons(found) == [
        "same bytes as t1 in test",
        "near copy of t2 in test (1 of 64 bits differ, test/2.png)",
        "looks like t2 in test (cosine 0.9994, test/2.png)",
        None,
    ]
    assert found.outcomes[0]["against"] == {"test": {"exact": 1, "near": 1, "semantic": 1}}


def test_copies_of_real_images_leave_before_groups_are_made():
    found = decided(
        Eye(real=photos(["t0"], ["s0"])), contents=["s0", "s1", "s0"], step={"against": ["test"]}
    )
    assert reasons(found) == ["same bytes as t0 in test", None, "same bytes as t0 in test"]
    assert found.outcomes[0]["groups"]["exact"] == 0


def test_the_same_images_in_another_order_make_the_same_groups():
    rng = np.random.default_rng(0)
    hashes = [turned(*rng.choice(12, 6, replace=False)) for _ in range(60)]
    scores = rng.permutation(60).astype(float)
    step = {"radius": 2, "stays": "beauty"}
    kept = np.asarray(decided(hashes=hashes, step=step, beauty=scores).table["keep"])
    order = rng.permutation(60)
    moved = decided(hashes=[hashes[i] for i in order], step=step, beauty=scores[order])
    assert (np.asarray(moved.table["keep"]) == kept[order]).all()
    assert 0 < kept.sum() < 60


def test_what_looks_further_than_the_records_needs_a_reader():
    with pytest.raises(UsageError, match="reads features or real images"):
        decided(contents=["a"], step={"encoder": "eye", "similarity": 0.9})


def test_an_encoder_without_a_similarity_is_refused():
    with pytest.raises(ValueError, match="needs encoder and similarity together"):
        Selection(steps=[{"kind": "duplicates", "encoder": "eye"}])


def in_conflict(**columns):
    """Cat and dog with the same bytes, then a cat, its copy, and a crane of either kind."""
    names = ["cat", "dog", "cat", "cat", "crane", "crane"]
    return decided(
        contents=["x", "x", "y", "y", "z", "z"],
        class_name=names,
        class_key=["cat", "dog", "cat", "cat", "n1", "n2"],
        label=pa.array([0, 1, 0, 0, 2, 3], pa.int32()),
        **columns,
    )


def test_bytes_under_two_labels_are_no_copies_and_all_leave_with_the_other_label():
    found = in_conflict()
    assert reasons(found) == [
        "label conflict: the same bytes are also 'dog'",
        "label conflict: the same bytes are also 'cat'",
        None,
        "same bytes as r2",
        "label conflict: the same bytes are also 'n2'",
        "label conflict: the same bytes are also 'n1'",
    ]
    assert found.outcomes[0]["label_conflicts"] == 4
    assert found.outcomes[0]["dropped"]["exact"] == found.outcomes[0]["groups"]["exact"] == 1


@pytest.mark.parametrize(
    ("rule", "kept"), [("keep", [0, 1, 2, 4, 5]), ("first", [0, 2, 4]), ("drop", [2])]
)
def test_the_rule_of_the_source_says_what_becomes_of_bytes_under_two_labels(rule, kept):
    for more in ({}, {"hashes": [turned()] * 2 + [turned(*range(20))] * 2 + [turned(63, 62)] * 2}):
        step = {"radius": 0} if more else {}
        found = in_conflict(conflicts=rule, step=step, **more)
        assert [row for row, one in enumerate(reasons(found)) if one is None] == kept
        assert reasons(found)[3].startswith("same bytes as r2")


def test_of_copies_under_one_of_two_labels_that_are_kept_one_stays():
    found = decided(
        contents=["x"] * 4,
        class_name=["cat", "dog", "dog", "cat"],
        class_key=["cat", "dog", "dog", "cat"],
        label=pa.array([0, 1, 1, 0], pa.int32()),
        conflicts="keep",
    )
    assert reasons(found) == [None, None, "same bytes as r1", "same bytes as r0"]


def test_bytes_of_a_real_image_of_another_label_are_a_conflict_and_no_copy():
    real = photos(["t0", "t1", "t2"], ["x", "y", "y"], names=["dog", "Cat", "dog"])
    found = decided(
        Eye(real=real),
        contents=["x", "y", "z"],
        class_name=["cat"] * 3,
        class_key=["cat"] * 3,
        step={"against": ["test"]},
    )
    said = ["label conflict: the same bytes are 'dog' in test", "same bytes as t1 in test", None]
    assert reasons(found) == said
    assert found.outcomes[0]["label_conflicts"] == 1
    assert found.outcomes[0]["against"]["test"]["exact"] == 1


def test_labels_conflict_also_where_a_step_before_dropped_one_but_not_where_a_reviewer_did(
    tmp_path,
):
    first = {"kind": "limits", "limits": {"beauty": {"min": 1}}}
    beauty = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    found = in_conflict(before=first, beauty=pa.array(beauty))
    assert reasons(found)[0] == "label conflict: the same bytes are also 'dog'"
    (tmp_path / "review.csv").write_text("id,verdict\nr1,drop\nr5,keep\n")
    found = in_conflict(review=str(tmp_path / "review.csv"))
    assert [row["keep"] for row in found.table.to_pylist()] == [
        True,
        False,
        True,
        False,
        False,
        True,
    ]
