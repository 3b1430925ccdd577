"""Judges one training as an experiment judges an arm, and writes the same files and page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from synthset.experiment.arms import Composed
from synthset.experiment.cases import show_preprocessing
from synthset.experiment.trials import Job
from synthset.pages.experiment.experiment_page import write_experiment_page
from synthset.recipe.arms import Arm, ArmPart
from synthset.recipe.experiment import Experiment, Real
from synthset.recipe.labelled_images import Pictures
from synthset.recipe.single import Single
from synthset.results.judgement import Judgement, judge
from synthset.results.trial import Trial

if TYPE_CHECKING:
    from synthset.experiment.single import Splits

REPORT = "report"  # folder of the page and its files
VALIDATED = (
    "there are no test images: the figures are from the validation images, which chose the "
    "weights, so they are slightly too good"
)


def make_job(images: Splits, settings: Single, folder: Path) -> Job:
    """Describe a training as the one arm of an experiment on real images alone.

    Args:
        images: that train, validate and test; without test images validation judges.
        settings: model, preprocessing, budget.
        folder: of the training.
    """
    experiment = Experiment(
        name="classifier",
        description=f"{len(images.train):,} training images of {len(images.classes):,} classes.",
        real=Real(train=Pictures(kind="images", paths=(images.path,)), redraw=False),
        arms=(Arm(name="classifier", parts=(ArmPart(set="real"),), loss=settings.loss),),
        model=settings.model,
        preprocessing=settings.preprocessing,
        training=settings.training,
        seeds=(settings.seed,),
    )
    return Job(
        arm=experiment.arms[0],
        seed=settings.seed,
        experiment=experiment,
        pretrain=None,
        train=Composed(replace(images.train, names=("images",)), ()),  # real or not
        val=images.val,
        test=images.val if images.test is None else images.test,
        classes=len(images.classes),
        folder=folder,
    )


def judge_training(job: Job, trial: Trial, images: Splits) -> Judgement:
    """Judge what the classifier said of the test images."""
    judgement = judge(job.experiment, [trial], images.classes)
    validated = (VALIDATED,) if images.test is None else ()
    return replace(judgement, notes=(*validated, *images.notes, *judgement.notes))


def write_training_page(job: Job, trial: Trial, judgement: Judgement, settings: Single) -> Path:
    """Write the page, its figures and tables into the training's folder.

    Returns:
        The page.
    """
    written = yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    return write_experiment_page(
        job.folder / REPORT,
        job.experiment,
        judgement,
        [trial],
        show_preprocessing(job.experiment, [job]),
        command="train",
        judged_by="val" if job.test is job.val else "test",
        settings=written,
    )
