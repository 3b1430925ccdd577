"""What an experiment says: each arm's figures with intervals, and its distance to the base arm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from synthset.errors import UsageError, did_you_mean
from synthset.metrics.statistics.classification import (
    OF_ALL,
    describe_classes,
    mean_of_known,
)
from synthset.metrics.statistics.exchange_rate import ArmErrors, ExchangeRate, exchange_rate
from synthset.metrics.statistics.operating_curves import Curves
from synthset.recipe.experiment import Exchange, Experiment
from synthset.results.answer import Answer, find_answer
from synthset.results.arm_judgement import OF_FOCUS, ArmJudgement, ArmTrials, judge_arm
from synthset.results.control_counts import describe_unequal, find_unequal_controls
from synthset.results.judge import (
    CORRECTION,
    Difference,
    Leader,
    compare,
    compare_pairs,
    find_leader,
)
from synthset.results.judge_cost import JudgeCost
from synthset.results.measure_trials import measure_trials
from synthset.results.next_round import NextRound, divide_next_round
from synthset.results.stored import Counts
from synthset.results.trial import Trial
from synthset.results.two_budgets import TwoBudgets, judge_budgets

OF_CLASSES = ("macro_", "balanced_", "focus_")  # how means over classes begin
SQUARE = 100  # classes up to which files hold whole confusion matrices
LARGEST, WORST = 40, 30  # classes that tables show all of; of more, so many of the worst


@dataclass(frozen=True, eq=False)
class Judgement:
    """All arms of an experiment.

    Attributes:
        name: of the experiment.
        description: its sentence.
        classes: names in label order.
        focus: labels that come first.
        shown: labels that tables show, focus first where not all are.
        base: name of the arm that the others are compared with.
        seeds: with a trial.
        test_images: (K,) of the first seed.
        arms: in the experiment's order.
        differences: to the base arm, by measure: focus first.
        gains: what generated images add: each arm that has a control less that control, by measure.
        leaders: measure -> its best arm, and those that it is told apart from.
        correction: of the p-values of differences and leaders.
        exchange: None where the experiment asks for none.
        answer: whether generated images help; None where no arm has a control without them.
        next_round: how the next ones are to be divided among the classes, by the answer's pair.
        budgets: the arms at a smaller budget, too; None where they were trained at one only.
        unequal: arm that chooses its images -> in what its random control has other numbers of
            images of a class; nothing for arms whose controls have as many.
        judges: what the classifiers took that chose images, each once.
        notes: what a reader must know: short sets, early stops, classes without test images.
    """

    VERSION: ClassVar = 4

    name: str
    description: str
    classes: tuple[str, ...]
    focus: tuple[int, ...]
    shown: tuple[int, ...]
    base: str
    seeds: tuple[int, ...]
    test_images: Counts
    arms: tuple[ArmJudgement, ...]
    differences: Mapping[str, tuple[Difference, ...]]
    gains: Mapping[str, tuple[Difference, ...]] = field(default_factory=dict)
    leaders: Mapping[str, Leader] = field(default_factory=dict)
    correction: str = CORRECTION
    exchange: ExchangeRate | None = None
    answer: Answer | None = None
    next_round: NextRound | None = None
    budgets: TwoBudgets | None = None
    unequal: Mapping[str, str] = field(default_factory=dict)
    judges: tuple[JudgeCost, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def over(self, measure: str) -> str:
        """Say of a mean over classes how many have test images, where some have none.

        Args:
            measure: any; nothing is said of those that are no mean over classes.
        """
        if not measure.startswith(OF_CLASSES):
            return ""
        labels = self.focus if measure in OF_FOCUS else range(len(self.classes))
        return describe_classes(sum(self.test_images[i] > 0 for i in labels), len(labels))

    def shorten(self) -> Judgement:
        """The same with the curves, and, of more than 100 classes, the confusions of the shown ones
        alone, in their order: what is worth a file."""
        rows = list(self.shown)
        square = np.ix_(rows, rows) if len(self.classes) > SQUARE else np.s_[:, :]
        arms = tuple(
            replace(
                arm,
                confusion=arm.confusion[square],
                curves=Curves(arm.curves.roc[[*rows, -1]], arm.curves.pr[[*rows, -1]]),
            )
            for arm in self.arms
        )
        return replace(self, arms=arms)

    @property
    def mean_of_classes(self) -> str:
        """What the mean of the classes' curves is called."""
        return f"mean of classes{self.over(OF_CLASSES[0])}"


