"""An arm of an experiment: which images it trains on, how often they are drawn, with which loss."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from itertools import takewhile
from typing import Literal

from pydantic import Field

from synthset.errors import Problem, did_you_mean
from synthset.recipe.settings import Name, Settings
from synthset.recipe.training import Loss, Mixing, Shares, SourceDraws

#: Stands in an arm for the classes of `real.cut`.
CUT = "$cut"

#: What an arm is called, taken away, to see whether two are alike otherwise.
UNNAMED: dict[str, str | None] = {"name": "", "text": "", "control": None}

#: Ways to choose images by what a classifier says of them.
Choice = Literal["recognition", "nearest", "diverse", "influence", "hard"]


class ArmPart(Settings):
    """Images of one set that go into a training set, class by class."""

    set: str
    """`real`, or a name of `sets`."""
    classes: tuple[str, ...] | None = None
    """Only these classes; `$cut` stands for those of `real.cut`; none means all."""
    per_class: int | None = Field(None, ge=1)
    """At most this many images of each class."""
    share: float | None = Field(None, gt=0, le=1)
    """This share of each class's images, but at least one."""
    ratio: float | None = Field(None, gt=0, le=1000)
    """This many images for each image of the class in earlier parts: 1.0 makes half and half."""
    top_up_to: int | Literal["largest"] | None = None
    """Fill the class up to this count, together with earlier parts; `largest` is the count of their
    largest class."""
    short: Literal["refuse", "take"] = "refuse"
    """What to do when a class has fewer images than asked for: `refuse`, or `take` those it has and
    say so."""
    choose: Choice | None = None
    """How the images of a class are chosen; none draws them at random. A judge chooses: a
    classifier that is trained with the arm's loss, draws and seed on the parts before the first one
    that chooses, and so has seen nothing but images of the arm; or the arm that `judge` names.
    `recognition` takes those to whose class it gives the highest probability, `hard` those that it
    recognises by the smallest margin, `nearest` those nearest to the class's real training images
    in its features, `diverse` those that represent all the recognised ones best, and `influence`
    those whose gradient reduces the loss on the validation split the most, each class weighing the
    same."""

    @property
    def asked(self) -> str | None:
        """Name of the one amount that is set; None means everything."""
        amounts = ("per_class", "share", "ratio", "top_up_to")
        return next((name for name in amounts if getattr(self, name) is not None), None)


Draws = dict[str, SourceDraws]


class Phase(Settings):
    """A part of an arm's updates, with draws of its own."""

    share: float = Field(gt=0, le=1)
    """Share of the updates that go to `parts`."""
    draws: Draws = Field(min_length=1)
    """As `draws` of the arm; a set that isn't named here isn't drawn in this phase."""


