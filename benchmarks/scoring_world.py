"""JPEGs, prompts and networks for `scoring.py`, the same for both sides."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import open_clip
import pyarrow as pa
import pyarrow.parquet as pq
import timm
import torch
from PIL import Image
from safetensors.torch import save_file
from torch_fidelity import feature_extractor_inceptionv3 as inception
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTokenizer

from synthset.images import sha256
from synthset.record import IMAGE

SIDE_PX = 512
QUALITIES = range(90, 96)


@dataclass(frozen=True)
class World:
    """Files on disk.

    Attributes:
        folder: scratch, where all of it lies.
        files: JPEGs.
        hashes: sha256 of each file.
        prompts: what each shows.
        classes: index of its class in ImageNet.
        wnids: the same classes by WordNet number, by which the dataset calls them.
        parquet: the same JPEGs, labels and prompts in the Hugging Face layout.
        inception: weights in torch-fidelity's layout.
        clip: a ViT-B/32 in transformers' layout.
        mobilenet: weights of timm's mobilenetv2_100.
    """

    folder: Path
    files: list[Path]
    hashes: list[str]
    prompts: list[str]
    classes: list[int]
    wnids: list[str]
    parquet: Path
    inception: Path
    clip: Path
    mobilenet: Path


def make_world(sample: Path, folder: Path, count: int, mobilenet: Path | None) -> World:
    """Make everything in a folder, from the first `count` photos of the sample."""
    rows = (
        pq.read_table(sample, columns=["image", "label", "label_name", "wnid"])
        .slice(0, count)
        .to_pylist()
    )
    prompts = [f"a photo of a {row['label_name']}" for row in rows]
    wnids = [row["wnid"] for row in rows]  # names in words may mean two classes: crane
    blobs = [
        jpeg(row["image"]["bytes"], QUALITIES[i % len(QUALITIES)]) for i, row in enumerate(rows)
    ]
    files = [folder / "jpegs" / f"{i:04}.jpg" for i in range(len(blobs))]
    files[0].parent.mkdir()
    for file, blob in zip(files, blobs, strict=True):
        file.write_bytes(blob)
    cells = pa.array([{"bytes": blob, "path": "x.jpg"} for blob in blobs], IMAGE)
    parquet = folder / "images.parquet"
    pq.write_table(pa.table({"image": cells, "label": wnids, "prompt": prompts}), parquet)
    return World(
        folder, files, [sha256(blob) for blob in blobs], prompts,
        [row["label"] for row in rows], wnids, parquet,
        inception_weights(folder / "inception.pth"),
        clip_folder(folder / "clip"),
        mobilenet or mobilenet_weights(folder / "mobilenet.safetensors"),
    )  # fmt: skip


def jpeg(photo: bytes, quality: int) -> bytes:
    """The middle square of a photo, scaled to 512 x 512 px."""
    image = Image.open(io.BytesIO(photo)).convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side))
    buffer = io.BytesIO()
    square.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS).save(
        buffer, "JPEG", quality=quality
    )
    return buffer.getvalue()


def inception_weights(file: Path) -> Path:
    """Random weights of torch-fidelity's Inception-v3, its batch norms alive."""
    torch.manual_seed(0)
    extractor = inception.FeatureExtractorInceptionV3
    with (
        mock.patch.object(inception, "load_state_dict_from_url"),
        mock.patch.object(extractor, "load_state_dict"),
    ):
        state = extractor("random", ["2048"]).state_dict()
    for name, values in state.items():
        if name.endswith(("running_var", "bn.weight")):
            values.uniform_(0.5, 1.5)
        elif name.endswith(("running_mean", "bn.bias")):
            values.normal_(0, 0.1)
        elif name.endswith("conv.weight"):
            torch.nn.init.kaiming_normal_(values)
    torch.save(state, file)
    return file


def clip_folder(folder: Path) -> Path:
    """A random ViT-B/32 (transformers' default sizes) with OpenAI's vocabulary."""
    torch.manual_seed(2)  # with this one, cosines are positive
    CLIPModel(CLIPConfig()).save_pretrained(folder)
    words = open_clip.tokenizer.SimpleTokenizer()
    merges = [" ".join(pair) for pair, _ in sorted(words.bpe_ranks.items(), key=lambda p: p[1])]
    special = {"<start_of_text>": "<|startoftext|>", "<end_of_text>": "<|endoftext|>"}
    vocabulary = {special.get(word, word): number for word, number in words.encoder.items()}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n")
    CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt")).save_pretrained(folder)
    CLIPImageProcessor().save_pretrained(folder)
    return folder


def mobilenet_weights(file: Path) -> Path:
    """Random weights of timm's mobilenetv2_100."""
    torch.manual_seed(0)
    save_file(timm.create_model("mobilenetv2_100").state_dict(), file)
    return file
