"""What lies at a path now: its images, and what was passed over, each with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from synthset.formats.labels import name_image_classes
from synthset.formats.listed import Listed
from synthset.formats.source_names import SCHEME, decode_name, parse_source
from synthset.seeds import digest
from synthset.store.dataset import Dataset

SHOWN = 3  # paths that a note lists of each reason
CLASSES = 6  # names of classes that are shown
BESIDE = "the data beside each image"  # what names classes where no list does
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
OF_ANOTHER = "image of another split"
REST = "file of no split, beside others that have one"
ABSENT = "row whose image is not there"
ODD = "not a regular file (a FIFO, a socket or a device)"
DEAD = "link that leads nowhere"
LINKED = "link inside an archive"
LOOP = "folder that was read already"
UNREADABLE = "unreadable"
LITTER = "file of the system's own"
CLOSED = "folder that can't be read"
EMPTY = "class folder without an image"
OTHER = "file beside the images that nothing is read from"

NO_FILES = (LOOP, CLOSED, EMPTY, ABSENT)  # reasons of what is no file on the disk
IMAGE, READ, PASSED = "image", "read", "passed over"
TABLE = pa.schema(
    [
        *(("path", pa.string()), ("what", pa.string()), ("content", pa.string())),
        *(("label", pa.string()), ("number", pa.int64()), ("split", pa.string())),
        *(("reason", pa.string()), ("detail", pa.string())),
    ]
)


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
        layouts: what the paths are, in words.
        labels: what names their classes where no list does, in words.
        decided: what was chosen of several readings, in sentences.
    """

    rows: list[PassedOver] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    layouts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    decided: list[str] = field(default_factory=list)

    def add(self, reason: str, path: str, detail: str = "") -> None:
        """Pass something over."""
        self.rows.append(PassedOver(path, reason, detail))

    def extend(self, other: Passed) -> None:
        """Add what others have gathered."""
        self.rows += other.rows
        self.read += other.read
        self.layouts += other.layouts
        self.labels += other.labels
        self.decided += other.decided

    def replace_paths(self, show: Callable[[str], str]) -> Passed:
        """The same with other paths."""
        rows = [replace(row, path=show(row.path)) for row in self.rows]
        return Passed(rows, [show(path) for path in self.read], decided=self.decided)

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
            said.append(f"passed over: {count:,} × {reason}: {_list_paths(rows)}")
        return tuple(said)


def _list_paths(rows: Sequence[PassedOver]) -> str:
    said = [f"{row.path} ({_cut(row.detail)})" if row.detail else row.path for row in rows[:SHOWN]]
    return ", ".join(said) + (", …" if len(rows) > SHOWN else "")


def _cut(detail: str) -> str:
    """The first line of a fault, which may go on for pages."""
    line = detail.strip().partition("\n")[0]
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


@dataclass(frozen=True, slots=True)
class Totals:
    """How many there are of what.

    Attributes:
        images: that are files of their own.
        read: files that were read and are no image: tables, lists, captions, packed files.
        passed: files that were passed over.
        packed: images in packed files.
        left: what was passed over in packed files.
    """

    images: int
    read: int
    passed: int
    packed: int = 0
    left: int = 0

    @property
    def files(self) -> int:
        """Files on the disk."""
        return self.images + self.read + self.passed

    def __str__(self) -> str:
        """Add them up.

        >>> str(Totals(8, 1, 3)), str(Totals(0, 2, 0, 96))
        ('8 images + 1 file read + 3 passed over = 12 files', '96 images, in 2 files')
        """
        images, inside = _images(self.images), _images(self.packed)
        inside += f" + {self.left:,} passed over" if self.left else ""
        parts = [images] if self.images or not self.read else []
        parts += [f"{_files(self.read)} read"] if self.read and parts else []
        parts += [f"{self.passed:,} passed over"] if self.passed and parts else []
        if parts:
            whole = " + ".join(parts) + (f" = {_files(self.files)}" if len(parts) > 1 else "")
            return f"{whole}; in those read {inside}" if self.packed or self.left else whole
        beside = f" + {self.passed:,} passed over = {_files(self.files)}" if self.passed else ""
        return f"{inside}, in {_files(self.read)}{beside}"


def count_totals(sources: Iterable[str], passed: Passed) -> Totals:
    """Add up what lies there.

    Args:
        sources: where the images lie; one under two labels is one.
        passed: what is passed over beside them.
    """
    sources, read = set(sources), set(passed.read)
    packed = _Packed(read)
    inside = sum(packed.holds(_text(source)) for source in sources)
    left = Counter(
        "row" if packed.holds(row.path) else "none" if row.reason in NO_FILES else "file"
        for row in passed.rows
        if row.path not in read  # a packed file that is damaged further down
    )
    return Totals(len(sources) - inside, len(read), left["file"], inside, left["row"])


