"""Retrieval from a pool of colours: features are directions of colours, so cosines are known."""

import io
import json
import os
import shutil
from math import cos, radians, sin

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import synthset
from synthset.encoders.pixels import Pixels
from synthset.errors import RecipeError
from synthset.images import decode, encode, sha256
from synthset.models.miniatures import locate
from synthset.pools.index_pool import index_pool, read_encoder
from synthset.recipe.encoders import PixelsEncoder
from synthset.recipe.pools import Pool, PoolPath
from synthset.recipe.recipe import load_recipe
from synthset.sources.pool.index_queries import retrieve_images
from synthset.store.pool_index import describe_file
from synthset.taxonomy.classlists import make_name_classes, pick_wordnet_classes

COLOURS = PixelsEncoder(kind="pixels", size_px=1)
RED, GREEN = 0, 1


def colour(degrees, blue=0.0):
    """A picture that lies so far from red towards green, and from there towards blue."""
    flat = cos(radians(blue))
    parts = (
        flat * cos(radians(degrees)),
        flat * sin(radians(degrees)),
        sin(radians(blue)),
    )
    return encode(np.full((4, 4, 3), np.round(250 * np.array(parts)), np.uint8), "png")


def flat(degrees):
    """The same as a BMP, whose size says nothing of its content."""
    written = io.BytesIO()
    Image.fromarray(decode(colour(degrees))).save(written, "bmp")
    return written.getvalue()


class World:
    """A pool, its index and its queries in a folder."""

    def __init__(self, root):
        self.root = root
        self.classes = make_name_classes(["red", "green", "blue"])
        self.seed = 0

    def pool(self, items, name="pool", encoder=COLOURS, files=1, captions=None):
        (self.root / name).mkdir()
        captions = captions or [None] * len(items)
        for i in range(files):
            columns = {"image": items[i::files], "caption": captions[i::files]}
            keys = {"key": [f"{i}-{k}" for k in range(len(items[i::files]))]}
            rows = pa.table({**columns, **keys}, schema=SCHEMA)
            pq.write_table(rows, self.root / name / f"{i:05}.parquet")
        place = PoolPath(path=str(self.root / name))
        index_pool([place], self.root / f"{name}-index", encoder, precision="float32")
        return str(self.root / f"{name}-index")

    def labelled(self, name, **images):
        for label, pictures in images.items():
            (self.root / name / label).mkdir(parents=True)
            for i, picture in enumerate(pictures):
                (self.root / name / label / f"{i}.png").write_bytes(picture)
        return ({"path": str(self.root / name)},)

    def pick(self, index, queries=None, count=None, classes=None, **settings):
        if queries is not None:
            settings = {"strategy": "retrieve_image", "queries": queries} | settings
        settings = {"min_similarity": None, "max_similarity": None} | settings
        source = Pool.model_validate({"kind": "pool", "index": index, **settings})
        return retrieve_images(source, classes or self.classes, count, self.seed)


SCHEMA = pa.schema([("image", pa.binary()), ("caption", pa.string()), ("key", pa.string())])


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def queries(world):
    return world.labelled("real", red=[colour(0)], green=[colour(90)])


def labels(picked, items):
    """Label by place in the pool."""
    places = {sha256(item): place for place, item in enumerate(items)}
    return {places[image.content]: label for image, label in picked.chosen}


def test_images_take_the_label_of_the_nearest_query_and_say_why(world, queries):
    items = [colour(30), colour(10), colour(80)]
    picked = world.pick(world.pool(items, captions=["thirty", "ten", None]), queries)
    assert labels(picked, items) == {0: RED, 1: RED, 2: GREEN}
    image = next(image for image, _ in picked.chosen if image.caption == "ten")
    assert image.facts == {
        "pool_rule": "retrieve_image",
        "pool_similarity": pytest.approx(cos(radians(10)), abs=2e-3),
        "pool_rank": 1,
        "pool_query": f"{queries[0]['path']}/red/0.png",
        "pool_neighbour": 1,
        "pool_key": "0-1",
        "pool_url": None,
        "pool_license": None,
    }
    ranks = {image.caption: image.facts["pool_rank"] for image, _ in picked.chosen}
    assert ranks["thirty"] == 2


def test_an_image_that_several_classes_hit_goes_to_the_most_similar_by_a_margin(world, queries):
    items = [colour(40), colour(45), colour(88)]  # cosines differ by 0.12, 0 and 0.96
    index = world.pool(items)
    assert labels(world.pick(index, queries), items) == {0: RED, 2: GREEN}
    strict = world.pick(index, queries, margin=0.2)
    assert labels(strict, items) == {2: GREEN}
    assert "2 are between two classes" in strict.notes[1]


