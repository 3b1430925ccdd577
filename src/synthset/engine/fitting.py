"""What is trained before the first image: the GAN of a recipe, once, kept in the dataset."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from synthset.errors import RecipeError
from synthset.formats.listed import Listed
from synthset.formats.manifest import Passed
from synthset.images import Pixels
from synthset.kinds import carry_out
from synthset.machine import Bar, count_gpus_used, torch_threads
from synthset.metrics.features import Features
from synthset.recipe.encoders import ClassifierEncoder, Encoder
from synthset.recipe.recipe import Recipe
from synthset.recipe.sources import Gan
from synthset.seeds import digest, fingerprint
from synthset.stage import Rows
from synthset.store.dataset import Dataset
from synthset.taxonomy.names import ClassIndex, Contradiction, caseless

if TYPE_CHECKING:
    from synthset.engine.plan import Material
    from synthset.sources.gan.training import Training

TRAINING_VERSION = "1"  # changes whenever the same settings and images would give other weights
HELD_BACK = 10  # one in so many training images judges, where no validation images are named
FEWEST_JUDGES = 32  # with fewer, FD compares with the training images themselves


def model_name(recipe: Recipe, content: str) -> str:
    """Name the model of a recipe by all that decides its weights.

    Args:
        recipe: whose source is a GAN.
        content: hash of the images that it learns from, and of those that choose its checkpoint.
    """
    source = recipe.source
    assert isinstance(source, Gan)
    settings = {
        name: value
        for name, value in source.identity().items()
        if name not in ("paths", "val", "encoding", "encoder")
    }
    encoder = judging_encoder(recipe).full_identity()
    return f"gan-{fingerprint([TRAINING_VERSION, settings, content, encoder])}"


def judging_encoder(recipe: Recipe) -> Encoder:
    """The encoder whose features measure a GAN: the one that its settings name, else the classifier
    that ships with synthset.

    Raises:
        RecipeError: the recipe has no encoder of that name.
    """
    source = recipe.source
    assert isinstance(source, Gan)
    if source.encoder is None:
        return ClassifierEncoder(kind="classifier", device=source.device)
    return recipe.encoders[source.encoder]


def check_examples(images: Sequence[Listed], val: Sequence[Listed]) -> list[str]:
    """Find out whether a GAN can learn from these images, and what the user should know.

    Raises:
        RecipeError: a class has one image only, or the validation images are of other classes.
    """
    called = words_of(images, val)
    counts = Counter(called[image.name] for image in images)
    lonely = sorted(name for name, count in counts.items() if count < 2)
    if lonely:
        names = ", ".join(map(repr, lonely[:8])) + (" …" if len(lonely) > 8 else "")
        right = "a GAN needs two at least, and better fifty; add some, or use `kind: augment`"
        raise RecipeError("source.paths", f"one image only of {names}", right)
    strangers = sorted({image.name for image in val} - set(called))
    if strangers:
        names = ", ".join(map(repr, strangers[:8]))
        right = f"the images to learn from are of {', '.join(sorted(counts)[:8])}"
        raise RecipeError("source.val", f"images of {names}, which it never learns", right)
    few = [name for name, count in counts.items() if count < 20]
    if not few:
        return []
    return [f"few images to learn from: {', '.join(f'{n} ({counts[n]})' for n in sorted(few)[:5])}"]


def words_of(images: Sequence[Listed], val: Sequence[Listed] = ()) -> dict[str, str]:
    """What a GAN calls the classes of its images, by their names: in any case with `_` as a blank,
    where that tells them apart.

    Args:
        images: to learn from.
        val: that choose the checkpoint; names that mean none of the classes are missing.

    Raises:
        RecipeError: two names of `val` look like one class.
    """
    names = sorted({image.name for image in images})
    words = {name: caseless(name.replace("_", " ")) or caseless(name) for name in names}
    times = Counter({caseless(name): word for name, word in words.items()}.values())
    words = {name: word if times[word] == 1 else caseless(name) for name, word in words.items()}
    others = sorted({image.name for image in val})
    try:
        found = ClassIndex([[name] for name in names]).find_all([[name] for name in others])
    except Contradiction as fault:
        raise RecipeError("source.val", str(fault), "rename one of them") from None
    known = zip(others, found, strict=True)
    return words | {name: words[names[min(meant)]] for name, meant in known if len(meant) == 1}


def fit(dataset: Dataset, recipe: Recipe, material: Material, bar: Bar) -> None:
    """Train the recipe's GAN, unless it is there already; one that was cut short goes on.

    Raises:
        RecipeError: none of the images can be read.
        ModelError: the training ran into numbers that are none, or the encoder can't be loaded.
    """
    from synthset.sources.gan.training import trained

    source = recipe.source
    assert isinstance(source, Gan)
    name = model_name(recipe, material.content)
    if trained(dataset.folder, f"models/{name}"):
        return
    bar.start("training", source.updates)
    begun = time.monotonic()
    try:
        training = _training(dataset, recipe, material, f"models/{name}", bar)
        first = training.course.update
        with torch_threads(recipe.engine.threads):
            training.run(bar.advance)
    finally:
        bar.stop()
    dataset.log(
        {
            "event": "stage",
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "role": "training",
            "tables": [dataset.view.plan],
            "rows": 0,
            "updates": source.updates - first,
            "seconds": round(time.monotonic() - begun, 3),
            "gpus": count_gpus_used([source.device], 1),
            "failed": 0,
        }
    )


def _training(
    dataset: Dataset, recipe: Recipe, material: Material, place: str, bar: Bar
) -> Training:
    """Read the images, and set the two players up."""
    from synthset.formats.originals import Originals
    from synthset.sources.gan.examples import Examples, read_examples
    from synthset.sources.gan.sample_quality import Judge
    from synthset.sources.gan.training import Training

    source = recipe.source
    assert isinstance(source, Gan)
    originals = Originals((*source.paths, *(source.val or ())))
    called, passed = words_of(material.learned, material.val), Passed()
    classes = sorted({called[image.name] for image in material.learned})
    mine, judges = _split(material)

    def read(images: Sequence[Listed]) -> Examples:
        labels = [classes.index(called[image.name]) for image in images]
        return read_examples(images, labels, originals, source.size_px, passed)

    with torch_threads(recipe.engine.threads):
        judge = Judge(read(judges), _Sight(judging_encoder(recipe)), source.look_images)
        training = Training(source, classes, read(mine), judge, dataset.folder, place)
    for note in passed.notes():
        bar.say(note)
    return training


def _split(material: Material) -> tuple[list[Listed], list[Listed]]:
    """Images to learn from, and those that judge: named ones, else one in ten of each class by
    content, else (where those would be too few) the same ones.

    Both in an order that depends on content alone.
    """
    order = sorted(material.learned, key=_drawn)
    if material.val:
        return order, sorted(material.val, key=_drawn)
    called, seen = words_of(order), Counter[str]()
    learned: list[Listed] = []
    held: list[Listed] = []
    for image in order:
        name = called[image.name]
        seen[name] += 1
        (held if seen[name] % HELD_BACK == 0 else learned).append(image)
    return (learned, held) if len(held) >= FEWEST_JUDGES else (order, order)


def _drawn(image: Listed) -> tuple[str, str]:
    return digest([image.content], size=8), image.name


class _Sight:
    """Turns pictures into the features of an encoder."""

    def __init__(self, settings: Encoder) -> None:
        self._encoder: Any = carry_out(settings, settings)
        self._encoder.open()

    def __call__(self, pictures: Sequence[Pixels]) -> Features:
        """Encode (S, S, 3) uint8 pictures to (N, D) float32."""
        rows = Rows(pa.table({"id": [str(i) for i in range(len(pictures))]}))
        rows.once("pixels", lambda: list(pictures))
        features: Features = np.asarray(
            self._encoder.compute(rows, self._encoder.prepare(rows)).features, dtype=np.float32
        )
        return features