def describe_images(images: Sequence[Listed], passed: Passed) -> tuple[str, ...]:
    """Say what was decided of some paths: what they are, with their splits; the classes, and what
    names them; the columns, where others might be meant; and how many images and other files there
    are.

    Args:
        images: all that are listed.
        passed: what is passed over beside them.
    """
    layouts = ", ".join(dict.fromkeys(passed.layouts)) or "images"
    splits = Counter(image.split for image in images if image.split)
    parts = ", ".join(
        f"{name} {splits[name]:,}" for name in ("train", "val", "test") if name in splits
    )
    labels = list(dict.fromkeys(image.label for image in images if image.label))
    lists = list(dict.fromkeys(label.vocabulary for label in labels))
    said_by = dict.fromkeys([*passed.labels, *(one.said_by for one in lists if one)])
    return (
        f"layout: {layouts}" + (f" ({parts})" if parts else ""),
        describe_classes(name_image_classes(images), " and ".join(filter(None, said_by)) or BESIDE),
        *(f"columns: {said}" for said in dict.fromkeys(passed.decided)),
        f"found: {count_totals((image.source for image in images), passed)}",
    )


def describe_classes(names: Sequence[str], said_by: str) -> str:
    """Say which classes there are, the first by their names, and what says so."""
    shown = ", ".join(names[:CLASSES]) + (", …" if len(names) > CLASSES else "")
    return f"classes: {len(names):,} ({shown}), by {said_by}"


def make_manifest(images: Sequence[Listed], passed: Passed) -> pa.Table:
    """Write down what lies there: a row for each image, file that was read, and what is passed
    over.

    Args:
        images: all that are listed, each with its content.
        passed: what is passed over beside them.

    Returns:
        A table of `TABLE`, in the order of the paths.
    """
    rows = [
        {
            "path": image.source,
            "what": IMAGE,
            "content": image.content,
            "label": image.name or None,
            "number": image.label.number if image.label else None,
            "split": image.split,
        }
        for image in images
    ]
    rows += [{"path": path, "what": READ} for path in sorted(set(passed.read))]
    rows += [
        {"path": row.path, "what": PASSED, "reason": row.reason, "detail": row.detail or None}
        for row in passed.rows
    ]
    return pa.Table.from_pylist(sorted(rows, key=lambda row: str(row["path"])), schema=TABLE)


def read_totals(table: pa.Table) -> Totals:
    """Add up a manifest."""
    images = table.filter(pc.equal(table["what"], IMAGE))
    return count_totals(images["path"].to_pylist(), read_passed(table))


def read_passed(table: pa.Table) -> Passed:
    """Read what was passed over, and what was read, back from a manifest."""
    rows = table.filter(pc.not_equal(table["what"], IMAGE)).to_pylist()
    over = [PassedOver(r["path"], r["reason"], r["detail"] or "") for r in rows if r["reason"]]
    return Passed(over, [row["path"] for row in rows if row["what"] == READ])


def read_imported(dataset: Dataset) -> tuple[Totals, Passed] | None:
    """Add up what the source of a dataset held when its recipe ran last.

    Returns:
        How many there were, and what was passed over; None where nothing was imported whole: of a
        pool only what was picked is known.
    """
    runs = [event for event in dataset.events() if event.get("event") == "run"]
    table = dataset.manifest()
    if table is None or not runs or not runs[-1].get("found"):
        return None
    return read_totals(table), read_passed(table)


def mark_of(table: pa.Table) -> str:
    """Name a manifest by all that it says."""
    return digest([table.column_names, table.to_pylist()], size=6)


class _Packed:
    """Tells what lies inside of packed files. Neighbours mostly lie in the same one."""

    def __init__(self, read: Iterable[str]) -> None:
        self._read: Set[str] = frozenset(read)
        self._last = "\0"

    def holds(self, path: str) -> bool:
        """Whether one of the files that were read is the beginning of a path."""
        if not self._read or path.startswith(self._last):
            return bool(self._read)
        for end in _ends(path):
            if path[:end] in self._read:
                self._last = path[: end + 1]
                return True
        return False


def _ends(path: str) -> Iterator[int]:
    return (place for place, letter in enumerate(path) if letter in "#/")


def _text(source: str) -> str:
    return decode_name(str(parse_source(source))) if source.startswith(SCHEME) else source


def _files(count: int) -> str:
    return f"{count:,} file{'s' * (count != 1)}"


def _images(count: int) -> str:
    return f"{count:,} image{'s' * (count != 1)}"
