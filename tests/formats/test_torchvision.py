"""Data sets of torchvision; a stand-in has its place, for torchvision takes seconds to import."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from synthset.errors import RecipeError
from synthset.experiment.images import collect
from synthset.recipe.labelled_images import Torchvision


class Letters:
    classes = ("b", "a", "empty")

    def __init__(self, root, train=True):
        if root == "nowhere":
            raise RuntimeError("Dataset not found.")

    def __len__(self):
        return 4

    def __getitem__(self, row):
        return Image.fromarray(np.full((2, 2), row, np.uint8)), (0, 1, np.int64(0), -1)[row]


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch):
    datasets = SimpleNamespace(Letters=Letters, Bare=lambda root: [], __all__=("Letters", "Bare"))
    monkeypatch.setitem(sys.modules, "torchvision", SimpleNamespace(datasets=datasets))


def asked(name="Letters", root="here", **options):
    return collect(
        Torchvision(kind="torchvision", name=name, root=root, options=options), "real.train"
    )


def test_labels_keep_the_order_of_the_data_set_and_classes_without_an_image():
    images = asked()
    assert [names[0] for names in images.classes] == ["b", "a", "empty"]
    assert images.labels.tolist() == [0, 1, 0]


def test_an_image_whose_label_is_no_class_is_left_out_and_said():
    (note,) = asked().notes
    assert note == "passed over: 1 × image without a label: Letters#3 (its label is -1)"


def test_layout_split_classes_and_totals_are_said():
    assert asked(train=False).found == (
        "layout: torchvision's Letters in here (test 3)",
        "classes: 3 (b, a, empty), by torchvision's Letters",
        "found: 3 images + 1 passed over = 4 files",
    )


@pytest.mark.parametrize(
    ("name", "root", "said"),
    [
        ("Leters", "here", "real.train.name: torchvision has no dataset 'Leters'; did you mean"),
        ("Letters", "nowhere", "real.train: Letters can't be opened (Dataset not found.); put its"),
        ("Bare", "here", "real.train.name: Bare has no list of classes; name a dataset"),
    ],
)
def test_what_is_not_there_is_refused_with_what_to_do(name, root, said):
    with pytest.raises(RecipeError) as error:
        asked(name, root)
    assert str(error.value).startswith(said)
