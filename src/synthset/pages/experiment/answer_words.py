"""The answer in words: do generated images help, by how much, how sure, and what to do next?"""

from __future__ import annotations

from collections.abc import Mapping

from synthset.pages.experiment.budget_words import find_answer_pair, name_share, write_budgets
from synthset.pages.experiment.experiment_words import measure_name
from synthset.pages.kit.numbers import count, duration, figure, p_value, points
from synthset.results.answer import Answer, Verdict, name_verdict
from synthset.results.judgement import Judgement
from synthset.results.next_round import NextRound

NAMED = 5  # classes that a sentence names
SAID = {
    "helps": "Generated images help",
    "hurts": "Generated images hurt here",
    "unknown": "It isn't clear yet whether generated images help",
}
SMALLER = {"helps": "they help", "hurts": "they hurt", "unknown": "that isn't clear"}


def write_answer(judgement: Judgement) -> tuple[str, str] | None:
    """Answer whether generated images help: a short sentence, and how much, how sure, at what cost,
    and what to do next. None where no arm has a control."""
    found = judgement.answer
    if found is None:
        return None
    texts = {arm.name: arm.text for arm in judgement.arms}
    ends = found.gain.interval
    span = "" if ends is None else f" ({points(ends.low)} to {points(ends.high)})"
    pair = f"{texts[found.arm]}, compared with {texts[found.control]}"
    pair = pair[:1].upper() + pair[1:]
    measure = measure_name(found.measure, judgement)
    gain = f"{points(found.gain.value or 0.0)} points{span} of {measure}"
    sure = "" if found.p_holm is None else f", {p_value(found.p_holm)}, corrected for all pairs"
    smaller = _find_other_verdict(judgement, found)
    rest = [
        f"{pair}: {gain}{sure}.",
        write_budgets(judgement),
        f"The best arm without generated images is {texts[found.beside]}, at "
        f"{figure(found.beside_figure)}.",
        f"The trainings took {duration(found.seconds)} in all.",
        _advise(found, texts) if smaller is None else _advise_longer(judgement),
        _divide_next(judgement.next_round),
    ]
    short = SAID[found.verdict]
    if smaller is not None and judgement.budgets is not None:
        short += f", but with {name_share(judgement.budgets)} {SMALLER[smaller]}"
    return f"{short}.", " ".join(text for text in rest if text)


def _find_other_verdict(judgement: Judgement, found: Answer) -> Verdict | None:
    """The verdict of the smaller budget on the answer's pair, where it is another one."""
    pair = find_answer_pair(judgement)
    if pair is None or not pair.changes_verdict:
        return None
    smaller = name_verdict(pair.smaller)
    return None if smaller == found.verdict else smaller


def _advise_longer(judgement: Judgement) -> str:
    updates = 2 * judgement.budgets.full if judgement.budgets else 0
    return (
        f"Next: train longer (training.updates: {updates}), since the verdict may depend on how "
        "long the arms are trained."
    )


def _advise(found: Answer, texts: Mapping[str, str]) -> str:
    if found.verdict == "helps":
        return f"Next: train with the images, draws and loss of {texts[found.arm]}."
    if found.verdict == "hurts":
        return "Next: look at the classes that lose, and generate or choose other images for them."
    if found.seeds is not None:
        return f"Next: {found.seeds} seeds would distinguish such a difference from chance."
    return "Next: more test images or other generated images; more seeds alone won't help."


def _divide_next(found: NextRound | None) -> str:
    """For which classes to generate next; nothing where there is no choice of classes."""
    if found is None or len(found.classes) < 2:
        return ""
    planned = sorted((one for one in found.classes if one.planned), key=lambda one: -one.planned)
    if not planned:
        return "No class gained, so there is none to generate more of these images for."
    named = ", ".join(f"{one.name} ({count(one.planned)})" for one in planned[:NAMED])
    named += f" and {len(planned) - NAMED} more" if len(planned) > NAMED else ""
    return (
        f"The next {count(sum(one.planned for one in planned))} images help most in the classes "
        f"that gained, each weighed by its gain in F1 and how sure that is: {named}; "
        "next_round.yaml beside this page has them for a recipe."
    )
