"""A pool behind a URL, here fsspec's memory, is the pool that it is on a disk."""

import io
import json
import tarfile

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import synthset
from synthset.cli.app import app
from synthset.errors import DatasetError, RecipeError, UsageError
from synthset.formats.captioned import read_captioned
from synthset.formats.originals import Originals
from synthset.images import encode, sha256
from synthset.pools.index_pool import index_pool
from synthset.recipe.encoders import PixelsEncoder
from synthset.recipe.pools import Pool, PoolPath
from synthset.sources.pool.caption_matches import curate
from synthset.sources.pool.index_queries import retrieve_images
from synthset.sources.pool.source import PoolSource
from synthset.taxonomy.classlists import make_name_classes

NAMES = ["cat", "dog"]
COLOURS = PixelsEncoder(kind="pixels", size_px=1)
FORMS = ["tables", "shards", "images"]


def read_picked(settings, source):
    return PoolSource(settings, None).stage(None).read(source)


def picture(i):
    return encode(np.full((4, 4, 3), (250 - i, 10 + i, 50), np.uint8), "png")


def write(root):
    """Twelve images each as Parquet files, tar shards, and folders of files."""
    for name in FORMS:
        (root / name / "00000").mkdir(parents=True)
    for part in range(2):
        rows = range(6 * part, 6 * part + 6)
        columns = {"jpg": map(picture, rows), "caption": map(caption, rows), "key": map(str, rows)}
        columns["emb"] = ([250.0 - i, 10.0 + i, 50.0] for i in rows)  # what `COLOURS` sees
        table = pa.table({name: list(column) for name, column in columns.items()})
        pq.write_table(table, root / "tables" / f"{part:05}.parquet", row_group_size=4)
        with tarfile.open(root / "shards" / f"{part:05}.tar", "w") as tar:
            for i in rows:
                add(tar, f"{i}.png", picture(i))
                add(tar, f"{i}.json", json.dumps({"caption": caption(i)}).encode())
        for i in rows:
            (root / "images" / "00000" / f"{i}.png").write_bytes(picture(i))
            (root / "images" / "00000" / f"{i}.txt").write_text(caption(i))
    for name in ("shards", "images"):  # tables beside shards and folders hold no images
        pq.write_table(pa.table({"caption": ["a cat"]}), root / name / "00000.parquet")
    (root / "tables" / "00000").rmdir()


def caption(i):
    return f"a {('cat', 'dog', 'cow', 'cat and dog')[i % 4]}, no. {i}"


def add(tar, name, data):
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


@pytest.fixture
def both(tmp_path):
    """The same pool on the disk and in memory: (path, URL)."""
    write(tmp_path / "pool")
    url = f"memory://{tmp_path.name}/pool"
    memory = fsspec.filesystem("memory")
    memory.put(str(tmp_path / "pool"), f"/{tmp_path.name}/pool", recursive=True)
    yield str(tmp_path / "pool"), url
    memory.rm(f"/{tmp_path.name}", recursive=True)


def at(path, **settings):
    content = {"kind": "pool", "paths": [{"path": path}], "min_similarity": None}
    return Pool.model_validate(content | settings)


@pytest.mark.parametrize("strategy", ["caption", "substring", "random"])
@pytest.mark.parametrize("form", FORMS)
def test_the_same_images_are_picked_and_can_be_read_again(both, form, strategy):
    settings = [at(f"{root}/{form}", strategy=strategy) for root in both]
    here, there = (curate(one, make_name_classes(NAMES), 2, 0) for one in settings)
    assert there.content == here.content
    assert there.notes == tuple(note.replace(both[0], both[1]) for note in here.notes)
    assert len(there.chosen) == 4
    for (local, label), (remote, same) in zip(here.chosen, there.chosen, strict=True):
        assert (remote.content, remote.caption, same) == (local.content, local.caption, label)
        assert remote.facts == local.facts
        assert remote.source == local.source.replace(both[0], both[1])
        assert sha256(read_picked(settings[1], remote.source)) == local.content


@pytest.mark.parametrize("named", ["tables/*.parquet", "shards/00001.tar", "ima*"])
def test_files_and_patterns_are_named_as_on_a_disk(both, named):
    here, there = (list(read_captioned(at(f"{root}/{named}"))) for root in both)
    assert [one.caption for one in there] == [one.caption for one in here]
    assert len(there) == {"t": 12, "s": 6, "i": 12}[named[0]]


@pytest.mark.parametrize("form", FORMS)
def test_records_have_the_same_ids_wherever_the_pool_lies(both, form, tmp_path):
    content = {"name": "p", "classes": NAMES, "engine": {"rows_per_shard": 2, "workers": 1}}
    records = []
    for number, root in enumerate(both):
        source = at(f"{root}/{form}").model_dump(mode="json")
        dataset = synthset.run(content | {"source": source}, tmp_path / f"d{number}")
        records.append(dataset.records(selection=False).to_pylist())
    here, there = ({row["id"]: row["sha256"] for row in rows} for rows in records)
    assert there == here
    assert len(there) == 6
    assert all(row["source"].startswith("memory://") for row in records[1])


