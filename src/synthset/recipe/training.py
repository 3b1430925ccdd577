"""How a classifier is trained: the model, what its images go through, the budget."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from synthset.errors import Problem
from synthset.recipe.settings import EXECUTION, Settings
from synthset.recipe.sources import Device


class TimmModel(Settings):
    """Any timm classifier, trained from scratch unless weights are given."""

    kind: Literal["timm"]
    name: str = "resnet18"
    """timm's name of the architecture."""
    stem: Literal["auto", "small", "own"] = "auto"
    """First layers of a ResNet: `small` is a 3 × 3 convolution with stride 1 and no pooling, as in
    ResNets for CIFAR; `own` is the model's; `auto` takes that of `weights` or, without weights, the
    small one up to 64 px."""
    weights: str | None = None
    """Local safetensors file in timm's layout to start from; its last layer may have other
    classes."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Dropout before the last layer."""


class SmallResNet(Settings):
    """A residual network for images of 16 to 64 px that trains in minutes on a CPU: a frozen
    convolution that whitens patches, then three groups of convolution, pooling, normalisation and
    ReLU, and a residual convolution, normalisation and ReLU; global maximum and a linear layer."""

    kind: Literal["small_resnet"]
    width: int = Field(64, ge=4, le=1024)
    """Channels of the first group; the second has twice, the third four times as many."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Dropout before the last layer."""


Model = Annotated[TimmModel | SmallResNet, Field(discriminator="kind")]


class Preprocessing(Settings):
    """What is done to every image, real or generated, for training or test, in this order, so that
    no source can be recognised by its format."""

    fit: Literal["letterbox", "crop", "squash"] = "crop"
    """How an image becomes square: `letterbox` adds margins, `crop` takes the centre, `squash`
    distorts."""
    random_margins: float = Field(0.0, ge=0, le=0.5)
    """With `letterbox`: square training images get margins of up to this share of their side, half
    of it on each of two opposite sides, so that margins say nothing about the source. What they
    cover is lost, as if the image had been cropped to another shape first."""
    margin_colour: Literal["mean", "black", "white", "random"] = "mean"
    """Colour of the margins; `mean` is that of the image, `random` a different one for each image
    (`mean` in tests)."""
    size_px: int = Field(32, ge=8, le=1024)
    """Width and height that the model sees."""
    kernel: Literal["lanczos", "bicubic", "bilinear", "box"] = "bicubic"
    """Filter of the resize; each averages over what it shrinks (no aliasing)."""
    jpeg_quality: int | None = Field(None, ge=1, le=100)
    """Compress every image again as JPEG at this quality after the resize; none leaves this out."""
    grayscale: bool = False
    """Turn images grey."""
    noise: float = Field(0.0, ge=0, le=64)
    """Standard deviation of Gaussian noise in grey levels, drawn anew for each image."""


class Augmentation(Settings):
    """Random changes to training images, drawn anew each time an image is seen."""

    flip: bool = True
    """Mirror half of the images."""
    shift: float = Field(0.125, ge=0, le=0.5)
    """Shift by up to this share of the side, mirrored at the edge."""
    crop: float = Field(1.0, gt=0, le=1)
    """Cut out at least this share of the area, at an aspect ratio of 3:4 to 4:3, and resize it to
    the full size (Inception's crop; 0.08 is usual for photographs); 1 for none."""
    policy: Literal["none", "trivial", "rand"] = "none"
    """TrivialAugment (arXiv 2103.10158) or RandAugment (arXiv 1909.13719) on top."""
    erase: float = Field(0.0, ge=0, le=1)
    """Share of images with a random rectangle erased (arXiv 1708.04896)."""
    mixup: float = Field(0.0, ge=0, le=10)
    """Alpha of mixup; 0 for none."""
    cutmix: float = Field(0.0, ge=0, le=10)
    """Alpha of CutMix; 0 for none. With both, each batch takes one of the two at random."""


