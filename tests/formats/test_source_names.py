"""Names that are no text become text, and lead back."""

import os
from pathlib import Path

import pytest

from synthset.formats.source_names import decode_name, name_source, parse_source


@pytest.mark.parametrize(
    "name",
    [b"plain.jpg", b"caf\xe9.jpg", b"\xff#12.parquet", b"100%25 \xfe.png", "café%E9.jpg".encode()],
)
def test_every_name_leads_back_to_its_file(name, tmp_path):
    place = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    place.write_bytes(b"here")
    source = name_source(place)
    source.encode()
    assert parse_source(source).read_bytes() == b"here"


def test_names_that_are_text_stay_as_they_are():
    for name in ("a b#%?.jpg", "日本.png"):
        assert name_source(Path("/x") / name) == f"/x/{name}"
        assert decode_name(name) == name
    assert decode_name(os.fsdecode(b"caf\xe9 100%")) == "caf%E9 100%"
