"""DiffusionDB's files."""

import pyarrow as pa

from synthset.formats.diffusiondb import make_metadata_table, to_nsfw


def test_a_flagged_image_is_2_and_a_passed_one_0():
    flags = pa.chunked_array([[True, False, None]], pa.bool_())
    assert to_nsfw(flags).to_pylist() == [2.0, 0.0, None]


def test_what_nobody_says_is_null_and_one_value_is_for_all_rows():
    table = make_metadata_table(2, {"prompt": pa.array(["a", "b"]), "step": 30})
    assert table.column("step").to_pylist() == [30, 30]
    assert table.column("prompt").to_pylist() == ["a", "b"]
    assert table.column("prompt_nsfw").null_count == 2
