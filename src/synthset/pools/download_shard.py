"""Writes one shard of a pool in img2dataset's layouts: a tar file or a folder of images with their
captions, a Parquet file with every row, and a JSON with counts.
"""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from synthset.pools.attempt import DownloadOutcome
from synthset.store.files import replace_file, write_aside

Layout = Literal["webdataset", "files"]
Add = Callable[[str, bytes], None]
PARTIAL = ".partial"  # a folder that isn't finished is called so, and is written anew
ROWS = pa.schema(
    [
        pa.field("key", pa.string()),
        pa.field("url", pa.string()),
        pa.field("caption", pa.string()),
        pa.field("license", pa.string()),
        pa.field("status", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("error_message", pa.string()),
        pa.field("tries", pa.int32()),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("sha256", pa.string()),
    ]
)


def write_shard(
    folder: Path, number: int, outcomes: Iterable[DownloadOutcome], layout: Layout
) -> dict[str, Any]:
    """Write the images of a shard as they come, then its rows, and its counts last: a shard with
    counts is finished.

    Args:
        folder: of the pool.
        number: of the shard.
        outcomes: in the order of the list.
        layout: `webdataset` for `00000.tar`, `files` for a folder `00000`.

    Returns:
        The counts, as `read_counts` reads them.
    """
    name = f"{number:05d}"
    rows, failed, tries, size = [], Counter[str](), 0, 0
    place = folder / (f"{name}.tar" if layout == "webdataset" else name)
    with _open_tar(place) if layout == "webdataset" else _open_folder(place) as add:
        for outcome in outcomes:
            row = _row(outcome)
            rows.append(row)
            tries += outcome.tries
            if outcome.reason is not None:
                failed[outcome.reason] += 1
            elif outcome.data is not None:
                size += len(outcome.data)
                for file, data in _members(outcome, row):
                    add(file, data)
    with write_aside(folder / f"{name}.parquet") as aside:
        pq.write_table(pa.Table.from_pylist(rows, schema=ROWS), aside)
    counts = {
        "rows": len(rows),
        "attempted": sum(row["tries"] > 0 for row in rows),
        "obtained": len(rows) - failed.total(),
        "failed": dict(sorted(failed.items())),
        "requests": tries,
        "bytes": size,
    }
    write_json(_counts_path(folder, number), counts)
    return counts


def read_counts(folder: Path, number: int) -> dict[str, Any] | None:
    """The counts of a finished shard; None for one that isn't finished."""
    path = _counts_path(folder, number)
    found: dict[str, Any] | None = json.loads(path.read_text()) if path.exists() else None
    return found


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file so that it is there as a whole or not at all."""
    replace_file(path, (json.dumps(content, indent=2) + "\n").encode())


def _counts_path(folder: Path, number: int) -> Path:
    return folder / f"{number:05d}_stats.json"


def _row(outcome: DownloadOutcome) -> dict[str, Any]:
    wanted = outcome.wanted
    return {
        "key": wanted.key,
        "url": wanted.url,
        "caption": wanted.caption,
        "license": wanted.license,
        "status": "success" if outcome.reason is None else "failed_to_download",
        "reason": outcome.reason,
        "error_message": outcome.said,
        "tries": outcome.tries,
        "width": outcome.width,
        "height": outcome.height,
        "sha256": outcome.sha256,
    }


def _members(outcome: DownloadOutcome, row: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """The files of one image, by name."""
    key, data = outcome.wanted.key, outcome.data
    assert data is not None
    yield f"{key}.{outcome.extension}", data
    if outcome.wanted.caption is not None:
        yield f"{key}.txt", outcome.wanted.caption.encode()
    kept = {name: value for name, value in row.items() if value is not None and name != "tries"}
    yield f"{key}.json", json.dumps(kept, ensure_ascii=False).encode()


@contextmanager
def _open_tar(place: Path) -> Iterator[Add]:
    """A tar file, in place once it is whole; the same images make the same bytes."""
    with write_aside(place) as aside, tarfile.open(aside, "w", format=tarfile.USTAR_FORMAT) as tar:

        def add(name: str, data: bytes) -> None:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))

        yield add


@contextmanager
def _open_folder(place: Path) -> Iterator[Add]:
    """A folder, in place once it is whole. What a killed run has left of it is not finished, and
    goes: it would stand beside rows that tell of another attempt."""
    partial = place.with_name(place.name + PARTIAL)
    for left in (partial, place):
        if left.exists():
            shutil.rmtree(left)
    partial.mkdir()

    def add(name: str, data: bytes) -> None:
        (partial / name).write_bytes(data)

    yield add
    partial.rename(place)
