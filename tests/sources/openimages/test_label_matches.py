"""Images picked by OpenImages' labels, from small worlds with known answers."""

import io
import tarfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthset.errors import RecipeError
from synthset.images import encode
from synthset.recipe.openimages import OpenImages
from synthset.sources.openimages.image_class import list_classes_above, settle
from synthset.sources.openimages.image_labels import ImageLabels
from synthset.sources.openimages.label_matches import pick_labelled
from synthset.sources.openimages.source import OpenImagesSource
from synthset.taxonomy.classlists import pick_wordnet_classes
from synthset.taxonomy.label_mapping import Link

CLASSES = pick_wordnet_classes(["dog.n.01", "beagle.n.01", "crane.n.05", "unicycle.n.01"])
DOG, BEAGLE, CRANE, UNICYCLE = range(4)
NAMES = {"/m/d": "Dog", "/m/b": "Beagle", "/m/c": "Crane", "/m/p": "Poodle", "/m/x": "Tree"}
MAPPING = [
    f"/m/d,{CLASSES[DOG].key},exact",
    f"/m/b,{CLASSES[BEAGLE].key},exact",
    f"/m/c,{CLASSES[CRANE].key},parents",
    f"/m/p,{CLASSES[DOG].key},narrower",
]
LABELS = {  # the level of grey is the image
    "aa": [("verification", "/m/d", 1), ("verification", "/m/x", 1)],
    "bb": [("verification", "/m/d", 1), ("verification", "/m/b", 1)],  # two classes
    "cc": [("crowdsource-verification", "/m/p", 1)],
    "dd": [("verification", "/m/d", 0), ("verification", "/m/p", 1)],  # a poodle that is no dog
    "ee": [("machine", "/m/d", 0.9), ("machine", "/m/c", 0.4)],
    "ff": [("verification", "/m/c", 1), ("machine", "/m/d", 0.8)],
    "gg": [("verification", "/m/x", 1)],  # means no class
    "hh": [("verification", "/m/d", 0), ("machine", "/m/d", 0.99)],  # denied by a person
}


def picture(level):
    return encode(np.full((4, 4, 3), level, np.uint8), "png")


@pytest.fixture
def world(tmp_path):
    (tmp_path / "images" / "a").mkdir(parents=True)
    for level, key in enumerate(LABELS):
        (tmp_path / "images" / "a" / f"{key}.png").write_bytes(picture(level))
    rows = [f"{k},{s},{m},{c}" for k, labels in LABELS.items() for s, m, c in labels]
    write(
        tmp_path / "labels.csv", "ImageID,Source,LabelName,Confidence", *rows, "zz,machine,/m/d,1"
    )
    write(tmp_path / "classes.csv", *(f"{mid},{name}" for mid, name in NAMES.items()))
    write(tmp_path / "mapping.csv", "mid,key,rule", *MAPPING)
    return tmp_path


def write(path, *lines):
    path.write_text("\n".join(lines) + "\n")


def at(world, **changes):
    settings = {
        "kind": "openimages",
        "paths": [{"path": str(world / "images")}],
        "labels": [str(world / "labels.csv")],
        "descriptions": str(world / "classes.csv"),
        "mapping": [str(world / "mapping.csv")],
    }
    return OpenImages.model_validate(settings | changes)


def picked(world, count=None, seed=0, **changes):
    found = pick_labelled(at(world, **changes), CLASSES, count, seed)
    return {image.facts["pool_key"]: label for image, label in found.chosen}


def test_verified_labels_of_one_class_are_taken_and_of_two_dropped(world):
    assert picked(world) == {"aa": DOG, "cc": DOG, "ff": CRANE}


def test_the_most_specific_of_several_classes_may_be_kept(world):
    assert picked(world, several="most_specific") == {
        **{"aa": DOG, "cc": DOG, "ff": CRANE},
        "bb": BEAGLE,
    }


def test_labels_of_a_classifier_count_from_a_confidence_on_and_never_against_a_person(world):
    assert picked(world, labelled_by="machine") == {"ee": DOG, "ff": DOG}
    assert picked(world, labelled_by="machine", min_confidence=0.85) == {"ee": DOG}
    assert "ff" not in picked(world, labelled_by="any")  # a crane to people, a dog to the machine
    assert picked(world, labelled_by="any", min_confidence=0.85)["ff"] == CRANE


LINKS = {
    "/m/d": (Link("/m/d", "Dog", DOG, "exact"),),
    "/m/p": (Link("/m/p", "Poodle", DOG, "narrower"),),
    "/m/b": (Link("/m/b", "Beagle", BEAGLE, "exact"),),
    "/m/s": tuple(Link("/m/s", "Any", label, "several") for label in (DOG, CRANE)),
}


def settled(said, denied=(), several="drop"):
    labelled = ImageLabels(dict.fromkeys(said, 1.0), set(denied))
    found = settle(labelled, LINKS, list_classes_above(CLASSES), 0.5, several)
    return found if isinstance(found, str) else found[0].label


def test_a_denied_kind_leaves_its_class_and_a_denied_class_takes_its_kinds_along():
    assert settled(["/m/d"], ["/m/p"]) == DOG
    assert settled(["/m/p"], ["/m/d"]) == "denied"
    assert settled(["/m/b", "/m/d"], ["/m/d"]) == BEAGLE


def test_a_label_of_several_classes_is_settled_by_the_others():
    assert settled(["/m/s"]) == "several"
    assert settled(["/m/s", "/m/p"]) == DOG
    assert settled(["/m/s", "/m/b"]) == "several"


def test_most_specific_needs_one_that_lies_under_all_others():
    assert settled(["/m/b", "/m/d"], several="most_specific") == BEAGLE
    assert settled(["/m/s", "/m/b"], several="most_specific") == "several"


