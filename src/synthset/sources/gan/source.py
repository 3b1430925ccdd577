"""What is planned of a GAN: its training, the model's name, and samples by class and seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from synthset.errors import RecipeError
from synthset.formats.listed import Listed
from synthset.formats.manifest import Passed
from synthset.formats.scan import refuse_tests, scan
from synthset.kinds import import_name
from synthset.recipe.encoders import ClassifierEncoder, Encoder
from synthset.recipe.sources import Folder as FolderSettings
from synthset.recipe.sources import Gan as Settings
from synthset.seeds import digest, fingerprint
from synthset.source import Estimate, Material, Preparation, Settle, Start
from synthset.sources.encoded_size import estimate_bytes
from synthset.sources.gan.training_cost import estimate_training_seconds
from synthset.sources.labelled_images import StartsFromImages, hash_content
from synthset.stage import Stage
from synthset.store.folder import Storage
from synthset.taxonomy.names import ClassIndex, Contradiction, fold_name

TRAINING_VERSION = "1"  # changes whenever the same settings and images would give other weights
SAMPLE_S = 0.002  # core-seconds for one image of 32 x 32 px


class GanSource(StartsFromImages[Settings]):
    """Samples of a GAN that is trained before the first image, once, and kept in the dataset."""

    def stage(self, folder: Storage) -> Stage:
        """Sample the trained model."""
        stage: Stage = import_name("synthset.sources.gan.stage:GanStage")(self.settings, folder)
        return stage

    def material(self, settle: Settle) -> Material:
        """List the images to learn from, of all classes, and those that choose the checkpoint.

        Raises:
            RecipeError: a class has no image, or one only; or they are a test split.
        """
        refuse_tests(self.settings.paths)
        refuse_tests(self.settings.val or (), "source.val")
        passed = Passed()
        images = list(scan(self.settings, passed))
        val: tuple[Listed, ...] = ()
        if self.settings.val:
            val = tuple(scan(FolderSettings(kind="folder", paths=self.settings.val), passed))
        placed = self.place(images, settle, passed, learns_others=True)
        placed.refuse_empty()
        learned = tuple(image for image, _ in placed.used)
        return Material(
            placed.classes,
            placed.mine,
            {},
            (*placed.notes, *check_examples(learned, val)),
            digest([hash_content(learned), hash_content(val)]),
            learned,
            val,
            there=(*images, *val),
            passed=passed,
        )

    def plan_identity(self, found: Material) -> list[Any]:
        """The model."""
        return [self.model_name(found)]

    def starts(self, found: Material) -> Callable[[int, int], Start]:
        """Name the model, and what it calls the class."""
        model, words = self.model_name(found), name_words(found.learned)
        called = {label: words[image.name] for image, label in found.found}

        def start(label: int, index: int) -> Start:
            pixels = {"model": model, "class": called[label]}
            return Start({"source": f"models/{model}#{called[label]}"}, pixels)

        return start

    def estimate(self, found: Material) -> Estimate:
        """By measurements of small images, and of trainings."""
        settings, training = self.settings, estimate_training_seconds(self.settings)
        note = (
            f"a GAN is trained first, once: {settings.updates:,} updates on "
            f"{len(found.learned):,} images, about {max(1, round(training / 60))} min on one core"
        )
        return Estimate(
            SAMPLE_S * (settings.size_px / 32) ** 2,
            "the speed on one core of a server",
            estimate_bytes(settings.size_px, settings.size_px, settings.encoding),
            preparing_s=training,
            notes=(note,),
        )

    def preparation(self, folder: Storage, found: Material) -> Preparation | None:
        """Train the model, unless it is there; a training that was cut short goes on."""
        place = f"models/{self.model_name(found)}"
        train = import_name("synthset.sources.gan.fitting:prepare_training")
        todo: Preparation | None = train(self.settings, self.judge(), folder, place, found)
        return todo

    def model_name(self, found: Material) -> str:
        """Name the model by all that decides its weights."""
        settings = {
            name: value
            for name, value in self.settings.identity().items()
            if name not in ("paths", "val", "encoding", "encoder")
        }
        known = [TRAINING_VERSION, settings, found.content, self.judge().full_identity()]
        return f"gan-{fingerprint(known)}"

    def judge(self) -> Encoder:
        """The encoder whose features measure the GAN: the one that its settings name, else the
        classifier that ships with synthset."""
        if self.settings.encoder is None:
            return ClassifierEncoder(kind="classifier", device=self.settings.device)
        return self.recipe.encoders[self.settings.encoder]


def check_examples(images: Sequence[Listed], val: Sequence[Listed]) -> list[str]:
    """Find out whether a GAN can learn from these images, and what the user should know.

    Raises:
        RecipeError: a class has one image only, or the validation images are of other classes.
    """
    called = name_words(images, val)
    counts = Counter(called[image.name] for image in images)
    lonely = sorted(name for name, count in counts.items() if count < 2)
    if lonely:
        names = ", ".join(map(repr, lonely[:8])) + (" …" if len(lonely) > 8 else "")
        right = "a GAN needs at least two, better fifty; add some, or use `kind: augment`"
        raise RecipeError("source.paths", f"there is only one image of {names}", right)
    strangers = sorted({image.name for image in val} - set(called))
    if strangers:
        names = ", ".join(map(repr, strangers[:8]))
        right = f"the images to learn from show {', '.join(sorted(counts)[:8])}"
        raise RecipeError(
            "source.val", f"it contains images of {names}, which the GAN never learns", right
        )
    few = [name for name, count in counts.items() if count < 20]
    if not few:
        return []
    return [
        "there are few images to learn from: "
        f"{', '.join(f'{n} ({counts[n]})' for n in sorted(few)[:5])}"
    ]


def name_words(images: Sequence[Listed], val: Sequence[Listed] = ()) -> dict[str, str]:
    """What a GAN calls the classes of its images, by their names: in any case with `_` as a blank,
    where that tells them apart.

    Args:
        images: to learn from.
        val: that choose the checkpoint; names that mean none of the classes are missing.

    Raises:
        RecipeError: two names of `val` look like one class.
    """
    names = sorted({image.name for image in images})
    words = {name: fold_name(name.replace("_", " ")) or fold_name(name) for name in names}
    times = Counter({fold_name(name): word for name, word in words.items()}.values())
    words = {name: word if times[word] == 1 else fold_name(name) for name, word in words.items()}
    others = sorted({image.name for image in val})
    try:
        found = ClassIndex([[name] for name in names]).find_all([[name] for name in others])
    except Contradiction as fault:
        raise RecipeError("source.val", str(fault), "rename one of them") from None
    known = zip(others, found, strict=True)
    return words | {name: words[names[min(meant)]] for name, meant in known if len(meant) == 1}
