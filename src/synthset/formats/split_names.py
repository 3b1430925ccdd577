"""Which split does a path belong to, by its names?

A split's word counts between separators, in any case and before digits: `wds_pets_test.tar`,
`TRAIN.PARQUET`, `test1`, `default/train/0000.parquet`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from synthset.errors import RecipeError
from synthset.store.remote import Place

SPLIT_OF = {
    **dict.fromkeys(("train", "training", "trainset", "trainval"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "valset", "devset"), "val"),
    **dict.fromkeys(("test", "testing", "testset", "eval", "evaluation"), "test"),
}
#: Words that say nothing of what is in a folder: `test_images` is a test split, `test_tube` may be
#: a class.
IDLE = frozenset(
    {"set", "data", "dataset", "image", "images", "img", "imgs", "photos", "pictures", "split"}
    | {"part", "of", "shard", "shards", "files"}
)
PACKED = (".tar", ".parquet", ".csv")  # of files that hold the images, or labels, of a split
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
WORD = re.compile(r"[^\W\d_]+")


def find_splits(name: str) -> frozenset[str]:
    """Name the splits whose words stand in a name, as `train`, `val` and `test`.

    >>> sorted(find_splits("wds_pets_test1.tar")), sorted(find_splits("latest"))
    (['test'], [])
    """
    return frozenset(SPLIT_OF[word] for word in _words(name) if word in SPLIT_OF)


def split_of(name: str) -> str | None:
    """Name the split that a folder is, where its name ends in the word.

    >>> split_of("seg_train"), split_of("test_images2"), split_of("test_tube")
    ('train', 'test', None)
    """
    telling = [word for word in _words(name) if word not in IDLE]
    return SPLIT_OF.get(telling[-1]) if telling else None


def is_idle(name: str) -> bool:
    """Tell whether a name says nothing of what is in a folder, as `images` does."""
    words = _words(name)
    return bool(words) and all(word in IDLE for word in words)


def is_split(name: str) -> bool:
    """Tell whether a name says nothing but a split, as `train`, `test1` and `training_set` do."""
    words = [word for word in _words(name) if word not in IDLE]
    return bool(words) and all(word in SPLIT_OF for word in words)


def split_below(file: Place, root: Place) -> frozenset[str]:
    """Name the split of a file by its name and those of the folders between it and `root`.

    Returns:
        One split, none where no name says one, or all that the names could mean.
    """
    parts = PurePosixPath(_below(file, root)).parts
    said = [found for found in map(find_splits, parts) if found]
    return frozenset.intersection(*said) or frozenset.union(*said) if said else frozenset()


def refuse_splits(files: Sequence[Place], where: str) -> None:
    """One path is one split: test images never slip in beside those for training.

    Raises:
        RecipeError: the files are of several.
    """
    if len(files) < 2:
        return
    root = find_common_folder(files)
    said = {file: split_below(file, root) for file in files}
    if len({found for found in said.values() if found}) > 1:
        words = sorted(SPLIT_OF.keys() & {w for file in files for w in _words(_below(file, root))})
        one = next((file for file in files if said[file] == {"train"}), files[-1])
        found = f"the files belong to the splits {', '.join(words)}"
        raise RecipeError(where, found, f"name one, as in {_pattern(one)}")


def refuse_test(path: Place, inside: Iterable[str], where: str) -> None:
    """Images of a test split are no source: what is made of them would be tested on them.

    Args:
        path: a file or folder that a recipe names.
        inside: what in it is a test split.
        where: place in the recipe, for messages.

    Raises:
        RecipeError: it is a test split by its name, or holds one.
    """
    one = path.as_posix() if is_test(path) else next(iter(inside), None)
    if one is not None:
        found = f"by its name, {one} is a test split"
        raise RecipeError(where, found, "name images for training")


def is_test(path: Place) -> bool:
    """Tell whether a file or folder is a test split by its own name, or that of what its link leads
    to; a file also by its folder's, where that says nothing else."""
    return _is_test(path) or (isinstance(path, Path) and _is_test(path.resolve()))


def _is_test(path: Place) -> bool:
    if path.suffix.lower() not in PACKED:
        return split_of(path.name) == "test"
    mine = find_splits(path.stem)
    return "test" in mine or (not mine and _only_word(path.parent.name) == "test")


def find_common_folder(files: Sequence[Place]) -> Place:
    """The folder that all files lie in, at any depth."""
    root = files[0].parent
    while not all(file.as_posix().startswith(f"{root.as_posix().rstrip('/')}/") for file in files):
        root = root.parent
    return root


def _words(name: str) -> list[str]:
    return [word.lower() for word in WORD.findall(CAMEL.sub(" ", name))]


def _only_word(name: str) -> str | None:
    words = _words(name)
    return SPLIT_OF.get(words[0]) if len(words) == 1 else None


def _below(file: Place, root: Place) -> str:
    """The path of a file from a folder on, without its extension."""
    inside = file.as_posix().removeprefix(root.as_posix()) or file.name
    return inside.removesuffix(file.suffix) if file.suffix.lower() in PACKED else inside


def _pattern(file: Place) -> str:
    """A pattern for the files of one split."""
    words = [word.end() for word in WORD.finditer(file.stem) if word[0].lower() in SPLIT_OF]
    return (file.parent / f"{file.stem[: words[-1]] if words else ''}*{file.suffix}").as_posix()
