"""Measure the shipped miniatures, and write quality.json, the cards and a contact sheet.

    PYTHONPATH=src python -m scripts.miniatures.evaluate --data DATA --work WORK

Pictures are judged by a ResNet-56 that had no part in training (DATA/cifar-resnet). The test files
of CIFAR-10 and CIFAKE are read here and nowhere else for a choice. Ten minutes on one core.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import open_clip
import timm
import torch
from PIL import Image
from scripts.miniatures.captions import plain_prompts
from scripts.miniatures.config import HERE, REPOSITORY, SHIPPED
from scripts.miniatures.judge import Judge
from scripts.miniatures.rows import CLASS_NAMES, Rows, read_cifake, read_cifar10, unit
from scripts.miniatures.sampling import contact_sheet, load_pipeline, sample_classes
from scripts.miniatures.train_classifier import accuracy
from scripts.miniatures.train_clip import prepare, zero_shot
from torch import Tensor
from torch.nn import functional

DEMO = {"num_steps": 10, "guidance_scale": 3.0}  # what the cards recommend
TEMPLATE = "a photo of {a} {name}"
PER_CLASS, FEW_PER_CLASS = 200, 20
PARTS = ("txt2img", "clip", "classifier")
SHEET = REPOSITORY / "docs" / "images" / "miniatures.png"


@torch.no_grad()
def judge_pipeline(data: Path, folder: Path, per_class: int) -> tuple[dict[str, Any], Tensor]:
    """Return the pipeline's numbers, and the pictures they were measured on."""
    pipeline = load_pipeline(folder)
    images, labels, core_s = sample_classes(pipeline, per_class, DEMO, TEMPLATE)
    judge = Judge(data / "cifar-resnet")
    found = torch.cat([judge(part) for part in images.split(500)]).argmax(1)
    by_class = {
        name: round(float((found[labels == label] == label).float().mean()), 4)
        for label, name in enumerate(CLASS_NAMES)
    }
    test = read_cifake(data, "test")
    agreed = torch.cat([judge(part) for part in test.images.split(500)]).argmax(1) == test.labels
    return {
        **DEMO,
        "template": TEMPLATE,
        "num_images": len(images),
        "recognition_rate": round(float((found == labels).float().mean()), 4),
        "recognition_rate_by_class": by_class,
        "recognition_rate_of_cifake_test": round(float(agreed.float().mean()), 4),
        "core_s_per_image": round(core_s, 4),
        "autoencoder_psnr_db": round(psnr(pipeline.vae, test), 2),
        **copying(images, data),
    }, images


def psnr(vae: Any, rows: Rows) -> float:
    """Return the mean peak signal-to-noise ratio of coded and decoded pictures, in dB."""
    squares = []
    for part in rows.images.split(500):
        latents = vae.encode(2 * unit(part) - 1).latents
        pixels = (vae.decode(latents).sample / 2 + 0.5).clamp(0, 1)
        squares.append((pixels - unit(part)).square().mean(dim=(1, 2, 3)))  # (n,)
    return float(-10 * torch.cat(squares).log10().mean())


