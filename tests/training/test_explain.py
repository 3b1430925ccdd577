import io

import numpy as np
import torch
from PIL import Image

from synthset.recipe.training import Augmentation, Loss, Preprocessing, SmallResNet, Training
from synthset.training.explain import find_nearest, grad_cam
from synthset.training.labelled import LabelledImages
from synthset.training.predict import to_batch
from synthset.training.train import Task, TrainingStage, train_classifier


def marked(count):
    """Noise with a red square at the left top for class 1."""
    draw = np.random.default_rng(0)
    pixels = draw.integers(60, 120, (count, 16, 16, 3), dtype=np.uint8)
    labels = np.arange(count) % 2
    pixels[labels == 1, 1:6, 1:6] = (255, 0, 0)
    return pixels, labels


def png(pixels):
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "png")
    return written.getvalue()


def test_the_heat_lies_where_the_class_is_seen(tmp_path):
    pixels, labels = marked(64)
    images = LabelledImages(
        lambda i: png(pixels[i]),
        labels,
        np.zeros(64, np.int16),
        ("real",),
        tuple(map(str, range(64))),
    )
    still = Augmentation(flip=False, shift=0)
    task = Task(
        stages=(TrainingStage("train", images, 40),),
        val=images,
        classes=2,
        model=SmallResNet(kind="small_resnet", width=8),
        preprocessing=Preprocessing(size_px=16),
        training=Training(updates=40, batch_size=16, learning_rate=0.05, augmentation=still),
        loss=Loss(),
        seed=0,
    )
    model = train_classifier(task, tmp_path / "m").model
    shown = np.flatnonzero(labels == 1)[:8]
    heat = grad_cam(model, to_batch(pixels[shown], torch.device("cpu")), torch.ones(8).long())
    assert heat.shape == (8, 16, 16)
    assert heat.min() >= 0
    assert heat.max() == 1
    corner, rest = heat[:, :8, :8].mean(), heat[:, 8:, 8:].mean()
    assert corner > 3 * rest


def test_the_nearest_images_come_first_whatever_their_length():
    known = np.array([[1, 0], [0, 3], [5, 5]], np.float32)
    rows, distances = find_nearest(np.array([[2, 0.1]], np.float32), known, 3)
    assert rows.tolist() == [[0, 2, 1]]
    assert distances[0, 0] < 0.01
    assert 0.2 < distances[0, 1] < 0.3 < distances[0, 2] < 1.0
