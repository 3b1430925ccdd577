"""Trials of three arms at two budgets, whose answers are made up."""

import numpy as np

from synthset.recipe.experiment import load_experiment
from synthset.results.judgement import judge
from synthset.results.trial import Trial

CLASSES = ("cat", "dog", "eel")
LABELS = np.repeat(np.arange(3), 20)
FULL = {"plain": (2, 4, 3), "made": (10, 14, 13), "other": (7, 8, 8)}  # cats that are right


def make_experiment(arms=tuple(FULL), **changes):
    """The arm `made` has generated images, and `plain` for its control."""
    both = [{"set": "real"}, {"set": "sd"}]
    mixed = {"made": {"text": "with <sd>", "parts": both, "control": "plain"}}
    content = {
        "name": "pets",
        "real": {"train": {"kind": "digits"}},
        "sets": {"sd": {"kind": "images", "paths": [{"path": "made"}]}},
        "arms": [
            one if isinstance(one, dict) else {"name": one, "parts": both[:1], **mixed.get(one, {})}
            for one in arms
        ],
        "smaller_budget": {},
        **changes,
    }
    return load_experiment(content)


def make_trials(cats):
    """Trials of which so many of 20 cats are right, the rest taken for dogs; all else is right."""
    found = []
    for arm, rights in cats.items():
        for seed, right in enumerate(rights):
            predicted = LABELS.copy()
            predicted[right:20] = 1
            shares = np.eye(3, dtype=np.float32)[predicted] * 0.7 + 0.1
            counts = {"real": np.array([5, 50, 50])}
            counts |= {"sd": np.array([45, 0, 0])} if arm == "made" else {}
            found.append(Trial(arm, seed, LABELS, shares, counts, seconds=2.0))
    return found


def judge_cats(smaller, full=FULL, **changes):
    """Judge trials with so many cats right at each budget."""
    asked = make_experiment(**{"arms": tuple(full), **changes})
    return judge(asked, make_trials(full), CLASSES, make_trials(smaller))
