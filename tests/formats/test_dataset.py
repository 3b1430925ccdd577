"""A dataset that was run, as a pool."""

import pytest

import synthset
from synthset.errors import DatasetError, RecipeError
from synthset.formats.captioned import read_captioned
from synthset.images import sha256
from synthset.pools.index_pool import index_pool
from synthset.recipe.encoders import PixelsEncoder
from synthset.recipe.pools import Pool, PoolPath
from synthset.sources.pool.caption_matches import curate
from synthset.sources.pool.index_queries import retrieve_images
from synthset.sources.pool.source import PoolSource
from synthset.store.dataset import Dataset
from synthset.taxonomy.classlists import make_name_classes

CLASSES = ["circle", "square", "star"]
CONTENT = {
    "name": "made",
    "classes": CLASSES,
    "source": {"kind": "shapes", "size_px": 16, "fail_every": 5},
    "prompts": {"templates": ["a red {class}"]},
    "selection": {"target_per_class": 4},
    "images_per_class": 8,
    "engine": {"rows_per_shard": 10, "workers": 1},
}


def read_picked(settings, source):
    return PoolSource(settings, None).stage(None).read(source)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return synthset.run(CONTENT, tmp_path_factory.mktemp("made") / "d")


def at(dataset, strategy="caption", **place):
    places = [{"path": dataset.path, **place}]
    content = {"kind": "pool", "paths": places, "strategy": strategy, "min_similarity": None}
    return Pool.model_validate(content)


def kept_of(dataset):
    return {row["id"]: row for row in dataset.kept().to_pylist()}


def test_the_pool_is_what_a_dataset_keeps(made):
    records, kept = made.records().to_pylist(), kept_of(made)
    assert any(row["error"] for row in records)
    assert (len(records), len(kept)) == (24, 12)
    images = list(read_captioned(at(made)))
    assert [image.facts["pool_key"] for image in images] == list(kept)
    for image in images:
        row = kept[image.facts["pool_key"]]
        assert (image.caption, sha256(image.read())) == (row["prompt"], row["sha256"])


@pytest.mark.parametrize("strategy", ["caption", "substring", "random"])
def test_its_prompts_are_captions_and_its_bytes_are_taken_over(made, strategy):
    settings, kept = at(made, strategy), kept_of(made)
    chosen = curate(settings, make_name_classes(CLASSES), None, 0).chosen
    assert len(chosen) == 12
    for image, label in chosen:
        row = kept[image.facts["pool_key"]]
        assert row["label"] == label
        assert sha256(read_picked(settings, image.source)) == row["sha256"] == image.content


def test_another_text_column_may_be_the_caption(made):
    captions = [image.caption for image in read_captioned(at(made, caption_column="class_name"))]
    assert sorted(set(captions)) == CLASSES


def test_what_a_dataset_lacks_is_said(made):
    for place, message in (
        ({"caption_column": "promt"}, r"caption_column: .*no text column 'promt'; did you mean"),
        ({"caption_column": "label"}, r"caption_column: .*no text column 'label'"),
        ({"caption_column": "wnid"}, r"caption_column: 'wnid' is empty in all 12 kept records"),
        ({"image_column": "jpg"}, r"image_column: .* is a dataset, whose images are in 'image'"),
    ):
        with pytest.raises(RecipeError, match=rf"source\.paths\[0\]\.{message}"):
            list(read_captioned(at(made, **place)))


def test_a_dataset_that_was_not_run_to_its_end_is_refused(tmp_path):
    begun = Dataset.create(tmp_path / "begun", "begun", 10)
    with pytest.raises(
        RecipeError, match=r"paths\[0\]\.path: .*nothing has run here yet.*is complete"
    ):
        list(read_captioned(at(begun)))
    with pytest.raises(DatasetError, match="nothing has run here yet"):
        index_pool([PoolPath(path=begun.path)], tmp_path / "i", PixelsEncoder(kind="pixels"))


def test_a_dataset_is_indexed_and_images_are_retrieved_from_it(made, tmp_path):
    encoder, kept = PixelsEncoder(kind="pixels", size_px=8), kept_of(made)
    index = index_pool([PoolPath(path=made.path)], tmp_path / "index", encoder)
    assert index.counts == {"images": 12, "unreadable": 0, "without_caption": 0}
    one = next(iter(kept.values()))
    query = tmp_path / "real" / one["class_name"] / "q.png"
    query.parent.mkdir(parents=True)
    query.write_bytes(made.read_images([one["id"]])[0])
    settings = Pool.model_validate(
        {
            "kind": "pool",
            "strategy": "retrieve_image",
            "index": str(tmp_path / "index"),
            "queries": [{"path": str(tmp_path / "real")}],
            "min_similarity": None,
            "max_similarity": None,
        }
    )
    chosen = retrieve_images(settings, make_name_classes(CLASSES), None, 0).chosen
    assert {image.facts["pool_key"] for image, _ in chosen} == {*kept} - {one["id"]}
    read = PoolSource(settings, None).stage(None).read
    assert all(sha256(read(image.source)) == image.content for image, _ in chosen)


def test_an_index_is_refused_once_the_dataset_keeps_others(tmp_path):
    dataset = synthset.run(CONTENT, tmp_path / "d")
    encoder = PixelsEncoder(kind="pixels", size_px=8)
    index_pool([PoolPath(path=dataset.path)], tmp_path / "index", encoder)
    settings = {"kind": "pool", "strategy": "retrieve_text", "index": str(tmp_path / "index")}
    synthset.run(CONTENT | {"selection": {"target_per_class": 3}}, tmp_path / "d")
    with pytest.raises(RecipeError, match="has changed since it was indexed"):
        retrieve_images(Pool.model_validate(settings), make_name_classes(CLASSES), None, 0)
