import numpy as np
import pytest
import torch
from digit_tasks import digits, small_task

from synthset.errors import DatasetError, RecipeError
from synthset.recipe.single import Single
from synthset.recipe.training import Loss
from synthset.training.logit_shift import choose_shift
from synthset.training.predict import load_classifier
from synthset.training.train import TrainingStage, train_classifier


def test_the_shift_lets_a_class_be_predicted_that_was_just_too_low():
    logits = np.array([[2.0, 1.0], [2.0, 1.0], [2.0, -9.0], [2.0, -9.0]])
    assert choose_shift(logits, np.array([1, 1, 0, 0]), 1) == 1.125
    assert choose_shift(logits, np.array([0, 0, 0, 0]), 1) == 0.0


def few(loss):
    images = digits(0, 400)
    rows = [*np.flatnonzero(images.labels == 3)[:8], *np.flatnonzero(images.labels != 3)]
    stage = TrainingStage("train", images.take(rows), 60)
    return small_task(stages=(stage,), val=digits(1000, 1200), loss=Loss(**loss))


def test_adjustment_takes_the_log_share_of_the_draws_from_the_logits(tmp_path):
    task = few({"adjust": "after"})
    model = train_classifier(task, tmp_path).model
    counts = np.bincount(task.stages[0].images.labels)
    assert model.offsets.numpy() == pytest.approx(-np.log(counts / counts.sum()), abs=1e-4)
    images = torch.rand(4, 3, 8, 8)
    plain = load_classifier(tmp_path)
    shifted = plain(images)
    plain.offsets = None
    torch.testing.assert_close(shifted, plain(images) + model.offsets)


def test_a_shift_is_of_the_rarest_class_alone(tmp_path):
    offsets = train_classifier(few({"shift": "validation"}), tmp_path).model.offsets
    assert not offsets[[k for k in range(10) if k != 3]].any()
    assert offsets[3] > 0


def test_a_shift_by_few_validation_images_is_refused(tmp_path):
    task = small_task(val=digits(1000, 1040), loss=Loss(shift="validation"))
    with pytest.raises(DatasetError, match=r"loss\.shift: \d validation images of class .* 10 are"):
        train_classifier(task, tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"training": {"label_smoothing": 0.1}}, r"loss\.adjust: .* training.label_smoothing: 0"),
        ({"loss": {"adjust": "after", "prior": "class"}}, "with prior: class; remove one"),
        (
            {"loss": {"adjust": "after", "class_weights": "balanced"}},
            "with class_weights: balanced; remove one of the two",
        ),
        ({"loss": {"adjust": "after", "kind": "focal"}}, "with kind: focal; set kind: cross"),
    ],
)
def test_adjustment_that_would_go_wrong_is_refused(changes, said):
    content = {"training": {"label_smoothing": 0}, "loss": {"adjust": "after"}, **changes}
    with pytest.raises(RecipeError, match=said):
        Single.model_validate(content)
