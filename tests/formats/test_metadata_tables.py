"""Metadata beside image files."""

from synthset.formats.metadata_tables import _to_plain


def test_numbers_keep_their_own_digits_and_nan_is_null() -> None:
    assert _to_plain(18.200000762939453) == 18.2
    assert _to_plain(float("nan")) is None
    assert _to_plain(float("inf")) is None
    assert _to_plain(3) == 3
    assert _to_plain(True) is True
