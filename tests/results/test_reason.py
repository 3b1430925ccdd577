import pytest

from synthset.results.reason import Reason, describe_reason, make_reason_array, read_reason

ID = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("reason", "said", "shared"),
    [
        (("below", "clip_score", 18.2, 22), "clip_score 18.2 < 22", "clip_score < 22"),
        (("above", "a", -3, -4), "a -3 > -4", "a > -4"),
        (("missing", "a"), "a missing", "a missing"),
        (("is", "issue", None, None, None, None, "dark"), "issue is dark", "issue is dark"),
        (
            ("not highest", "p", 0.1, 5),
            "p 0.1 is not among the 5 highest of its class",
            "p is not among the 5 highest of its class",
        ),
        (("not drawn", None, None, 5), "not drawn among 5", "not drawn among 5"),
        (("over quota", "p", None, 5), *["its class already has 5 with a higher p"] * 2),
        (("not nearest", "eye", None, 5), "not in the nearest set of 5", "not in the nearest set"),
        (
            ("exact copy", None, None, None, ID),
            f"same bytes as {ID}",
            "same bytes as another image",
        ),
        (
            ("near copy", "phash", 2, 6, ID, "test", "b (1).png"),
            f"near copy of {ID} in test (2 of 64 bits differ, b (1).png)",
            "near copy of another image in test",
        ),
        (
            ("semantic copy", "eye", 0.9563, 0.9, ID),
            f"looks like {ID} (cosine 0.9563)",
            "looks like another image",
        ),
        (
            ("label conflict", None, None, None, None, None, "'dog'"),
            "label conflict: the same bytes are also 'dog'",
            "label conflict: the same bytes are also of another class",
        ),
        (
            ("reviewed", None, None, None, None, None, "too dark"),
            "dropped by the reviewer: too dark",
            "dropped by the reviewer",
        ),
        (("failed", None, None, None, None, None, "no file"), "no file", "no file"),
        (("narrower than 64 px", "width", 50), "narrower than 64 px", "narrower than 64 px"),
    ],
)
def test_a_reason_is_said_with_the_images_own_value_and_a_group_without(reason, said, shared):
    one = Reason("1 step", *reason)
    assert describe_reason(one) == said
    assert describe_reason(one.group) == shared


def test_images_of_one_step_rule_and_column_are_one_group():
    first = Reason("1 limits", "below", "a", 1.0, 2.0)
    assert first.group == Reason("1 limits", "below", "a", 1.5, 2.0).group
    assert first.group != Reason("1 limits", "below", "b", 1.0, 2.0).group
    assert first.group != Reason("2 limits", "below", "a", 1.0, 2.0).group


def test_what_is_written_as_a_column_is_read_back():
    reasons = [None, Reason("1 limits", "below", "a", 1.5, 2.0), Reason("quota", "over quota")]
    assert [read_reason(cell) for cell in make_reason_array(reasons).to_pylist()] == reasons
