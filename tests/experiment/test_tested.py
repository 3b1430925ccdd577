import pytest

from synthset.errors import RecipeError
from synthset.experiment.preview import preview
from synthset.experiment.run_experiment import run_experiment
from synthset.recipe.experiment import load_experiment


def turned(path):
    """A recipe that changes the images of a path."""
    source = {"kind": "augment", "paths": [{"path": path}]}
    return {"classes": ["cat", "dog"], "source": source, "images_per_class": 10}


@pytest.mark.parametrize("apart", [True, False])
def test_a_set_made_from_test_images_is_refused_whatever_their_folder_is_called(
    world, content, apart
):
    if apart:
        (world / "test").rename(world / "val")
        content["real"]["test"]["paths"] = [{"path": "val"}]
    else:
        content["real"]["test"] = None
    content["sets"]["made"] = {"kind": "recipe", "recipe": turned("val" if apart else "real")}
    refused = r"^sets\.made\.recipe\.source\.paths\[0\]\.path: .* that this experiment tests on"
    with pytest.raises(RecipeError, match=refused):
        list(preview(load_experiment(content)))
    with pytest.raises(RecipeError, match=refused):
        run_experiment(content, "pets", workers=1)


def test_images_to_look_for_may_be_no_test_images_either(world, content):
    (world / "test").rename(world / "val")
    content["real"]["test"]["paths"] = [{"path": "val"}]
    source = {"kind": "pool", "strategy": "retrieve_image", "index": "made"}
    source["queries"] = [{"path": "$real"}, {"path": "val"}]
    recipe = {"classes": ["cat", "dog"], "source": source}
    content["sets"]["made"] = {"kind": "recipe", "recipe": recipe}
    with pytest.raises(RecipeError, match=r"source\.queries\[1\]\.path: val contains images"):
        list(preview(load_experiment(content)))
