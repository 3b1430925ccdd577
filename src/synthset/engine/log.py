"""What a run writes down in its log."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from synthset.store.dataset import Dataset

LIBRARIES = (
    "synthset",
    "torch",
    "diffusers",
    "transformers",
    "timm",
    "open_clip_torch",
    "pyarrow",
    "numpy",
    "pillow",
)


def log_event(dataset: Dataset, event: str, **facts: Any) -> None:
    """Write down what has happened, and when."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    dataset.log({"event": event, "at": at, **facts})


def list_slices(dataset: Dataset) -> set[str]:
    """List the slices that were made, or begun, since the last run of the whole dataset."""
    found: set[str] = set()
    for event in dataset.events():
        if event["event"] == "run":
            found = found | {event["slice"]} if event.get("slice") else set()
    return found


def list_versions() -> dict[str, str]:
    """List the versions of the libraries that a run may use, as far as they are installed."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
