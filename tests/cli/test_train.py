"""What `synthset train` says at its end."""

from types import SimpleNamespace

import numpy as np

from synthset.cli.train import _say
from synthset.experiment.single import Splits, Trained
from synthset.experiment.single_judgement import judge_training, make_job
from synthset.recipe.paths import FolderPath
from synthset.recipe.single import Single
from synthset.results.trial import Trial
from synthset.taxonomy.names import ClassNames
from synthset.training.labelled import LabelledImages


def images(labels):
    labels = np.array(labels)
    keys = tuple(map(str, range(len(labels))))
    return LabelledImages(None, labels, np.zeros(len(labels), np.int16), ("real",), keys)


def test_a_balanced_accuracy_over_some_of_the_classes_says_so(tmp_path, capsys):
    fitted = SimpleNamespace(chosen=2, looks=[SimpleNamespace(update=2)], seconds=0.0)
    for tested, words in (
        ([0, 1, 2], "balanced 66.7 % over 3 of 4 classes (weights"),
        ([0, 1, 2, 3], "balanced 50.0 % (weights"),
    ):
        splits = Splits(
            FolderPath(path="pets"),
            tuple(ClassNames([one]) for one in "abcd"),
            images([0, 1, 2, 3]),
            images(tested),
            None,
            0,
        )
        said = np.eye(4, dtype=np.float32)[[0, *[1] * (len(tested) - 1)]]
        trial = Trial("classifier", 0, splits.val.labels, said, {"real": np.ones(4, np.int64)})
        judged = judge_training(make_job(splits, Single(), tmp_path), trial, splits)
        _say(Trained(fitted, splits, "val", trial, judged), tmp_path)
        assert words in capsys.readouterr().out
