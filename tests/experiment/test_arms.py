import shutil

import numpy as np
import pytest

from synthset.errors import RecipeError
from synthset.experiment.arms import compose
from synthset.experiment.sets import Sets
from synthset.machine import Silent
from synthset.recipe.experiment import load_experiment


def composed(content, parts, seed=0):
    content["arms"] = [{"name": "one", "parts": parts}]
    experiment = load_experiment(content)
    sets = Sets("scratch", experiment, Silent())
    return compose(experiment.arms[0].parts, sets, sets.draw_split(seed), "arms[0].parts")


def counts(found):
    return {name: one.tolist() for name, one in found.images.count_images(2).items()}


def keys(found, origin):
    images = found.images
    chosen = images.origins == images.names.index(origin)
    return {key for key, mine in zip(images.keys, chosen, strict=True) if mine}


def test_half_and_half_holds_as_many_real_images_as_made_ones(world, content):
    content["real"]["cut"] = {}
    found = composed(content, [{"set": "real"}, {"set": "made", "ratio": 1.0}])
    assert counts(found) == {"real": [18, 18], "made": [18, 18]}
    assert len(found.images) == 72


def test_every_image_comes_from_the_set_that_it_is_counted_for(world, content):
    found = composed(content, [{"set": "real"}, {"set": "made", "per_class": 3}]).images
    for i in range(len(found)):
        place = found.names[found.origins[i]]
        name = ("cat", "dog")[found.labels[i]]
        assert found.read(i) in {path.read_bytes() for path in (world / place / name).iterdir()}


def test_the_rare_class_is_filled_up_to_the_largest(world, content):
    found = composed(content, [{"set": "real"}, {"set": "made", "top_up_to": "largest"}])
    assert counts(found) == {"real": [4, 18], "made": [14, 0]}


def test_only_named_classes_are_taken(world, content):
    found = composed(content, [{"set": "real"}, {"set": "made", "classes": ["cat"], "share": 0.5}])
    assert counts(found) == {"real": [4, 18], "made": [15, 0]}


def test_arms_share_their_images(world, content):
    few = composed(content, [{"set": "real"}, {"set": "made", "per_class": 5}])
    more = composed(content, [{"set": "real"}, {"set": "made", "per_class": 9}])
    assert keys(few, "real") == keys(more, "real")
    assert keys(few, "made") < keys(more, "made")


def test_other_seeds_take_other_images(world, content):
    one = composed(content, [{"set": "real", "per_class": 4}])
    other = composed(content, [{"set": "real", "per_class": 4}], seed=1)
    assert keys(one, "real") != keys(other, "real")


def test_too_few_images_are_refused_or_taken_and_told(world, content):
    parts = [{"set": "real"}, {"set": "made", "top_up_to": 60}]
    message = "made has 30 images of 'cat', but 56 are wanted; ask for fewer, or set `short: take`"
    with pytest.raises(RecipeError, match=message):
        composed(content, parts)
    parts[1]["short"] = "take"
    found = composed(content, parts)
    assert counts(found)["made"] == [30, 30]
    assert len(found.short) == 2


def test_made_images_with_the_bytes_of_held_out_ones_are_left_out(world, content):
    for name in ("cat", "dog"):
        shutil.rmtree(f"made/{name}")
        shutil.copytree(f"test/{name}", f"made/{name}")
        shutil.copy(f"real/{name}/3.png", f"made/{name}/real.png")
    found = composed(content, [{"set": "made"}])
    assert len(found.images) <= 2  # copies of real images, unless those validate


def test_an_arm_that_takes_nothing_of_a_set_is_refused(world, content):
    parts = [{"set": "real"}, {"set": "made", "classes": ["dog"], "top_up_to": 18}]
    with pytest.raises(
        RecipeError, match=r"arms\[0\].parts\[1\]: this part takes no image of 'made'"
    ):
        composed(content, parts)


def test_two_parts_of_one_set_share_no_image(world, content):
    parts = [{"set": "made", "per_class": 5}, {"set": "made", "ratio": 1.0}]
    found = composed(content, parts)
    assert counts(found) == {"made": [10, 10]}
    assert len(keys(found, "made")) == 20


def test_a_set_with_other_classes_is_refused(world, content):
    (world / "made" / "cat").rename(world / "made" / "kat")
    with pytest.raises(
        RecipeError,
        match=r"sets.made: class 'kat' is not among the trained classes; did you mean 'cat'",
    ):
        composed(content, [{"set": "made"}])


def test_class_names_meet_whatever_their_case(world, content):
    (world / "made" / "cat").rename(world / "made" / "CAT")
    found = composed(content, [{"set": "made"}])
    assert np.bincount(found.images.labels).tolist() == [30, 30]


def test_image_to_image_starts_from_the_real_training_images(world, content):
    content["sets"]["edited"] = {
        "kind": "recipe",
        "recipe": {
            "classes": {"kind": "source"},
            "source": {"kind": "img2img", "paths": [{"path": "$real"}], "num_steps": 2},
            "images_per_class": 2,
        },
    }
    assert counts(composed(content, [{"set": "edited"}])) == {"edited": [2, 2]}


def test_a_set_gives_nothing_that_has_another_label_there_or_among_real_images(world, content):
    shutil.copy("made/cat/0.png", "made/dog/cat.png")
    shutil.copy("real/cat/0.png", "made/dog/real-cat.png")
    found = composed(content, [{"set": "real"}, {"set": "made"}])
    assert counts(found) == {"real": [4, 18], "made": [29, 30]}
    said = "label conflict: 2 images occur with the same bytes under several labels: 'cat' and"
    assert found.short[0].startswith(f"{said} 'dog' (2); not taken from made; correct")
    content["real"]["conflicts"] = "keep"
    kept = composed(content, [{"set": "real"}, {"set": "made"}])
    assert sum(counts(kept)["made"]) > sum(counts(found)["made"])
