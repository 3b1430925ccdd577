import pytest

from synthset.errors import RecipeError
from synthset.recipe.experiment import load_experiment


def load(arm, cut=None, **changes):
    return load_experiment(
        {
            "name": "pets",
            "real": {"train": {"kind": "digits"}, "cut": cut or {"8": 5}},
            "sets": {"sd": {"kind": "images", "paths": [{"path": "made"}]}},
            "arms": [{"name": "mixed", "parts": [{"set": "real"}, {"set": "sd"}], **arm}],
            **changes,
        }
    )


DRAWS = {"real": {"share": 0.85, "classes": {"$cut": 0.02}}, "sd": {"share": 0.15}}


def test_a_control_has_the_loss_and_draws_of_its_arm_and_real_images_alone():
    arm, control = load({"draws": DRAWS, "loss": {"prior": "source"}, "control": True}).arms
    assert (arm.control, control.name) == ("mixed-control", "mixed-control")
    assert [part.set for part in control.parts] == ["real"]
    assert control.loss == arm.loss
    assert control.draws["real"].share == 1.0
    assert control.draws["real"].classes == {"8": 0.02}


def test_an_experiment_that_is_written_down_and_read_again_has_its_control_once(tmp_path):
    first = load({"draws": DRAWS, "control": True})
    path = tmp_path / "experiment.yaml"
    path.write_text(first.to_yaml())
    assert load_experiment(path).arms == first.arms


def test_cut_stands_for_the_classes_that_are_cut():
    parts = [{"set": "real"}, {"set": "sd", "classes": ["$cut", "1"]}]
    arm = load({"parts": parts, "draws": DRAWS}, cut={"8": 5, "3": 9}).arms[0]
    assert arm.parts[1].classes == ("8", "3", "1")
    assert arm.draws["real"].classes == {"8": 0.01, "3": 0.01}


@pytest.mark.parametrize(
    ("arm", "said"),
    [
        ({"draws": {"real": {}}}, "no entry for sd"),
        ({"draws": {"real": {}, "sd": {}, "gan": {}}}, "no part of the arm takes this set"),
        ({"draws": DRAWS, "loss": {"sampling": "balanced"}}, "together with `draws`"),
        ({"control": "other"}, "no arm 'other'"),
    ],
)
def test_draws_and_controls_that_fit_no_arm_are_refused(arm, said):
    with pytest.raises(RecipeError, match=said):
        load(arm)


def test_lists_of_shares_are_candidates_taken_together():
    draws = {"real": {"share": [0.9, 0.8], "classes": {"$cut": [0.02, 0.01]}}, "sd": {}}
    arm, control = load({"draws": draws, "control": True}, cut={"8": 5, "3": 9}).arms
    taken = [one.draws["real"] for one in arm.candidates]
    assert [(one.share, one.classes) for one in taken] == [
        (0.9, {"8": 0.01, "3": 0.01}),
        (0.8, {"8": 0.005, "3": 0.005}),
    ]
    assert arm.tuned_classes == ("8", "3")
    assert [one.draws["real"].share for one in control.candidates] == [1.0, 1.0]


def test_a_control_has_no_candidate_twice():
    draws = {"real": {"share": [0.9, 0.8]}, "sd": {}}
    assert len(load({"draws": draws, "control": True}).arms[1].candidates) == 1


@pytest.mark.parametrize(
    ("draws", "said"),
    [
        ({"share": [0.9, 0.8, 0.7], "classes": {"8": [0.1, 0.2]}}, "lists of 2 and 3 shares"),
        ({"share": [0.9, 1.8]}, r"draws\.real\.share\[1\]: found 1.8; .* less than or equal to 1"),
        ({"classes": {"8": []}}, r"draws\.real\.classes\.8: found \[\]; .* list at least one"),
        ({"classes": {"8": ["x"]}}, r"draws\.real\.classes\.8\[0\]: found 'x'; give a number"),
    ],
)
def test_wrong_lists_of_shares_are_refused_with_their_place(draws, said):
    with pytest.raises(RecipeError, match=said):
        load({"draws": {"real": draws, "sd": {}}})


PHASES = [
    {"share": 0.75, "draws": {"sd": {}}},
    {"share": 0.25, "draws": {"real": {"share": 0.9, "classes": {"$cut": 0.1}}, "sd": {}}},
]


def test_a_control_has_the_phases_with_real_images_for_all_updates():
    arm, control = load({"phases": PHASES, "mix": {"kind": "mixup"}, "control": True}).arms
    assert [one.share for one in arm.schedule] == [0.75, 0.25]
    (phase,) = control.phases
    assert (phase.share, list(phase.draws), phase.draws["real"].share) == (1.0, ["real"], 1.0)
    assert phase.draws["real"].classes == {"8": 0.1}
    assert control.mix is None


def test_lists_in_phases_are_candidates_too():
    phases = [{"share": 1.0, "draws": {"real": {"classes": {"$cut": [0.1, 0.2]}}, "sd": {}}}]
    taken = [
        one.phases[0].draws["real"].classes for one in load({"phases": phases}).arms[0].candidates
    ]
    assert taken == [{"8": 0.1}, {"8": 0.2}]


