import numpy as np
import pytest
import torch
from torch.nn import functional

from synthset.recipe.training import Loss
from synthset.training.loss import (
    compute_class_weights,
    compute_losses,
    compute_margins,
    smooth_targets,
)


@pytest.fixture
def asked():
    torch.manual_seed(0)
    return torch.randn(6, 4), torch.tensor([0, 1, 2, 3, 1, 1])


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_cross_entropy_is_torchs(asked, share):
    logits, labels = asked
    targets = smooth_targets(functional.one_hot(labels, 4).float(), share)
    theirs = functional.cross_entropy(logits, labels, label_smoothing=share, reduction="none")
    torch.testing.assert_close(compute_losses(logits, targets, Loss(), None), theirs)


def test_weights_are_torchs_and_weigh_smoothed_targets_by_the_class_of_the_image(asked):
    logits, labels = asked
    weights = torch.tensor([0.5, 1.0, 2.0, 4.0])
    hard = functional.one_hot(labels, 4).float()
    theirs = functional.cross_entropy(logits, labels, weights, reduction="none")
    torch.testing.assert_close(compute_losses(logits, hard, Loss(), weights[labels]), theirs)
    smooth = smooth_targets(hard, 0.1)
    ours = compute_losses(logits, smooth, Loss(), weights[labels])
    torch.testing.assert_close(ours, weights[labels] * compute_losses(logits, smooth, Loss(), None))


def test_the_focal_loss_is_torchvisions_of_two_classes(asked):
    from torchvision.ops import sigmoid_focal_loss

    scores = torch.tensor([-2.0, 0.3, 4.0])
    logits = torch.stack([torch.zeros(3), scores], dim=1)  # the softmax is their sigmoid
    targets = functional.one_hot(torch.tensor([1, 0, 1]), 2).float()
    ours = compute_losses(logits, targets, Loss(kind="focal", gamma=1.5), None)
    theirs = sigmoid_focal_loss(scores, targets[:, 1], alpha=-1, gamma=1.5)
    torch.testing.assert_close(ours, theirs)


def test_a_focal_loss_without_focus_is_the_cross_entropy(asked):
    logits, labels = asked
    targets = functional.one_hot(labels, 4).float()
    focal = compute_losses(logits, targets, Loss(kind="focal", gamma=0), None)
    torch.testing.assert_close(focal, compute_losses(logits, targets, Loss(), None))


def test_balanced_weights_are_one_over_the_count_with_mean_one_over_the_images():
    counts = np.array([90, 10, 0])
    weights = compute_class_weights(counts, "balanced")
    assert weights[1] / weights[0] == pytest.approx(9)
    assert (weights * counts).sum() / counts.sum() == pytest.approx(1)
    assert weights[2] == 0


def test_the_effective_number_makes_large_classes_alike():
    counts = np.array([10, 20, 100_000, 200_000])
    weights = compute_class_weights(counts, "effective")
    assert weights[0] / weights[1] == pytest.approx((1 - 0.999**20) / (1 - 0.999**10))
    assert weights[2] == pytest.approx(weights[3])
    assert compute_class_weights(counts, "none") is None


def test_the_margin_of_ldam_falls_with_the_fourth_root_of_the_images():
    margins = compute_margins(np.array([16, 81, 1, 0]), 0.5)
    assert margins.tolist() == pytest.approx([0.25, 0.5 / 3, 0.5, 0.5])


def test_ldam_is_the_papers_formula():
    # By hand, equation 13 with C = 1: z - (1/2, 0, 0) of class 0 with 16 images beside one with 1:
    # log(1 + exp(0 - 0.5) + exp(2 - 0.5)) = log(1 + 0.60653 + 4.48169).
    margins = torch.from_numpy(compute_margins(np.array([16, 81, 1]), 1.0)).float()
    hot = torch.tensor([[1.0, 0, 0]])
    found = compute_losses(
        torch.tensor([[1.0, 0, 2]]) - hot * margins, hot, Loss(kind="ldam"), None
    )
    assert float(found) == pytest.approx(1.80636, abs=1e-5)