def copying(images: Tensor, data: Path) -> dict[str, float]:
    """Compare pictures with their nearest neighbours: a copy would be far above the median.

    The similarity is the cosine of mean-centred pictures of 16 x 16; a generated picture near to a
    training picture is held against how near the CIFAKE test pictures are.
    """
    train, test = read_cifake(data, "train"), read_cifake(data, "test")
    real = read_cifar10(data, "train")
    sets = {"train": codes(train.images), "cifar10": codes(real.images)}
    asked = {"generated": codes(images), "test": codes(test.images[:: len(test) // 2000])}
    nearest = {
        (one, other): (asked[one] @ sets[other].T).amax(1) for one in asked for other in sets
    }
    found = {"nearest_train_median_of_cifake_test": float(nearest["test", "train"].median())}
    found["share_over_95_of_train_of_cifake_test"] = share_over(nearest["test", "train"])
    for other in sets:
        found[f"nearest_{other}_median"] = float(nearest["generated", other].median())
        found[f"share_over_95_of_{other}"] = share_over(nearest["generated", other])
    return {key: round(value, 4) for key, value in found.items()}


def share_over(similarity: Tensor, limit: float = 0.95) -> float:
    """Return the share of nearest neighbours so near that they are about the same picture."""
    return float((similarity > limit).float().mean())


def codes(images: Tensor) -> Tensor:
    """(N, 3, 32, 32) uint8 -> (N, 768) mean-centred pixels of half size, unit length."""
    small = functional.avg_pool2d(unit(images), 2).flatten(1)
    return functional.normalize(small - small.mean(1, keepdim=True), dim=1)


@torch.no_grad()
def judge_clip(data: Path, folder: Path) -> dict[str, Any]:
    """Return zero-shot accuracies and cosines."""
    pipeline = load_pipeline(folder.parent / "txt2img")
    images, labels, _ = sample_classes(pipeline, FEW_PER_CLASS, DEMO, TEMPLATE)
    generated = Rows(images, labels)
    model = open_clip.create_model(f"local-dir:{folder}").eval()
    tokens = open_clip.get_tokenizer(f"local-dir:{folder}")(plain_prompts())
    test, size_px = read_cifake(data, "test"), model.visual.image_size
    size_px = size_px[0] if isinstance(size_px, tuple) else size_px
    own, other = scores(model, tokens, test.at(torch.arange(0, len(test), 4)), size_px)
    return {
        "num_images": len(test),
        "zero_shot_accuracy": round(zero_shot(model, tokens, test, size_px), 4),
        "zero_shot_accuracy_of_generated": round(zero_shot(model, tokens, generated, size_px), 4),
        "zero_shot_accuracy_of_cifar10_test": round(
            zero_shot(model, tokens, read_cifar10(data, "test"), size_px), 4
        ),
        "mean_cosine_with_own_prompt": round(own, 4),
        "mean_cosine_with_other_prompts": round(other, 4),
    }


def scores(model: Any, tokens: Tensor, rows: Rows, size_px: int) -> tuple[float, float]:
    """Return the mean cosine of pictures with their class's prompt and with the other prompts."""
    texts = model.encode_text(tokens, normalize=True)
    images = model.encode_image(prepare(unit(rows.images), size_px), normalize=True)
    cosine = images @ texts.T  # (N, K)
    own = functional.one_hot(rows.labels, len(texts)).bool()
    return float(cosine[own].mean()), float(cosine[~own].mean())


def judge_classifier(data: Path, folder: Path) -> dict[str, Any]:
    """Return the accuracy on CIFAR-10's test file."""
    model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    rows = read_cifar10(data, "test")
    size_px = model.pretrained_cfg["input_size"][1]
    return {"num_images": len(rows), "test_accuracy": round(accuracy(model, rows, size_px), 4)}


def training(work: Path) -> dict[str, dict[str, float]]:
    """Return what each training run has cost so far."""
    kept = {}
    for name in ("unet", "decoder", "clip", "classifier"):
        lines = (work / f"{name}.jsonl").read_text().splitlines()
        kept[name] = {key: json.loads(lines[-1])[key] for key in ("images", "core_s")}
    return kept


def draw_sheet(images: Tensor, path: Path) -> None:
    """Write the first ten pictures of each class, a row per class."""
    rows = images[:100].unflatten(0, (10, 10)).transpose(0, 1).flatten(0, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(contact_sheet(rows, 10)).save(path)


def write_cards(quality: dict[str, Any], shipped: Path) -> None:
    """Fill the numbers into the cards."""
    for template in sorted((HERE / "cards").glob("*.md")):
        filled = template.read_text().format_map(flat(quality))
        (shipped / template.stem / "README.md").write_text(filled)


def flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Join nested keys: {"clip": {"n": 1}} -> {"clip_n": 1}.

    >>> flat({"clip": {"n": 1}})
    {'clip_n': 1}
    """
    found: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{prefix}{key}".replace(".", "")
        found |= flat(value, f"{name}_") if isinstance(value, dict) else {name: value}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with cifake/ …")
    parser.add_argument("--work", type=Path, required=True, help="the folder with the logs")
    parser.add_argument("--shipped", type=Path, default=SHIPPED, help="where the miniatures lie")
    parser.add_argument("--per-class", type=int, default=PER_CLASS, help="pictures to judge")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure")
    parser.add_argument("--sheet", type=Path, default=SHEET, help="the contact sheet to write")
    options = parser.parse_args()
    torch.set_num_threads(1)
    shipped, data = options.shipped, options.data
    kept = shipped / "quality.json"
    quality = json.loads(kept.read_text()) if kept.exists() else {}
    if "txt2img" in options.parts:
        quality["txt2img"], images = judge_pipeline(data, shipped / "txt2img", options.per_class)
        draw_sheet(images, options.sheet)
    if "clip" in options.parts:
        quality["clip"] = judge_clip(data, shipped / "clip")
    if "classifier" in options.parts:
        quality["classifier"] = judge_classifier(data, shipped / "classifier")
    quality["training"] = training(options.work)
    kept.write_text(json.dumps(quality, indent=2) + "\n")
    write_cards(quality, shipped)
    print(json.dumps(quality, indent=2))


if __name__ == "__main__":
    main()
