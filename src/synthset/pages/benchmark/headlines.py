"""The benchmark in sentences: which set is best at what, and no more than the intervals support."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synthset.pages.benchmark.benchmark_words import (
    GROUPS,
    capitalise,
    format_difference,
    format_difference_ends,
    format_ends,
    format_p,
    format_value,
    join_names,
)
from synthset.results.benchmark import Benchmark, Measure

NEXT = 2  # sets that are named after the one of the best rank
MOST = 6  # sets of one verdict that are named


@dataclass(frozen=True)
class Headline:
    """A sentence in three parts.

    Attributes:
        lead: what it is about.
        main: the finding.
        rest: what else must be known of it.
    """

    lead: str
    main: str
    rest: str


def write_headlines(benchmark: Benchmark) -> list[Headline]:
    """Say who leads over all, who is best in each group, and who is ahead of the base."""
    found = [_by_rank(benchmark)]
    for group in GROUPS:
        measures = [one for one in benchmark.measures if one.group == group and one.better]
        if group == "statistics" or not measures:
            continue
        several = len(measures) > 1 and len(benchmark.arms) > 1 and group != "base"
        if several:
            found.append(_group(benchmark, group, measures))
        else:
            found.append(_best(benchmark, measures[0]))
    found.append(_against_base(benchmark))
    return [one for one in found if one is not None]


def find_best_arms(benchmark: Benchmark, measure: Measure) -> tuple[str, ...]:
    """Whoever has the best value; several where they are equal, none where no end is better or all
    of several sets are equal."""
    leader, cells = benchmark.leaders.get(measure.name), benchmark.cells[measure.name]
    known = sum(cell.figure.value is not None for cell in cells.values())
    return () if leader is None or 1 < known == len(leader.best) else leader.best


def _by_rank(benchmark: Benchmark) -> Headline | None:
    ranking = benchmark.ranking
    if len(ranking.means) < 2 or len(ranking.ranked) < 2:
        return None
    first, *others = sorted(ranking.means, key=lambda arm: ranking.means[arm])
    lead = f"Best mean rank over {len(ranking.ranked)} figures"
    main = f"{benchmark.arms[first]}, {ranking.means[first]:.1f} of {len(ranking.means)}"
    after = [f"{benchmark.arms[arm]} ({ranking.means[arm]:.1f})" for arm in others[:NEXT]]
    rest = f"Next: {', '.join(after)}"
    if benchmark.base in others[NEXT:]:
        rest += f"; the base has {ranking.means[benchmark.base]:.1f}"
    return Headline(lead, main, f"{rest}. Ranks don't show how far apart the sets are.")


def _best(benchmark: Benchmark, measure: Measure) -> Headline | None:
    found = find_best_arms(benchmark, measure)
    if not found:
        return None
    cells = benchmark.cells[measure.name]
    best = cells[found[0]].figure
    main = f"{join_names(benchmark, found)}, {format_value(measure.unit, best.value)}"
    ends = format_ends(best)
    main += f" ({ends})" if ends else ""
    if len(benchmark.arms) == 1:
        return Headline(capitalise(measure.text), main, "")
    others = [a for a in benchmark.arms if a not in found and cells[a].figure.value is not None]
    beaten = benchmark.leaders[measure.name].beaten
    alike = [arm for arm in others if arm not in beaten]
    said = (_describe_rest(benchmark, alike, others), _difference(benchmark, measure, found[0]))
    lead = f"{'Lowest' if measure.better == 'lower' else 'Highest'} {measure.text}"
    return Headline(lead, main, " ".join(text for text in said if text))


def _describe_rest(benchmark: Benchmark, alike: Sequence[str], others: Sequence[str]) -> str:
    if not others:
        return ""
    if len(benchmark.seeds) < 2:
        if not alike:
            return "Its interval overlaps with no other."
        return f"Its interval overlaps with those of {join_names(benchmark, alike)}."
    if not alike:
        return "It is significantly better than every other set."
    if len(alike) == len(others) > 1:
        return "No other set differs significantly from it."
    return f"Not significantly different: {join_names(benchmark, alike)}."


def _difference(benchmark: Benchmark, measure: Measure, arm: str) -> str:
    if arm == benchmark.base:
        return "It is the set that the others are compared with."
    cells = benchmark.cells[measure.name]
    found = cells[arm].difference
    if found is None:
        return ""
    base = format_value(measure.unit, cells[benchmark.base].figure.value)
    text = f"Against {benchmark.arms[benchmark.base]} ({base}): "
    text += format_difference(measure.unit, found.value) + (" points" if measure.unit else "")
    ends, p = format_difference_ends(found), format_p(found)
    text += f" ({ends})" if ends else ""
    text += f", {p}" if p else ""
    if not p and not ends:
        return f"{text}, not tested."
    return text + ("." if found.verdict else "; this may be due to chance.")


def _group(benchmark: Benchmark, group: str, measures: Sequence[Measure]) -> Headline | None:
    wins = {arm: 0 for arm in benchmark.arms}
    for measure in measures:
        for arm in find_best_arms(benchmark, measure):
            wins[arm] += 1
    most = max(wins.values())
    if not most:
        return None
    first = [arm for arm in wins if wins[arm] == most]
    main = f"{join_names(benchmark, first)}, {'each ' if len(first) > 1 else ''}in {most}"
    main += f" of {len(measures)} figures"
    others = sorted((arm for arm in wins if 0 < wins[arm] < most), key=lambda arm: -wins[arm])
    rest = ", ".join(f"{benchmark.arms[arm]} in {wins[arm]}" for arm in others)
    return Headline(f"Best in {GROUPS[group]}", main, f"Then {rest}." if rest else "")


def _against_base(benchmark: Benchmark) -> Headline | None:
    others = [arm for arm in benchmark.arms if arm != benchmark.base]
    measures = [one for one in benchmark.measures if one.better and one.group != "statistics"]
    if not others or not measures:
        return None
    base = benchmark.arms[benchmark.base]
    one_seed = len(benchmark.seeds) == 1
    unknown = "One seed doesn't show how another training would turn out."
    if one_seed:  # only what was tested image by image
        measures = [
            m for m in measures if any(_verdict(benchmark, m, arm) is not None for arm in others)
        ]
    verdicts = {arm: [_verdict(benchmark, one, arm) for one in measures] for arm in others}
    if all(one is None for found in verdicts.values() for one in found):
        return Headline(f"Differences from {base}", "not tested", unknown)
    ahead, behind = (_count_verdicts(benchmark, verdicts, word) for word in ("better", "worse"))
    neither = [arm for arm in others if not {"better", "worse"} & set(verdicts[arm])]
    main = f"{ahead} (of {len(measures)} figures)" if ahead else "none"
    rest = [f"Significantly behind: {behind}." if behind else ""]
    rest += [f"Neither: {join_names(benchmark, neither)}." if neither else ""]
    rest += ["At 5 %, after Holm's correction for the number of sets.", unknown if one_seed else ""]
    return Headline(f"Significantly ahead of {base}", main, " ".join(text for text in rest if text))


def _verdict(benchmark: Benchmark, measure: Measure, arm: str) -> str | None:
    """None where nothing was tested; empty where it may be chance."""
    found = benchmark.cells[measure.name][arm].difference
    return None if found is None or not found.test else found.verdict or ""


def _count_verdicts(benchmark: Benchmark, verdicts: dict[str, list[str | None]], word: str) -> str:
    counts = {arm: found.count(word) for arm, found in verdicts.items() if word in found}
    order = sorted(counts, key=lambda arm: -counts[arm])
    more = f" and {len(order) - MOST} more" if len(order) > MOST else ""
    return ", ".join(f"{benchmark.arms[arm]} in {counts[arm]}" for arm in order[:MOST]) + more