class Arm(Settings):
    """One way to train: on which images, with which loss."""

    name: Name
    """Name of the arm."""
    text: str = ""
    """A few words for tables and figures; none means the name."""
    parts: tuple[ArmPart, ...] = Field(min_length=1)
    """The training set, part by part: an earlier part may be `real`, and a later one fills it
    up."""
    pretrain: tuple[ArmPart, ...] = ()
    """Train on these first, then on `parts`, each with its own schedule."""
    pretrain_share: float = Field(0.5, gt=0, lt=1)
    """Share of the updates spent on `pretrain`; the total budget stays the same."""
    loss: Loss = Loss()
    """Loss and sampling."""
    draws: Draws = Field(default_factory=dict)
    """How often each set of `parts`, and each class within it, is drawn. It must name every set of
    `parts`; none draws every image equally often. Lists of shares are candidates: the first entries
    of all lists belong together, then the second ones, and so on. Each candidate is trained with
    every seed, and the seed's validation split chooses the best by `tuned_by`, the first of equal
    ones."""
    phases: tuple[Phase, ...] = ()
    """Draws that change while the arm trains, in place of `draws`: generated images first and real
    ones last, for instance. The schedule of the learning rate runs through; prior and class weights
    are those of the phase."""
    mix: Mixing | None = None
    """Mix images of a class across sets, image by image; none leaves them whole."""
    judge: Name | None = None
    """The arm whose classifier, trained with the same seed, ranks the images that `choose` takes;
    several arms can share one. It may not choose images, or draws from lists. None trains a
    classifier on the parts before the first one that chooses."""
    control: Literal[True] | Name | None = None
    """The arm without generated images, which shows what they add: its name, or true for a further
    arm `NAME-control` with only the real images and the same loss and draws. If draws are chosen,
    it chooses its own. For an arm that chooses images (`choose`), true is an arm with as many
    images of each class, drawn at random, which shows what the choice adds."""

    @property
    def schedule(self) -> tuple[Phase, ...]:
        """The phases; one of all updates where `draws` stay the same, none without draws."""
        return self.phases or ((Phase(share=1.0, draws=self.draws),) if self.draws else ())

    @property
    def sets(self) -> tuple[str, ...]:
        """Sets that its parts take images of, beside the real images."""
        names = dict.fromkeys(part.set for part in (*self.pretrain, *self.parts))
        return tuple(name for name in names if name != "real")

    @property
    def choosing(self) -> tuple[ArmPart, ...]:
        """The parts that choose their images."""
        return tuple(part for part in (*self.pretrain, *self.parts) if part.choose)

    @property
    def own_judge(self) -> Arm:
        """What trains the classifier by which parts choose their images, if `judge` names none."""
        before = tuple(takewhile(lambda part: part.choose is None, self.parts))
        return self.reduce("judge", before)

    def draw_randomly(self, **changes: str | None) -> Arm:
        """The same with images drawn at random where it chooses them.

        Args:
            changes: of name, text and control.
        """
        parts, pretrain = (
            tuple(part.model_copy(update={"choose": None}) for part in some)
            for some in (self.parts, self.pretrain)
        )
        drawn = {"parts": parts, "pretrain": pretrain, "judge": None}
        return self.model_copy(update={**drawn, **changes})

    def reduce(self, name: str, parts: tuple[ArmPart, ...], text: str = "") -> Arm:
        """Take some of the parts alone, drawn as in the arm, with its loss.

        Args:
            name: of the new arm.
            parts: that it trains on.
            text: of the new arm.
        """
        sets = {part.set for part in parts}
        phases = [one for one in self.phases if sets & one.draws.keys()]
        updates = sum(one.share for one in phases)
        return Arm(
            name=name,
            text=text,
            parts=parts,
            loss=self.loss,
            draws=self.draws,
            phases=tuple(one.model_copy(update={"share": one.share / updates}) for one in phases),
            mix=self.mix if len(sets) > 1 else None,
        ).change_draws(lambda draws: _keep_sets(draws, sets))

    @property
    def candidates(self) -> tuple[Arm, ...]:
        """The arm with each of the draws that it chooses from; itself where there is no choice."""
        counts = [
            len(one)
            for phase in self.schedule
            for draws in phase.draws.values()
            for one in draws.lists.values()
        ]
        chosen = [self.change_draws(_choose(number)) for number in range(max(counts, default=1))]
        return tuple(one for i, one in enumerate(chosen) if one not in chosen[:i])

    @property
    def tuned_classes(self) -> tuple[str, ...]:
        """Classes whose share of the draws is chosen."""
        names = (
            name
            for phase in self.schedule
            for one in phase.draws.values()
            for name in one.lists
            if name != "share"
        )
        return tuple(dict.fromkeys(names))

    def change_draws(self, change: Callable[[Draws], Draws]) -> Arm:
        """Change the draws of all phases."""
        phases = tuple(one.model_copy(update={"draws": change(one.draws)}) for one in self.phases)
        return self.model_copy(update={"draws": change(self.draws), "phases": phases})


def _choose(number: int) -> Callable[[Draws], Draws]:
    return lambda draws: {name: one.choose(number) for name, one in draws.items()}


def fill_in_cut(arm: Arm, cut: tuple[str, ...]) -> Arm:
    """Put the classes of `real.cut` where an arm says `$cut`; they share its draws equally."""

    def part(one: ArmPart) -> ArmPart:
        names = one.classes or ()
        new = [name for each in names for name in (cut if each == CUT else (each,))]
        return one if CUT not in names else one.model_copy(update={"classes": tuple(new)})

    def draws(one: SourceDraws) -> SourceDraws:
        rest = {name: share for name, share in one.classes.items() if name != CUT}
        each = {name: _divide(one.classes[CUT], len(cut)) for name in cut if CUT in one.classes}
        return one.model_copy(update={"classes": {**rest, **each}})

    changes = {
        "parts": tuple(map(part, arm.parts)),
        "pretrain": tuple(map(part, arm.pretrain)),
    }
    changed = arm.model_copy(update=changes)
    return changed.change_draws(lambda all_: {name: draws(one) for name, one in all_.items()})


def _keep_sets(draws: Draws, sets: Collection[str]) -> Draws:
    """The draws of some sets: the shares that are given keep their proportions."""
    kept = {name: one for name, one in draws.items() if name in sets}
    if len(kept) == 1:
        return {name: one.model_copy(update={"share": 1.0}) for name, one in kept.items()}
    given = [one.share for one in kept.values()]
    if not all(isinstance(share, float) for share in given):
        return kept
    total = sum(share for share in given if isinstance(share, float))
    return {
        name: one.model_copy(update={"share": share / total})
        for (name, one), share in zip(kept.items(), given, strict=True)
        if isinstance(share, float)
    }


def _divide(shares: Shares, count: int) -> Shares:
    return tuple(x / count for x in shares) if isinstance(shares, tuple) else shares / count


