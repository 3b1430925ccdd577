"""Images picked from a small pool with known answers."""

import io
import json
import tarfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthset.encoders import text
from synthset.errors import RecipeError
from synthset.images import encode, sha256
from synthset.recipe.pools import Pool
from synthset.sources.pool.caption_matches import curate, describe_meaning
from synthset.sources.pool.source import PoolSource
from synthset.taxonomy.classlists import make_name_classes, pick_wordnet_classes

SYNSETS = ["dog.n.01", "tabby.n.01", "crane.n.04", "crane.n.05", "heron.n.02", "unicycle.n.01"]
DOG, TABBY, HERON = 0, 1, 4
CAPTIONS = [
    "a crane by the water",  # names two classes with one word
    "a dog chases a tabby",  # two synsets
    "Domestic dog (Canis familiaris)",  # two lemmas of one
    "two dogs playing",  # a plural
    "TABBY-CAT, asleep!",  # case and punctuation
    "heron and crane",
    "a hot-dog stand",  # a word of its own, unless hot dogs are a class too
    "nothing of the kind",
    None,
]


def picture(level):
    return encode(np.full((4, 4, 3), level, np.uint8), "png")


def table(path, captions=CAPTIONS, levels=None, **columns):
    levels = range(len(captions)) if levels is None else levels
    images = [None if level is None else picture(level) for level in levels]
    pq.write_table(pa.table({"jpg": images, "caption": captions, **columns}), path)
    return path


@pytest.fixture
def classes():
    return pick_wordnet_classes(SYNSETS, shared_names="qualify")


@pytest.fixture
def pool(tmp_path):
    urls = [f"https://example.org/{i}" for i in range(len(CAPTIONS))]
    keys = [f"{i:04}" for i in range(len(CAPTIONS))]
    return table(tmp_path / "pool.parquet", url=urls, key=keys, license=["CC0"] * len(CAPTIONS))


def at(*paths, **settings):
    places = [path if isinstance(path, dict) else {"path": str(path)} for path in paths]
    return Pool.model_validate({"kind": "pool", "paths": places, "min_similarity": None} | settings)


def labels(curated):
    """Label by row of the pool."""
    return {int(image.source.rpartition("#")[2]): label for image, label in curated.chosen}


def test_a_caption_that_names_one_class_is_taken_and_all_others_are_not(pool, classes):
    assert labels(curate(at(pool), classes, None, 0)) == {2: DOG, 4: TABBY, 5: HERON, 6: DOG}


def test_the_first_class_named_is_taken_by_substring_and_an_image_is_used_once(pool, classes):
    found = labels(curate(at(pool, strategy="substring"), classes, None, 0))
    assert found == {1: DOG, 2: DOG, 4: TABBY, 5: HERON, 6: DOG}


def test_random_draws_so_many_in_all_and_a_larger_number_adds(pool, classes):
    drawn = [curate(at(pool, strategy="random"), classes[:2], n, 3) for n in (1, 2, None)]
    few, more, every = map(labels, drawn)
    assert (len(few), len(more), set(every)) == (2, 4, {1, 2, 4, 6})
    assert few.items() <= more.items() <= every.items()
    assert len({one.content for one in drawn}) == 1
    others = [labels(curate(at(pool, strategy="random"), classes[:2], 1, s)) for s in range(20)]
    assert {other.get(1) for other in others} == {None, DOG, TABBY}


def test_a_class_gets_at_most_so_many(pool, classes):
    capped = curate(at(pool, strategy="substring"), classes, 2, 0)
    assert sorted(labels(capped).values()) == [DOG, DOG, TABBY, HERON]
    assert [image.facts["pool_rank"] for image, label in capped.chosen if label == DOG] == [1, 2]


def test_each_image_says_where_it_comes_from_and_why(pool, classes):
    ((image, _),) = [c for c in curate(at(pool), classes, None, 0).chosen if c[1] == TABBY]
    assert image.caption == "TABBY-CAT, asleep!"
    assert image.facts == {
        "pool_lemma": "tabby cat",
        "pool_rule": "caption",
        "pool_similarity": None,
        "pool_rank": 1,
        "pool_key": "0004",
        "pool_url": "https://example.org/4",
        "pool_license": "CC0",
    }


def test_the_notes_name_shared_words_and_classes_without_an_image(pool, classes):
    counts, shared, empty = curate(at(pool), classes, None, 0).notes
    assert counts == (
        "of 9 images in the pool, 5 have a caption that names a class, 1 one that names several; "
        "1 have no caption"
    )
    assert shared == ("words that name several classes are ignored: 'crane' (n03126707, n02012849)")
    assert empty.startswith("no image for 3 of 6 classes: 'crane (lifting device)', 'crane (")
    assert empty.endswith("'unicycle'")


