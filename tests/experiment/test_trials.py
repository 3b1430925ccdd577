import numpy as np

from synthset.experiment.trials import name_trial
from synthset.recipe.experiment import load_experiment
from synthset.training.labelled import LabelledImages


def test_what_an_arm_could_say_beyond_its_images_and_loss_leaves_its_name_alone():
    part = {"set": "sd", "per_class": 3}
    arm = {"name": "mixed", "draws": {"real": {"share": 0.8}, "sd": {}}}
    sets = {"sd": {"kind": "images", "paths": [{"path": "made"}]}}
    content = {"name": "pets", "real": {"train": {"kind": "digits"}}, "sets": sets}
    size = {"preprocessing": {"size_px": 32}}
    for chosen in (part, {**part, "choose": "hard"}):
        arms = [{**arm, "parts": [{"set": "real"}, chosen]}]
        experiment = load_experiment({**content, **size, "arms": arms})
        labels, origins = np.array([0, 1]), np.array([0, 1], np.int16)
        images = LabelledImages(bytes, labels, origins, ("real", "sd"), ("a", "b"))
        roles = dict.fromkeys(("train", "val", "test"), images)
        assert name_trial(experiment, experiment.arms[0], 0, roles) == "mixed-s0-1f55709418ed"
