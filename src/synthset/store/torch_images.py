"""The kept images of a dataset for PyTorch's `DataLoader`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch.utils.data import Dataset as TorchDataset

from synthset.store.grid import Grid, Place
from synthset.store.kept_image import to_picture


class TorchImages(TorchDataset[tuple[Any, int]]):
    """A map-style dataset of pairs: image, label. It can be sent to other processes.

    Attributes:
        classes: their names, in label order.
        targets: label of each image, as torchvision calls it.
    """

    def __init__(
        self,
        grid: Grid,
        table: str,
        places: Sequence[Place],
        targets: Sequence[int],
        classes: Sequence[str],
        transform: Callable[[Any], Any] | None,
    ) -> None:
        self.classes, self.targets, self.transform = list(classes), list(targets), transform
        self._grid, self._table, self._places = grid, table, list(places)

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        image: Any = to_picture(self._grid.read_image(self._table, self._places[index]))
        return image if self.transform is None else self.transform(image), self.targets[index]
