"""What a run leaves out without stopping: files that were passed over, images that failed."""

from __future__ import annotations

from synthset.cli.terminal import say
from synthset.store.dataset import Dataset

SHOWN = 3  # errors that are named


def say_faults(dataset: Dataset) -> None:
    """Say on stderr what the last run noted of its source and its references, and which images
    failed."""
    begun = _say_run(dataset)
    for name in dataset.folder.names("references"):
        if dataset.folder.exists(f"references/{name}/dataset.json"):
            real = Dataset.open(f"{dataset.path}/references/{name}")
            _say_run(real, f"reference {real.name}: ", begun)
    errors = dataset.read(dataset.view.images, ["error"]).column("error")
    failed = errors.drop_null().to_pylist()
    if failed:
        say(f"failed: {len(failed):,} of {len(errors):,} images")
        for error in dict.fromkeys(failed[:SHOWN]):
            say(f"  {error}")


def _say_run(dataset: Dataset, whose: str = "", since: str = "") -> str:
    """Say what the last run noted of its source, if it began no earlier than at a time; and when it
    began."""
    runs = [event for event in dataset.events() if event.get("event") == "run"]
    last = runs[-1] if runs else {}
    if last.get("at", "") >= since:
        for line in last.get("found", ()):
            say(f"{whose}{line}")
        for note in last.get("notes", ()):
            say(f"{whose}note: {note}")
    return str(last.get("at", ""))
