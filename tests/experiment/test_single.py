"""One classifier on any layout of images."""

import json
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from digit_tasks import digits
from kills import Killed, kill_at
from PIL import Image
from shapes import recipe
from typer.testing import CliRunner

import synthset
from synthset.cli.app import app
from synthset.encoders.classlist import match, read_class_list
from synthset.errors import DatasetError, ModelError, RecipeError, UsageError
from synthset.experiment.single import find_places, read_splits, train_single
from synthset.experiment.single_judgement import make_job
from synthset.experiment.timm_train import name_differences, to_timm_arguments, write_timm
from synthset.experiment.trials import read_trial
from synthset.images import decode, encode, sha256
from synthset.machine import Silent
from synthset.recipe.encoders import ClassifierEncoder
from synthset.recipe.single import Single, load_single
from synthset.recipe.training import TimmModel
from synthset.results.judgement import Judgement, judge
from synthset.results.stored import load
from synthset.store.remote import parse_place
from synthset.taxonomy.classlists import make_name_classes
from synthset.training.labelled import LabelledImages

#: Names of arguments of timm 1.0's train.py that are of use here, from its argument parser.
# fmt: off
TIMM_NAMES = [
    "data", "dataset", "data_dir", "train_split", "val_split", "class_map", "model", "pretrained",
    "initial_checkpoint", "num_classes", "gp", "img_size", "in_chans", "input_size", "crop_pct",
    "mean", "std", "interpolation", "batch_size", "channels_last", "opt", "opt_eps", "opt_betas",
    "momentum", "weight_decay", "clip_grad", "clip_mode", "layer_decay", "sched",
    "sched_on_updates", "lr", "lr_base", "warmup_lr", "min_lr", "epochs", "epoch_repeats",
    "start_epoch", "warmup_epochs", "warmup_prefix", "cooldown_epochs", "no_aug",
    "train_crop_mode", "scale", "ratio", "hflip", "vflip", "color_jitter", "color_jitter_prob",
    "grayscale_prob", "aa", "reprob", "remode", "recount", "mixup", "cutmix", "mixup_prob",
    "mixup_switch_prob", "mixup_mode", "smoothing", "train_interpolation", "drop", "drop_path",
    "bn_momentum", "sync_bn", "model_ema", "model_ema_decay", "model_ema_warmup", "seed", "amp",
    "amp_dtype", "workers", "output", "experiment",
]
# fmt: on
QUICK = [
    "training.updates=30",
    "training.batch_size=32",
    "training.device=cpu",
    "preprocessing.size_px=8",
    "model.kind=small_resnet",
    "model.width=8",
]


def write_folders(place, first, last, split=""):
    images = digits(first, last)
    for i in range(len(images)):
        folder = place / split / f"digit_{images.labels[i]}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{images.keys[i]}.png").write_bytes(images.read(i))
    return place


def quick(*changes):
    return load_single(None, [*QUICK, *changes])


def test_folders_are_split_by_class_and_nothing_is_on_both_sides(tmp_path):
    write_folders(tmp_path, 0, 300)
    images = read_splits(find_places(tmp_path), 0.2, seed=0)
    assert images.classes == tuple(f"digit_{k}" for k in range(10))
    assert len(images.train) + len(images.val) == 300
    assert not set(images.train.keys) & set(images.val.keys)
    counts = images.val.count_images(10)["real"]
    assert counts.min() >= 4
    again = read_splits(find_places(tmp_path), 0.2, seed=1)
    assert set(again.val.keys) != set(images.val.keys)


def test_classes_are_called_in_their_normal_form_as_a_run_calls_them(tmp_path):
    write_folders(tmp_path, 0, 300)
    (tmp_path / "digit_0").rename(tmp_path / " digit  0\n")
    assert "digit 0" in read_splits(find_places(tmp_path), 0.2, seed=0).classes


