"""What the page says of two budgets: which verdicts and which orders depend on the training."""

from __future__ import annotations

from synthset.pages.experiment.experiment_words import measure_name
from synthset.pages.kit.numbers import count, points
from synthset.results.judge import Verdict
from synthset.results.judgement import Judgement
from synthset.results.two_budgets import PairAtBudgets, TwoBudgets

NAMED = 2  # comparisons that a sentence spells out
LISTED = 12  # pairs of a measure that differ by chance at most
SHARES = {0.5: "half the training", 0.25: "a quarter of the training"}
BESIDE: dict[Verdict, str] = {
    "better": "is better than",
    "worse": "is worse than",
    None: "doesn't clearly differ from",
}
ALONE: dict[Verdict, str] = {
    "better": "is better",
    "worse": "is worse",
    None: "doesn't clearly differ",
}


def name_share(budgets: TwoBudgets) -> str:
    """The smaller budget in words, such as `half the training`."""
    return SHARES.get(budgets.share, f"{100 * budgets.share:.3g} % of the training")


def describe_seeds(judgement: Judgement, budgets: TwoBudgets) -> str:
    """Say which seeds were trained at both budgets, where not all were."""
    if budgets.seeds == judgement.seeds:
        return ""
    named = ", ".join(map(str, budgets.seeds))
    return f"{'seed' if len(budgets.seeds) == 1 else 'seeds'} {named} only"


def find_answer_pair(judgement: Judgement) -> PairAtBudgets | None:
    """The arm and control of the answer, in its measure, at both budgets."""
    answer = judgement.answer
    if answer is None or judgement.budgets is None:
        return None
    asked = (answer.measure, answer.arm, answer.control)
    pairs = judgement.budgets.pairs
    return next((one for one in pairs if (one.measure, one.arm, one.other) == asked), None)


def write_budgets(judgement: Judgement) -> str:
    """Say in a sentence what a smaller budget changes, first what concerns the answer; nothing
    where there was one budget only."""
    budgets = judgement.budgets
    if budgets is None:
        return ""
    seeds = describe_seeds(judgement, budgets)
    lead = f"With {name_share(budgets)} ({count(budgets.smaller)} updates"
    lead += f"; {seeds})" if seeds else ")"
    named = [one for one in budgets.pairs if one.is_named]
    if not named:
        measures = " and ".join(measure_name(one, judgement) for one in budgets.figures)
        return f"{lead}, all arms have the same order in {measures}."
    telling = [one for one in named if one.beyond_chance or _is_of_answer(one, judgement)]
    telling.sort(key=lambda one: (not one.changes_verdict, not _is_of_answer(one, judgement)))
    said = _describe_pairs(telling, judgement)
    said[NAMED:] = ["there are more such cases"] if len(said) > NAMED else []
    if len(telling) < len(named):
        where = "only among arms that don't differ significantly"
        said.append(f"{'otherwise, ' if said else ''}the order changes {where}")
    return f"{lead}, {'; '.join(said)}."


def list_doubtful(judgement: Judgement, budgets: TwoBudgets) -> list[tuple[str, str]]:
    """Name the pairs whose order changes, but may do so by chance: measure and pairs."""
    found: dict[str, list[str]] = {}
    for one in budgets.pairs:
        if one.reorders and not one.beyond_chance:
            found.setdefault(one.measure, []).append(_join(one, judgement))
    return [
        (measure_name(measure, judgement), "; ".join([*named[:LISTED], *_count_more(named)]))
        for measure, named in found.items()
    ]


def describe_growth(judgement: Judgement, budgets: TwoBudgets) -> str:
    """Say how much accuracy the rest of the training brings."""
    texts = {arm.name: arm.text for arm in judgement.arms}
    found = [one.growth for one in budgets.figures["accuracy"].values()]
    least, most = (pick(found, key=lambda one: one.value) for pick in (min, max))
    ends = (f"{points(one.value)} points ({texts[one.arm]})" for one in (least, most))
    return (
        f"From {count(budgets.smaller)} to {count(budgets.full)} updates, accuracy changes by "
        f"{' to '.join(ends)}; the more it still rises, the less the order is settled."
    )


def _count_more(named: list[str]) -> list[str]:
    return [f"{len(named) - LISTED} more"] if len(named) > LISTED else []


def _is_of_answer(pair: PairAtBudgets, judgement: Judgement) -> bool:
    """Whether the answer compares these arms: the best with its control, or with the best of those
    without generated images."""
    found = judgement.answer
    if found is None or pair.measure != found.measure:
        return False
    return {pair.arm, pair.other} in ({found.arm, found.control}, {found.arm, found.beside})


def _describe_pairs(pairs: list[PairAtBudgets], judgement: Judgement) -> list[str]:
    """Say what changes between two arms, once for all measures in which it does."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in pairs:
        found.setdefault(_describe_pair(one, judgement), []).append(
            measure_name(one.measure, judgement)
        )
    return [
        f"{before} in {' and '.join(measures)}{after}"
        for (before, after), measures in found.items()
    ]


def _describe_pair(pair: PairAtBudgets, judgement: Judgement) -> tuple[str, str]:
    """What stands before the measure, and after it."""
    texts = {arm.name: arm.text for arm in judgement.arms}
    if pair.changes_verdict:
        beside = f"{texts[pair.arm]} {BESIDE[pair.smaller.verdict]} {texts[pair.other]}"
        chance = "" if pair.change.verdict else " (a change that may be due to chance)"
        return beside, f", but {ALONE[pair.full.verdict]} with all of it{chance}"
    chance = "" if pair.beyond_chance else ", which may be due to chance"
    return f"the order of {_join(pair, judgement)} changes", chance


def _join(pair: PairAtBudgets, judgement: Judgement) -> str:
    texts = {arm.name: arm.text for arm in judgement.arms}
    return f"{texts[pair.arm]} and {texts[pair.other]}"
