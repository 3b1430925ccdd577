"""How a classifier is trained: the model, what its images go through, the budget."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from synthset.recipe.settings import EXECUTION, Settings
from synthset.recipe.sources import Device


class TimmModel(Settings):
    """Any timm classifier, from nothing unless weights are named."""

    kind: Literal["timm"]
    name: str = "resnet18"
    """timm's name of the architecture."""
    stem: Literal["auto", "small", "own"] = "auto"
    """First layers of a ResNet: `small` is a 3 × 3 convolution with stride 1 and no pooling, as
    CIFAR's ResNets have; `own` is the model's; `auto` takes that of `weights`, without any the
    small one up to 64 px."""
    weights: str | None = None
    """Local safetensors file in timm's layout to start from; its head may have other classes."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Before the last layer."""


class SmallCnn(Settings):
    """A small convolutional network for small images: blocks of convolution, normalisation, ReLU
    and pooling, then dropout and a linear layer."""

    kind: Literal["cnn"]
    blocks: int = Field(4, ge=1, le=6)
    """Blocks; each halves the size."""
    width: int = Field(32, ge=4, le=512)
    """Channels of the first block; each block doubles them, up to eight times as many."""
    dropout: float = Field(0.3, ge=0, lt=1)
    """Before the last layer."""


class SmallResNet(Settings):
    """A residual network for images of 16 to 64 px that trains in minutes on a CPU: a frozen
    convolution that whitens patches, then three groups of convolution, pooling, normalisation and
    ReLU, and a residual convolution, normalisation and ReLU; global maximum and a linear layer."""

    kind: Literal["small_resnet"]
    width: int = Field(64, ge=4, le=1024)
    """Channels of the first group; the second has twice, the third four times as many."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Before the last layer."""


Model = Annotated[TimmModel | SmallCnn | SmallResNet, Field(discriminator="kind")]


class Preprocessing(Settings):
    """What every image goes through, real or generated, training or test, so that no source can be
    told by its format. In this order."""

    fit: Literal["letterbox", "crop", "squash"] = "crop"
    """To a square: `letterbox` adds margins, `crop` takes the centre, `squash` distorts."""
    random_margins: float = Field(0.0, ge=0, le=0.5)
    """With `letterbox`: square training images get margins of up to this share of their side, on
    two opposite sides, half of it on each, so that margins say nothing about the source. What
    lies under them is lost, as if the picture had been cropped to another shape before."""
    margin_colour: Literal["mean", "black", "white", "random"] = "mean"
    """Of margins; `mean` is the image's own, `random` another for each image (`mean` in tests)."""
    size_px: int = Field(32, ge=8, le=1024)
    """Width and height that the model sees."""
    kernel: Literal["lanczos", "bicubic", "bilinear", "box"] = "bicubic"
    """Of the resize; all of them average over what they shrink (no aliasing)."""
    jpeg_quality: int | None = Field(None, ge=1, le=100)
    """Compress every image again at this quality after the resize; none leaves it out."""
    grayscale: bool = False
    """Take colour away."""
    noise: float = Field(0.0, ge=0, le=64)
    """Standard deviation of Gaussian noise in grey levels, another draw for each image."""


class Augmentation(Settings):
    """Random changes of training images, another draw each time one is seen."""

    flip: bool = True
    """Mirror half of them."""
    shift: float = Field(0.125, ge=0, le=0.5)
    """Shift by up to this share of the side, mirrored at the edge."""
    crop: float = Field(1.0, gt=0, le=1)
    """Cut out at least this share of the area, at an aspect of 3:4 to 4:3, and resize it to the
    whole size (Inception's crop; 0.08 is usual for photographs); 1 for none."""
    policy: Literal["none", "trivial", "rand"] = "none"
    """TrivialAugment (arXiv 2103.10158) or RandAugment (arXiv 1909.13719) on top."""
    erase: float = Field(0.0, ge=0, le=1)
    """Share of images with a random rectangle erased (arXiv 1708.04896)."""
    mixup: float = Field(0.0, ge=0, le=10)
    """Alpha of mixup; 0 for none."""
    cutmix: float = Field(0.0, ge=0, le=10)
    """Alpha of CutMix; 0 for none. With both, each batch takes one of them at random."""


