"""What looks at images: the settings of every encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from synthset.models.miniatures import find_revision
from synthset.recipe.settings import EXECUTION, KindSettings, OneOf
from synthset.recipe.sources import Device, Dtype
from synthset.revisions import compute_revision
from synthset.user_code import FunctionPath, get_file


class EncoderSettings(KindSettings):
    """What all encoders share. A new kind is a subclass with a `kind` of its own.

    Attributes:
        miniature: which of the models that ship with synthset `model: miniature` means, if any.
        checked_by: function of its place in the recipe and the settings that looks for problems
            before anything is loaded, as `package.module:name`.
        text_implementation: class, made of the settings, whose `encode(texts)` gives features to
            compare with those of images, as `package.module:name`; None for one that reads no text.
    """

    miniature: ClassVar[Literal["clip", "classifier"] | None] = None
    checked_by: ClassVar[str | None] = None
    text_implementation: ClassVar[str | None] = None

    dtype: Dtype = "float32"
    """Precision of the arithmetic. Use `float32` for numbers that others will compare with
    theirs."""
    device: Device = Field("auto", json_schema_extra=EXECUTION)
    """`auto`, `cpu`, `mps`, `cuda` or `cuda:1`."""
    batch_size: int = Field(32, ge=1, le=4096, json_schema_extra=EXECUTION)
    """Images per model call."""

    def full_identity(self) -> dict[str, Any]:
        """As everywhere, and the weights of a local model."""
        identity = super().full_identity()
        if self.miniature is not None:
            identity["weights"] = find_revision(self.miniature, getattr(self, "model", ""))
        weights = getattr(self, "weights", None) or getattr(self, "pretrained", None)
        if weights and Path(weights).expanduser().is_file():
            identity["weights_file"] = compute_revision(Path(weights).expanduser())
        return identity


class InceptionEncoder(EncoderSettings):
    """torch-fidelity's Inception-v3, the network that defines FID and the Inception Score."""

    implementation: ClassVar[str] = "synthset.encoders.inception:Inception"
    version: ClassVar[str] = "1"
    checked_by: ClassVar[str | None] = "synthset.encoders.models:check_inception"

    kind: Literal["inception"]
    weights: str | None = None
    """Local file with torch-fidelity's weights; none downloads them."""
    resize: Literal["clean", "torch-fidelity"] = "clean"
    """`clean`: antialiased bicubic, as in clean-fid; `torch-fidelity`: TF1-compatible bilinear, as
    in torch-fidelity."""


class ClipEncoder(EncoderSettings):
    """CLIP by open_clip or transformers."""

    implementation: ClassVar[str] = "synthset.encoders.clip:Clip"
    version: ClassVar[str] = "1"
    checked_by: ClassVar[str | None] = "synthset.encoders.models:check_clip"
    text_implementation: ClassVar[str | None] = "synthset.encoders.clip:ClipText"
    miniature: ClassVar[Literal["clip", "classifier"] | None] = "clip"

    kind: Literal["clip"]
    model: str = "miniature"
    """`miniature`, an open_clip name (`ViT-B-32`), `hf-hub:…`, or a local folder (open_clip or
    transformers layout)."""
    pretrained: str | None = None
    """open_clip's tag of the weights (`laion2b_s34b_b79k`) or a local weight file."""


class ClassifierEncoder(EncoderSettings):
    """Any timm classifier, with its features and its logits."""

    implementation: ClassVar[str] = "synthset.encoders.classifier:ClassifierStage"
    version: ClassVar[str] = "1"
    checked_by: ClassVar[str | None] = "synthset.encoders.models:check_classifier"
    miniature: ClassVar[Literal["clip", "classifier"] | None] = "classifier"

    kind: Literal["classifier"]
    model: str = "miniature"
    """`miniature`, a timm name (`resnet50.a1_in1k`), `hf-hub:…`, or a local folder in timm's
    layout."""
    weights: str | None = None
    """Local safetensors file with the weights; none means timm's own."""


class PixelsEncoder(EncoderSettings):
    """A stand-in for tests and first steps: the image itself, shrunk to a few pixels. It knows
    nothing about content."""

    implementation: ClassVar[str] = "synthset.encoders.pixels:Pixels"
    version: ClassVar[str] = "1"

    kind: Literal["pixels"]
    size_px: int = Field(8, ge=1, le=64)
    """Width and height after shrinking; features are 3 x size_px x size_px numbers."""


class PythonEncoder(EncoderSettings):
    """An encoder that is a function of your own: (N, H, W, 3) uint8 RGB to (N, D) numbers. Images
    of the same shape come together; the features of an image must not depend on the others. Needs
    `--allow-code`."""

    implementation: ClassVar[str] = "synthset.encoders.python:PythonEncoderStage"
    version: ClassVar[str] = "1"
    checked_by: ClassVar[str | None] = "synthset.encoders.python:check"

    kind: Literal["python"]
    path: FunctionPath
    """File and function, as in `my_encoder.py:histogram`."""
    width: int = Field(ge=1, le=65_536)
    """D, how many numbers it returns for each image."""

    @property
    def files(self) -> tuple[str, ...]:
        """The file of the function."""
        return (get_file(self.path),)

    @property
    def code(self) -> str | None:
        """What of the user's own it runs."""
        return self.path


Encoder = Annotated[EncoderSettings, OneOf("encoders")]
