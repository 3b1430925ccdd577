"""Where images come from: the settings of every `source`."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from synthset.errors import Problem
from synthset.recipe.entries import check_encoder
from synthset.recipe.paths import FolderPath
from synthset.recipe.settings import EXECUTION, MEMBERSHIP, KindSettings, Name, OneOf, Settings
from synthset.taxonomy.label_conflicts import Rule

if TYPE_CHECKING:
    from synthset.recipe.recipe import Recipe

Scheduler = Literal[
    "DPMSolverMultistep",
    "UniPC",
    "DDIM",
    "Euler",
    "EulerAncestral",
    "Heun",
    "PNDM",
    "LMS",
    "DDPM",
    "LCM",
]
Device = Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")]
Dtype = Literal["auto", "float32", "float16", "bfloat16"]
BASIC = ("degrees", "crop", "scale", "shear", "brightness", "contrast", "saturation")


class Encoding(Settings):
    """How generated images are written."""

    format: Literal["jpeg", "png", "webp"] = "jpeg"
    """File format of the images."""
    quality: int = Field(95, ge=1, le=100)
    """JPEG or WebP quality, 1 to 100; WebP at 100 is lossless. Has no effect on PNG."""


class Lora(Settings):
    """Low-rank changes to a model's weights (LoRA, arXiv 2106.09685), merged into them."""

    path: str
    """A `.safetensors` file, or a folder with one, as diffusers' `save_lora_weights` writes it."""
    scale: float = Field(1.0, ge=-10, le=10)
    """How much of it is added: 1 for all of it, 0 for nothing."""


class TextualInversion(Settings):
    """A word learned from images (arXiv 2208.01618)."""

    path: str
    """A `.safetensors` file with its embedding, or a folder with one."""
    token: str = Field(min_length=1, max_length=64, pattern=r"^\S+$")
    """The word that prompts use for it, such as `<my-cat>`; one that the model doesn't know yet."""


class SourceSettings(KindSettings):
    """What all sources share. A new kind is a subclass with a `kind` of its own.

    Its `implementation` is a `synthset.source.Source`.

    Attributes:
        lists_images: whether its images are there already, and no more can be had.
        brings_classes: whether `classes: {kind: source}` means those of its images.
        needs_prompts: whether images are made from prompts.
        reads_images: whether each record has an image of the source, which is read for its own.
        reads_from: fields with paths at which something has to lie.
        starts_from: the one of them with real images that others are made of, or picked by.
    """

    lists_images: ClassVar[bool] = False
    brings_classes: ClassVar[bool] = False
    needs_prompts: ClassVar[bool] = True
    reads_images: ClassVar[bool] = False
    reads_from: ClassVar[tuple[str, ...]] = ()
    starts_from: ClassVar[str | None] = None

    @property
    def vocabulary(self) -> tuple[str, str | None] | None:
        """Files of the labels that it maps to classes: what they are called, and what lies above
        them, if that is known; None where it maps none."""
        return None

    @property
    def has_prompts(self) -> bool:
        """Whether each of its images has a prompt, if only one that the image brought along."""
        return self.needs_prompts

    @property
    def chunk(self) -> int:
        """Images that are made and committed at a time."""
        batch = getattr(self, "batch_size", "auto")
        return batch if isinstance(batch, int) else 16

    def places(self) -> Iterator[tuple[str, str]]:
        """Give each path that it reads from, with its place in the settings."""
        for field in self.reads_from:
            value = getattr(self, field)
            if isinstance(value, str):
                yield field, value
            for i, one in enumerate(value or () if not isinstance(value, str) else ()):
                at = f"{field}[{i}]"
                yield (at, one) if isinstance(one, str) else (f"{at}.path", one.path)

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """Check what concerns other parts of the recipe.

        Args:
            recipe: the whole.
            where: its place in there, for messages.
        """
        return []


class LabelledSource(SourceSettings):
    """What all sources share that start from labelled images."""

    brings_classes: ClassVar[bool] = True
    needs_prompts: ClassVar[bool] = False
    reads_images: ClassVar[bool] = True
    reads_from: ClassVar[tuple[str, ...]] = ("paths",)
    starts_from: ClassVar[str | None] = "paths"

    paths: tuple[FolderPath, ...] = Field(min_length=1)
    """Where the images are."""
    conflicts: Rule = Field("drop", json_schema_extra=MEMBERSHIP)
    """What to do with the same bytes under several labels: `drop` them all, take the label listed
    `first`, or `keep` each."""

    @property
    def vocabulary(self) -> tuple[str, str | None] | None:
        """Files of the labels that it maps to classes: what they are called, and what lies above
        them, if that is known; None where it maps none."""
        return None

    @property
    def has_prompts(self) -> bool:
        """Whether all its images brought captions along."""
        return self.needs_prompts or all(path.prompt_column for path in self.paths)


