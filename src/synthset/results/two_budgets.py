"""The arms at two budgets: does their order depend on how long they are trained?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from synthset.recipe.experiment import Experiment
from synthset.results.answer import MEASURES
from synthset.results.arm_judgement import ArmTrials
from synthset.results.figure import Figure
from synthset.results.judge import Difference, Runs, compare_pairs, estimate
from synthset.results.measure_trials import measure_trials
from synthset.results.trial import Trial

Names = tuple[str, str]  # of an arm, and of the one that it is compared with


@dataclass(frozen=True, slots=True)
class ArmAtBudgets:
    """One measure of one arm.

    Attributes:
        smaller, full: its figures.
        growth: full less smaller budget, paired over seeds; corrected for the number of arms.
    """

    smaller: Figure
    full: Figure
    growth: Difference


@dataclass(frozen=True, slots=True)
class PairAtBudgets:
    """Two arms in one measure.

    Attributes:
        measure: in which they are compared.
        arm, other: their names.
        is_control: whether the other is the control of the arm.
        smaller, full: arm less other at each budget.
        change: what the full budget adds to that difference; a verdict that changes may yet be
            chance where this is.
    """

    measure: str
    arm: str
    other: str
    is_control: bool
    smaller: Difference
    full: Difference
    change: Difference

    @property
    def reorders(self) -> bool:
        """Whether the arms change their order."""
        return self.smaller.value * self.full.value < 0

    @property
    def changes_verdict(self) -> bool:
        """Whether the arm and its control differ beyond chance at one budget alone, or the other
        way round."""
        return self.is_control and self.smaller.verdict != self.full.verdict

    @property
    def beyond_chance(self) -> bool:
        """Whether they differ beyond chance at one budget at least."""
        return self.smaller.verdict is not None or self.full.verdict is not None

    @property
    def is_named(self) -> bool:
        """Whether a reader must know of it."""
        return self.reorders or self.changes_verdict

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """What a reader must know first is the least: verdicts that change, then orders that change
        beyond chance, then other orders that change."""
        return (
            not self.changes_verdict,
            not self.reorders,
            not self.beyond_chance,
        )


@dataclass(frozen=True)
class TwoBudgets:
    """All arms at two budgets.

    Attributes:
        smaller, full: updates.
        share: of the full budget that the smaller one is.
        seeds: trained at both; other seeds play no part here.
        figures: measure -> arm -> its figures. The measure of the answer comes first, then
            accuracy.
        pairs: every arm and its control, and all other arms whose order changes; first what a
            reader must know first. Differences are corrected as elsewhere: for the number of pairs
            of arm and control, of arms that are compared with the base arm, of all other pairs.
    """

    smaller: int
    full: int
    share: float
    seeds: tuple[int, ...]
    figures: Mapping[str, Mapping[str, ArmAtBudgets]]
    pairs: tuple[PairAtBudgets, ...]


def judge_budgets(
    experiment: Experiment,
    trials: Sequence[Trial],
    smaller: Sequence[Trial],
    by_arm: Mapping[str, ArmTrials],
    focus: Sequence[int],
) -> TwoBudgets | None:
    """Compare the arms at both budgets, over the seeds that were trained at both.

    Args:
        experiment: names the base, the controls and the budgets.
        trials: of the full budget.
        smaller: of the smaller budget.
        by_arm: trials of the full budget, measured.
        focus: labels that come first.

    Returns:
        None where nothing was trained at the smaller budget.
    """
    asked = experiment.smaller_budget
    done = {(one.arm, one.seed) for one in smaller} & {(one.arm, one.seed) for one in trials}
    if asked is None or not done:
        return None
    both, shorter = (
        [one for one in some if (one.arm, one.seed) in done] for some in (trials, smaller)
    )
    full = by_arm if len(both) == len(trials) else measure_trials(both, focus)
    less = measure_trials(shorter, focus)
    there = next(iter(next(iter(full.values())).trials.values())).whole
    measures = (next(name for name in MEASURES if name in there), "accuracy")
    seeds = tuple(sorted({one.seed for one in both}))
    pairs = [one for name in measures for one in _pair(experiment, name, less, full)]
    return TwoBudgets(
        smaller=experiment.smaller_updates,
        full=experiment.training.updates,
        share=asked.share,
        seeds=seeds,
        figures={name: _list_figures(name, less, full, seeds) for name in measures},
        pairs=tuple(sorted(pairs, key=lambda one: one.rank)),
    )


def _list_figures(
    measure: str,
    less: Mapping[str, ArmTrials],
    full: Mapping[str, ArmTrials],
    seeds: Sequence[int],
) -> dict[str, ArmAtBudgets]:
    runs = {arm: (full[arm].runs(measure), less[arm].runs(measure)) for arm in full}
    return {
        growth.arm: ArmAtBudgets(
            estimate(runs[growth.arm][1], seeds), estimate(runs[growth.arm][0], seeds), growth
        )
        for growth in compare_pairs(runs)
    }


def _pair(
    experiment: Experiment,
    measure: str,
    less: Mapping[str, ArmTrials],
    full: Mapping[str, ArmTrials],
) -> Iterable[PairAtBudgets]:
    """Every arm and its control, and all other pairs whose order changes."""
    families = _group_pairs(experiment, list(full))
    budgets = [{arm: one.runs(measure) for arm, one in all_.items()} for all_ in (less, full)]
    budgets.append({arm: _subtract(budgets[1][arm], budgets[0][arm]) for arm in full})
    told = set[frozenset[str]]()
    for number, names in enumerate(families):
        rows = [_compare(names, runs) for runs in budgets]
        for pair in rows[0]:
            found = PairAtBudgets(measure, *pair, number == 0, *(row[pair] for row in rows))
            if (found.is_control or found.reorders) and frozenset(pair) not in told:
                yield found
            told.add(frozenset(pair))


def _group_pairs(experiment: Experiment, arms: Sequence[str]) -> tuple[list[Names], ...]:
    """Pairs of arm and control, of arm and base, and all others: each group is corrected alone, as
    it is in the tables of the page."""
    controls = [
        (arm.name, arm.control)
        for arm in experiment.arms
        if isinstance(arm.control, str) and {arm.name, arm.control} <= set(arms)
    ]
    base = experiment.compared_with
    others = [(arm, base) for arm in arms if arm != base] if base in arms else []
    known = {frozenset(pair) for pair in (*controls, *others)}
    rest = [pair for pair in combinations(arms, 2) if frozenset(pair) not in known]
    return controls, others, rest


def _compare(pairs: Sequence[Names], runs: Mapping[str, Runs]) -> dict[Names, Difference]:
    keys = {" ".join(pair): pair for pair in pairs}
    rows = compare_pairs({key: (runs[arm], runs[other]) for key, (arm, other) in keys.items()})
    return {keys[row.arm]: replace(row, arm=keys[row.arm][0]) for row in rows}


def _subtract(full: Runs, less: Runs) -> Runs:
    """What the full budget adds to an arm, seed by seed."""
    values = {seed: full.values[seed] - less.values[seed] for seed in full.values}
    return Runs(values, unit=full.unit, better=full.better)
