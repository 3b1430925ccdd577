"""Indexing a small pool: what the folder holds, and that a kill changes nothing."""

import json
import os
import signal
import subprocess
import sys
import tarfile
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from synthset.cli.app import app
from synthset.errors import DatasetLocked, RecipeError, StageError, SynthsetError, UsageError
from synthset.images import encode, sha256
from synthset.pools import index_writer
from synthset.pools.index_pool import index_pool, read_encoder
from synthset.recipe.encoders import PixelsEncoder
from synthset.recipe.pools import PoolPath
from synthset.store.folder import LocalFolder
from synthset.store.lock import hold

COLOURS = PixelsEncoder(kind="pixels", size_px=1)  # features are red, green, blue


def picture(*colour):
    return encode(np.full((4, 4, 3), colour, np.uint8), "png")


def table(path, count=10, first=0, **columns):
    images = [picture(first + i, 100, 250 - i) for i in range(count)]
    captions = [f"no. {first + i}" for i in range(count)]
    content = {"image": images, "caption": captions, "key": [f"k{first + i}" for i in range(count)]}
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(content | columns), path)
    return path


@pytest.fixture
def pool(tmp_path):
    for i in range(3):
        table(tmp_path / "pool" / f"{i:05}.parquet", first=40 * i)
    return tmp_path / "pool"


def indexed(pool, output, encoder=COLOURS, **settings):
    settings = {"rows_per_shard": 4, "precision": "float32"} | settings
    return index_pool([PoolPath(path=str(pool))], output, encoder, **settings)


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def test_the_index_holds_rows_unit_features_and_who_made_them(pool, tmp_path):
    index = indexed(pool, tmp_path / "index")
    assert index.facts["shards"] == [4, 4, 2] * 3
    assert index.counts == {"images": 30, "unreadable": 0, "without_caption": 0}
    ((first, *_),) = [index.rows(np.array([0, 13]))]
    image = picture(0, 100, 250)
    assert (first["caption"], first["key"], first["sha256"]) == ("no. 0", "k0", sha256(image))
    assert first["num_bytes"] == len(image)
    colour = np.array([0, 100, 250]) / np.linalg.norm([0, 100, 250])
    assert np.allclose(index.fetch("images", np.array([0])), colour, atol=1e-6)
    assert index.facts["encoder"]["settings"]["kind"] == "pixels"
    rows = [row for block, _ in index.blocks("images") for row in block.tolist()]
    assert rows == list(range(30))


def test_an_index_that_was_interrupted_ends_with_the_same_bytes(pool, tmp_path, monkeypatch):
    whole = files(indexed(pool, tmp_path / "whole").folder)
    for after in range(1, 9):
        output, writes = tmp_path / f"cut-{after}", []
        write = LocalFolder.create

        def stops(self, path, data, writes=writes, after=after, write=write):
            if len(writes) > 2 * after:
                raise KeyboardInterrupt
            writes.append(path)
            return write(self, path, data)

        monkeypatch.setattr(LocalFolder, "create", stops)
        with pytest.raises(KeyboardInterrupt):
            indexed(pool, output)
        monkeypatch.setattr(LocalFolder, "create", write)
        before = {name: (output / name).stat().st_mtime_ns for name in files(output)}
        assert files(indexed(pool, output).folder) == whole
        kept = {name: (output / name).stat().st_mtime_ns for name in before}
        assert kept == before


def test_a_killed_index_goes_on(pool, tmp_path):
    """In a process of its own, killed as soon as it has a shard of 115."""
    table(pool / "00003.parquet", 200)
    output = tmp_path / "killed"
    words = ["pool", "index", str(pool), "--encoder", "pixels", "--shard", "2", "-o"]
    command = [sys.executable, "-m", "synthset.cli.app", *words, str(output)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=dict(os.environ))
    while not list(output.glob("rows/*.parquet")) and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = len(list(output.glob("rows/*.parquet")))
    assert 0 < done < 115, "killed too late to show anything"
    assert not (output / "index.json").exists()
    runner = CliRunner()
    for folder in (output, tmp_path / "whole"):
        assert runner.invoke(app, [*words, str(folder)], catch_exceptions=False).exit_code == 0
    assert files(output) == files(tmp_path / "whole")
    assert "images/00114.npy" in files(output)


def test_unreadable_images_and_missing_captions_are_counted(tmp_path):
    images = [picture(1, 2, 3), b"no image", None]
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"jpg": images, "caption": ["a", None, " "]}), path)
    index = indexed(path, tmp_path / "index")
    assert index.counts == {"images": 3, "unreadable": 2, "without_caption": 2}
    errors = [row["error"] for row in index.rows(np.arange(3))]
    assert errors[0] is None
    assert errors[1].startswith("not a readable image")
    assert errors[2] == "no image"
    assert [rows.tolist() for rows, _ in index.blocks("images")] == [[0]]