def judge(
    experiment: Experiment,
    trials: Sequence[Trial],
    classes: Sequence[str],
    smaller: Sequence[Trial] = (),
    judges: Sequence[JudgeCost] = (),
) -> Judgement:
    """Judge the arms by what their classifiers said of the test images.

    Figures are means over seeds with Student's interval; an arm with one seed has intervals from
    drawing its test images with replacement, class by class. Differences to the base arm are
    paired by seed (one seed: image by image), and their p-values corrected over arms (Holm).

    Args:
        experiment: names the arms, the base, the focus classes and the exchange rate.
        trials: any number of each arm's seeds; missing ones are noted.
        classes: K names in label order.
        smaller: trials of the smaller budget, if there is one.
        judges: what chose images for arms.

    Raises:
        UsageError: no trial, one that the experiment has no arm for, two of one arm and seed,
            other numbers of classes, focus classes that don't exist, or test images that differ
            between arms of one seed.
    """
    for some in (trials, smaller) if smaller else (trials,):
        _check(experiment, some, classes)
    focus = tuple(list(classes).index(name) for name in experiment.focused)
    by_arm = measure_trials(trials, focus)
    base = experiment.compared_with
    arms = tuple(judge_arm(arm, by_arm[arm.name]) for arm in experiment.arms if arm.name in by_arm)
    differences = _differences(by_arm, base, focus, classes)
    exchange, lost = _exchange(experiment.exchange, by_arm)
    gains, seeds = _gains(experiment, by_arm, focus), sorted({trial.seed for trial in trials})
    seconds = sum(one.cost_s for one in (*trials, *smaller)) + sum(one.extra_s for one in judges)
    answer = find_answer(arms, gains, len(seeds), seconds)
    unequal = find_unequal_controls(experiment, trials, classes)
    return Judgement(
        name=experiment.name,
        description=experiment.description,
        classes=tuple(classes),
        focus=focus,
        shown=_choose_shown(arms, focus),
        base=base,
        seeds=tuple(seeds),
        test_images=np.bincount(trials[0].labels, minlength=len(classes)),
        arms=arms,
        differences=differences,
        gains=gains,
        leaders=_leaders(by_arm, arms, base, differences),
        exchange=exchange,
        answer=answer,
        next_round=_plan_next(answer, arms, by_arm, classes),
        budgets=judge_budgets(experiment, trials, smaller, by_arm, focus),
        unequal=unequal,
        judges=tuple(judges),
        notes=(*_notes(experiment, trials, classes), *describe_unequal(unequal), *lost),
    )


def _check(experiment: Experiment, trials: Sequence[Trial], classes: Sequence[str]) -> None:
    if not trials:
        raise UsageError(f"{experiment.name}: there is no trial yet; train an arm first")
    names = [arm.name for arm in experiment.arms]
    for name in experiment.focused:
        if name not in classes:
            raise UsageError(
                f"focus: there is no class {name!r}; {did_you_mean(name, list(classes))}"
            )
    for trial in trials:
        if trial.arm not in names:
            raise UsageError(f"trial of {trial.arm!r}: there is no such arm in {experiment.name}")
        if trial.probabilities.shape[1:] != (len(classes),):
            found = f"probabilities {trial.probabilities.shape}"
            raise UsageError(f"trial of {trial.arm}: {found} for {len(classes)} classes")
        first = next(one for one in trials if one.seed == trial.seed)
        if not np.array_equal(trial.labels, first.labels):
            raise UsageError(
                f"arms {first.arm} and {trial.arm}, seed {trial.seed}: they were tested on "
                f"different images ({len(first.labels)} and {len(trial.labels)}), so they can't "
                "be paired; give arms of the same seed the same test images in the same order"
            )
    twice = [pair for pair, n in Counter((t.arm, t.seed) for t in trials).items() if n > 1]
    if twice:
        raise UsageError(f"trials: arm {twice[0][0]}, seed {twice[0][1]} appears twice")


def _choose_shown(arms: Sequence[ArmJudgement], focus: Sequence[int]) -> tuple[int, ...]:
    """All classes, or the focus and those of the lowest recall, mean over arms."""
    recall = np.array(
        [
            [np.nan if one.value is None else one.value for one in arm.classes["recall"]]
            for arm in arms
        ]
    )
    if recall.shape[1] <= LARGEST:
        return tuple(range(recall.shape[1]))
    mean = mean_of_known(recall.T)
    order = [i for i in np.argsort(mean, kind="stable").tolist() if not np.isnan(mean[i])]
    return (*focus, *[i for i in order if i not in focus][:WORST])


def _gains(
    experiment: Experiment, by_arm: Mapping[str, ArmTrials], focus: Sequence[int]
) -> dict[str, tuple[Difference, ...]]:
    """Each arm less its own control; p is corrected for the number of such pairs."""
    pairs = {
        arm.name: arm.control
        for arm in experiment.arms
        if isinstance(arm.control, str) and {arm.name, arm.control} <= by_arm.keys()
    }
    found = {}
    for measure in [*(OF_FOCUS if focus else ()), *OF_ALL] if pairs else ():
        runs = {
            arm: (by_arm[arm].runs(measure), by_arm[control].runs(measure))
            for arm, control in pairs.items()
        }
        found[measure] = compare_pairs(runs)
    return {name: rows for name, rows in found.items() if rows}