class Training(Settings):
    """The budget: the same number of updates for whatever is trained."""

    updates: int = Field(1000, ge=1, le=100_000_000)
    """Optimiser steps in all."""
    batch_size: int = Field(128, ge=2, le=65_536)
    """Images an update, over all processes."""
    optimizer: Literal["sgd", "adamw", "muon"] = "sgd"
    """SGD has Nesterov momentum. Muon makes the step of each matrix and convolution orthogonal;
    the last layer, biases and norms take SGD."""
    learning_rate: float = Field(0.1, gt=0, le=10)
    """Peak; it falls to zero."""
    decay: Literal["cosine", "linear"] = "cosine"
    """How the rate falls."""
    momentum: float = Field(0.9, ge=0, lt=1)
    """Of SGD or Muon (0.6 suits Muon)."""
    weight_decay: float = Field(5e-4, ge=0, le=1)
    """On matrices; biases and norms have none."""
    warm_up: float = Field(0.05, ge=0, le=0.9)
    """Share of the updates with a linearly rising rate."""
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """Share of the target spread over all classes."""
    clip_norm: float | None = Field(None, gt=0)
    """Largest norm of the gradient."""
    ema: float | None = Field(None, gt=0, lt=1)
    """Decay of a moving average of the weights, which is then what is judged."""
    augmentation: Augmentation = Augmentation()
    """Random changes of training images."""
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Arithmetic of the forward pass; `auto` is bfloat16 on GPUs and CPUs that compute in it
    (AVX-512 BF16, AMX), else float32. The last layer is always float32."""
    validate_every: int | None = Field(None, ge=1)
    """Updates between looks at the validation split; none looks 4 to 20 times in all, so that it
    costs about a twentieth of the time."""
    choose: Literal["balanced_accuracy", "accuracy", "loss", "last"] = "balanced_accuracy"
    """Which checkpoint is kept: best on validation by this, or the last. Test data never
    chooses."""
    patience: int | None = Field(None, ge=1)
    """Stop when so many looks in a row brought nothing better; none runs to the end."""
    device: Device = Field("auto", json_schema_extra=EXECUTION)
    """`auto`, `cpu`, `mps`, `cuda` or `cuda:1`."""
    threads: int = Field(1, ge=1, le=256, json_schema_extra=EXECUTION)
    """Threads of arithmetic on a CPU. Another number may change the last bits."""


Share = Annotated[float, Field(gt=0, le=1)]
Shares = Share | Annotated[tuple[Share, ...], Field(min_length=1)]


class SourceDraws(Settings):
    """How often images of one source are drawn while training, whatever their number. A list of
    shares is a choice that the validation split makes, in an experiment."""

    share: Shares | None = None
    """Share of all draws; sources without one share the rest by their images."""
    by: Literal["natural", "balanced", "effective"] = "natural"
    """How its classes share the draws: by their images, equally, or by their effective number of
    images (arXiv 1901.05555, beta 0.999)."""
    classes: dict[str, Shares] = Field(default_factory=dict)
    """Shares of single classes within the source; the others have the rest, by `by`. In an
    experiment `$cut` stands for the classes of `real.cut`, which share it."""

    @property
    def lists(self) -> dict[str, tuple[float, ...]]:
        """The lists to choose from, by `share` or the name of the class."""
        found = {"share": self.share, **self.classes}
        return {name: one for name, one in found.items() if isinstance(one, tuple)}

    def choose(self, number: int) -> SourceDraws:
        """Take one entry of every list."""
        classes = {name: _choose(one, number) for name, one in self.classes.items()}
        share = None if self.share is None else _choose(self.share, number)
        return self.model_copy(update={"share": share, "classes": classes})


def _choose(shares: Shares, number: int) -> float:
    return shares[number] if isinstance(shares, tuple) else shares


class Loss(Settings):
    """What is made small, and how classes are drawn: remedies for imbalance without new images."""

    kind: Literal["cross_entropy", "focal"] = "cross_entropy"
    """Focal loss: arXiv 1708.02002."""
    gamma: float = Field(2.0, ge=0, le=10)
    """Of the focal loss."""
    class_weights: Literal["none", "balanced", "effective"] = "none"
    """`balanced` weighs each class by one over its count, `effective` by one over its effective
    number of images (arXiv 1901.05555, beta 0.999); mean weight 1 over the images."""
    sampling: Literal["natural", "balanced"] = "natural"
    """`balanced` draws every class equally often."""
    prior: Literal["none", "class", "source"] = "none"
    """Logit adjustment in the loss (arXiv 2007.07314): the logarithm of each class's share of the
    draws is added to its logit while training, and nothing at test, so that a seldom class isn't
    answered seldom. `source` takes the share within the image's own source, so that nothing is
    gained by telling generated images from real ones; see docs/method.md."""
