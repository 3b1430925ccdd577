"""The training loop: update, look at the validation split, keep the best, go on after a kill."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from timm.layers import convert_sync_batchnorm
from torch import Tensor
from torch.nn import functional

from synthset.errors import ModelError
from synthset.machine import ProgressBar
from synthset.recipe.training import TimmModel
from synthset.results.trial import Look
from synthset.seeds import digest
from synthset.training.augment import Draws, augment, mix_targets
from synthset.training.batches import Batch, Batches
from synthset.training.checkpoint import Progress, Tensors, read_state, write_state
from synthset.training.draws import Table, count_draws, log_prior
from synthset.training.ema import follow
from synthset.training.hardware import cut_batch, open_accelerator
from synthset.training.logit_shift import choose_shift, find_rarest
from synthset.training.loss import (
    compute_class_weights,
    compute_losses,
    compute_margins,
    smooth_targets,
)
from synthset.training.models import Classifier, build
from synthset.training.muon import Together
from synthset.training.pixels import Prepared
from synthset.training.predict import ask_all
from synthset.training.replay import Replay, can_replay
from synthset.training.schedule import learning_rate, make_optimizer
from synthset.training.task import Task
from synthset.training.whitened_resnet import WHITENED_BY, WhitenedResNet

LOOKS = (4, 20)  # fewest and most in all, where the settings name no distance
LOOKED_AT = 0.15  # validation images for each that is drawn: a twentieth of the training's time
DRAWN = frozenset(field.name for field in fields(Draws))


class Loop:
    """One training, from its last state to its end."""

    def __init__(self, task: Task, folder: Path, bar: ProgressBar) -> None:
        self.task, self.folder, self.bar = task, folder, bar
        self.accelerator, self.dtype = open_accelerator(task.training)
        self.name = task.fingerprint()
        state = read_state(folder, self.name)
        self.progress, self._left = state if state else (Progress(), {})
        self.best: Tensors = self._left.get("best", {})
        self.model = self._build()
        self.judged = deepcopy(self.model) if task.training.ema else self.model
        self._restore(self.judged, "ema" if task.training.ema else "model")
        self.parallel: Any = self.accelerator.prepare_model(self.model)
        self.replay: Replay | None = None
        self.val = Prepared(task.val, task.preprocessing, training=False)

    def run(self) -> Progress:
        """Train to the end; what was kept is then in `best`."""
        self._begun = time.monotonic() - self.progress.seconds
        self.bar.start("training", self.task.updates)
        self.bar.advance(self._count_before() + self.progress.done)
        try:
            while self.progress.stage < len(self.task.stages) and not self.progress.stopped:
                self._stage()
                self.progress.stage, self.progress.done = self.progress.stage + 1, 0
        finally:
            self.replay = None  # gives its memory back
            self.bar.stop()
        return self.progress

    def find_offsets(self) -> list[float] | None:
        """Choose what is added to the logits of the kept weights; None adds nothing."""
        loss = self.task.loss
        if loss.adjust == loss.shift == "none":
            return None
        offsets = self._adjust()
        if loss.shift == "validation":
            self.judged.net.load_state_dict(self.best)
            rare = find_rarest(self.task.stages[-1].images)
            logits = self._ask_val().numpy() + offsets
            offsets[rare] += choose_shift(logits, self.task.val.labels, rare)
        return [float(one) for one in offsets]

    def _adjust(self) -> NDArray[np.float64]:
        """What post-hoc adjustment adds to the logits, by the draws of the last phase: (K,)."""
        if self.task.loss.adjust == "none":
            return np.zeros(self.task.classes)
        adjusted: NDArray[np.float64] = -log_prior(self._tables()[-1], "class")[0]
        return adjusted

    def _build(self) -> Classifier:
        """Make the network with its first weights, or with those of the last state."""
        torch.manual_seed(self.task.seed)
        size = self.task.preprocessing.size_px
        model = build(self.task.model, self.task.classes, size)
        self._restore(model, "model")
        if self.accelerator.num_processes > 1 and self.accelerator.device.type == "cuda":
            model = convert_sync_batchnorm(model)
        return model.to(self.accelerator.device)

    def _restore(self, model: Classifier, part: str) -> None:
        if part in self._left:
            model.net.load_state_dict(self._left[part])

    def _stage(self) -> None:
        """Train on one stage's images, with a fresh schedule."""
        progress, stage = self.progress, self.task.stages[self.progress.stage]
        self.optimizer = self._optimizer()
        self.weights = [self._class_weights(table) for table in self._tables()]
        self.margins = self._compute_margins()
        self.priors = [self._log_prior(table) for table in self._tables()]
        part = cut_batch(self.accelerator, self.task.training.batch_size)
        self.seen = torch.zeros((), device=self.accelerator.device)
        since = 0
        batches = Batches(self.task, progress.stage, part)
        if progress.stage == progress.done == 0:
            self._whiten(batches)
        if progress.done == 0 and self.judged is not self.model:
            self.judged.load_state_dict(self.model.state_dict())
        self.replay = self._make_replay()
        for batch in batches.run(progress.done, stage.updates):
            self.seen += self._update(
                batch, learning_rate(progress.done, stage.updates, self.task.training)
            )
            progress.done, since = progress.done + 1, since + 1
            self.bar.advance(1)
            if self._looks_now():
                self._look(since)
                since = 0
                self.seen.zero_()
                if progress.stopped:
                    return

    def _whiten(self, batches: Batches) -> None:
        """Set the first convolution of a network that whitens, from images of the first stage."""
        if not isinstance(self.model.net, WhitenedResNet):
            return
        images = batches.sample(WHITENED_BY).float() / 255
        self.model.net.whiten(self.model.normalise(images))

    def _update(self, batch: Batch, rate: float) -> Tensor:
        """Take one step; gives the share of the loss that this process saw."""
        task, device = self.task, self.accelerator.device
        number = self.progress.done
        if task.model.dropout or isinstance(task.model, TimmModel):  # others draw nothing
            torch.manual_seed(self._seed(number))
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["scale"]
        inputs = self._list_inputs(batch)
        if self.replay is None:
            loss = self._compute({name: value.to(device) for name, value in inputs.items()})
        else:
            loss, *turns = self.replay(inputs)
            if isinstance(self.optimizer, Together):
                self.optimizer.muon.turns = turns
        if task.training.clip_norm is not None:
            self.accelerator.clip_grad_norm_(self.model.parameters(), task.training.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        if task.training.ema is not None:
            follow(self.judged, self.model, task.training.ema, number)
        return loss

    def _make_replay(self) -> Replay | None:
        """Make what computes an update by replaying it, where that gives the same."""
        training, device = self.task.training, self.accelerator.device
        if not can_replay(self.accelerator, training, self.task.model):
            return None
        state = [value for _, value in self._optimizer_state()]
        changed = [*self.model.parameters(), *self.model.buffers(), *state]
        return Replay(self._compute_ahead, changed, device, self.bar.say)

    def _list_inputs(self, batch: Batch) -> dict[str, Tensor]:
        """What `_compute` takes, on the CPU or the device."""
        inputs = {"pixels": batch.pixels, "labels": batch.labels, **batch.draws.present()}
        prior, weights = self.priors[batch.phase], self._weigh(batch.phase)
        if prior is not None:
            inputs |= {"sources": batch.sources, "prior": prior}
        return inputs if weights is None else inputs | {"weights": weights}

    def _compute(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Compute the gradients; gives the share of the loss that this process saw."""
        task, draws = self.task, Draws(**{name: inputs[name] for name in DRAWN & inputs.keys()})
        self.parallel.train()
        images = augment(inputs["pixels"].float() / 255, draws)
        classes = torch.arange(task.classes, device=images.device)
        labels = (inputs["labels"][:, None] == classes).float()
        targets = mix_targets(smooth_targets(labels, task.training.label_smoothing), draws)
        images = images.contiguous(memory_format=torch.channels_last)
        logits = self.parallel(images)
        if "prior" in inputs:
            logits = logits + mix_targets(inputs["sources"] @ inputs["prior"], draws)
        if self.margins is not None:
            logits = logits - mix_targets(labels, draws) * self.margins
        weights = mix_targets(labels, draws) @ inputs["weights"] if "weights" in inputs else None
        each = compute_losses(logits, targets, task.loss, weights)
        loss = each.sum() / task.training.batch_size
        # Gradients of several processes are averaged, and here they are to be added.
        self.accelerator.backward(loss * self.accelerator.num_processes)
        return loss.detach()

    def _compute_ahead(self, inputs: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        """Compute the gradients and what of the step doesn't depend on the rate."""
        loss = self._compute(inputs)
        turns = self.optimizer.compute_turns() if isinstance(self.optimizer, Together) else []
        return loss, *turns

    def _look(self, since: int) -> None:
        """Judge by the validation split, keep the weights if they are better, write the state."""
        progress, training = self.progress, self.task.training
        look = self._judge(since)
        progress.looks.append(look)
        if progress.stage == len(self.task.stages) - 1:
            value = [_value(look, training.choose), -look.val_loss]
            if training.choose == "last" or progress.best is None or value > progress.best:
                progress.best, progress.chosen, progress.worse = value, look.update, 0
                self.best = {k: v.detach().cpu().clone() for k, v in _weights(self.judged).items()}
            else:
                progress.worse += 1
            progress.stopped = training.patience is not None and progress.worse >= training.patience
        self._write()

    def _judge(self, since: int) -> Look:
        task = self.task
        logits = self._ask_val().double() + torch.from_numpy(self._adjust())
        total = self.accelerator.reduce(self.seen.clone(), reduction="sum")
        train_loss = float(total) / since
        labels = torch.from_numpy(task.val.labels)
        val_loss = float(functional.cross_entropy(logits, labels))
        if not math.isfinite(train_loss + val_loss):
            raise ModelError(
                f"the training diverged before update {self._count_before() + self.progress.done}: "
                f"its loss is {train_loss:g}; lower training.learning_rate, or set clip_norm"
            )
        right = (logits.argmax(dim=1) == labels).numpy()
        recalls = [float(right[task.val.labels == k].mean()) for k in np.unique(task.val.labels)]
        return Look(
            self._count_before() + self.progress.done,
            train_loss,
            val_loss,
            float(right.mean()),
            float(np.mean(recalls)),
            task.stages[self.progress.stage].name,
        )

    def _ask_val(self) -> Tensor:
        """Ask each process for its share of the validation split: (N, K) logits."""
        rank, world = self.accelerator.process_index, self.accelerator.num_processes
        mine = np.arange(rank, max(len(self.val), world), world) % len(self.val)
        mine = np.resize(mine, math.ceil(len(self.val) / world))  # all the same length, to gather
        training = self.task.training
        self.judged.eval()
        logits = ask_all(
            self.judged, self.judged, self.val, training.batch_size, training.precision, mine
        )
        if world == 1:
            return logits
        gathered: Tensor = self.accelerator.gather(logits.to(self.accelerator.device))
        # Row r of process p is image r * world + p.
        together = gathered.cpu().view(world, len(mine), -1).transpose(0, 1).flatten(0, 1)
        return together[: len(self.val)]

    def _write(self) -> None:
        progress = self.progress
        progress.seconds = time.monotonic() - self._begun
        if self.accelerator.scaler is not None:
            progress.scaler = self.accelerator.scaler.state_dict()
        parts: dict[str, Mapping[str, Tensor]] = {
            "model": _weights(self.model),
            "best": self.best,
            "optimizer": dict(self._optimizer_state()),
        }
        if self.judged is not self.model:
            parts["ema"] = _weights(self.judged)
        if self.accelerator.is_main_process:
            write_state(self.folder, self.name, progress, parts)
        self.accelerator.wait_for_everyone()

    def _optimizer(self) -> Any:
        """Make this stage's optimiser, as the last state left it if that is of this stage."""
        bare = make_optimizer(self.model, self.task.training)
        left = self._left.pop("optimizer", {}) if self.progress.done else {}
        named = dict(self.model.named_parameters())
        for name, value in left.items():
            key, _, parameter = name.partition("/")
            owner = named[parameter]
            there = (
                torch.empty_like(owner) if value.shape == owner.shape else torch.empty_like(value)
            )
            bare.state[owner][key] = there.copy_(value)
        if self.progress.scaler and self.accelerator.scaler is not None:
            self.accelerator.scaler.load_state_dict(self.progress.scaler)
        # Accelerate's own looks for packages at each step; it is needed to scale gradients.
        scales = self.accelerator.scaler is not None
        return self.accelerator.prepare_optimizer(bare) if scales else bare

    def _optimizer_state(self) -> Iterator[tuple[str, Tensor]]:
        state = self.optimizer.state
        for name, parameter in self.model.named_parameters():
            for key, value in state.get(parameter, {}).items():
                if value is not None:
                    yield f"{key}/{name}", value

    def _weigh(self, phase: int) -> Tensor | None:
        """Class weights of this update; none before they come in."""
        updates = self.task.stages[self.progress.stage].updates
        deferred = self.progress.done < round(self.task.loss.weights_after * updates)
        return None if deferred else self.weights[phase]

    def _compute_margins(self) -> Tensor | None:
        """What is taken from the logit of an image's own class: (K,)."""
        if self.task.loss.kind != "ldam":
            return None
        images = self.task.stages[self.progress.stage].images
        counts = np.bincount(images.labels, minlength=self.task.classes)
        margins = compute_margins(counts, self.task.loss.margin)
        return torch.from_numpy(margins).float().to(self.accelerator.device)

    def _class_weights(self, table: Table) -> Tensor | None:
        weights = compute_class_weights(table.sum(axis=0), self.task.loss.class_weights)
        return (
            None
            if weights is None
            else torch.from_numpy(weights).float().to(self.accelerator.device)
        )

    def _log_prior(self, table: Table) -> Tensor | None:
        """What is added to the logits of each source: (S, K)."""
        if self.task.loss.prior == "none":
            return None
        found = log_prior(table, self.task.loss.prior)
        return torch.from_numpy(found).float().to(self.accelerator.device)

    def _tables(self) -> list[Table]:
        """How often each source and class is drawn, in each phase."""
        stage = self.task.stages[min(self.progress.stage, len(self.task.stages) - 1)]
        if stage.draws:
            return [one.table for one in stage.draws]
        return [count_draws(stage.images, self.task.classes, self.task.loss.sampling)]

    def _count_before(self) -> int:
        """Updates of the stages that are done."""
        return sum(stage.updates for stage in self.task.stages[: self.progress.stage])

    def _looks_now(self) -> bool:
        every, done = (
            self.task.training.validate_every or space_looks(self.task),
            self.progress.done,
        )
        last = done == self.task.stages[self.progress.stage].updates
        return last or (self._count_before() + done) % every == 0

    def _seed(self, number: int) -> int:
        stage, rank = self.progress.stage, self.accelerator.process_index
        return int(digest([self.task.seed, stage, number, rank], size=7), 16)


def space_looks(task: Task) -> int:
    """Updates between two looks at the validation split, which is large or small."""
    drawn = task.updates * task.training.batch_size
    fewest, most = LOOKS
    looks = min(most, max(fewest, int(LOOKED_AT * drawn / len(task.val))))
    return math.ceil(task.updates / looks)


def _value(look: Look, choose: str) -> float:
    """Higher is better."""
    values = {
        "balanced_accuracy": look.val_balanced_accuracy,
        "accuracy": look.val_accuracy,
        "loss": -look.val_loss,
        "last": float(look.update),
    }
    return values[choose]


def _weights(model: Classifier) -> Tensors:
    """The network's tensors by timm's names."""
    state: Tensors = model.net.state_dict()
    return state