@pytest.mark.parametrize(
    ("count", "words"), [(0, "pool: none; repair"), (2, "none of 2 could be indexed: 2 × .* image")]
)
def test_an_index_of_nothing_is_a_failure_and_never_finished(tmp_path, count, words):
    (tmp_path / "pool").mkdir()
    for i in range(count):
        (tmp_path / "pool" / f"{i}.jpg").write_bytes(b"torn")
    for _ in range(2):
        with pytest.raises(StageError, match=words):
            indexed(tmp_path / "pool", tmp_path / "index")
    assert not (tmp_path / "index" / index_writer.FINISHED).exists()


def test_captions_are_encoded_by_the_same_clip(pool, tmp_path):
    clip = read_encoder("clip", None)
    index = indexed(pool, tmp_path / "index", clip, rows_per_shard=16)
    from synthset.encoders.clip import ClipText

    said = ClipText(clip).encode(["no. 0", "no. 81"])
    assert np.allclose(index.fetch("captions", np.array([0, 21])), said, atol=1e-5)


def test_shards_and_folders_without_captions_are_indexed_too(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "a.png").write_bytes(picture(200, 0, 0))
    (folder / "b.png").write_bytes(picture(0, 200, 0))
    with tarfile.open(tmp_path / "images.tar", "w") as tar:
        tar.add(folder / "a.png", "x.png")
    index = indexed(folder, tmp_path / "one")
    assert index.counts == {"images": 2, "unreadable": 0, "without_caption": 2}
    shard = indexed(tmp_path / "images.tar", tmp_path / "two")
    assert shard.rows(np.array([0]))[0]["key"] == "x"
    assert np.allclose(shard.fetch("images", np.array([0])), [[1, 0, 0]])


@pytest.fixture
def features(pool):
    """What COLOURS makes of the images, not of unit length."""
    return [np.array([[40 * i + k, 100, 250 - k] for k in range(10)], np.float32) for i in range(3)]


def test_features_in_a_column_are_read_in_place_of_computing(pool, tmp_path, features, monkeypatch):
    own = files(indexed(pool, tmp_path / "own").folder)
    for i, rows in enumerate(features):
        table(pool / f"{i:05}.parquet", first=40 * i, image_features=list(rows))
    monkeypatch.setattr(index_writer, "CHUNK", 3)
    index = indexed(pool, tmp_path / "index", features="image_features")
    for shard in range(9):
        name = f"images/{shard:05}.npy"
        mine = np.load(index.folder / name)
        assert np.allclose(mine, np.load(tmp_path / "own" / name), atol=1e-6)
    assert index.facts["brought"] == "image_features"
    assert json.loads(own["index.json"])["brought"] is None


