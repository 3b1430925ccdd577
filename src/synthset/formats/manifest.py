"""What lies at a path now: its images, and what was passed over, each with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

SHOWN = 3  # paths that a note lists of each reason
LONGEST = 160  # letters of a fault that a note shows

#: Why something is not among the images; notes say how often.
FORMAT = "file of a format that is not read"
STRAY = "image outside class folders"
UNLABELLED = "image without a label"
NO_IMAGE = "sample without an image"
DOTTED = "image with a dot in its key (WebDataset ends a key at the first dot)"
MORE = "further image of a sample"
UNLISTED = "image that the table beside it does not list"
NO_SPLIT = "image of no split, beside others that have one"
ABSENT = "row whose image is not there"
ODD = "not a regular file (a FIFO, a socket or a device)"
DEAD = "link that leads nowhere"
LOOP = "folder that was read already"
UNREADABLE = "unreadable"
LITTER = "file of the system's own"
EMPTY = "class folder without an image"
OTHER = "file beside the images that nothing is read from"


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

    def extend(self, other: Passed) -> None:
        """Add what others have gathered."""
        self.rows += other.rows
        self.read += other.read

    def placed(self, show: Callable[[str], str]) -> Passed:
        """The same with other paths."""
        rows = [replace(row, path=show(row.path)) for row in self.rows]
        return Passed(rows, [show(path) for path in self.read])

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
            said.append(f"passed over: {count:,} × {reason}: {_listed(rows)}")
        return tuple(said)


def _listed(rows: Sequence[PassedOver]) -> str:
    said = [f"{row.path} ({_cut(row.detail)})" if row.detail else row.path for row in rows[:SHOWN]]
    return ", ".join(said) + (", …" if len(rows) > SHOWN else "")


def _cut(detail: str) -> str:
    """The first line of a fault, which may go on for pages."""
    line = detail.strip().partition("\n")[0]
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