def test_an_image_that_cannot_be_decoded_is_left_out_and_named(tmp_path):
    write_folders(tmp_path, 0, 60)
    (tmp_path / "digit_0" / "bad.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0")
    images = read_splits(find_places(tmp_path), 0.2, seed=0)
    assert len(images.train) + len(images.val) == 60
    assert any("digit_0/bad.png" in note for note in images.notes)
    assert images.found == (
        f"DATA: layout: class folders in {tmp_path}",
        f"DATA: classes: 10 ({', '.join(f'digit_{i}' for i in range(6))}, …), by folder names",
        "DATA: found: 60 images + 1 passed over = 61 files",
    )


def test_splits_that_lie_in_the_folder_are_taken(tmp_path):
    (tmp_path / "notes.txt").write_text("beside the splits")
    for split, (first, last) in {"train": (0, 200), "val": (200, 260), "test": (260, 330)}.items():
        write_folders(tmp_path, first, last, split)
    places = find_places(tmp_path, None, None)
    parts = (places.train, places.val, places.test)
    assert [[unit.path for unit in part.units] for part in parts] == [
        [f"{tmp_path}/{split}"] for split in ("train", "val", "test")
    ]
    images = read_splits(places, 0.1, 0)
    assert [len(one) for one in (images.train, images.val, images.test)] == [200, 60, 70]
    assert f"--val: layout: class folders in {tmp_path} (val 60)" in images.found
    assert "DATA: found: 200 images + 1 passed over = 201 files" in images.found
    assert "--test: found: 70 images" in images.found


def test_columns_are_found_by_the_features_of_hugging_face(tmp_path):
    images = digits(0, 60)
    features = {
        "img": {"_type": "Image"},
        "digit": {"_type": "ClassLabel", "names": [f"digit_{k}" for k in range(10)]},
    }
    table = pa.table({"img": [images.read(i) for i in range(60)], "digit": images.labels})
    noted = {"huggingface": json.dumps({"info": {"features": features}})}
    pq.write_table(table.replace_schema_metadata(noted), tmp_path / "train-0.parquet")
    write_folders(tmp_path / "folders", 0, 60)
    read = read_splits(find_places(tmp_path, None, None), 0.2, 0)
    same = read_splits(find_places(tmp_path / "folders"), 0.2, 0)
    assert (read.classes, read.train.keys) == (same.classes, same.train.keys)
    assert read.train.read(0) == same.train.read(0)


def test_training_images_that_the_test_has_as_well_are_left_out(tmp_path):
    write_folders(tmp_path / "train", 0, 200)
    write_folders(tmp_path / "test", 190, 260)
    images = read_splits(find_places(tmp_path / "train", None, tmp_path / "test"), 0.1, 0)
    assert images.copies == 10
    assert not {*images.train.keys, *images.val.keys} & set(images.test.keys)


def test_a_class_all_of_whose_images_the_test_has_is_named(tmp_path):
    write_folders(tmp_path / "train", 0, 60)
    for name in ("train", "test"):
        (tmp_path / name / "lone").mkdir(parents=True)
        (tmp_path / name / "lone/a.png").write_bytes(encode(np.zeros((8, 8, 3), np.uint8), "png"))
    write_folders(tmp_path / "test", 60, 120)
    with pytest.raises(
        RecipeError, match="all images of class 'lone' are also in validation or test"
    ):
        read_splits(find_places(tmp_path / "train", None, tmp_path / "test"), 0.1, 0)


def test_a_class_that_is_listed_without_an_image_is_said_and_the_others_train(tmp_path):
    made = [(encode(np.full((8, 8, 3), 20 * i, np.uint8), "png"), 2 * (i % 2)) for i in range(8)]
    table = pa.table({"image": [one for one, _ in made], "label": [k for _, k in made]})
    noted = {"info": {"features": {"label": {"_type": "ClassLabel", "names": ["a", "b", "c"]}}}}
    table = table.replace_schema_metadata({"huggingface": json.dumps(noted)})
    pq.write_table(table, tmp_path / "train.parquet")
    images = read_splits(find_places(tmp_path / "train.parquet"), 0.3, 0)
    assert images.notes == ("there is no image of 'b'",)
    trained = train_single(images, quick("training.updates=1"), tmp_path / "out", Silent())
    rows = json.loads((tmp_path / "out" / "classes.json").read_text())
    assert [(row["label"], row["name"], row["number"]) for row in rows] == [
        *((0, "a", 0), (1, "b", 1), (2, "c", 2)),
    ]
    assert trained.judgement.arms[0].whole["accuracy"].value >= 0


