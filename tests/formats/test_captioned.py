import json

import pyarrow as pa
import pyarrow.parquet as pq
from small_images import png

from synthset.formats.captioned import captioned
from synthset.recipe.pools import Pool


def read(path, **settings):
    pool = Pool.model_validate({"kind": "pool", "paths": [{"path": str(path), **settings}]})
    return [(image.caption, dict(image.facts)) for image in captioned(pool)]


def test_captions_and_facts_are_found_in_any_case(tmp_path):
    data = png(1, 2, 3)
    columns = {"image": [data], "TEXT": ["a cat"], "Url": ["http://a"], "License": ["CC0"]}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.png").write_bytes(data)
    beside = {"Text": "a cat", "URL": "http://a", "LICENSE": "CC0", "Key": "k"}
    (tmp_path / "folder" / "a.json").write_text(json.dumps(beside))
    ((caption, facts),) = read(tmp_path / "a.parquet", caption_column="text")
    assert (caption, facts["pool_url"], facts["pool_license"]) == ("a cat", "http://a", "CC0")
    ((caption, facts),) = read(tmp_path / "folder", caption_column="text")
    assert (caption, facts["pool_url"], facts["pool_license"]) == ("a cat", "http://a", "CC0")