@pytest.mark.parametrize("layout", ["beside", "clip-retrieval"])
def test_npy_features_are_found_by_key(pool, tmp_path, features, layout):
    named, keys = "beside", [[f"k{40 * i + k}" for k in range(10)] for i in range(3)]
    if layout == "beside":
        for i, rows in enumerate(features):
            np.save(pool / f"{i:05}.npy", rows)
    else:
        named = str(tmp_path / "emb")
        for part in ("img_emb", "text_emb", "metadata"):
            (tmp_path / "emb" / part).mkdir(parents=True)
        everything, paths = np.concatenate(features)[::-1], np.concatenate(keys)[::-1].tolist()
        for i, part in enumerate((slice(0, 14), slice(14, 30))):
            np.save(tmp_path / f"emb/img_emb/img_emb_{i}.npy", everything[part].astype(np.float16))
            np.save(tmp_path / f"emb/text_emb/text_emb_{i}.npy", everything[part])
            metadata = pa.table({"image_path": paths[part], "caption": ["?"] * len(paths[part])})
            pq.write_table(metadata, tmp_path / f"emb/metadata/metadata_{i}.parquet")
    index = indexed(pool, tmp_path / "index", features=named)
    for number in (0, 17, 29):
        wanted = features[number // 10][number % 10]
        got = index.fetch("images", np.array([number]))[0]
        assert np.allclose(got, wanted / np.linalg.norm(wanted), atol=1e-3)


def test_features_of_captions_come_along_too(pool, tmp_path):
    clip = read_encoder("clip", None)
    own = indexed(pool, tmp_path / "own", clip)
    (tmp_path / "emb" / "img_emb").mkdir(parents=True)
    for part in ("text_emb", "metadata"):
        (tmp_path / "emb" / part).mkdir()
    texts = np.random.default_rng(0).normal(size=(30, own.facts["width"])).astype(np.float32)
    np.save(tmp_path / "emb/img_emb/img_emb_0.npy", own.fetch("images", np.arange(30)))
    np.save(tmp_path / "emb/text_emb/text_emb_0.npy", texts)
    keys = [row["key"] for row in own.rows(np.arange(30))]
    pq.write_table(pa.table({"key": keys}), tmp_path / "emb/metadata/metadata_0.parquet")
    index = indexed(pool, tmp_path / "index", clip, features=str(tmp_path / "emb"))
    wanted = texts / np.linalg.norm(texts, axis=1, keepdims=True)
    assert np.allclose(index.fetch("captions", np.arange(30)), wanted, atol=1e-6)


def test_features_of_another_encoder_are_refused(pool, tmp_path, features):
    for i, rows in enumerate(features):
        table(pool / f"{i:05}.parquet", first=40 * i, image_features=list(rows[:, ::-1] - 90))
    with pytest.raises(RecipeError, match=r"mean cosine of .*another encoder; name the encoder"):
        indexed(pool, tmp_path / "index", features="image_features")
    wide = PixelsEncoder(kind="pixels", size_px=2)
    with pytest.raises(RecipeError, match=r"the features have 3 numbers, those of the encoder 12"):
        indexed(pool, tmp_path / "wide", wide, features="image_features")


def test_images_whose_features_did_not_come_along_are_said(pool, tmp_path, features):
    np.save(pool / "00000.npy", features[0])
    with pytest.raises(RecipeError, match=r"--features: there is no file .*00001\.npy"):
        indexed(pool, tmp_path / "index", features="beside")
    with pytest.raises(RecipeError, match=r"no column 'img'.*did you mean 'image'"):
        indexed(pool, tmp_path / "other", features="img")
    for i in (1, 2):
        np.save(pool / f"{i:05}.npy", features[0][:4])
    with pytest.raises(RecipeError, match=r"has 4 rows, but .*00001\.parquet has 10"):
        indexed(pool, tmp_path / "third", features="beside")


def test_an_index_goes_on_with_what_it_was_begun_with_only(pool, tmp_path):
    indexed(pool, tmp_path / "index")
    before = files(tmp_path / "index")
    for changed, said in (
        ({"rows_per_shard": 5}, "a different 'rows_per_shard'"),
        ({"encoder": PixelsEncoder(kind="pixels", size_px=2)}, "a different 'encoder'"),
    ):
        with pytest.raises(UsageError, match=said):
            indexed(pool, tmp_path / "index", **changed)
    table(pool / "00001.parquet", first=41)
    with pytest.raises(UsageError, match="a different 'pool'"):
        indexed(pool, tmp_path / "index")
    assert files(tmp_path / "index") == before


def test_what_was_there_before_is_left_alone(pool, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="contains other files"):
        indexed(pool, tmp_path / "mine")
    with hold(LocalFolder(tmp_path / "busy")), pytest.raises(DatasetLocked):
        indexed(pool, tmp_path / "busy")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "nothing at nowhere"),
        (["pool", "--model", "./none"], "encoder.model: there is no folder"),
        (["pool", "--encoder", "pixels", "--set", "sizepx=1"], "did you mean 'size_px'"),
    ],
)
def test_what_cannot_be_indexed_is_said(pool, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SynthsetError) as caught:
        CliRunner().invoke(app, ["pool", "index", *words, "-o", "index"], catch_exceptions=False)
    assert said in str(caught.value)
    assert not (tmp_path / "index").exists()


def test_the_command_says_what_it_wrote(pool, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["pool", "index", "pool", "-o", "index", "--encoder", "pixels", "--set", "size_px=1"]
    out = CliRunner().invoke(app, words, catch_exceptions=False).stdout
    assert "images" in out
    assert out.endswith("index: index\n")
    assert "Example: synthset pool index" in CliRunner().invoke(app, ["pool", "index", "-h"]).stdout


def test_an_index_says_what_it_passed_over_and_is_refused_where_nothing_is_left(pool, tmp_path):
    (pool / "torn.parquet").write_bytes(b"PAR1")
    pq.write_table(pa.table({"URL": ["http://a"]}), pool / "urls.parquet")
    index = indexed(pool, tmp_path / "index")
    said = " ".join(index.facts["passed_over"])
    assert "torn.parquet" in said
    assert "urls.parquet" in said
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "torn.parquet").write_bytes(b"PAR1")
    with pytest.raises(StageError, match=r"torn\.parquet: none; passed over: 1 × unreadable"):
        indexed(tmp_path / "bad", tmp_path / "none")
