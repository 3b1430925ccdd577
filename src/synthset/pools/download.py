"""Downloads a list of urls into a pool: shard by shard, many requests at a time, resumable."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthset.errors import DatasetError, UsageError, raise_storage_errors
from synthset.litter import is_litter
from synthset.pools.attempt import DownloadOutcome, Terms, attempt
from synthset.pools.download_shard import Layout, read_counts, write_json, write_shard
from synthset.pools.licenses import is_taken
from synthset.pools.url_lists import UrlList, Wanted
from synthset.store.files import discard_temporaries
from synthset.store.folder import LocalFolder
from synthset.store.lock import hold

SUMMARY = "download.json"
NAMED = 8  # licences that a message names
AHEAD = 4  # rows a thread that are begun before the first of them is written


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What came of a list.

    Attributes:
        rows: of the list.
        attempted: rows that were asked for; the others have a licence that isn't taken.
        obtained: images.
        failed: rows without an image, by reason.
        left_out: rows of the list whose licence isn't taken, by what stands there (empty for
            none).
        requests: tries in all.
        bytes: of the images.
    """

    rows: int
    attempted: int
    obtained: int
    failed: dict[str, int]
    left_out: dict[str, int]
    requests: int
    bytes: int


@raise_storage_errors()
def download(
    urls: UrlList,
    output: str,
    terms: Terms,
    layout: Layout = "webdataset",
    threads: int = 32,
    progress: Callable[[int], None] = lambda rows: None,
) -> Downloaded:
    """Download a list, or what is left of it.

    Args:
        urls: the list.
        output: folder of the pool: new, empty, or of an earlier download of the same list.
        terms: what is taken.
        layout: tar shards, or folders of images.
        threads: requests at a time.
        progress: is told of rows that are done.

    Raises:
        UsageError: the folder holds something else, or another list; or licences are asked for of
            a list that names none.
        DatasetError: no row has a licence that is taken; nothing is written.
        DatasetLocked: another process downloads there.
    """
    folder = Path(output).expanduser()
    asked = _describe_terms(urls, terms, layout)
    _refuse_others(folder, asked)
    left_out = _count_left_out(urls, terms)
    with hold(LocalFolder(folder)), ThreadPoolExecutor(threads) as pool:
        discard_temporaries(folder)
        _summarise(folder, asked, urls.shards, left_out)
        try:
            for number in range(urls.shards):
                rows = urls.shard(number)
                if read_counts(folder, number) is not None:
                    progress(len(rows))
                    continue
                outcomes = _attempt_in_turn(pool, rows, terms, AHEAD * threads)
                write_shard(folder, number, _report_progress(outcomes, progress), layout)
                _summarise(folder, asked, urls.shards, left_out)
        except BaseException:  # also a Ctrl-C: what waits in line is not begun any more
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return _summarise(folder, asked, urls.shards, left_out)


def _attempt_in_turn(
    pool: ThreadPoolExecutor, rows: Sequence[Wanted], terms: Terms, ahead: int
) -> Iterator[DownloadOutcome]:
    """Attempt rows at the same time, and give them in their order, few at a time in memory."""
    waiting: deque[Future[DownloadOutcome]] = deque()
    for row in rows:
        waiting.append(pool.submit(attempt, row, terms))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _report_progress(
    outcomes: Iterable[DownloadOutcome], progress: Callable[[int], None]
) -> Iterator[DownloadOutcome]:
    for outcome in outcomes:
        yield outcome
        progress(1)


def _describe_terms(urls: UrlList, terms: Terms, layout: Layout) -> dict[str, Any]:
    """What a folder was made of; the same list under other terms is another pool."""
    return {
        "list": urls.content,
        "rows": len(urls.rows),
        "rows_per_shard": urls.rows_per_shard,
        "layout": layout,
        "licenses": None
        if terms.licenses is None
        else sorted(name.casefold() for name in terms.licenses),
        "max_bytes": terms.limits.max_bytes,
    }


def _refuse_others(folder: Path, asked: dict[str, Any]) -> None:
    """Only a new folder, or one of the same download, is written to."""
    place = folder / SUMMARY
    if place.is_file():
        known = json.loads(place.read_text(encoding="utf-8")).get("asked", {})
        other = [name for name, value in asked.items() if known.get(name) != value]
        if other:
            found = f"{folder} was downloaded with a different {', '.join(other)}"
            raise UsageError(f"{found}; name a new folder with -o")
    elif folder.exists() and (not folder.is_dir() or _names(folder)):
        raise UsageError(f"{folder} contains other files; name a new or empty folder with -o")


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if not is_litter(path.name)]


def _count_left_out(urls: UrlList, terms: Terms) -> dict[str, int]:
    """Count the rows whose licence isn't taken; refuse a list of nothing else."""
    if terms.licenses is None:
        return {}
    if "license" in urls.missing:
        raise UsageError(
            "--license: the list has no column 'license'; name its column with --license-column, "
            "or leave out --license to take all rows"
        )
    there = urls.licenses()
    left_out = {name: count for name, count in there.items() if not is_taken(name, terms.licenses)}
    if sum(left_out.values()) == len(urls.rows):
        asked, found = ", ".join(sorted(terms.licenses)), describe_licenses(left_out)
        raise DatasetError(
            f"--license {asked}: none of the {len(urls.rows):,} rows has this license, so nothing "
            f"was downloaded; the list has {found}"
        )
    return left_out


def describe_licenses(counts: Mapping[str, int]) -> str:
    """Name the most frequent licences with their rows: "'CC0' (12), none (3) and 4 more"."""
    shown = [f"{repr(name) if name else 'none'} ({count:,})" for name, count in counts.items()]
    more = f" and {len(shown) - NAMED:,} more" if len(shown) > NAMED else ""
    return ", ".join(shown[:NAMED]) + more


def _summarise(
    folder: Path, asked: dict[str, Any], shards: int, left_out: dict[str, int]
) -> Downloaded:
    """Add the counts of all finished shards up, and write them."""
    counts = [found for n in range(shards) if (found := read_counts(folder, n)) is not None]
    failed = Counter[str]()
    for found in counts:
        failed.update(found["failed"])
    names = ("rows", "attempted", "obtained", "requests", "bytes")
    total = {name: sum(found[name] for found in counts) for name in names}
    failed_now = dict(failed.most_common())
    summary = {
        "asked": asked,
        "shards": {"finished": len(counts), "all": shards},
        **total,
        "failed": failed_now,
        "licenses_left_out": left_out,
    }
    write_json(folder / SUMMARY, summary)
    return Downloaded(failed=failed_now, left_out=left_out, **total)
