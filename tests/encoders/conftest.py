"""Small pictures, and tiny models with random weights in each library's own format."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import open_clip
import pyarrow as pa
import pytest
import timm
import torch
from safetensors.torch import save_file

from synthset.images import Pixels, encode
from synthset.record import IMAGE
from synthset.stage import Rows

TINY_CLIP = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "patch_size": 8},
    "text_cfg": {"context_length": 12, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}
TINY_PREPROCESS = {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.25], "resize_mode": "shortest"}


@pytest.fixture
def pictures() -> list[Pixels]:
    """Six smooth pictures of three sizes."""
    generator = np.random.default_rng(7)
    sizes = [(40, 48), (32, 32), (40, 48), (60, 33), (32, 32), (40, 48)]
    return [_smooth(generator, height, width) for height, width in sizes]


def _smooth(generator: np.random.Generator, height: int, width: int) -> Pixels:
    coarse = torch.from_numpy(generator.uniform(0, 255, (1, 3, 5, 5)))
    fine = torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")
    noise = generator.normal(0, 6, (height, width, 3))
    return (fine[0].permute(1, 2, 0).numpy() + noise).clip(0, 255).astype(np.uint8)


@pytest.fixture
def rows_of() -> Callable[..., Rows]:
    """Make a chunk of pictures; None stands for a record without an image."""

    def make(pictures: Sequence[Pixels | bytes | None], **columns: Sequence[object]) -> Rows:
        cells = [None if p is None else {"bytes": _bytes(p), "path": "x.png"} for p in pictures]
        ids = [f"{i:02}" for i in range(len(cells))]
        return Rows(pa.table({"id": ids, "image": pa.array(cells, IMAGE), **columns}))

    return make


def _bytes(picture: Pixels | bytes) -> bytes:
    return picture if isinstance(picture, bytes) else encode(picture, "png")


@pytest.fixture(scope="session")
def open_clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("open-clip")
    torch.manual_seed(1)
    model = open_clip.CLIP(**TINY_CLIP)
    written = {"model_cfg": TINY_CLIP, "preprocess_cfg": TINY_PREPROCESS}
    (folder / "open_clip_config.json").write_text(json.dumps(written))
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return folder


@pytest.fixture(scope="session")
def timm_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small ResNet with four named classes."""
    folder = tmp_path_factory.mktemp("timm")
    torch.manual_seed(2)
    arguments = {"num_classes": 4, "layers": [1, 1, 1, 1], "channels": [8, 16, 24, 32]}
    model = timm.create_model("resnet10t", **arguments)
    config = {
        "architecture": "resnet10t",
        "num_classes": 4,
        "label_names": ["Cat", "dog", "tench, Tinca tinca", "ice_cream"],
        "model_args": arguments,
        "pretrained_cfg": {
            "input_size": [3, 48, 48],
            "interpolation": "bicubic",
            "crop_pct": 0.9,
            "mean": [0.4, 0.5, 0.6],
            "std": [0.2, 0.25, 0.3],
        },
    }
    (folder / "config.json").write_text(json.dumps(config))
    save_file(model.state_dict(), folder / "model.safetensors")
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real pictures; without it, the tests that look at them are skipped."""
    default = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("SYNTHSET_DATA", default))
    if not folder.is_dir():
        pytest.skip("no shared data: set SYNTHSET_DATA")
    return folder
