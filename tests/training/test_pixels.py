import numpy as np
import pytest
from digit_tasks import digits

from synthset.images import decode
from synthset.recipe.training import Preprocessing
from synthset.training import pixels
from synthset.training.pixels import Prepared
from synthset.training.preprocess import Draw, preprocess


@pytest.fixture(autouse=True)
def nothing_decoded_yet(monkeypatch):
    monkeypatch.setattr(pixels, "_DECODED", {})
    monkeypatch.setattr(pixels, "_BYTES", [0])


class Counting:
    """Counts how often images are read."""

    def __init__(self, read):
        self.inner, self.reads = read, 0

    def __call__(self, i):
        self.reads += 1
        return self.inner(i)


def counted(count=10):
    images = digits(0, count)
    counting = Counting(images.read)
    object.__setattr__(images, "read", counting)
    return images, counting


def small(**settings):
    """To 2 px, which digits of 8 px are large beside."""
    return Preprocessing(**settings).model_copy(update={"size_px": 2})


def test_images_are_decoded_once_where_nothing_is_random():
    images, counting = counted()
    prepared = Prepared(images, Preprocessing(size_px=8), training=True)
    first = prepared.take(np.array([3, 1]))
    assert (prepared.take(np.array([1])) == first[1]).all()
    assert counting.reads == 10
    assert first.shape == (2, 8, 8, 3)


def test_random_images_are_another_in_each_epoch_and_the_same_in_one():
    prepared = Prepared(digits(0, 4), Preprocessing(size_px=8, noise=20), training=True, seed=1)
    rows = np.array([2, 2, 2])
    seen = prepared.take(rows, np.array([0, 1, 0]))
    assert (seen[0] == seen[2]).all()
    assert (seen[0] != seen[1]).any()


def test_random_images_are_decoded_once_and_kept_at_twice_the_size():
    images, counting = counted(4)
    letterbox = small(fit="letterbox", random_margins=0.5)
    prepared = Prepared(images, letterbox, training=True, seed=1)
    seen = [prepared.take(np.arange(4), np.full(4, epoch)) for epoch in range(3)]
    assert counting.reads == 4
    assert {one.shape for one in pixels._DECODED.values()} == {(4, 4, 3)}  # of 8 x 8
    for epoch, batch in enumerate(seen):
        draw = Draw.train(images.keys[3], 1, epoch)
        assert (batch[3] == preprocess(decode(images.read(3)), letterbox, draw)).all()


def test_no_more_is_kept_than_fits(monkeypatch):
    monkeypatch.setattr(pixels, "CACHE_BYTES", 100)
    images, counting = counted(4)
    prepared = Prepared(images, small(noise=3), training=True)  # 48 bytes each
    for epoch in range(2):
        prepared.take(np.arange(4), np.full(4, epoch))
    assert (len(pixels._DECODED), counting.reads) == (2, 6)


def test_what_does_not_fit_in_memory_is_decoded_for_each_batch(monkeypatch):
    monkeypatch.setattr(pixels, "CACHE_BYTES", 100)
    images, counting = counted()
    prepared = Prepared(images, Preprocessing(size_px=8), training=False)
    assert (prepared.take(np.array([5])) == prepared.take(np.array([5]))).all()
    assert counting.reads == 2


def test_the_key_decides_what_is_random_for_an_image():
    images = digits(0, 3)
    settings = Preprocessing(size_px=8, noise=20)
    made = Prepared(images, settings, training=False).take(np.array([1]))[0]
    plain = Prepared(images, Preprocessing(size_px=8), training=False).take(np.array([1]))[0]
    assert (made == preprocess(plain, settings, Draw.testing(images.keys[1]))).all()


def test_what_a_process_has_decoded_serves_its_other_trainings():
    settings = Preprocessing(size_px=8)
    first = Prepared(digits(0, 10), settings, training=True).take(np.arange(10))
    images, counting = counted(12)
    again = Prepared(images, settings, training=True).take(np.arange(10))
    assert (first == again).all()
    assert counting.reads == 2
    other = Prepared(images, Preprocessing(size_px=8, grayscale=True), training=True)
    other.take(np.array([0]))
    assert counting.reads == 14
