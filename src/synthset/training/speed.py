"""How many images a second a network trains on here."""

from __future__ import annotations

import time

import torch
from torch.nn import functional

from synthset.encoders.device import pick_device
from synthset.machine import fix_torch_threads
from synthset.recipe.training import Model, Training
from synthset.training.models import build
from synthset.training.precision import autocast, pick_precision

LEAST_S, MOST_UPDATES = 1.0, 20


def measure_speed(model: Model, training: Training, size_px: int, classes: int) -> float:
    """Time some updates on images of chance, after one that isn't counted.

    Args:
        model: the network.
        training: batch size, arithmetic, threads and device.
        size_px: width and height of the images.
        classes: K.

    Returns:
        Images a second in one process, forward, backward and step of SGD; nothing is read or
        changed at random.
    """
    device = pick_device(training.device)
    with fix_torch_threads(training.threads), torch.random.fork_rng():
        torch.manual_seed(0)
        net = build(model, classes, size_px).to(device).train()
        images = torch.rand(training.batch_size, 3, size_px, size_px, device=device)
        images = images.contiguous(memory_format=torch.channels_last)
        labels = torch.zeros(training.batch_size, dtype=torch.int64, device=device)
        step = torch.optim.SGD(net.parameters(), 1e-4)
        dtype = pick_precision(training.precision, device)
        begun, done = 0.0, -1
        while done < MOST_UPDATES and (done < 1 or time.perf_counter() - begun < LEAST_S):
            with autocast(device, dtype):
                loss = functional.cross_entropy(net(images), labels)
            torch.autograd.backward(loss)
            step.step()
            step.zero_grad()
            loss.item()  # waits for a GPU
            done += 1
            begun = time.perf_counter() if done == 0 else begun
        return done * training.batch_size / (time.perf_counter() - begun)
