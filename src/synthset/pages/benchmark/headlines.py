"""The benchmark in sentences: which set is best at what, and no more than the intervals support."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synthset.pages.benchmark.ranking import Ranking
from synthset.pages.benchmark.words import (
    GROUPS,
    capital,
    difference_ends,
    difference_text,
    ends_text,
    names,
    p_text,
    value_text,
    verdict,
)
from synthset.results.benchmark import Benchmark, Cell, Figure
from synthset.results.verdict import Gap, Runs, beaten

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


def headlines(benchmark: Benchmark, ranking: Ranking) -> list[Headline]:
    """Say who leads over all, who is best in each group, and who is ahead of the base."""
    found = [_by_rank(benchmark, ranking)]
    for group in GROUPS:
        figures = [one for one in benchmark.figures if one.group == group and one.better]
        if group == "statistics" or not figures:
            continue
        several = len(figures) > 1 and len(benchmark.arms) > 1 and group != "base"
        found.append(_group(benchmark, group, figures) if several else _best(benchmark, figures[0]))
    found.append(_against_base(benchmark))
    return [one for one in found if one is not None]


def best_arms(benchmark: Benchmark, figure: Figure) -> list[str]:
    """Whoever has the best value; several where they are equal, none where no end is better or all
    of several sets are equal."""
    ranks = benchmark.ranks(figure)
    if len(ranks) > 1 and len(set(ranks.values())) == 1:
        return []
    return [arm for arm in benchmark.arms if arm in ranks and ranks[arm] == min(ranks.values())]


def told_apart(benchmark: Benchmark, figure: Figure, best: str) -> set[str]:
    """Sets that the best one of a figure is better than, as `verdict.beaten` says."""
    cells = benchmark.cells[figure.name]
    known = {arm: cells[arm] for arm in benchmark.arms if cells[arm].value is not None}
    runs = {arm: _runs(benchmark, cell) for arm, cell in known.items()}
    gaps = {
        arm: Gap(cell.difference, cell.p)
        for arm, cell in known.items()
        if cell.difference is not None
    }
    return beaten(best, runs, benchmark.base, gaps, figure.better or "higher")


def _runs(benchmark: Benchmark, cell: Cell) -> Runs:
    pairs = zip(benchmark.seeds, cell.each, strict=True)
    each = {seed: value for seed, value in pairs if value is not None}
    return Runs(each, cell.low, cell.high)


def _by_rank(benchmark: Benchmark, ranking: Ranking) -> Headline | None:
    if len(ranking.means) < 2 or len(ranking.figures) < 2:
        return None
    first, *others = sorted(ranking.means, key=lambda arm: ranking.means[arm])
    lead = f"Best mean rank over {len(ranking.figures)} figures"
    main = f"{benchmark.arms[first]}, {ranking.means[first]:.1f} of {len(ranking.means)}"
    after = [f"{benchmark.arms[arm]} ({ranking.means[arm]:.1f})" for arm in others[:NEXT]]
    rest = f"Next: {', '.join(after)}"
    if benchmark.base in others[NEXT:]:
        rest += f"; the base has {ranking.means[benchmark.base]:.1f}"
    return Headline(lead, main, f"{rest}. Ranks say nothing of how far apart they are.")


def _best(benchmark: Benchmark, figure: Figure) -> Headline | None:
    found = best_arms(benchmark, figure)
    if not found:
        return None
    cells = benchmark.cells[figure.name]
    best = cells[found[0]]
    main = f"{names(benchmark, found)}, {value_text(figure, best.value)}"
    ends = ends_text(figure, best.low, best.high)
    main += f" ({ends})" if ends else ""
    if len(benchmark.arms) == 1:
        return Headline(capital(figure.text), main, "")
    others = [a for a in benchmark.arms if a not in found and cells[a].value is not None]
    apart = told_apart(benchmark, figure, found[0])
    alike = [arm for arm in others if arm not in apart]
    said = (_beside(benchmark, alike, others), _difference(benchmark, figure, found[0]))
    lead = f"{'Lowest' if figure.better == 'lower' else 'Highest'} {figure.text}"
    return Headline(lead, main, " ".join(text for text in said if text))


def _beside(benchmark: Benchmark, alike: Sequence[str], others: Sequence[str]) -> str:
    if not others:
        return ""
    if len(benchmark.seeds) < 2:
        if not alike:
            return "Its interval lies apart from all others'."
        return f"Its interval overlaps with those of: {names(benchmark, alike)}."
    if not alike:
        return "Every other set is behind it beyond chance."
    if len(alike) == len(others) > 1:
        return "No other set is told apart from it."
    return f"Not told apart from it: {names(benchmark, alike)}."


def _difference(benchmark: Benchmark, figure: Figure, arm: str) -> str:
    if arm == benchmark.base:
        return "It is the set that the others are compared with."
    cell = benchmark.cells[figure.name][arm]
    if cell.difference is None:
        return ""
    base = benchmark.cells[figure.name][benchmark.base]
    text = f"Against {benchmark.arms[benchmark.base]} ({value_text(figure, base.value)}): "
    text += difference_text(figure, cell.difference) + (" points" if figure.unit else "")
    ends, p = difference_ends(figure, cell), p_text(cell)
    text += f" ({ends})" if ends else ""
    text += f", {p}" if p else ""
    if not p and not ends:
        return f"{text}, not tested."
    return text + ("." if verdict(figure, cell) else "; that may be chance.")


def _group(benchmark: Benchmark, group: str, figures: Sequence[Figure]) -> Headline | None:
    wins = {arm: 0 for arm in benchmark.arms}
    for figure in figures:
        for arm in best_arms(benchmark, figure):
            wins[arm] += 1
    most = max(wins.values())
    if not most:
        return None
    first = [arm for arm in wins if wins[arm] == most]
    main = f"{names(benchmark, first)}, {'each ' if len(first) > 1 else ''}in {most}"
    main += f" of {len(figures)} figures"
    others = sorted((arm for arm in wins if 0 < wins[arm] < most), key=lambda arm: -wins[arm])
    rest = ", ".join(f"{benchmark.arms[arm]} in {wins[arm]}" for arm in others)
    return Headline(f"Best in {GROUPS[group]}", main, f"Then {rest}." if rest else "")


def _against_base(benchmark: Benchmark) -> Headline | None:
    others = [arm for arm in benchmark.arms if arm != benchmark.base]
    figures = [one for one in benchmark.figures if one.better and one.group != "statistics"]
    if not others or not figures:
        return None
    base = benchmark.arms[benchmark.base]
    one_seed = len(benchmark.seeds) == 1
    unknown = "One seed doesn't tell how another training would turn out."
    if one_seed:  # only what was tested image by image
        figures = [
            f for f in figures if any(_verdict(benchmark, f, arm) is not None for arm in others)
        ]
    verdicts = {arm: [_verdict(benchmark, one, arm) for one in figures] for arm in others}
    if all(one is None for found in verdicts.values() for one in found):
        return Headline(f"Differences to {base}", "not tested", unknown)
    ahead, behind = (_counted(benchmark, verdicts, word) for word in ("better", "worse"))
    neither = [arm for arm in others if not {"better", "worse"} & set(verdicts[arm])]
    main = f"{ahead} (of {len(figures)} figures)" if ahead else "none"
    rest = [f"Behind it: {behind}." if behind else ""]
    rest += [f"Neither: {names(benchmark, neither)}." if neither else ""]
    rest += ["At 5 %, after Holm's correction for the number of sets.", unknown if one_seed else ""]
    return Headline(f"Ahead of {base} beyond chance", main, " ".join(text for text in rest if text))


def _verdict(benchmark: Benchmark, figure: Figure, arm: str) -> str | None:
    """None where nothing can be said: no value, or one seed."""
    cell = benchmark.cells[figure.name][arm]
    tested = cell.p is not None or cell.difference_low is not None
    return verdict(figure, cell) if tested else None


def _counted(benchmark: Benchmark, verdicts: dict[str, list[str | None]], word: str) -> str:
    counts = {arm: found.count(word) for arm, found in verdicts.items() if word in found}
    order = sorted(counts, key=lambda arm: -counts[arm])
    more = f" and {len(order) - MOST} more" if len(order) > MOST else ""
    return ", ".join(f"{benchmark.arms[arm]} in {counts[arm]}" for arm in order[:MOST]) + more
