"""What a run leaves out without stopping: files that were passed over, images that failed."""

from __future__ import annotations

from synthset.cli.terminal import say
from synthset.store.dataset import Dataset

SHOWN = 3  # errors that are named


def say_faults(dataset: Dataset) -> None:
    """Say on stderr what the last run noted of its source, and which images failed."""
    runs = [event for event in dataset.events() if event.get("event") == "run"]
    for line in runs[-1].get("found", ()) if runs else ():
        say(line)
    for note in runs[-1].get("notes", ()) if runs else ():
        say(f"note: {note}")
    errors = dataset.read(dataset.view.images, ["error"]).column("error")
    failed = errors.drop_null().to_pylist()
    if failed:
        say(f"failed: {len(failed):,} of {len(errors):,} images")
        for error in dict.fromkeys(failed[:SHOWN]):
            say(f"  {error}")