def write_wnids(place):
    """Images of two synsets in folders called by their numbers, with a list of their names."""
    for k, wnid in enumerate(("n02099601", "n01440764")):
        (place / wnid).mkdir(parents=True)
        for i in range(4):
            data = encode(np.full((8, 8, 3), 90 * k + i, np.uint8), "png")
            (place / wnid / f"{i}.png").write_bytes(data)
    (place / "synset_words.txt").write_text("n02099601 golden retriever\nn01440764 tench\n")
    return place


def test_wnids_numbers_and_keys_reach_the_trained_folder_and_join_by_wnid(tmp_path):
    images = read_splits(find_places(write_wnids(tmp_path / "data")), 0.3, 0)
    train_single(images, quick("training.updates=1"), tmp_path / "out", Silent())
    row = {"label": 1, "name": "tench", "key": "n01440764", "wnid": "n01440764", "number": 1}
    assert json.loads((tmp_path / "out" / "classes.json").read_text())[1] == row
    weights = str(tmp_path / "out" / "model.safetensors")
    known = read_class_list(ClassifierEncoder(kind="classifier", model="resnet18", weights=weights))
    assert match("names", make_name_classes(["n01440764", "n02099601"]), known, {}) == (1, 0)


def test_a_list_of_names_that_an_older_training_wrote_is_read(tmp_path):
    (tmp_path / "classes.json").write_text('["cat", "dog"]')
    weights = str(tmp_path / "model.safetensors")
    known = read_class_list(ClassifierEncoder(kind="classifier", model="resnet18", weights=weights))
    assert (known.names, known.wnids) == (("cat", "dog"), ())
    (tmp_path / "classes.json").write_text("3")
    with pytest.raises(ModelError, match="cannot be read"):
        read_class_list(ClassifierEncoder(kind="classifier", model="resnet18", weights=weights))


def test_what_timm_gets_names_classes_by_wnid_and_describes_them(tmp_path):
    images = read_splits(find_places(write_wnids(tmp_path / "data")), 0.3, 0)
    write_timm(images, load_single(None, ["model=resnet18"]), tmp_path / "out")
    found = json.loads((tmp_path / "out" / "config.json").read_text())
    assert found["label_names"] == ["n02099601", "n01440764"]
    assert found["label_descriptions"]["n01440764"] == "tench"
    assert json.loads((tmp_path / "out" / "classes.json").read_text())[1]["name"] == "tench"
    known = read_class_list(ClassifierEncoder(kind="classifier", model=str(tmp_path / "out")))
    assert known.wnids == ("n02099601", "n01440764")


def test_the_command_trains_and_says_how_good_it_is(tmp_path):
    write_folders(tmp_path / "data", 0, 400)
    command = ["train", str(tmp_path / "data"), "-o", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*command, *(w for c in QUICK for w in ("--set", c))])
    assert done.exit_code == 0, done.output
    assert "val: accuracy" in done.output
    assert "digit_9" in done.output
    row = json.loads((tmp_path / "out" / "classes.json").read_text())[3]
    assert (row["name"], row["key"], row["wnid"], row["number"]) == (
        *("digit_3", "digit-3", None, None),
    )
    assert (tmp_path / "out" / "model.safetensors").exists()
    assert "report: " in done.output
    html = (tmp_path / "out" / "report" / "index.html").read_text()
    assert "validation images of 10 classes" in html
    assert "chose the weights" in html