class Diffusion(SourceSettings):
    """What all sources that run a diffusers pipeline share."""

    model: str = "miniature"
    """`miniature` (ships with synthset, 32 px), a Hugging Face hub id, or a local folder in the
    diffusers layout."""
    revision: str | None = None
    """Branch, tag or commit of a hub model. Name a commit, so that the same recipe means the same
    pictures later."""
    variant: str | None = None
    """Weight variant of a hub model, such as `fp16`."""
    lora: tuple[Lora, ...] = ()
    """Adapters, added to the weights one after another."""
    textual_inversion: tuple[TextualInversion, ...] = ()
    """Words that the text encoder learns before it reads the prompts."""
    guidance_scale: float = Field(2.0, ge=0, le=50)
    """Classifier-free guidance. 2.0 makes the best training data (arXiv 2212.08420, 2312.04567),
    7.5 the prettiest pictures."""
    num_steps: int = Field(20, ge=1, le=1000)
    """Denoising steps."""
    scheduler: Scheduler | None = None
    """Sampler, by the name of its diffusers class without `Scheduler`; none means the model's
    own."""
    size_px: Annotated[int, Field(ge=8, le=4096, multiple_of=8)] | None = None
    """Width and height in pixels; none means the model's own size."""
    max_tokens: int | None = Field(None, ge=1, le=4096)
    """Length limit of the prompt in tokens, for text encoders that take more than their default."""
    safety_checker: bool = True
    """Run the model's safety checker if it has one. Flagged images are recorded but never counted
    as data."""
    dtype: Dtype = "auto"
    """Precision of the arithmetic; `auto` is float32 on a CPU and float16 on a GPU (bfloat16 for
    transformers such as FLUX, which overflow in float16)."""
    encoding: Encoding = Encoding()
    """File format of the images."""
    device: Device = Field("auto", json_schema_extra=EXECUTION)
    """`auto`, `cpu`, `mps`, `cuda` or `cuda:1`."""
    batch_size: Annotated[int, Field(ge=1, le=1024)] | Literal["auto"] = Field(
        "auto", json_schema_extra=EXECUTION
    )
    """Images per model call; `auto` starts at 16 and halves when memory runs out."""


class Txt2Img(Diffusion):
    """Text to image with any diffusers pipeline."""

    implementation: ClassVar[str] = "synthset.sources.diffusion.source:Txt2ImgSource"
    version: ClassVar[str] = "1"

    kind: Literal["txt2img"]


class Folder(LabelledSource):
    """Existing images, imported as they are."""

    implementation: ClassVar[str] = "synthset.sources.folder:FolderSource"
    version: ClassVar[str] = "2"
    lists_images: ClassVar[bool] = True
    starts_from: ClassVar[str | None] = None

    kind: Literal["folder"]