@pytest.mark.parametrize("form", FORMS)
def test_an_index_of_it_finds_the_same(both, form, tmp_path):
    indexes = [
        index_pool([PoolPath(path=f"{root}/{form}")], tmp_path / f"i{i}", COLOURS)
        for i, root in enumerate(both)
    ]
    assert [index.counts["images"] for index in indexes] == [12, 12]
    assert indexes[0].facts["pool"] == indexes[1].facts["pool"]
    rows = np.arange(12)
    assert np.array_equal(*(index.fetch("images", rows) for index in indexes))
    (tmp_path / "real" / "cat").mkdir(parents=True)
    (tmp_path / "real" / "cat" / "q.png").write_bytes(picture(2))
    asked = {"strategy": "retrieve_image", "queries": [{"path": str(tmp_path / "real")}]}
    settings = [
        at("", paths=(), index=str(index.folder), max_similarity=None, **asked) for index in indexes
    ]
    here, there = (retrieve_images(one, make_name_classes(NAMES), 4, 0) for one in settings)
    assert (there.content, there.notes) == (here.content, here.notes)
    for image, _ in there.chosen:
        assert sha256(read_picked(settings[1], image.source)) == image.content
    fsspec.filesystem("memory").pipe_file(f"{both[1]}/{form}/00001.{form[:-1]}.tar", b"")
    with pytest.raises(RecipeError, match=r"in the index|has changed since"):
        retrieve_images(settings[1], make_name_classes(NAMES), 4, 0)


def test_a_file_that_changed_is_seen(both, tmp_path):
    place, memory = f"{both[1]}/shards/00000.tar", fsspec.filesystem("memory")
    index = index_pool([PoolPath(path=place)], tmp_path / "i", COLOURS)
    texts = at("", paths=(), strategy="retrieve_text", index=str(index.folder))
    memory.pipe_file(place, memory.cat_file(place)[:-512] + bytes(511) + b"!")
    with pytest.raises(RecipeError, match=r"00000\.tar has changed since it was indexed"):
        retrieve_images(texts, make_name_classes(NAMES), 4, 0)


def test_a_dataset_in_an_object_store_is_a_pool(tmp_path):
    source = {"kind": "shapes", "size_px": 16}
    content = {"name": "made", "classes": ["circle", "star"], "source": source}
    url = f"memory://{tmp_path.name}/made"
    made = synthset.run(content | {"images_per_class": 4, "engine": {"workers": 1}}, url)
    settings = at(url)
    chosen = curate(settings, make_name_classes(["circle", "star"]), None, 0).chosen
    kept = {row["id"]: row["sha256"] for row in made.kept().to_pylist()}
    assert {image.facts["pool_key"]: image.content for image, _ in chosen} == kept
    assert all(sha256(read_picked(settings, one.source)) == one.content for one, _ in chosen)
    index = index_pool([PoolPath(path=url)], tmp_path / "i", COLOURS)
    assert index.counts["images"] == 8


def test_what_is_not_there_or_not_spoken_is_said(both):
    for path, message in (
        (f"{both[1]}/nothing", f"nothing at {both[1]}/nothing"),
        ("foo://bucket/x", r"Protocol not known: foo.*copy the files to a disk"),
    ):
        with pytest.raises(RecipeError, match=rf"source\.paths\[0\]\.path: .*{message}"):
            list(read_captioned(at(path)))


def test_an_image_that_is_gone_fails_alone_and_a_file_that_is_gone_fails_loudly(both):
    originals = Originals(())
    assert originals.read(f"{both[1]}/images/00000/none.png") is None
    for source in ("images/none/0.png", "shards/none.tar#512+10", "tables/none.parquet#1"):
        with pytest.raises(DatasetError, match="is gone"):
            originals.read(f"{both[1]}/{source}")
    with pytest.raises(DatasetError, match="changed after planning"):
        originals.read(f"{both[1]}/shards/00000.tar#100000000+10")


def test_a_connection_that_breaks_is_no_missing_image(both, monkeypatch):
    def broken(*_, **__):
        raise ConnectionError("reset")

    monkeypatch.setattr(fsspec.get_filesystem_class("memory"), "cat_file", broken)
    with pytest.raises(DatasetError, match=r"can't be read \(memory:.*0\.png: reset\); try again"):
        Originals(()).read(f"{both[1]}/images/00000/0.png")


@pytest.mark.parametrize("form", FORMS)
def test_a_connection_that_breaks_during_a_scan_is_said(both, form, monkeypatch):
    system, asked = fsspec.get_filesystem_class("memory"), []
    for name in ("cat_file", "_open"):
        whole = getattr(system, name)

        def fails(self, path, *more, whole=whole, **settings):
            asked.append(path)
            if len(asked) > 1:
                raise ConnectionError("reset")
            return whole(self, path, *more, **settings)

        monkeypatch.setattr(system, name, fails)
    with pytest.raises(
        (DatasetError, RecipeError), match=rf"{both[1]}/{form}.*\((memory:.*: )?reset\)"
    ):
        curate(at(f"{both[1]}/{form}"), make_name_classes(NAMES), 2, 0)


def test_features_may_lie_in_its_columns_but_an_index_lies_on_the_disk(both, tmp_path):
    place = f"{both[1]}/tables"
    command = ["pool", "index", place, "--encoder", "pixels", "-o", "memory://index"]
    found = CliRunner().invoke(app, command)
    assert isinstance(found.exception, UsageError)
    assert "-o memory://index: is not on a local disk" in str(found.exception)
    index = index_pool([PoolPath(path=place)], tmp_path / "emb", COLOURS, features="emb")
    assert index.counts == {"images": 12, "unreadable": 0, "without_caption": 0}
    for features, message in (
        ("beside", "features beside memory://.* are not on a local disk"),
        ("captoin", "has no column 'captoin'.*did you mean 'caption'"),
    ):
        with pytest.raises(RecipeError, match=message):
            index_pool([PoolPath(path=place)], tmp_path / features, COLOURS, features=features)
