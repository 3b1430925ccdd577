"""What `synthset train` says at its end."""

from types import SimpleNamespace

import numpy as np

from synthset.cli.train import _say
from synthset.experiment.single import Splits, Trained
from synthset.metrics.statistics.classification import measure_classifier
from synthset.taxonomy.names import ClassNames
from synthset.training.labelled import LabelledImages


def images(labels):
    labels = np.array(labels)
    keys = tuple(map(str, range(len(labels))))
    return LabelledImages(None, labels, np.zeros(len(labels), np.int16), ("real",), keys)


def test_a_balanced_accuracy_over_some_of_the_classes_says_so(tmp_path, capsys):
    fitted = SimpleNamespace(chosen=2, looks=[SimpleNamespace(update=2)], seconds=0.0)
    for tested, words in (([0, 1, 2], "50.0 % over 3 of 4 classes ("), ([0, 1, 2, 3], "50.0 % (")):
        splits = Splits(
            tuple(ClassNames([one]) for one in "abcd"),
            images([0, 1, 2, 3]),
            images(tested),
            None,
            0,
        )
        said = np.eye(4)[[0, *[1] * (len(tested) - 1)]]
        found = measure_classifier(np.array(tested), said)
        found.whole["balanced_accuracy"][0] = 0.5
        _say(Trained(fitted, splits, "val", found), tmp_path)
        assert f"balanced {words}" in capsys.readouterr().out
