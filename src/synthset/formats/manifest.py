"""What lies at a path now: its images, and what was passed over, each with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from synthset.errors import in_short

SHOWN = 3  # paths that a note lists of each reason

#: Why something is not among the images. A reason is a plural, since notes count it.
FORMAT = "files of a format that is not read"
STRAY = "images outside class folders"
UNLABELLED = "images without a label"
NO_IMAGE = "samples without an image"
DOTTED = "images with a dot in their key (WebDataset ends a key at the first dot)"
MORE = "further images of a sample"
UNLISTED = "images that the table beside them does not list"
ABSENT = "rows whose image is not there"
ODD = "not regular files (a FIFO, a socket or a device)"
DEAD = "links that lead nowhere"
LOOP = "folders that were read already"
UNREADABLE = "unreadable"
LITTER = "the system's own files"
EMPTY = "class folders without an image"
OTHER = "files beside the images that nothing is read from"


@dataclass(frozen=True, slots=True)
class PassedOver:
    """One thing that is not among the images.

    Attributes:
        path: where it lies, as text.
        reason: one of this module's.
        detail: what else is known, as the fault of a decoder.
    """

    path: str
    reason: str
    detail: str = ""


@dataclass
class Passed:
    """Gathers what is passed over.

    Attributes:
        rows: one for each.
        read: files that hold no image of their own and were read: tables, lists, captions.
    """

    rows: list[PassedOver] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    def add(self, reason: str, path: str, detail: str = "") -> None:
        """Pass something over."""
        self.rows.append(PassedOver(path, reason, detail))

    def __len__(self) -> int:
        return len(self.rows)

    def counts(self) -> Counter[str]:
        """How many there are of each reason."""
        return Counter(row.reason for row in self.rows)

    def notes(self) -> tuple[str, ...]:
        """Say it: a sentence for each reason, with its number and the first of its paths."""
        said = []
        for reason, count in self.counts().most_common():
            rows = [row for row in self.rows if row.reason == reason]
            said.append(f"passed over: {count:,} {reason}: {_listed(rows)}")
        return tuple(said)


def _listed(rows: Sequence[PassedOver]) -> str:
    said = [
        f"{row.path} ({in_short(row.detail)})" if row.detail else row.path for row in rows[:SHOWN]
    ]
    return ", ".join(said) + (", …" if len(rows) > SHOWN else "")
