import numpy as np
import pytest
import torch

from synthset.recipe.training import Mixing
from synthset.training.labelled import LabelledImages
from synthset.training.mixing import Mixer, Partners

LABELS = np.array([0, 0, 0, 0, 0, 1, 1, 2])
ORIGINS = np.array([0, 1, 1, 0, 2, 0, 1, 0], np.int16)  # class 2 has one source
IMAGES = LabelledImages(lambda i: b"", LABELS, ORIGINS, ("real", "sd", "gan"), tuple("abcdefgh"))
ALL = np.ones((3, 3), bool)


def drawn(rows, settings=None, allowed=ALL, seed=0):
    mixer = Mixer(settings or Mixing(), IMAGES, 3, allowed)
    return mixer.draw(np.array(rows), 8, np.random.default_rng(seed))


def test_partners_are_of_the_same_class_and_another_source_each_as_likely():
    partners = drawn([0] * 3000)
    found, counts = np.unique(partners.rows, return_counts=True)
    assert found.tolist() == [1, 2, 4]
    assert counts / 3000 == pytest.approx([1 / 3] * 3, abs=0.04)
    others = drawn(np.arange(7).repeat(50)).rows
    mine = np.arange(7).repeat(50)
    assert (LABELS[others] == LABELS[mine]).all()
    assert (ORIGINS[others] != ORIGINS[mine]).all()


def test_an_image_whose_class_no_other_source_has_stays_whole():
    partners = drawn([7, 7])
    assert (partners.rows.tolist(), partners.share.tolist()) == ([7, 7], [1, 1])
    assert not partners.box.any()


def test_sources_that_are_not_drawn_are_not_mixed_in():
    allowed = ALL.copy()
    allowed[2] = False
    assert set(drawn([0] * 200, allowed=allowed).rows) == {1, 2}


def test_a_share_of_the_images_is_mixed():
    mixed = drawn([0] * 2000, Mixing(kind="mixup", share=0.25)).share < 1
    assert mixed.mean() == pytest.approx(0.25, abs=0.03)


def test_mixup_blends_and_cutmix_pastes():
    images, others = (torch.full((1, 3, 4, 4), value, dtype=torch.uint8) for value in (100, 200))
    blended = Partners(np.array([1]), np.array([0.75], np.float32), None).mix(images, others)
    assert blended.unique().tolist() == [125]
    box = np.array([[0, 2, 0, 4]])
    pasted = Partners(np.array([1]), np.array([0.5], np.float32), box).mix(images, others)
    assert pasted[0, 0].float().mean(dim=1).tolist() == [200, 200, 100, 100]
