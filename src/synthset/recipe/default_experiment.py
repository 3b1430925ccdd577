"""The experiment that a folder of labelled images asks for: which remedies are worth trying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RARE = 3  # a class is rare if the largest has so many times its images
MOST_COPIES = 5_000  # made by classical augmentation; of more the network's own changes do as well
TOWARDS_NATURAL = (2 / 3, 1 / 3, 1.0)  # of the way from even draws to natural ones, as logarithms
ENOUGH = 100  # images of a rare class of which a tenth can choose between these
GENERATED = ((100, 0.3), (1_000, 0.15))  # fewer real images a class than this -> share of draws
GENERATED_LEAST = 0.05
SMALLER_SHARE = 0.5  # of the updates, with which arms are trained as well


@dataclass(frozen=True)
class Plan:
    """What an experiment of a folder is made of.

    Attributes:
        name: of the experiment.
        train, test: labelled images in a recipe's settings; no test splits one off.
        sets: generated images by name, likewise.
        counts: class -> real training images.
        size_px: width and height that the network sees.
        batch_size: images an update.
        updates: of each training.
        seeds: trainings of each arm.
        smaller_seeds: of these, how many are trained with half the updates, too.
    """

    name: str
    train: Mapping[str, Any]
    test: Mapping[str, Any] | None
    sets: Mapping[str, Mapping[str, Any]]
    counts: Mapping[str, int]
    size_px: int
    batch_size: int = 256
    updates: int = 1000
    seeds: int = 3
    smaller_seeds: int = 0

    @property
    def rare(self) -> tuple[str, ...]:
        """Classes with at most a third of the images of the largest one."""
        largest = max(self.counts.values())
        return tuple(name for name, count in self.counts.items() if RARE * count <= largest)


def compose_experiment(plan: Plan) -> dict[str, Any]:
    """Write the settings of the experiment, as `Experiment` reads them.

    Without rare classes the remedies for imbalance are left out; without sets the arms with
    generated images.
    """
    real: dict[str, Any] = {"train": dict(plan.train)}
    if plan.test is None:
        small = sum(plan.counts.values()) < 1_000
        real |= {"test_fraction": 0.4 if small else 0.2}
    else:
        real |= {"test": dict(plan.test)}
    sets = {name: dict(one) for name, one in plan.sets.items()}
    arms = [{"name": "nothing", "text": "real images alone", "parts": [{"set": "real"}]}]
    if plan.rare:
        arms += _list_remedies(plan)
    if copies := _copy(plan):
        sets["copies"] = copies
        arms.append({**_add("copies", "changed copies", plan), "control": "nothing"})
    for name in plan.sets:
        arms += _list_generated(name, plan)
    return {
        "name": plan.name,
        "description": _describe(plan),
        "real": real,
        "sets": sets,
        "arms": arms,
        "focus": list(plan.rare),
        "preprocessing": {"size_px": plan.size_px},
        "training": {"updates": plan.updates, "batch_size": plan.batch_size},
        "seeds": list(range(plan.seeds)),
        **_train_again(plan),
    }


def _train_again(plan: Plan) -> dict[str, Any]:
    if not plan.smaller_seeds:
        return {}
    some = {"seeds": plan.smaller_seeds} if plan.smaller_seeds < plan.seeds else {}
    return {"smaller_budget": {"share": SMALLER_SHARE, **some}}


def _describe(plan: Plan) -> str:
    images, classes = sum(plan.counts.values()), len(plan.counts)
    rare = f", {len(plan.rare)} of them rare" if plan.rare else ""
    asked = f"what {', '.join(plan.sets)} add" if plan.sets else "what helps without generated ones"
    return f"{images:,} real training images of {classes} classes{rare}: {asked}."


def _list_remedies(plan: Plan) -> list[dict[str, Any]]:
    """Remedies that need no images."""
    real = [{"set": "real"}]
    return [
        {
            "name": "weights",
            "text": "class weights",
            "parts": real,
            "loss": {"class_weights": "balanced"},
        },
        {
            "name": "prior",
            "text": "prior in the loss",
            "parts": real,
            "draws": {"real": _draw_real(plan)},
            "loss": {"prior": "source"},
        },
    ]


def _copy(plan: Plan) -> dict[str, Any] | None:
    """A set of changed copies: of rare classes as many as they lack, else two of each image; None
    where that would take long."""
    largest = max(plan.counts.values())
    each = largest - min(plan.counts[name] for name in plan.rare) if plan.rare else 2 * largest
    classes = plan.rare or tuple(plan.counts)
    if each * len(classes) > MOST_COPIES:
        return None
    recipe = {
        "classes": list(classes),
        "source": {"kind": "augment", "paths": [{"path": "$real"}], "policy": "trivial"},
        "images_per_class": each,
    }
    return {"kind": "recipe", "recipe": recipe}


def _list_generated(name: str, plan: Plan) -> list[dict[str, Any]]:
    """Arms with the generated images of a set: simply added, first, and with the prior of each
    source in the loss."""
    real, made = {"set": "real"}, {"set": name}
    share = next(
        (share for below, share in GENERATED if min(_common(plan)) < below), GENERATED_LEAST
    )
    return [
        {**_add(name, name, plan), "control": "nothing"},
        {
            "name": f"{name}-first",
            "text": f"pre-trained on {name}",
            "pretrain": [made],
            "parts": [real],
            "control": "nothing",
        },
        {
            "name": f"source-{name}",
            "text": f"{share:.0%} {name} in every class, prior of each source in the loss",
            "parts": [real, made],
            "draws": {
                "real": {"share": 1 - share, **_draw_real(plan)},
                name: {"share": share, "by": "balanced"},
            },
            "loss": {"prior": "source"},
            "control": "prior" if plan.rare else True,
        },
    ]


def _common(plan: Plan) -> list[int]:
    return [count for name, count in plan.counts.items() if name not in plan.rare]


def _draw_real(plan: Plan) -> dict[str, Any]:
    """All classes alike, but the rare ones seldom: fifty images that are drawn as often as five
    thousand are learned by heart."""
    even, total = 1 / len(plan.counts), sum(plan.counts.values())
    chosen = min((plan.counts[name] for name in plan.rare), default=0) >= ENOUGH
    shares: dict[str, Any] = {}
    for name in plan.rare:
        natural = plan.counts[name] / total
        ways = [round(even ** (1 - far) * natural**far, 6) for far in TOWARDS_NATURAL]
        shares[name] = ways if chosen else ways[0]
    return {"by": "balanced", **({"classes": shares} if shares else {})}


def _add(name: str, text: str, plan: Plan) -> dict[str, Any]:
    """An arm that a set fills up, or, where no class is rare, is added to."""
    part: dict[str, Any] = {"set": name}
    if plan.rare:
        part |= {"top_up_to": "largest", "short": "take"}
    what = f"filled up with {text}" if plan.rare else f"{text} added"
    return {"name": f"with-{name}", "text": what, "parts": [{"set": "real"}, part]}