def test_a_training_is_judged_as_an_arm_of_an_experiment_is(tmp_path):
    write_folders(tmp_path / "train", 0, 200)
    write_folders(tmp_path / "test", 400, 500)
    trained = synthset.train(
        tmp_path / "train", tmp_path / "out", test=tmp_path / "test", overrides=QUICK
    )
    written = load(Judgement, (tmp_path / "out/report/judgement.json").read_text(), "judgement")
    job = make_job(trained.images, quick(), tmp_path / "out")
    again = judge(job.experiment, [read_trial(tmp_path / "out")], trained.images.classes)
    (arm,) = written.arms
    assert (arm.whole, arm.classes) == (again.arms[0].whole, again.arms[0].classes)
    assert {"recall", "precision", "f1", "average_precision"} <= arm.classes.keys()
    figures = {path.name for path in (tmp_path / "out/report/figures").iterdir()}
    assert {"roc.svg", "pr.svg", "reliability.svg", "confusion-classifier.svg"} <= figures
    html = trained.page.read_text()
    assert "100 test images of 10 classes" in html
    assert "Balanced accuracy: <b>" in html


def test_with_a_test_set_the_figures_are_of_it(tmp_path):
    write_folders(tmp_path / "train", 0, 400)
    write_folders(tmp_path / "test", 400, 600)
    images = read_splits(find_places(tmp_path / "train", None, tmp_path / "test"), 0.1, 0)
    trained = train_single(images, quick("training.updates=100"), tmp_path / "out", Silent())
    assert trained.judged_by == "test"
    assert trained.judgement.arms[0].whole["accuracy"].value > 0.5


def test_a_folder_that_holds_only_what_systems_leave_is_free(tmp_path):
    images = read_splits(find_places(write_wnids(tmp_path / "data")), 0.3, 0)
    (tmp_path / "out" / "@eaDir").mkdir(parents=True)
    (tmp_path / "out" / "Thumbs.db").write_text("x")
    train_single(images, quick("training.updates=1"), tmp_path / "out", Silent())
    assert (tmp_path / "out" / "Thumbs.db").read_text() == "x"


@pytest.mark.parametrize("name", ["classes.json", "model.safetensors"])
def test_a_folder_of_something_else_is_left_alone(tmp_path, name):
    images = read_splits(find_places(write_folders(tmp_path / "data", 0, 100)), 0.2, 0)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_text("mine")
    with pytest.raises(UsageError, match=f"contains {name}, but no training"):
        train_single(images, quick("training.updates=1"), tmp_path / "mine", Silent())
    assert [path.name for path in (tmp_path / "mine").iterdir()] == [name]
    assert (tmp_path / "mine" / name).read_text() == "mine"


def test_a_class_of_one_image_is_not_split(tmp_path):
    write_folders(tmp_path, 0, 60)
    (tmp_path / "lone").mkdir()
    (tmp_path / "lone" / "a.png").write_bytes(encode(np.zeros((8, 8, 3), np.uint8), "png"))
    with pytest.raises(RecipeError, match=r"class 'lone' has too few distinct images .* --val"):
        read_splits(find_places(tmp_path), 0.1, 0)


def test_one_class_and_unknown_classes_are_refused(tmp_path):
    write_folders(tmp_path / "train", 0, 60)
    write_folders(tmp_path / "val", 60, 120)
    (tmp_path / "one" / "cat").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(tmp_path / "one" / "cat" / "a.png")
    with pytest.raises(RecipeError, match="only one class"):
        read_splits(find_places(tmp_path / "one"), 0.1, 0)
    (tmp_path / "val" / "digit_3").rename(tmp_path / "val" / "three")
    with pytest.raises(RecipeError, match=r"--val: class 'three'.*give both the same folders"):
        read_splits(find_places(tmp_path / "train", tmp_path / "val"), 0.1, 0)


def test_a_class_without_test_images_is_refused(tmp_path):
    write_folders(tmp_path / "train", 0, 60)
    write_folders(tmp_path / "test", 60, 120)
    (tmp_path / "test" / "digit_3").rename(tmp_path / "three")
    with pytest.raises(RecipeError, match="--test: class 'digit_3' has no test image"):
        read_splits(find_places(tmp_path / "train", None, tmp_path / "test"), 0.1, 0)