def test_a_class_that_did_not_look_so_far_gets_no_image_of_another(world, queries):
    """The second neighbour of red is green's, although green looked at one neighbour only."""
    items = [colour(20), colour(60), colour(89)]
    picked = world.pick(world.pool(items), queries, neighbours=2)
    assert labels(picked, items) == {0: RED, 1: GREEN, 2: GREEN}
    few = world.pick(str(world.root / "pool-index"), queries, neighbours=1)
    assert labels(few, items) == {0: RED, 2: GREEN}


def test_what_is_below_the_floor_or_above_the_ceiling_is_left_out(world, queries):
    items = [colour(2), colour(10), colour(30)]  # cosines 0.9994, 0.985, 0.866
    index = world.pool(items)
    picked = world.pick(index, queries, min_similarity=0.9, max_similarity=0.995)
    assert labels(picked, items) == {1: RED}
    assert "1 are near copies of queries; 1 are below min_similarity" in picked.notes[1]


def test_near_copies_of_test_images_are_left_out_and_equal_bytes_always(world, queries):
    items = [colour(21), colour(60), colour(70), colour(0)]
    tested = world.labelled("test", red=[colour(20)], anything=[colour(70)])
    index = world.pool(items)
    picked = world.pick(index, queries, against=tested, max_similarity=0.999)
    assert labels(picked, items) == {1: GREEN}
    lax = world.pick(index, queries, against=tested)
    assert labels(lax, items) == {0: RED, 1: GREEN}
    assert "2 have the same bytes as a query or an image in `against`" in lax.notes[1]


def test_queries_take_turns_so_that_one_does_not_dominate(world):
    """Five images lie near to the first query, two near to the second."""
    items = [colour(d) for d in (3, 4, 5, 6, 7)] + [colour(0, 50), colour(0, 55)]
    queries = world.labelled("real", red=[colour(0), colour(0, 40)], green=[colour(90)])
    index = world.pool(items)
    taken = [list(labels(world.pick(index, queries, n), items)) for n in (2, 4, 7)]
    assert taken == [[0, 5], [0, 5, 1, 6], [0, 5, 1, 6, 2, 3, 4]]
    found = world.pick(index, queries, 4).chosen
    asked = [image.facts["pool_query"][-5:] for image, _ in found]
    assert asked == ["0.png", "1.png"] * 2
    assert len({world.pick(index, queries, n).content for n in (2, 4, None)}) == 1


def test_an_image_is_used_once_and_so_are_copies(world):
    items = [colour(10), colour(10), colour(12)]
    queries = world.labelled("real", red=[colour(0), colour(1)], green=[colour(90)])
    picked = world.pick(world.pool(items), queries)
    assert [image.content for image, _ in picked.chosen] == [sha256(items[0]), sha256(items[2])]


def test_a_class_without_an_image_is_said_and_never_filled(world, queries):
    picked = world.pick(world.pool([colour(10), colour(20)]), queries)
    assert {label for _, label in picked.chosen} == {RED}
    assert picked.notes[0] == "there is no query for 'blue'"
    assert picked.notes[-1] == "no image for 2 of 3 classes: 'green', 'blue'"
    with pytest.raises(RecipeError, match=r"no image is left: of 2 .* 2 are below min_similarity"):
        world.pick(str(world.root / "pool-index"), queries, min_similarity=0.999)


def test_the_order_of_files_decides_nothing(world):
    items = [colour(d, b) for d in range(0, 90, 7) for b in (0, 9, 20)]
    red, green = [colour(3), colour(14), colour(20)], [colour(80), colour(85)]
    one = world.pick(world.pool(items), world.labelled("a", red=red, green=green))
    other = world.pick(
        world.pool(items[::-1], "reversed", files=3),
        world.labelled("b", green=green[::-1], red=red[::-1]),
    )
    assert one.content == other.content
    assert [image.content for image, _ in one.chosen] == [i.content for i, _ in other.chosen]


def test_classes_that_share_a_name_are_told_apart_by_their_keys(world):
    cranes = pick_wordnet_classes(["crane.n.04", "crane.n.05"], shared_names="qualify")
    items = [colour(10), colour(80)]
    index = world.pool(items)
    by_key = world.labelled("real", **{cranes[0].key: [colour(90)], cranes[1].key: [colour(0)]})
    assert labels(world.pick(index, by_key, classes=cranes), items) == {0: 1, 1: 0}
    with pytest.raises(RecipeError, match="list those names under `classes`"):
        world.pick(index, world.labelled("named", crane=[colour(0)]), classes=cranes)