def add_control(arm: Arm) -> list[Arm]:
    """The arm, and, where it asks for one, its control: real images alone, drawn alike; or, where
    the arm chooses images, as many at random."""
    if arm.control is not True:
        return [arm]
    name, text = f"{arm.name}-control", f"{arm.text or arm.name}: control"
    if arm.choosing:
        control = arm.draw_randomly(name=name, text=text, control=None)
    else:
        control = arm.reduce(name, tuple(part for part in arm.parts if part.set == "real"), text)
    return [arm.model_copy(update={"control": name}), control]


def check_choices(where: str, arm: Arm, named: Arm | None) -> list[Problem]:
    """Check that images are chosen from more than are taken, and by a judge that can be trained.

    Args:
        where: place of the arm in the experiment.
        arm: its parts.
        named: the arm that is its judge; none if it names none.
    """
    chosen = [
        (f"{where}.{field}[{i}].choose", part)
        for field in ("pretrain", "parts")
        for i, part in enumerate(getattr(arm, field))
        if part.choose
    ]
    problems = []
    for place, part in chosen:
        if not part.asked:
            found = f"{part.choose} without an amount, which takes every image"
            problems.append(Problem(place, found, "give per_class, share, ratio or top_up_to"))
    if named is None and arm.parts[0].choose:
        found = f"{arm.parts[0].choose} in the first part: there are no images to train a judge on"
        right = "put another part first, such as {set: real}, or let `judge` name another arm"
        alone = Problem(f"{where}.parts[0].choose", found, right)
        return problems if arm.judge else [*problems, alone]
    trained = {part.set for part in (named or arm.own_judge).parts} if chosen else set()
    for place, part in chosen:
        if part.choose == "nearest" and "real" not in trained:
            found = "nearest to real images, but the judge trains on none"
            right = "choose in another way, or let `judge` name an arm with real images"
            problems.append(Problem(place, found, right))
    return problems


def check_judge(where: str, arm: Arm, named: Arm, controls: Mapping[str, str]) -> list[Problem]:
    """Check that the arm that is a judge is known before images are chosen.

    Args:
        where: place of the arm in the experiment.
        arm: names its judge.
        named: that judge.
        controls: arm that takes as many images at random as another one chooses -> the other one.
    """
    found = []
    if not arm.choosing:
        right = "remove `judge`, or give a part `choose`"
        found.append(("there is a judge, but no part of the arm chooses its images", right))
    if named.choosing:
        right = "name an arm that draws its images at random"
        found.append((f"arm {named.name!r} chooses images itself", right))
    if named.name in controls:
        taken = f"arm {named.name!r} takes as many images as {controls[named.name]!r} chooses"
        found.append((taken, "name an arm that depends on no choice"))
    if len(named.candidates) > 1:
        right = "name an arm with a single value for each share"
        found.append((f"arm {named.name!r} chooses its draws from lists of shares", right))
    return [Problem(f"{where}.judge", *one) for one in found]


def check_draws(where: str, arm: Arm) -> list[Problem]:
    """Check that draws are of the sets that an arm has, and stand instead of a sampling.

    Args:
        where: place of the arm in the experiment.
        arm: its draws, phases and mixing.
    """
    problems, sets = [], {part.set for part in arm.parts}
    places = [(f"{where}.phases[{i}].draws", one.draws) for i, one in enumerate(arm.phases)]
    places += [(f"{where}.draws", arm.draws)] if arm.draws else []
    for place, draws in places:
        for name in sorted(set(draws) - sets):
            right = did_you_mean(name, sorted(sets))
            problems.append(Problem(f"{place}.{name}", "no part of the arm takes this set", right))
    named = {name for _, draws in places for name in draws}
    lacking = sorted(sets - named) if places else []
    if lacking:
        found = f"no entry for {', '.join(lacking)}"
        problems.append(Problem(f"{where}.draws", found, "name every set of `parts`"))
    if arm.phases and arm.draws:
        problems.append(
            Problem(f"{where}.phases", "found together with `draws`", "remove one of the two")
        )
    updates = sum(one.share for one in arm.phases)
    if arm.phases and abs(updates - 1) > 1e-6:
        found = f"shares that add up to {updates:g}"
        problems.append(Problem(f"{where}.phases", found, "let them add up to 1"))
    lists = [it for _, draws in places for one in draws.values() for it in one.lists.values()]
    counts = sorted({len(one) for one in lists})
    if len(counts) > 1:
        found = f"there are lists of {' and '.join(map(str, counts))} shares"
        right = "give all lists the same length: their entries are taken together"
        problems.append(Problem(f"{where}.draws", found, right))
    if places and arm.loss.sampling != "natural":
        found = f"`sampling: {arm.loss.sampling}` together with `draws`"
        problems.append(Problem(f"{where}.loss.sampling", found, "remove one of the two"))
    if arm.mix is not None and len(sets) < 2:
        found = f"only {next(iter(sets))} to mix with"
        problems.append(Problem(f"{where}.mix", found, "add a part of another set, or remove it"))
    return problems
