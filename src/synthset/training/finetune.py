"""Trains a classifier on for another task: a new last layer, and all layers at a stepped rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from synthset.encoders.device import pick_device
from synthset.errors import ModelError
from synthset.recipe.training import Preprocessing
from synthset.training.labelled import LabelledImages
from synthset.training.models import Classifier
from synthset.training.order import Order
from synthset.training.pixels import Prepared
from synthset.training.precision import autocast, pick_precision
from synthset.training.predict import to_batch
from synthset.training.whitened_resnet import WHITENED_BY, WhitenedResNet


@dataclass(frozen=True)
class Schedule:
    """SGD whose rate falls by steps.

    Attributes:
        iterations: updates.
        batch_size: images each.
        learning_rate: at first.
        momentum: of SGD.
        step: updates after which the rate is multiplied by `decay`.
        decay: in (0, 1].
    """

    iterations: int
    batch_size: int
    learning_rate: float
    momentum: float
    step: int
    decay: float


def finetune(
    model: Classifier,
    images: LabelledImages,
    preprocessing: Preprocessing,
    schedule: Schedule,
    seed: int,
    device: str = "auto",
    precision: str = "auto",
) -> Classifier:
    """Train all layers on; nothing is looked at on the way, the last weights are the result.

    Args:
        model: changed in place, and moved to the device.
        images: with labels 0 to K - 1.
        preprocessing: of every image; there are no random changes.
        schedule: how long, how fast.
        seed: decides the order, and what dropout drops.
        device: `auto`, `cpu`, `mps`, `cuda` or `cuda:1`.
        precision: as `predict`.

    Raises:
        ModelError: the loss is no longer finite.
    """
    place = pick_device(device)
    dtype = pick_precision(precision, place)
    model.to(place).train()
    order, prepared = (
        Order(np.zeros(len(images), np.int64), np.ones(1, np.int64), [seed]),
        Prepared(images, preprocessing, training=False),
    )
    optimizer = torch.optim.SGD(model.parameters(), schedule.learning_rate, schedule.momentum)
    falling = torch.optim.lr_scheduler.StepLR(optimizer, schedule.step, schedule.decay)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for number in range(schedule.iterations):
            rows, _ = order.batch(number, schedule.batch_size)
            labels = torch.from_numpy(images.labels[rows]).to(place)
            with autocast(place, dtype):
                logits = model(to_batch(prepared.take(rows), place))
            loss = functional.cross_entropy(logits, labels)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            falling.step()
    if not torch.isfinite(loss):
        raise ModelError(f"the transfer diverged (loss {float(loss):g}); lower its learning_rate")
    return model.eval()


def replace_head(model: Classifier, classes: int, size_px: int, seed: int) -> Classifier:
    """Give a classifier a new last layer for K classes, drawn by a seed, and images of another
    size."""
    net = model.net
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        if hasattr(net, "set_input_size"):  # transformers have a size
            net.set_input_size(img_size=(size_px, size_px))
        net.reset_classifier(classes)
    return model


def redraw_weights(
    model: Classifier, images: LabelledImages, preprocessing: Preprocessing, seed: int
) -> Classifier:
    """Draw all weights of a classifier anew; a network that whitens is whitened on the images."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for module in model.net.modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
        if hasattr(model.net, "init_weights"):  # timm's own, of tokens and positions too
            model.net.init_weights()
    if isinstance(model.net, WhitenedResNet):
        rows = np.random.default_rng(seed).permutation(len(images))[:WHITENED_BY]
        prepared = Prepared(images, preprocessing, training=False).take(np.sort(rows))
        model.net.whiten(model.normalise(to_batch(prepared, torch.device("cpu"))))
    return model