def test_queries_are_encoded_once(world, queries, monkeypatch):
    index = world.pool([colour(10), colour(80)])
    first = world.pick(index, queries)
    monkeypatch.setattr(Pixels, "compute", None)
    assert world.pick(index, queries) == first
    others = world.labelled("others", red=[colour(5)])
    with pytest.raises(TypeError):
        world.pick(index, others)


def test_random_draws_from_the_whole_pool_however_far(world, queries):
    items = [colour(d, b) for d in range(0, 90, 10) for b in (0, 80)]
    world.classes = world.classes[:2]
    tested = world.labelled("test", red=[colour(20)])
    index, drawn = world.pool(items), {"strategy": "random", "against": tested}
    every = world.pick(index, queries, **drawn)
    wanted = {k: int(k // 2 * 10 > 45) for k in range(18)}
    del wanted[0], wanted[4]  # a query's bytes, a test image's
    assert labels(every, items) == wanted
    seen = set()
    for world.seed in range(6):
        few = world.pick(index, queries, 2, **drawn)
        assert len(few.chosen) == 4
        assert few.content == every.content
        more = labels(world.pick(index, queries, 3, **drawn), items)
        assert labels(few, items).items() <= more.items() <= wanted.items()
        seen |= set(labels(few, items))
    assert len(seen) > 8
    image = every.chosen[0][0]
    assert (image.facts["pool_rule"], image.facts["pool_rank"]) == ("random", 1)


@pytest.mark.parametrize("name", ["test", "testing", "eval"])
def test_queries_of_a_test_split_are_refused(world, name):
    index = world.pool([colour(10)])
    with pytest.raises(RecipeError, match=r"source\.queries\[0\].*test split"):
        world.pick(index, world.labelled(name, red=[colour(0)]))


def test_an_index_that_is_not_there_or_not_finished_is_refused(world, queries):
    with pytest.raises(
        RecipeError, match=r"source\.index: there is no folder .*synthset pool index POOL"
    ):
        world.pick(str(world.root / "none"), queries)
    index = world.pool([colour(10)])
    (world.root / "pool-index" / "index.json").unlink()
    with pytest.raises(RecipeError, match="started but not finished"):
        world.pick(index, queries)


def test_an_index_of_a_pool_that_has_changed_is_refused(world, queries):
    items = [colour(10), colour(20)]
    index, file = world.pool(items), world.root / "pool" / "00000.parquet"
    shutil.copy(file, world.root / "kept")
    pq.write_table(pa.table({"image": [colour(12)], "caption": [None], "key": ["0"]}), file)
    with pytest.raises(RecipeError, match=r"00000\.parquet has changed since"):
        world.pick(index, queries)
    shutil.copyfile(world.root / "kept", file)  # the same content at another time
    assert len(world.pick(index, queries).chosen) == 2
    shutil.copy(file, world.root / "pool" / "00001.parquet")
    with pytest.raises(RecipeError, match=r"00001\.parquet is not in the index"):
        world.pick(index, queries)
    shutil.move(world.root / "pool" / "00001.parquet", world.root)
    file.unlink()
    with pytest.raises(RecipeError, match=r"00000\.parquet is gone"):
        world.pick(index, queries)


def test_an_index_that_lists_a_folder_where_its_files_are_listed_now_holds(world, queries):
    index, pool = world.pool([colour(10)]), world.root / "pool"
    (pool / "data").mkdir()
    shutil.move(pool / "00000.parquet", pool / "data")
    facts = json.loads((world.root / "pool-index" / "index.json").read_text())
    facts["files"] = [describe_file(pool)]
    (world.root / "pool-index" / "index.json").write_text(json.dumps(facts))
    assert len(world.pick(index, queries).chosen) == 1
    shutil.copy(pool / "data" / "00000.parquet", pool / "data" / "00001.parquet")
    with pytest.raises(RecipeError, match=r"pool has changed since"):
        world.pick(index, queries)


def test_an_image_or_a_caption_of_an_indexed_folder_that_changed_at_its_size_is_named(
    world, queries
):
    pool, index = world.root / "loose", str(world.root / "i")
    pool.mkdir()
    image, words = pool / "a.bmp", pool / "a.txt"
    image.write_bytes(flat(10))
    words.write_text("a cat")
    index_pool([PoolPath(path=str(pool))], index, COLOURS)
    assert len(world.pick(index, queries).chosen) == 1
    os.utime(image)  # the same content at another time
    assert len(world.pick(index, queries).chosen) == 1
    image.write_bytes(flat(90))
    with pytest.raises(RecipeError, match=r"a\.bmp has changed since it was indexed; .* again"):
        world.pick(index, queries)
    image.write_bytes(flat(10))
    words.write_text("a dog")
    os.utime(words, ns=(0, 0))
    with pytest.raises(RecipeError, match=r"loose has changed since it was indexed"):
        world.pick(index, queries)


def test_an_index_of_an_encoder_that_has_changed_is_refused(world, queries):
    model = world.root / "clip"
    shutil.copytree(locate("clip"), model)
    index = world.pool([colour(10)], encoder=read_encoder("clip", str(model)))
    assert len(world.pick(index, queries).chosen) == 1
    config = next(model.glob("*.json"))
    config.write_text(json.dumps(json.loads(config.read_text()) | {"changed": 1}))
    with pytest.raises(RecipeError, match=r"made by clip with fingerprint .* but now it has"):
        world.pick(index, queries)
    shutil.rmtree(model)
    with pytest.raises(
        RecipeError, match=r"source\.index \(its encoder\)\.model: there is no folder"
    ):
        world.pick(index, queries)


def test_texts_find_captions_and_images_in_the_same_clip(world):
    captions = ["a photo of a red", "a photo of a green", "a photo of a green", None]
    items = [colour(d) for d in (0, 30, 60, 90)]
    index = world.pool(items, encoder=read_encoder("clip", None), captions=captions)
    said = world.pick(
        index, strategy="retrieve_text", compare="captions", texts=["a photo of a {class}"]
    )
    assert labels(said, items) == {0: RED, 1: GREEN, 2: GREEN}
    first = said.chosen[0][0].facts
    assert (first["pool_similarity"], first["pool_query"]) == (1.0, "a photo of a red")
    seen = world.pick(index, strategy="retrieve_text", texts=["{class}", "a {class} wall"])
    from synthset.encoders.clip import ClipText
    from synthset.store.pool_index import PoolIndex

    clip = ClipText(read_encoder("clip", None))
    names = [entry.name for entry in world.classes]
    mean = clip.encode(names) + clip.encode([f"a {name} wall" for name in names])
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    cosines = PoolIndex.open(index, "").fetch("images", np.arange(4)) @ mean.T  # (4, K)
    assert labels(seen, items) == dict(enumerate(cosines.argmax(axis=1).tolist()))


def test_texts_need_an_encoder_that_reads_and_fields_that_classes_have(world):
    index = world.pool([colour(10)])
    with pytest.raises(RecipeError, match=r"source\.index: .*'pixels', which can't read text"):
        world.pick(index, strategy="retrieve_text")
    clip = world.pool([colour(10)], "other", encoder=read_encoder("clip", None))
    with pytest.raises(RecipeError, match=r"source\.texts"):
        world.pick(clip, strategy="retrieve_text", texts=["{class} which is {gloss}"])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"strategy": "retrieve_image", "index": "i"}, "needs queries"),
        ({"strategy": "retrieve_text"}, "needs index: .*synthset pool index"),
        ({"strategy": "caption"}, "needs paths"),
        ({"strategy": "substring", "paths": [{"path": "p"}], "margin": 0.1}, "margin belongs to"),
        ({"strategy": "retrieve_text", "index": "i", "paths": [{"path": "p"}]}, "paths belongs to"),
        ({"strategy": "random", "index": "i"}, "'random with an index' needs queries"),
        (
            {"strategy": "random", "paths": [{"path": "p"}], "queries": [{"path": "q"}]},
            "queries belongs to strategy 'retrieve_image' and 'random with an index'",
        ),
    ],
)
def test_settings_that_a_strategy_lacks_or_passes_over_are_refused(settings, said):
    content = {"name": "n", "classes": ["red"], "source": {"kind": "pool", **settings}}
    with pytest.raises(RecipeError, match=said):
        load_recipe(content)


def test_retrieved_images_go_through_a_run_with_their_provenance(world, queries, tmp_path):
    items = [colour(d) for d in range(5, 90, 5)]
    source = {"kind": "pool", "strategy": "retrieve_image", "index": world.pool(items)}
    content = {
        "name": "retrieved",
        "classes": ["red", "green"],
        "source": {**source, "queries": list(queries), "max_similarity": 0.999},
        "images_per_class": 5,
        "engine": {"rows_per_shard": 4, "workers": 1},
    }
    dataset = synthset.run(content, str(tmp_path / "d"))
    rows = dataset.records().to_pylist()
    assert [row["class_name"] for row in rows].count("red") == 5
    assert len(rows) == 10
    assert {row["sha256"] for row in rows} <= {sha256(item) for item in items}
    assert {row["pool_rule"] for row in rows} == {"retrieve_image"}
    assert all(row["pool_query"].endswith(f"{row['class_name']}/0.png") for row in rows)
    synthset.run(content | {"images_per_class": 2}, str(tmp_path / "e"))
    grown = synthset.run(content, str(tmp_path / "e"), workers=2).records().to_pylist()
    assert {row["id"] for row in grown} == {row["id"] for row in rows}