class Augment(LabelledSource):
    """Classical augmentation: modified copies of existing images. Each image of a class is used
    equally often; the seed of a copy's record decides how it is modified."""

    implementation: ClassVar[str] = "synthset.sources.augment:AugmentSource"
    version: ClassVar[str] = "1"

    kind: Literal["augment"]
    paths: tuple[FolderPath, ...] = Field(min_length=1)
    """Where the images to copy are."""
    policy: Literal["basic", "trivial", "rand"] = "basic"
    """`basic` applies every change below, each at random up to its strength. `trivial` is
    TrivialAugment (arXiv 2103.10158: one change, at any strength) and `rand` is RandAugment (arXiv
    1909.13719); both come after `flip` and `translate`, and before noise and cutout."""
    flip: float = Field(0.5, ge=0, le=1)
    """Share of copies that are mirrored left to right. Set 0 where left and right mean something,
    as in digits."""
    translate: float = Field(0.125, ge=0, le=1)
    """Shift by up to this share of the side, either way."""
    degrees: float = Field(10.0, ge=0, le=180)
    """`basic`: rotate by up to this many degrees, either way."""
    crop: float = Field(1.0, gt=0, le=1)
    """`basic`: cut out at least this share of the area, and enlarge it to the whole size."""
    scale: float = Field(0.0, ge=0, le=1)
    """`basic`: enlarge or shrink by a factor of up to one plus this."""
    shear: float = Field(0.0, ge=0, le=1)
    """`basic`: slant by up to this slope, either way."""
    brightness: float = Field(0.0, ge=0, le=1)
    """`basic`: multiply the brightness by up to one plus or minus this."""
    contrast: float = Field(0.0, ge=0, le=1)
    """`basic`: multiply the distance to the mean grey by up to one plus or minus this."""
    saturation: float = Field(0.0, ge=0, le=1)
    """`basic`: multiply the distance to grey by up to one plus or minus this."""
    num_ops: int = Field(2, ge=1, le=10)
    """`rand`: number of changes per copy."""
    magnitude: int = Field(9, ge=0, le=30)
    """`rand`: strength of all changes, out of 30."""
    noise: float = Field(0.0, ge=0, le=64)
    """Standard deviation of Gaussian noise in grey levels."""
    cutout: float = Field(0.0, ge=0, le=1)
    """Side of a square covered with the mean colour, as a share of the image's side."""
    fill: Literal["reflect", "edge", "black"] = "reflect"
    """What fills the area that a change leaves empty."""
    size_px: int | None = Field(None, ge=8, le=4096)
    """Width and height: first of all, the central square is cut out and resized; none means each
    image's own size."""
    encoding: Encoding = Encoding(format="png")
    """File format of the images."""

    @model_validator(mode="after")
    def _strengths_count(self) -> Augment:
        """A strength that the policy would pass over is a mistake."""
        only = {"basic": BASIC, "rand": ("num_ops", "magnitude"), "trivial": ()}
        for policy, names in only.items():
            for name in names if policy != self.policy else ():
                if getattr(self, name) != type(self).model_fields[name].default:
                    raise ValueError(
                        f"{name} belongs to policy {policy!r}, but the policy is {self.policy!r}"
                    )
        return self


Strength = Annotated[float, Field(gt=0, le=1)]


class Img2Img(Diffusion, LabelledSource):
    """Image to image (SDEdit, arXiv 2108.01073): a model adds noise to a real image and removes it
    again as the prompt says. Each image of a class is used equally often."""

    implementation: ClassVar[str] = "synthset.sources.diffusion.source:Img2ImgSource"
    version: ClassVar[str] = "1"
    needs_prompts: ClassVar[bool] = True

    kind: Literal["img2img"]
    paths: tuple[FolderPath, ...] = Field(min_length=1)
    """Where the images that it starts from are; never those of a test split. If `prompt_column`
    names their captions, these are the prompts; an image without a caption gets the prompt of its
    class."""
    strength: Strength | Annotated[tuple[Strength, ...], Field(min_length=1)] = 0.75
    """How far to move away from the image: the share of `num_steps` that is run. 1 leaves next to
    nothing of the image. Several values, as in `[0.25, 0.5, 0.75, 1]`, are spread evenly over the
    images."""

    @property
    def strengths(self) -> tuple[float, ...]:
        """One or more strengths, in the order in which they take turns."""
        return self.strength if isinstance(self.strength, tuple) else (self.strength,)

    @property
    def chunk(self) -> int:
        """Each strength fills calls of its own."""
        return len(self.strengths) * super().chunk

    @model_validator(mode="after")
    def _strengths_run(self) -> Img2Img:
        """Each strength stands once, and runs a step at least."""
        if len(set(self.strengths)) < len(self.strengths):
            raise ValueError("strength lists a number twice; list each once")
        for strength in self.strengths:
            if int(self.num_steps * strength) < 1:
                raise ValueError(
                    f"strength {strength:g} of {self.num_steps} steps makes less than one step; "
                    f"set num_steps to at least {ceil(1 / strength)}"
                )
        return self