def test_copies_count_once_and_one_that_two_classes_claim_not_at_all(tmp_path, classes):
    captions = ["dog", "a dog", "dog again", "tabby", "heron"]
    path = table(tmp_path / "p.parquet", captions, [1, 1, 2, 2, None])
    found = curate(at(path), classes, None, 0)
    assert labels(found) == {0: DOG}
    assert found.notes[0].endswith("several; 1 have no image; 1 are copies of others")
    assert found.notes[1].startswith("label conflict: 1 image occurs with the same bytes under")
    for rule, count in (("first", 2), ("keep", 3)):
        assert len(curate(at(path, conflicts=rule), classes, None, 0).chosen) == count


@pytest.mark.skipif(not text.is_installed(), reason="needs synthset[text]")
def test_a_caption_is_compared_with_the_definition_and_the_nearest_come_first(tmp_path, classes):
    captions = ["Crane Ltd. dog rates", "dog", "the dog, a domesticated wolf of the genus Canis"]
    path = table(tmp_path / "p.parquet", captions)
    assert describe_meaning(classes[DOG]).startswith("dog which is a member of the genus Canis")
    found = curate(at(path, min_similarity=-1), classes, None, 0).chosen
    assert [image.source[-1] for image, _ in found] == ["2", "1", "0"]
    cosines = [image.facts["pool_similarity"] for image, _ in found]
    wanted = text.compare_texts(describe_meaning(classes[DOG]), captions)[::-1]
    assert cosines == pytest.approx(wanted, abs=1e-3)
    strict = curate(at(path, min_similarity=sum(cosines[:2]) / 2), classes, None, 0)
    assert [image.source[-1] for image, _ in strict.chosen] == ["2"]
    assert strict.notes[0].endswith("2 are too far from the definition")


def test_without_the_encoder_the_message_says_what_to_do(pool, classes, monkeypatch):
    monkeypatch.setattr(text, "is_installed", lambda: False)
    with pytest.raises(RecipeError, match=r"source\.min_similarity: .*or set it to null"):
        curate(at(pool, min_similarity=0.5), classes, None, 0)


def test_shards_and_folders_are_read_as_img2dataset_writes_them(tmp_path, classes):
    folder = tmp_path / "files" / "00000"
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(picture(1))
    (folder / "a.txt").write_text("a heron")
    (folder / "b.png").write_bytes(picture(2))
    (folder / "b.json").write_text(json.dumps({"caption": "a dog", "url": "u"}))
    (tmp_path / "tars").mkdir()
    with tarfile.open(tmp_path / "tars" / "00000.tar", "w") as tar:
        for name, data in (("x.png", picture(3)), ("x.txt", b"tabby"), ("y.png", picture(4))):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    for place in ("tars", "files"):  # tables beside shards and folders hold no images
        pq.write_table(pa.table({"caption": ["dog"]}), tmp_path / place / "00000.parquet")
    settings = at(tmp_path / "files", tmp_path / "tars")
    found = curate(settings, classes, None, 0).chosen
    keys = {image.facts["pool_key"]: label for image, label in found}
    assert keys == {"a": HERON, "b": DOG, "x": TABBY}
    stage = PoolSource(settings, None).stage(None)
    assert all(sha256(stage.read(image.source)) == image.content for image, _ in found)


def test_a_pool_without_captions_says_what_a_pool_is(tmp_path, classes):
    (tmp_path / "a.png").write_bytes(picture(1))
    with pytest.raises(
        RecipeError, match=r"paths\[0\]\.path: there are 1 images but no captions in .*\.txt"
    ):
        curate(at(tmp_path), classes, None, 0)
    with pytest.raises(RecipeError, match=r"nothing at .*/poool"):
        curate(at(tmp_path / "poool"), classes, None, 0)


@pytest.mark.parametrize(
    ("setting", "named", "message"),
    [
        ("caption_column", "captoin", r"no column 'captoin'; did you mean 'caption'\?"),
        ("image_column", "jgp", r"no column 'jgp'; did you mean 'jpg'\?"),
    ],
)
def test_an_unknown_column_comes_with_the_nearest(pool, classes, setting, named, message):
    place = {"path": str(pool), setting: named}
    with pytest.raises(RecipeError, match=rf"source\.paths\[0\]\.{setting}: .*{message}"):
        curate(at(place), classes, None, 0)


def test_a_pool_that_names_no_class_is_refused(pool):
    with pytest.raises(
        RecipeError, match="none of the captions of 9 images names one of the 1 classes"
    ):
        curate(at(pool), make_name_classes(["zebra"]), None, 0)


def test_a_similarity_that_counts_for_nothing_is_refused():
    with pytest.raises(ValueError, match="min_similarity belongs to strategy 'caption'"):
        at("pool", strategy="random", min_similarity=0.4)