@pytest.mark.parametrize(
    ("arm", "said"),
    [
        ({"phases": PHASES[:1]}, r"phases: shares that add up to 0\.75; let them add up to 1"),
        ({"phases": [{"share": 1.0, "draws": {"sd": {}}}]}, "no entry for real"),
        ({"phases": [{"share": 1.0, "draws": {"cd": {}}}]}, r"phases\[0\]\.draws\.cd: no part"),
        ({"phases": PHASES, "draws": DRAWS}, "phases: found together with `draws`; remove one"),
        ({"phases": PHASES, "loss": {"sampling": "balanced"}}, "together with `draws`"),
        ({"parts": [{"set": "real"}], "mix": {}}, r"mix: only real to mix with; add a part"),
    ],
)
def test_phases_and_mixing_that_fit_no_arm_are_refused(arm, said):
    with pytest.raises(RecipeError, match=said):
        load(arm)


CHOSEN = [{"set": "real"}, {"set": "sd", "per_class": 9, "choose": "hard"}]


def test_the_control_of_an_arm_that_chooses_takes_the_same_parts_at_random():
    loss = {"prior": "source"}
    experiment = load({"parts": CHOSEN, "draws": DRAWS, "loss": loss, "control": True})
    arm, control = experiment.arms
    assert [part.choose for part in control.parts] == [None, None]
    assert [part.per_class for part in control.parts] == [None, 9]
    assert (control.loss, control.draws) == (arm.loss, arm.draws)
    assert experiment.random_controls == {"mixed-control": "mixed"}


def test_a_judge_has_the_loss_and_draws_of_its_arm_without_the_chosen_images():
    parts = [CHOSEN[0], {"set": "gan", "classes": ["1"]}, CHOSEN[1]]
    draws = {"real": {"share": 0.6}, "gan": {"share": 0.2}, "sd": {"share": 0.2}}
    sets = {name: {"kind": "images", "paths": [{"path": name}]} for name in ("sd", "gan")}
    arm = {"parts": parts, "draws": draws, "loss": {"prior": "source"}}
    experiment = load(arm, sets=sets)
    judge = experiment.find_judge(experiment.arms[0])
    assert [part.set for part in judge.parts] == ["real", "gan"]
    assert {name: one.share for name, one in judge.draws.items()} == pytest.approx(
        {"real": 0.75, "gan": 0.25}
    )
    assert judge.loss.prior == "source"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (
            [CHOSEN[0], {"set": "sd", "choose": "hard"}],
            r"\[1\]\.choose: hard without an amount",
        ),
        (
            CHOSEN[1:],
            r"\[0\]\.choose: .* no images to train a judge on; put another part",
        ),
    ],
)
def test_choices_without_an_amount_or_a_judge_are_refused(parts, said):
    with pytest.raises(RecipeError, match=said):
        load({"parts": parts})


LISTS = {"real": {"classes": {"8": [0.1, 0.2]}}}
RANDOM = {"name": "judge", "parts": [{"set": "real"}, {"set": "sd", "per_class": 9}]}


@pytest.mark.parametrize(
    ("judge", "changes", "said"),
    [
        ({"name": "other"}, {}, r"arms\[0\]\.judge: no arm 'judge'"),
        ({"parts": CHOSEN}, {}, r"arms\[0\]\.judge: arm 'judge' chooses images itself"),
        ({"draws": LISTS}, {}, "arm 'judge' chooses its draws from lists of shares"),
        ({}, {"parts": [{"set": "sd"}]}, "no part of the arm chooses its images"),
        (RANDOM, {"parts": CHOSEN, "control": "judge"}, "takes as many images as 'mixed' chooses"),
        (
            {"parts": [{"set": "sd"}]},
            {"parts": [{**CHOSEN[1], "choose": "nearest"}]},
            r"parts\[0\]\.choose: nearest to real images, but the judge trains on none",
        ),
    ],
)
def test_judges_that_are_unknown_before_the_choice_are_refused(judge, changes, said):
    arm = {"name": "mixed", "parts": CHOSEN[1:], "judge": "judge", **changes}
    with pytest.raises(RecipeError, match=said):
        load({}, arms=[arm, {"name": "judge", "parts": [{"set": "real"}], **judge}])


def test_the_random_control_of_an_arm_with_a_judge_has_none():
    arm = {"name": "mixed", "parts": CHOSEN[1:], "judge": "judge", "control": True}
    experiment = load({}, arms=[arm, {"name": "judge", "parts": [{"set": "real"}]}])
    assert [one.judge for one in experiment.arms] == ["judge", None, None]
    assert experiment.random_controls == {"mixed-control": "mixed"}
    assert experiment.find_judge(experiment.arms[0]).name == "judge"


def test_a_missing_experiment_suggests_shipped_experiments_only():
    with pytest.raises(RecipeError, match=r"shipped experiment \(known: fruits"):
        load_experiment("missing")


def test_a_smaller_budget_has_fewer_updates_and_some_of_the_seeds():
    found = load({}, smaller_budget={"seeds": 2}, training={"updates": 30})
    assert (found.smaller_updates, found.smaller_seeds) == (15, (0, 1))
    assert (load({}).smaller_updates, load({}).smaller_seeds) == (0, ())
    for share, updates, said in ((0.5, 1, "1 updates are 0"), (0.99, 30, "30 updates are 30")):
        with pytest.raises(RecipeError, match=rf"smaller_budget\.share: .*{said}"):
            load({}, smaller_budget={"share": share}, training={"updates": updates})
