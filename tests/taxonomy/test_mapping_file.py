"""The mapping file: written once, edited by a person, refused where it contradicts itself."""

import csv
from pathlib import Path

import pytest

from synthset.errors import RecipeError, UsageError
from synthset.taxonomy.classlists import make_name_classes, pick_wordnet_classes
from synthset.taxonomy.label_mapping import Link, map_labels
from synthset.taxonomy.mapping_file import read_mapping, write_mapping
from synthset.taxonomy.open_images import OpenImagesVocabulary

CLASSES = pick_wordnet_classes(["crane.n.04", "crane.n.05", "cat.n.01"], shared_names="qualify")
MACHINE, BIRD, CAT = (entry.key for entry in CLASSES)
WORDS = OpenImagesVocabulary({"/m/0a": "Crane", "/m/0b": "Tabby cat", "/m/0c": "Cat"})


@pytest.fixture
def mapping(tmp_path):
    def write(*rows, head="mid,name,key,rule,score,approved_by", name="mapping.csv"):
        (tmp_path / name).write_text("\n".join([head, *rows]) + "\n")
        return str(tmp_path / name)

    return write


def read(*paths, classes=CLASSES):
    return read_mapping(paths, WORDS, classes)


def refused(*paths, classes=CLASSES):
    with pytest.raises(RecipeError) as caught:
        read(*paths, classes=classes)
    return [str(problem) for problem in caught.value.problems]


def test_what_was_written_is_read_back_and_the_rest_waits_for_a_person(tmp_path):
    path, review = str(tmp_path / "mapping.csv"), str(tmp_path / "review.csv")
    made = map_labels(WORDS, CLASSES)
    write_mapping(path, review, made, CLASSES)
    found = read(path, review)
    assert {mid: link for mid, (link,) in found.links.items()} == {
        "/m/0b": Link("/m/0b", "Tabby cat", 2, "narrower"),
    }
    assert found.undecided == 2
    crane = next(csv.DictReader(Path(review).read_text().splitlines()))
    assert (crane["mid"], crane["key"], crane["suggested"]) == ("/m/0a", "", MACHINE)
    assert crane["meanings"].startswith(f"{MACHINE}: crane.n.04: lifts and moves heavy objects")


def test_a_review_file_with_an_answer_counts_as_listed(mapping):
    path = mapping("/m/0a,Crane,crane.n.05,,,me")
    assert read(path).links == {"/m/0a": (Link("/m/0a", "Crane", 1, "listed"),)}


def test_files_with_answers_are_not_overwritten(tmp_path, mapping):
    path = mapping("/m/0a,Crane,n1,,,")
    with pytest.raises(UsageError, match=r"mapping\.csv exists"):
        write_mapping(path, str(tmp_path / "r.csv"), map_labels(WORDS, CLASSES), CLASSES)
    with pytest.raises(UsageError, match=r"mapping\.csv exists"):
        write_mapping(str(tmp_path / "new.csv"), path, map_labels(WORDS, CLASSES), CLASSES)
    assert not (tmp_path / "new.csv").exists()


def test_a_label_for_two_classes_is_refused_with_both_lines(mapping):
    path = mapping(f"/m/0a,Crane,{MACHINE},exact,,", f"/m/0c,Cat,{CAT},,,", f"/m/0a,,{BIRD},,,")
    assert refused(path) == [
        f"source.mapping: {path}:2 gives /m/0a (Crane) to {MACHINE}, {path}:4 to {BIRD}; "
        "remove one, or write the rule `several` in both rows"
    ]


def test_a_label_for_two_classes_may_stand_in_two_files_only_as_one(mapping):
    first = mapping(f"/m/0a,Crane,{MACHINE},,,")
    same = mapping(f"/m/0a,Crane,{MACHINE},,,", name="b.csv")
    other = mapping(f"/m/0a,Crane,{BIRD},,,", name="c.csv")
    assert len(read(first, same).links["/m/0a"]) == 1
    assert "c.csv:2" in refused(first, other)[0]


def test_a_person_may_list_two_classes(mapping):
    path = mapping(f"/m/0a,Crane,{MACHINE},several,,", f"/m/0a,Crane,{BIRD},several,,")
    assert [link.label for link in read(path).links["/m/0a"]] == [0, 1]
    half = mapping(f"/m/0a,Crane,{MACHINE},several,,", f"/m/0a,Crane,{BIRD},,,", name="half.csv")
    assert "half.csv:2 gives" in refused(half)[0]


def test_unknown_labels_classes_rules_and_scores_are_named_with_the_nearest(mapping):
    path = mapping(
        f"/m/0z,Cat,{CAT},,,",
        "/m/0c,Cat,n99999999,,,",
        f"/m/0c,Cat,{CAT},exakt,,",
        f"/m/0c,Cat,{CAT},exact,high,",
    )
    label, key, rule, score = refused(path)
    assert f"{path}:2: OpenImages has no label '/m/0z'; did you mean /m/0" in label
    assert f"{path}:3: no class has the key 'n99999999'; known: " in key
    assert f"{path}:4: unknown rule 'exakt'; did you mean 'exact'?" in rule
    assert f"{path}:5: score 'high'" in score


def test_plain_classes_are_named_by_key(mapping):
    classes = make_name_classes(["Tabby cat"])
    assert read(mapping("/m/0b,,tabby-cat,,,"), classes=classes).links["/m/0b"][0].label == 0
    (told,) = refused(mapping("/m/0b,,taby-cat,,,", name="b.csv"), classes=classes)
    assert "did you mean 'tabby-cat'?" in told


def test_synsets_that_the_recipe_does_not_list_are_counted(mapping):
    found = read(mapping("/m/0b,,dog.n.01,,,", "/m/0c,,n02084071,,,", f"/m/0a,,{BIRD},,,"))
    assert (found.elsewhere, list(found.links)) == (2, ["/m/0a"])


def test_a_file_that_is_missing_or_has_other_columns_is_refused(mapping, tmp_path):
    assert "write it with `synthset pool map`" in refused(str(tmp_path / "no.csv"))[0]
    assert "has no column 'key'" in refused(mapping(head="mid,name,class"))[0]