class Training(Settings):
    """The budget: the same number of updates for everything that is trained."""

    updates: int = Field(1000, ge=1, le=100_000_000)
    """Optimiser steps in total."""
    batch_size: int = Field(128, ge=2, le=65_536)
    """Images per update, over all processes."""
    optimizer: Literal["sgd", "adamw", "muon"] = "sgd"
    """SGD has Nesterov momentum. Muon makes the step of each matrix and convolution orthogonal; the
    last layer, biases and norms use SGD."""
    learning_rate: float = Field(0.1, gt=0, le=10)
    """Peak learning rate; it falls to zero."""
    decay: Literal["cosine", "linear"] = "cosine"
    """How the learning rate falls."""
    momentum: float = Field(0.9, ge=0, lt=1)
    """Momentum of SGD or Muon (0.6 suits Muon)."""
    weight_decay: float = Field(5e-4, ge=0, le=1)
    """Weight decay of matrices; biases and norms have none."""
    warm_up: float = Field(0.05, ge=0, le=0.9)
    """Share of the updates during which the learning rate rises linearly."""
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """Share of the target that is spread over all classes."""
    clip_norm: float | None = Field(None, gt=0)
    """The gradient is scaled down to this norm where it is larger; none leaves it as it is."""
    ema: float | None = Field(None, gt=0, lt=1)
    """Decay of a moving average of the weights, which is then validated and tested; none for no
    average."""
    augmentation: Augmentation = Augmentation()
    """Random changes of training images."""
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Precision of the forward pass; `auto` is bfloat16 on GPUs and CPUs that support it (AVX-512
    BF16, AMX), otherwise float32. The last layer is always float32."""
    validate_every: int | None = Field(None, ge=1)
    """Updates between validations; none validates 4 to 20 times in total, so that it takes about a
    twentieth of the time."""
    choose: Literal["balanced_accuracy", "accuracy", "loss", "last"] = "balanced_accuracy"
    """Which checkpoint is kept: the best on validation by this measure, or the last. Test data is
    never used to choose."""
    patience: int | None = Field(None, ge=1)
    """Stop after this many validations in a row without improvement; none runs to the end."""
    device: Device = Field("auto", json_schema_extra=EXECUTION)
    """`auto`, `cpu`, `mps`, `cuda` or `cuda:1`."""
    threads: int = Field(1, ge=1, le=256, json_schema_extra=EXECUTION)
    """Threads for arithmetic on a CPU. A different number may change the last bits of results."""


Share = Annotated[float, Field(gt=0, le=1)]
Shares = Share | Annotated[tuple[Share, ...], Field(min_length=1)]


class SourceDraws(Settings):
    """How often images of one source are drawn in training, whatever their number. In an
    experiment, the validation split chooses from a list of shares."""

    share: Shares | None = None
    """Share of all draws; sources without a share divide the rest in proportion to their images."""
    by: Literal["natural", "balanced", "effective"] = "natural"
    """How its classes divide the draws: in proportion to their images, equally, or by their
    effective number of images (arXiv 1901.05555, beta 0.999)."""
    classes: dict[str, Shares] = Field(default_factory=dict)
    """Shares of individual classes within the source; the others divide the rest as `by` says. In
    an experiment, `$cut` stands for the classes of `real.cut`, which divide its share."""

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


class Mixing(Settings):
    """Mixes images of a class across sources, such as a real one with a generated one: the label
    stays, and the prior in the loss is mixed as the sources are."""

    kind: Literal["mixup", "cutmix"] = "cutmix"
    """Blend the two (arXiv 1710.09412), or paste a rectangle of the other one (arXiv
    1905.04899)."""
    alpha: float = Field(1.0, gt=0, le=10)
    """Alpha of the Beta distribution that decides how much of an image stays."""
    share: float = Field(1.0, gt=0, le=1)
    """Share of the drawn images that are mixed, if another source that is drawn has the class."""


class Loss(Settings):
    """The loss, and how classes are drawn: remedies for imbalance that need no new images."""

    kind: Literal["cross_entropy", "focal", "ldam"] = "cross_entropy"
    """Focal loss: arXiv 1708.02002. LDAM (arXiv 1906.07413): cross-entropy in which the logit of an
    image's own class is lowered by a margin, the larger the fewer images the class has."""
    gamma: float = Field(2.0, ge=0, le=10)
    """Gamma of the focal loss."""
    margin: float = Field(2.0, gt=0, le=30)
    """Margin of LDAM for the class with the fewest images, in logits; one with n times as many has
    it divided by the fourth root of n. The paper's 0.5 is of cosines times 30."""
    weights_after: float = Field(0.0, ge=0, lt=1)
    """Share of the updates without class weights, which come in after that (deferred re-weighting:
    0.8 with LDAM and `effective` weights is the paper's LDAM-DRW)."""
    class_weights: Literal["none", "balanced", "effective"] = "none"
    """`balanced` weights each class by one over its number of images, `effective` by one over its
    effective number of images (arXiv 1901.05555, beta 0.999). It multiplies the loss of each image
    of the class; over the images, the mean weight is 1."""
    sampling: Literal["natural", "balanced"] = "natural"
    """`balanced` draws every class equally often."""
    prior: Literal["none", "class", "source"] = "none"
    """Logit adjustment in the loss (arXiv 2007.07314): in training only, the logarithm of each
    class's share of the draws is added to its logit, so that a rare class isn't predicted too
    rarely. `source` takes the share within the image's own source, so that it doesn't pay to tell
    generated images from real ones; see docs/method.md."""
    adjust: Literal["none", "after"] = "none"
    """`after` takes the logarithm of each class's share of the draws from its logit once the
    training is done: post-hoc logit adjustment (arXiv 2007.07314). The outputs must estimate
    these shares: plain cross-entropy, without class weights, `prior` or `label_smoothing`."""
    shift: Literal["none", "validation"] = "none"
    """`validation` adds to the logit of the class with the fewest images what gives the highest
    balanced accuracy on the validation split, once the training is done."""

    def identity(self) -> dict[str, Any]:
        """Give what decides the result: settings of LDAM, of deferred weights, and of what follows
        the training where they do."""
        unused = {"margin"} if self.kind != "ldam" else set()
        later = {"weights_after": 0.0, "adjust": "none", "shift": "none"}
        unused |= {name for name, default in later.items() if getattr(self, name) == default}
        found = {name: one for name, one in super().identity().items() if name not in unused}
        return found if self.class_weights == "none" else {**found, "weighted": "images"}

    def find_problems(self, where: str, training: Training) -> list[Problem]:
        """Say what can't follow a training: adjusting what doesn't estimate the classes' shares."""
        if self.adjust == "none":
            return []
        found = []
        if training.label_smoothing:
            right = (
                "set training.label_smoothing: 0 (smoothed outputs don't estimate a rare class's "
                "share, so that it would be predicted far too often), or use prior: class"
            )
            found.append((f"label_smoothing {training.label_smoothing:g}", right))
        if self.kind != "cross_entropy":
            right = "set kind: cross_entropy (other outputs don't estimate the classes' shares)"
            found.append((f"kind: {self.kind}", right))
        if self.class_weights != "none":
            right = "remove one of the two (weighted outputs don't estimate the classes' shares)"
            found.append((f"class_weights: {self.class_weights}", right))
        if self.prior != "none":
            found.append((f"prior: {self.prior}", "remove one of the two"))
        return [Problem(f"{where}.adjust", f"`after`, with {said}", right) for said, right in found]
