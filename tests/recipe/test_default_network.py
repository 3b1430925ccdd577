"""What trains where nothing is named."""

import pytest

from synthset.recipe.experiment import load_experiment
from synthset.recipe.single import Single, load_single
from synthset.recipe.training import SmallResNet, TimmModel


@pytest.mark.parametrize(
    ("size", "kind"), [(32, "small_resnet"), (64, "small_resnet"), (65, "timm")]
)
def test_the_size_of_the_images_picks_the_network(size, kind):
    found = load_single(None, [f"preprocessing.size_px={size}"])
    assert (found.model.kind, found.training.optimizer) == (
        kind,
        "muon" if kind == "small_resnet" else "sgd",
    )


def test_an_experiment_takes_the_same_network_and_spells_it_out():
    content = {
        "name": "one",
        "real": {"train": {"kind": "digits"}},
        "arms": [{"name": "real", "parts": [{"set": "real"}]}],
    }
    found = load_experiment(content)
    assert (found.model, found.training) == (Single().model, Single().training)
    assert "optimizer: muon" in found.to_yaml()
    assert load_experiment({**content, "model": "resnet18"}).model == TimmModel(kind="timm")


def test_what_is_set_stays():
    found = load_single(
        None, ["training.momentum=0.8", "training.augmentation.flip=false"]
    ).training
    assert (found.momentum, found.augmentation.flip, found.augmentation.shift) == (
        0.8,
        False,
        0.0625,
    )
    other = load_single(None, ["model={kind: small_resnet, width: 8}", "training.optimizer=sgd"])
    assert other.model == SmallResNet(kind="small_resnet", width=8)
    assert (other.training.momentum, other.training.decay) == (0.9, "cosine")
