import numpy as np
import pytest
from sklearn import metrics as reference

from synthset.errors import UsageError
from synthset.metrics.statistics.classification import (
    OF_A_CLASS,
    calibration_error,
    confusion_matrix,
    measure_classifier,
    measure_matched,
    mutual_information,
    normalise_confusion,
    reliability,
)
from synthset.metrics.statistics.operating_curves import (
    FALSE_POSITIVE_RATES,
    RECALLS,
    compute_curves,
)


@pytest.fixture(scope="module")
def world():
    """300 images of 5 classes, probabilities with many ties."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 5, 300)
    logits = rng.normal(size=(300, 5)) + 1.2 * np.eye(5)[labels]
    shares = np.round(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), 1) + 1e-6
    return labels, shares / shares.sum(axis=1, keepdims=True)


def test_figures_are_those_of_scikit_learn(world):
    labels, shares = world
    predicted, found = shares.argmax(axis=1), measure_classifier(labels, shares)
    assert found.whole["accuracy"] == reference.accuracy_score(labels, predicted)
    for name, average in (("macro_precision", "precision"), ("macro_f1", "f1")):
        score = getattr(reference, f"{average}_score")
        assert found.whole[name] == pytest.approx(score(labels, predicted, average="macro"))
    balanced = reference.balanced_accuracy_score(labels, predicted)
    assert found.whole["balanced_accuracy"] == pytest.approx(balanced)
    area = reference.roc_auc_score(labels, shares, multi_class="ovr", average=None)
    assert found.classes["roc_auc"][0] == pytest.approx(area)
    precision = reference.average_precision_score(np.eye(5)[labels], shares, average=None)
    assert found.classes["average_precision"][0] == pytest.approx(precision)
    matrix = reference.confusion_matrix(labels, predicted)
    assert (confusion_matrix(labels, predicted, 5) == matrix).all()


def test_weights_count_an_image_as_often_as_they_say(world):
    labels, shares = world
    times = np.random.default_rng(2).integers(0, 4, len(labels))
    weighted = measure_classifier(labels, shares, times[None].astype(float))
    repeated = measure_classifier(np.repeat(labels, times), np.repeat(shares, times, axis=0))
    for name, value in repeated.whole.items():
        assert weighted.whole[name] == pytest.approx(value), name
    for name in OF_A_CLASS:
        assert weighted.classes[name] == pytest.approx(repeated.classes[name]), name


def test_a_class_without_test_images_has_no_figures_and_no_part_in_means():
    labels = np.array([0, 0, 1, 1])
    shares = np.array([[0.9, 0.1, 0], [0, 0, 1], [0, 1, 0], [0, 1, 0]])
    found = measure_classifier(labels, shares)
    assert all(np.isnan(found.classes[name][0, 2]) for name in OF_A_CLASS)
    assert found.classes["recall"][0, :2].tolist() == [0.5, 1.0]
    assert found.whole["balanced_accuracy"] == 0.75


def test_a_class_that_is_never_predicted_has_precision_0():
    found = measure_classifier(np.array([0, 1]), np.array([[1.0, 0.0], [0.6, 0.4]]))
    assert found.classes["precision"][0].tolist() == [0.5, 0.0]
    assert found.classes["f1"][0, 1] == 0


def test_calibration_is_0_for_honest_shares_and_the_gap_for_boasts():
    shares = np.array([[0.75, 0.25]] * 4)
    honest, boast = np.array([True, True, True, False]), np.array([False] * 4)
    ones = np.ones((1, 4))
    assert calibration_error(shares, honest, ones) == pytest.approx(0)
    assert calibration_error(shares, boast, ones) == pytest.approx(0.75)


def test_the_calibration_error_is_that_of_torchmetrics(world):
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchmetrics.functional.classification")
    labels, shares = world
    shares = np.random.default_rng(3).dirichlet(np.full(5, 0.4), size=len(labels))  # no bin edges
    theirs = functional.multiclass_calibration_error(
        torch.tensor(shares), torch.tensor(labels), num_classes=5, n_bins=15
    )
    assert measure_classifier(labels, shares).whole["ece"] == pytest.approx(float(theirs), abs=1e-6)


def test_the_reliability_curve_counts_every_image_once(world):
    labels, shares = world
    images, probability, right = reliability(shares, shares.argmax(axis=1) == labels)
    assert images.sum() == 300
    assert right.sum() == (shares.argmax(axis=1) == labels).sum()
    assert (probability <= images + 1e-9).all()


def test_curves_pass_through_the_points_of_scikit_learn(world):
    labels, shares = world
    found = compute_curves(labels, shares)
    false, true, _ = reference.roc_curve(labels == 2, shares[:, 2], drop_intermediate=False)
    inside = FALSE_POSITIVE_RATES[1:-1]
    assert found.roc[2][1:-1] == pytest.approx(np.interp(inside, false, true), abs=1e-9)
    precision, recall, _ = reference.precision_recall_curve(labels == 2, shares[:, 2])
    for place, value in zip(RECALLS[1:], found.pr[2][1:], strict=True):
        reached = np.flatnonzero(recall >= place - 1e-9)[-1]  # theirs falls
        assert value == pytest.approx(precision[reached])


def test_rates_of_a_row_sum_to_1_and_an_empty_row_is_0():
    assert normalise_confusion(np.array([[3.0, 1.0], [0.0, 0.0]])).tolist() == [
        [0.75, 0.25],
        [0.0, 0.0],
    ]


@pytest.mark.parametrize(
    ("labels", "shares", "words"),
    [
        ([0, 2], [[1.0, 0.0], [0.0, 1.0]], "found 0 to 2"),
        ([0], [[1.0, 0.0], [0.0, 1.0]], r"labels \(1,\)"),
        ([0, 1], [[3.0, 0.0], [0.0, 1.0]], "softmax"),
    ],
)
def test_what_can_not_be_measured_is_refused(labels, shares, words):
    with pytest.raises(UsageError, match=words):
        measure_classifier(np.array(labels), np.array(shares))


def test_a_mean_over_some_of_the_classes_says_so():
    shares = np.full((4, 4), 0.25)
    assert measure_classifier(np.array([0, 1, 2, 2]), shares).over == " over 3 of 4 classes"
    assert measure_classifier(np.arange(4), shares).over == ""


def test_at_a_matched_answer_rate_a_class_is_answered_as_often_as_it_occurs():
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1, 2], [50, 100, 150])
    logits = rng.normal(size=(300, 3)) + 2 * np.eye(3)[labels]
    logits[:, 0] -= 3  # hardly ever answered
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    shift = np.sort(logits[:, 1:].max(axis=1) - logits[:, 0])[49:51].mean()
    answers = (logits + np.array([shift, 0, 0])).argmax(axis=1)
    assert (answers == 0).sum() == 50
    found = measure_matched(labels, shares, 0)
    assert found["matched_f1"][0] == pytest.approx(reference.f1_score(labels == 0, answers == 0))
    assert found["matched_accuracy"][0] == pytest.approx((answers == labels).mean())
    barred = logits[50:, 1:].argmax(axis=1) + 1
    assert found["others_accuracy"][0] == pytest.approx((barred == labels[50:]).mean())


def test_matched_figures_do_not_depend_on_how_often_the_class_would_be_answered():
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 3, 200)
    logits = rng.normal(size=(200, 3)) + np.eye(3)[labels]
    found = []
    for shift in (-3, 0, 3):
        shares = np.exp(logits + np.array([shift, 0, 0]))
        shares /= shares.sum(axis=1, keepdims=True)
        found.append({name: one[0] for name, one in measure_matched(labels, shares, 0).items()})
    assert found[0] == pytest.approx(found[1])
    assert found[0] == pytest.approx(found[2])


def test_weights_of_matched_figures_are_repeated_images(world):
    labels, shares = world
    times = np.arange(len(labels)) % 3
    repeated = measure_matched(np.repeat(labels, times), np.repeat(shares, times, axis=0), 2)
    weighted = measure_matched(labels, shares, 2, times[None].astype(float))
    assert weighted["others_accuracy"] == pytest.approx(repeated["others_accuracy"])
    assert weighted["matched_f1"] == pytest.approx(repeated["matched_f1"], abs=0.05)


def test_mutual_information_is_nothing_for_equal_rows_and_all_for_rows_apart():
    assert mutual_information(np.array([[1, 3], [2, 6]])) == pytest.approx(0)
    assert mutual_information(np.array([[5, 0], [0, 5]])) == pytest.approx(1)
    joint = np.array([[10, 30], [25, 35]])
    nats = reference.mutual_info_score(None, None, contingency=joint)
    assert mutual_information(joint) == pytest.approx(nats / np.log(2))