def test_arrays_are_read_with_their_splits_and_refused_without_labels(tmp_path):
    for name in ("images.npy", "val_images.npy"):
        np.save(
            tmp_path / name,
            np.random.default_rng(len(name)).integers(0, 256, (4, 8, 8, 3)).astype(np.uint8),
        )
    with pytest.raises(RecipeError, match=r"there is no labels.npy beside .*images.npy"):
        read_splits(find_places(tmp_path, None, None), 0.1, 0)
    for name in ("labels.npy", "val_labels.npy"):
        np.save(tmp_path / name, np.array([10, 2, 2, 10]))
    images = read_splits(find_places(tmp_path, None, None), 0.1, 0)
    assert images.classes == ("2", "10")
    assert (len(images.train), len(images.val)) == (4, 4)


def test_settings_that_do_not_exist_are_refused_by_name():
    with pytest.raises(RecipeError, match=r"training\.update: unknown setting .* 'updates'"):
        load_single(None, ["training.update=3"])
    assert load_single(None, ["model=resnet34"]).model == TimmModel(kind="timm", name="resnet34")


def test_timm_gets_images_arguments_and_a_command(tmp_path):
    write_folders(tmp_path / "data", 0, 200)
    images = read_splits(find_places(tmp_path / "data"), 0.1, 0)
    settings = load_single(
        None, ["model=resnet18", "preprocessing.size_px=16", "training.batch_size=64"]
    )
    command = write_timm(images, settings, tmp_path / "timm")
    assert command.read_text().splitlines()[-1].startswith("python train.py --config ")
    arguments = yaml.safe_load((tmp_path / "timm" / "args.yaml").read_text())
    assert set(arguments) <= set(TIMM_NAMES)
    assert arguments["epochs"] == round(1000 / (len(images.train) // 64))
    written = sorted((tmp_path / "timm" / "train" / "3_digit_3").glob("*.png"))
    assert len(written) == images.train.count_images(10)["real"][3]
    assert decode(written[0].read_bytes()).shape == (16, 16, 3)
    with pytest.raises(UsageError, match="name a new folder"):
        write_timm(images, settings, tmp_path / "timm")


def test_what_timm_does_otherwise_is_said():
    settings = load_single(None, ["loss.kind=focal", "training.augmentation.shift=0"])
    notes = name_differences(TimmModel(kind="timm"), settings)
    assert notes == [
        "timm has no small stem, so it trains the model's own first layers",
        "timm has no focal loss, no LDAM and no class weights",
    ]
    own = name_differences(TimmModel(kind="timm", name="vit_tiny_patch16_224"), Single())
    assert own == ["timm doesn't shift images; it crops and enlarges them as much"]
    with pytest.raises(RecipeError, match="which timm doesn't have"):
        write_timm(None, quick(), None)


def test_a_set_smaller_than_a_batch_still_has_epochs():
    arguments = to_timm_arguments(50, 10, TimmModel(kind="timm"), Single())
    assert (arguments["batch_size"], arguments["epochs"]) == (50, 1000)


def test_timm_crops_as_much_as_is_asked_for():
    model = TimmModel(kind="timm")
    shifted = to_timm_arguments(50, 10, model, load_single(None, ["model=resnet18"]))
    assert (shifted["scale"], shifted["ratio"]) == ([0.7656, 1.0], [1.0, 1.0])
    cropped = to_timm_arguments(
        50, 10, model, load_single(None, ["training.augmentation.crop=0.08"])
    )
    assert (cropped["scale"], cropped["ratio"]) == ([0.08, 1.0], [0.75, 1.3333])


def test_a_kill_at_any_write_of_a_training_leaves_one_that_goes_on(tmp_path, monkeypatch):
    images = read_splits(find_places(write_folders(tmp_path / "data", 0, 100)), 0.2, 0)
    wanted, kills = quick("training.updates=2", "training.validate_every=1"), 0
    whole = train_single(images, wanted, tmp_path / "whole", Silent())
    while True:
        try:
            with monkeypatch.context() as killing:
                kill_at(killing, 1 + kills)
                killed = train_single(images, wanted, tmp_path / "killed", Silent())
            break
        except Killed:
            kills += 1
    assert kills >= 3
    assert killed.fitted.looks == whole.fitted.looks
    names = ["classes.json", "config.json", "looks.json", "model.safetensors"]
    names += ["trial.json", "trial.npz"]
    assert sorted(name for name in os.listdir(tmp_path / "killed") if name[0] != ".") == names


def test_a_dataset_is_trained_on_wherever_it_lies(tmp_path):
    asked = recipe("source.size_px=8")
    near, far = str(tmp_path / "d"), f"memory://{tmp_path.name}"
    images = []
    for place in (near, far):
        synthset.run(asked, place)
        images.append(read_splits(find_places(parse_place(place), None, None), 0.2, 0))
    assert images[0].found == (
        f"DATA: layout: a dataset of synthset in {near}",
        "DATA: classes: 3 (circle, square, star), by its own list",
        "DATA: found: 24 kept of 24 images",
    )
    local, remote = (one.train for one in images)
    assert remote.keys == local.keys
    assert [remote.read(i) for i in range(len(remote))] == [
        local.read(i) for i in range(len(local))
    ]
    with pytest.raises(RecipeError, match=r"nothing at memory://nothing"):
        read_splits(find_places(parse_place("memory://nothing"), None, None), 0.2, 0)


def test_an_image_that_was_changed_since_it_was_listed_is_not_trained_on(tmp_path):
    images = read_splits(find_places(write_folders(tmp_path / "data", 0, 100)), 0.2, 0)
    for file in (tmp_path / "data").rglob("*.png"):
        file.write_bytes(file.read_bytes() + b"0")
    with pytest.raises(DatasetError, match="its bytes have changed since it was listed"):
        images.train.read(0)


def test_the_same_bytes_under_two_labels_train_neither_and_are_said(tmp_path):
    write_folders(tmp_path, 0, 60)
    first = min((tmp_path / "digit_0").iterdir())
    (tmp_path / "digit_1" / "again.png").write_bytes(first.read_bytes())
    images = read_splits(find_places(tmp_path), 0.2, seed=0)
    assert len(images.train) + len(images.val) == 59
    assert sha256(first.read_bytes()) not in {*images.train.keys, *images.val.keys}
    said = "1 image occurs with the same bytes under several labels: 'digit_0' and 'digit_1' (1)"
    (note,) = images.notes
    assert note.startswith(f"label conflict: {said}; not trained on; correct")


def test_bytes_that_test_under_another_label_are_a_conflict_and_no_copy(tmp_path):
    write_folders(tmp_path / "train", 0, 60)
    write_folders(tmp_path / "test", 100, 200)
    copied = min((tmp_path / "train" / "digit_0").iterdir())
    torn = min((tmp_path / "train" / "digit_1").iterdir())
    (tmp_path / "test" / "digit_0" / "copy.png").write_bytes(copied.read_bytes())
    (tmp_path / "test" / "digit_2" / "torn.png").write_bytes(torn.read_bytes())
    places = find_places(tmp_path / "train", None, tmp_path / "test")
    for rule, said in (
        ("drop", "correct the"),
        ("keep", "because validation or test have the same bytes"),
    ):
        images = read_splits(places, 0.2, 0, rule)
        (note,) = images.notes
        assert "'digit_1' and 'digit_2' (1); not trained on" in note
        assert said in note
        assert images.copies == 1
        assert sha256(torn.read_bytes()) not in images.train.keys


@pytest.mark.parametrize(("rule", "count"), [("first", 1), ("keep", 2)])
def test_a_rule_says_under_which_label_an_image_in_conflict_trains(tmp_path, rule, count):
    write_folders(tmp_path, 0, 60)
    first = min((tmp_path / "digit_0").iterdir())
    (tmp_path / "digit_1" / "again.png").write_bytes(first.read_bytes())
    images = read_splits(find_places(tmp_path), 0.2, 0, rule)
    content = sha256(first.read_bytes())
    labels = [
        label
        for key, label in zip(images.train.keys, images.train.labels, strict=True)
        if key == content
    ]
    assert labels == [0, 1][:count]
    assert content not in images.val.keys
    assert images.notes[0].endswith(f"(conflicts: {rule})")


def test_one_class_alone_is_refused_with_what_was_passed_over(tmp_path):
    pictures = [encode(np.full((8, 8, 3), i, np.uint8), "png") for i in range(6)]
    table = pa.table({"image": pictures, "label": [-1, -1, -1, 5, 5, 5]})
    pq.write_table(table, tmp_path / "train.parquet")
    told = r"^DATA: there is only one class \(5\); passed over: 3 × "
    with pytest.raises(RecipeError, match=told):
        read_splits(find_places(tmp_path), 0.3, seed=0)


def test_images_of_which_none_can_be_read_are_refused_with_the_first_of_them(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").write_bytes(b"no image")
    with pytest.raises(RecipeError, match=r"^DATA: none of the images can be read; .*/cat/a\.png"):
        read_splits(find_places(tmp_path), 0.3, seed=0)


def test_a_list_of_labels_is_refused_at_the_command_lines_own_place(tmp_path):
    table = pa.table({"image": [b"", b""], "label": [[0], [0, 1]]})
    pq.write_table(table, tmp_path / "train.parquet")
    with pytest.raises(RecipeError, match=r"^DATA: .*row 0: \[0\] is not a single label"):
        read_splits(find_places(tmp_path), 0.3, seed=0)


@pytest.mark.parametrize(
    ("labels", "names"),
    [([2, 0], ["ant", "bee", "cat"]), ([10, 3, 11, 2], None)],
    ids=["an empty class in the middle", "numbers"],
)
def test_classes_keep_order_and_numbers_through_every_export(tmp_path, labels, names):
    made = [(encode(np.full((8, 8, 3), 20 * k + i, np.uint8), "png"), k)
            for k in labels for i in range(2)]  # fmt: skip
    table = pa.table({"image": [one for one, _ in made], "label": [k for _, k in made]})
    if names is not None:
        noted = {"info": {"features": {"label": {"_type": "ClassLabel", "names": names}}}}
        table = table.replace_schema_metadata({"huggingface": json.dumps(noted)})
    (tmp_path / "source").mkdir()
    pq.write_table(table, tmp_path / "source" / "train.parquet")
    kinds = ("imagefolder", "webdataset", "parquet", "npy")
    source = {"kind": "folder", "paths": [{"path": str(tmp_path / "source")}]}
    exports = [{"kind": kind, "path": str(tmp_path / kind)} for kind in kinds]
    content = {"name": "d", "classes": {"kind": "source"}, "source": source, "exports": exports}
    synthset.run({**content, "engine": {"workers": 1}}, tmp_path / "d")
    whole = [numbered(tmp_path / place) for place in ("source", "d", *kinds[:3])]
    assert whole[0][0] == tuple(names or map(str, sorted(labels)))
    assert all(one == whole[0] for one in whole)
    listed = json.loads((tmp_path / "npy" / "classes.json").read_text())
    assert tuple(one["name"] for one in listed) == whole[0][0]
    found = np.bincount(np.load(tmp_path / "npy" / "labels.npy"), minlength=len(listed))
    assert found.tolist() == np.bincount(list(whole[0][1].values())).tolist()


def numbered(place):
    """Classes in label order, and the label of each image by its bytes."""
    images = read_splits(find_places(place, None, None), 0.3, seed=0)
    both = LabelledImages.join([images.train, images.val])
    return images.classes, dict(zip(both.keys, both.labels.tolist(), strict=True))