def _plan_next(
    answer: Answer | None,
    arms: Sequence[ArmJudgement],
    by_arm: Mapping[str, ArmTrials],
    classes: Sequence[str],
) -> NextRound | None:
    if answer is None:
        return None
    arm = next(one for one in arms if one.name == answer.arm)
    return divide_next_round(arm, by_arm[arm.name], by_arm[answer.control], classes)


def _differences(
    by_arm: Mapping[str, ArmTrials], base: str, focus: Sequence[int], classes: Sequence[str]
) -> dict[str, tuple[Difference, ...]]:
    if base not in by_arm:
        return {}
    measures_of_all = [*(OF_FOCUS if focus else ()), "balanced_accuracy", "accuracy"]
    measures_of_all += [name for name in OF_ALL if name not in measures_of_all]
    wanted: dict[str, tuple[str, int | None]] = {name: (name, None) for name in measures_of_all}
    if len(focus) > 1:
        wanted |= {f"recall of {classes[label]}": ("recall", label) for label in focus}
    found = {
        name: compare(
            by_arm[base].runs(*which),
            {arm: one.runs(*which) for arm, one in by_arm.items() if arm != base},
        )
        for name, which in wanted.items()
    }
    return {name: rows for name, rows in found.items() if rows}


def _leaders(
    by_arm: Mapping[str, ArmTrials],
    arms: Sequence[ArmJudgement],
    base: str,
    differences: Mapping[str, Sequence[Difference]],
) -> dict[str, Leader]:
    found: dict[str, Leader] = {}
    for name in arms[0].whole:
        runs = {arm.name: by_arm[arm.name].runs(name) for arm in arms}
        figures = {arm.name: arm.whole[name] for arm in arms}
        leader = find_leader(runs, figures, base, differences.get(name, ()))
        found |= {} if leader is None else {name: leader}
    return found


def _exchange(
    asked: Exchange | None, by_arm: Mapping[str, ArmTrials]
) -> tuple[ExchangeRate | None, list[str]]:
    """The rate over the seeds that all its arms share; a note where that can't be had."""
    if asked is None:
        return None, []
    names = [*asked.real, *asked.with_synthetic]
    missing = [name for name in names if name not in by_arm]
    if missing:
        return None, [
            f"no exchange rate, since these arms are not trained yet: {', '.join(missing)}"
        ]
    seeds = sorted(set.intersection(*(set(by_arm[name].trials) for name in names)))
    if not seeds:
        return None, ["no exchange rate, since its arms have no seed in common"]
    real, mixed = (
        [_errors(name, by_arm[name], seeds, asked.measure) for name in group]
        for group in (asked.real, asked.with_synthetic)
    )
    return exchange_rate(asked.measure, real, mixed), []


def _errors(name: str, arm: ArmTrials, seeds: Sequence[int], measure: str) -> ArmErrors:
    found, sizes = [arm.trials[seed] for seed in seeds], []
    for one in found:
        counts = [*one.trial.counts.items(), *one.trial.pretrain_counts.items()]
        synthetic = sum(int(images.sum()) for origin, images in counts if origin != "real")
        sizes.append((int(one.trial.counts.get("real", np.zeros(1)).sum()), synthetic))
    real, synthetic_mean = np.mean(sizes, axis=0).tolist()
    errors = tuple(1 - float(one.whole[measure][0]) for one in found)
    return ArmErrors(name, real, synthetic_mean, errors)


def _notes(experiment: Experiment, trials: Sequence[Trial], classes: Sequence[str]) -> list[str]:
    notes = []
    absent = sorted(set(range(len(classes))) - {int(i) for i in np.unique(trials[0].labels)})
    if absent:
        named = ", ".join(classes[i] for i in absent[:10]) + (", …" if len(absent) > 10 else "")
        notes.append(
            f"there are no test images of {named}: figures of such a class are empty, and macro "
            "means leave it out"
        )
    for arm in experiment.arms:
        found = [trial for trial in trials if trial.arm == arm.name]
        lacking = sorted(set(experiment.seeds) - {trial.seed for trial in found})
        if lacking:
            notes.append(f"{arm.name}: no result for seed {', '.join(map(str, lacking))}")
        for trial in found:
            notes += [f"{arm.name}, seed {trial.seed}: {text}" for text in trial.short]
            last = trial.looks[-1].update if trial.looks else experiment.training.updates
            if last < experiment.training.updates:
                budget = f"{experiment.training.updates:,} updates"
                notes.append(
                    f"{arm.name}, seed {trial.seed}: stopped early after {last:,} of {budget}"
                )
    if len({trial.seed for trial in trials}) == 1:
        notes.append(
            "there is one seed: intervals are over test images and don't cover differences "
            "between trainings"
        )
    return notes