def test_the_surest_label_of_a_class_is_the_one_that_is_told():
    labelled = ImageLabels({"/m/d": 0.7, "/m/p": 0.9})
    link, confidence = settle(labelled, LINKS, list_classes_above(CLASSES), 0.5, "drop")
    assert (link.mid, confidence) == ("/m/p", 0.9)
    alike = ImageLabels({"/m/p": 0.9, "/m/d": 0.9})
    assert settle(alike, LINKS, list_classes_above(CLASSES), 0.5, "drop")[0].rule == "exact"


def test_of_a_label_that_stands_twice_the_highest_confidence_counts(world):
    rows = ["zz,machine,/m/d,0.9", "aa,machine,/m/c,0.8", "aa,machine,/m/c,0.1"]
    write(world / "labels.csv", "ImageID,Source,LabelName,Confidence", *rows)
    assert picked(world, labelled_by="machine") == {"aa": CRANE}


def test_each_image_says_by_which_label_and_rule_it_came(world):
    write(
        world / "info.csv",
        "ImageID,Subset,OriginalURL,License,Title",
        'cc,train,https://example.org/c.jpg,https://creativecommons.org/licenses/by/2.0/,"a\nb"',
    )
    chosen = pick_labelled(at(world, info=[str(world / "info.csv")]), CLASSES, None, 0).chosen
    facts = {image.facts["pool_key"]: image.facts for image, _ in chosen}
    assert facts["cc"] | {"pool_rank": 0} == {
        "pool_key": "cc",
        "pool_rule": "narrower",
        "pool_lemma": "Poodle",
        "pool_mid": "/m/p",
        "pool_confidence": 1.0,
        "pool_url": "https://example.org/c.jpg",
        "pool_license": "https://creativecommons.org/licenses/by/2.0/",
        "pool_rank": 0,
    }
    assert facts["aa"]["pool_license"] is None


def test_a_class_gets_at_most_so_many_the_surest_first_and_more_adds(world):
    few, more = (picked(world, n, labelled_by="any", min_confidence=0.3) for n in (1, 2))
    assert few.items() <= more.items()
    assert list(few.values()).count(DOG) == 1
    drawn = {frozenset(picked(world, 1, seed, labelled_by="any")) for seed in range(20)}
    assert drawn == {frozenset({"aa"}), frozenset({"cc"})}  # never ee, whose 0.9 comes after them


def test_the_notes_count_what_was_left_and_name_empty_classes(world):
    notes = pick_labelled(at(world), CLASSES, None, 0).notes
    assert notes[0] == (
        "of 8 images, 6 have a label of a class; 1 have labels of several classes; 2 have labels "
        "that people rejected"
    )
    assert notes[1:] == (
        "no label stands for 1 of 4 classes: 'unicycle'",
        "no image for 2 of 4 classes: 'beagle', 'unicycle'",
    )


def test_copies_count_once_and_one_that_stands_for_two_classes_not_at_all(world):
    (world / "images" / "a" / "cc.png").write_bytes(picture(0))  # a copy of aa, also a dog
    assert picked(world) == {"aa": DOG, "ff": CRANE}
    (world / "images" / "a" / "ff.png").write_bytes(picture(0))
    with pytest.raises(RecipeError, match="no image of any class"):
        picked(world)


def test_tar_shards_and_parquet_hold_the_same_images(world):
    with tarfile.open(world / "00000.tar", "w") as tar:
        for level, key in enumerate(LABELS):
            data = picture(level)
            member = tarfile.TarInfo(f"{key}.png")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    images = [picture(level) for level in range(len(LABELS))]
    pq.write_table(pa.table({"ImageID": list(LABELS), "jpg": images}), world / "images.parquet")
    table = {"path": str(world / "images.parquet"), "key_column": "ImageID"}
    for path in ({"path": str(world / "00000.tar")}, table):
        settings = at(world, paths=[path])
        chosen = pick_labelled(settings, CLASSES, None, 0).chosen
        assert {image.facts["pool_key"] for image, _ in chosen} == {"aa", "cc", "ff"}
        for image, _ in chosen:
            level = list(LABELS).index(image.facts["pool_key"])
            assert OpenImagesSource(settings, None).stage(None).read(image.source) == picture(level)


def test_the_first_of_two_images_with_one_key_is_taken(world):
    (world / "images" / "b").mkdir()
    (world / "images" / "b" / "aa.png").write_bytes(picture(99))
    found = pick_labelled(at(world), CLASSES, None, 0)
    (first,) = [i.source for i, _ in found.chosen if i.facts["pool_key"] == "aa"]
    assert first.endswith("a/aa.png")
    assert found.notes[0].endswith("1 have the key of another image")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": ["classes.csv"]}, r"has no column 'ImageID'"),
        ({"labels": ["nolabels.csv"]}, "did you mean .*labels.csv"),
        ({"labels": ["*-labels.csv"]}, "belong to the splits test, train"),
        ({"info": ["labels.csv"]}, "columns ImageID, OriginalURL, License"),
        ({"paths": ["empty"]}, "no image in"),
    ],
)
def test_files_of_another_kind_are_refused(world, changes, said):
    (world / "empty").mkdir()
    for split in ("train", "test"):
        write(world / f"{split}-labels.csv", "ImageID,Source,LabelName,Confidence")
    ((name, (value,)),) = changes.items()
    full = {"path": str(world / value)} if name == "paths" else str(world / value)
    with pytest.raises(RecipeError, match=said) as caught:
        picked(world, **{name: [full]})
    assert str(caught.value).startswith(f"source.{name}[0]")