class Gan(LabelledSource):
    """A class-conditional GAN, trained from scratch on existing images, once, before it makes the
    first image. Each image is then a function of the trained weights, its class and its seed."""

    implementation: ClassVar[str] = "synthset.sources.gan.source:GanSource"
    version: ClassVar[str] = "1"
    reads_images: ClassVar[bool] = False
    reads_from: ClassVar[tuple[str, ...]] = ("paths", "val")

    kind: Literal["gan"]
    paths: tuple[FolderPath, ...] = Field(min_length=1)
    """Where the images that it learns from are. It learns all their classes, even those that the
    recipe doesn't list: a class with few images benefits from the others."""
    val: tuple[FolderPath, ...] | None = None
    """Images by which the checkpoint with the best FD is chosen; none holds back a tenth of each
    class."""
    size_px: int = Field(32, ge=16, le=128, multiple_of=8)
    """Width and height of the images that it learns from and makes. Images of other shapes lose
    their margins."""
    updates: int = Field(4000, ge=1, le=10_000_000)
    """Optimiser steps of the generator."""
    batch_size: int = Field(32, ge=2, le=4096)
    """Real images per update, and as many generated ones."""
    width: int = Field(16, ge=4, le=512)
    """Channels of the generator at full size; up to four times as many at smaller sizes."""
    discriminator_width: int = Field(32, ge=4, le=512)
    """Channels of the discriminator after its first halving; up to four times as many at smaller
    sizes."""
    latent_size: int = Field(64, ge=1, le=1024)
    """How many random numbers an image is made from."""
    generator_rate: float = Field(5e-4, gt=0, le=1)
    """Learning rate of the generator."""
    discriminator_rate: float = Field(2e-3, gt=0, le=1)
    """Learning rate of the discriminator."""
    momentum: float = Field(0.0, ge=0, lt=1)
    """First beta of Adam; the second is 0.99."""
    augment: tuple[Literal["colour", "translation", "cutout"], ...] = (
        "colour",
        "translation",
        "cutout",
    )
    """DiffAugment (arXiv 2006.10738): changes applied to real and generated images before the
    discriminator sees them, so that few images suffice; empty for none."""
    flip: bool = True
    """Mirror half of the real images. Set false where left and right mean something, as in
    digits."""
    balance: float = Field(0.5, ge=0, le=1)
    """How evenly classes are drawn: 0 in proportion to their images, 1 all equally often."""
    variety: float = Field(0.7, ge=0, le=1000)
    """Weight of a loss that keeps the generator from making one and the same image for a class: it
    vanishes once samples differ as much as real images of their class do. 0 for none."""
    ema: float = Field(0.995, ge=0, lt=1)
    """Decay of the moving average of the generator; it is this average that makes the images."""
    r1: float = Field(0.0, ge=0, le=1000)
    """Weight of the gradient penalty on real images (R1); 0 for none."""
    r1_every: int = Field(16, ge=1, le=1000)
    """Updates from one penalty to the next; the penalty's weight is multiplied by this."""
    look_every: int = Field(500, ge=1)
    """Updates between checks; each measures FD, draws a grid of samples and saves the state."""
    look_images: int = Field(1000, ge=10, le=50_000)
    """Number of generated images that FD compares; also the most validation images."""
    encoder: Name | None = None
    """An entry of `encoders`, in whose features FD is measured; none means the classifier that
    comes with synthset."""
    seed: int = Field(0, ge=0, lt=2**63)
    """Seed of the training; the recipe's own seed decides the images."""
    encoding: Encoding = Encoding(format="png")
    """File format of the images."""
    device: Device = Field("auto", json_schema_extra=EXECUTION)
    """`auto`, `cpu`, `mps`, `cuda` or `cuda:1`."""

    @property
    def vocabulary(self) -> tuple[str, str | None] | None:
        """Files of the labels that it maps to classes: what they are called, and what lies above
        them, if that is known; None where it maps none."""
        return None

    @property
    def has_prompts(self) -> bool:
        """Its images have none, whatever those that it learns from have."""
        return False

    def problems(self, recipe: Recipe, where: str) -> list[Problem]:
        """The encoder that measures it is there."""
        return [] if self.encoder is None else check_encoder(recipe, where, self.encoder)


class Shapes(SourceSettings):
    """A stand-in generator for tests: flat coloured shapes, no model. Never a source of data."""

    implementation: ClassVar[str] = "synthset.sources.shapes:ShapesSource"
    version: ClassVar[str] = "1"

    kind: Literal["shapes"]
    size_px: int = Field(32, ge=8, le=512)
    """Width and height in pixels."""
    fail_every: int = Field(0, ge=0)
    """Every n-th image fails, to test how errors are handled; 0 for none."""
    encoding: Encoding = Encoding(format="png")
    """File format of the images."""
    delay_s: float = Field(0.0, ge=0, le=60, json_schema_extra=EXECUTION)
    """Seconds spent on each image."""
    batch_size: int = Field(16, ge=1, le=1024, json_schema_extra=EXECUTION)
    """Images per call."""


Source = Annotated[SourceSettings, OneOf("sources")]
