"""The digits of scikit-learn."""

from sklearn.datasets import load_digits

from synthset.experiment.images import collect
from synthset.images import decode, sha256
from synthset.recipe.labelled_images import Digits


def test_digits_have_their_own_labels_and_say_what_they_are():
    images = collect(Digits(kind="digits"), "real.train")
    assert images.labels.tolist() == load_digits().target.tolist()
    assert sha256(images.read(7)) == images.contents[7]
    assert decode(images.read(7)).max() == 255
    assert images.found[0] == "layout: the digits of scikit-learn"
    assert images.found[2] == "found: 1,797 images"
