"""`synthset pool download`: fetch a list of urls into a pool."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthset.cli.terminal import say, screen, tell
from synthset.store.remote import require_on_disk

if TYPE_CHECKING:
    from synthset.pools.download import Downloaded

REASONS = {
    "license": "licence not allowed",
    "opt_out": "server asks to be left out",
    "private_address": "address that is not public",
    "bad_url": "not a web address",
    "unknown_host": "unknown host",
    "certificate": "invalid certificate",
    "connection": "connection broken",
    "timeout": "too slow",
    "too_large": "too large",
    "redirects": "too many redirects",
    "hash_mismatch": "sha256 not as listed",
    "not_an_image": "not an image",
    "corrupt": "corrupt image",
}


class PoolLayout(StrEnum):
    """How a pool is laid out."""

    WEBDATASET = "webdataset"
    FILES = "files"


def download(
    urls: Annotated[
        Path,
        typer.Argument(
            help=(
                "Parquet, CSV or TSV file with url and caption and, if you like, sha256, license "
                "and key."
            ),
            parser=require_on_disk,
            metavar="URLS",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Folder of the pool.", parser=require_on_disk, metavar="FOLDER"
        ),
    ],
    layout: Annotated[
        PoolLayout, typer.Option(help="Tar shards, or folders of images.")
    ] = PoolLayout.WEBDATASET,
    licenses: Annotated[
        list[str] | None,
        typer.Option(
            "--license",
            help=(
                "Take only rows with this licence, however it is spelt (CC-BY takes every "
                "version); may be repeated."
            ),
        ),
    ] = None,
    threads: Annotated[
        int, typer.Option(min=1, max=256, help="Number of requests at the same time.")
    ] = 32,
    shard: Annotated[int, typer.Option(min=1, help="Rows per shard.")] = 1_000,
    timeout_s: Annotated[
        float, typer.Option("--timeout", min=0.1, help="Time limit of one try, in seconds.")
    ] = 20.0,
    max_mb: Annotated[float, typer.Option(min=0.001, help="Largest file, in MB.")] = 50.0,
    retries: Annotated[
        int, typer.Option(min=0, max=10, help="Further tries, where trying again may help.")
    ] = 2,
    url_column: Annotated[str, typer.Option(help="Column with URLs.")] = "url",
    caption_column: Annotated[
        str | None, typer.Option(help="Column with captions; caption if not given.")
    ] = None,
    license_column: Annotated[
        str | None, typer.Option(help="Column with licences; license if not given.")
    ] = None,
) -> None:
    """Download a list of URLs into a pool; resumes after a kill, and says what failed and why.

    Example: synthset pool download urls.parquet -o pool --license CC0
    """
    from synthset.cli.progress import RichBar
    from synthset.errors import StageError
    from synthset.pools.attempt import Terms
    from synthset.pools.download import SUMMARY, describe_licenses, download
    from synthset.pools.fetch import FetchLimits
    from synthset.pools.licenses import is_taken
    from synthset.pools.url_lists import read_urls

    listed = read_urls(str(urls), shard, url_column, caption_column, license_column)
    if "caption" in listed.missing:
        say(f"note: {urls} has no column 'caption' (--caption-column)")
    there = listed.licenses()
    for name in licenses or ():
        if not any(is_taken(found, [name]) for found in there):
            say(f"note: no row has the licence {name!r} (--license)")
    taken = frozenset(licenses) if licenses else None
    terms = Terms(FetchLimits(timeout_s, int(max_mb * 1e6)), retries, taken)
    bar = RichBar()
    bar.start("download", len(listed.rows))
    try:
        found = download(listed, str(output), terms, layout.value, threads, bar.advance)
    finally:
        bar.stop()
    _show(found)
    if found.left_out:
        say(f"licence not allowed: {describe_licenses(found.left_out)}")
    tell(f"pool: {output}\ncounts: {output / SUMMARY}")
    if not found.obtained:
        raise StageError(
            f"none of {found.rows:,} rows gave an image, for the reasons above; finished rows are "
            "not downloaded again, so fix the cause and name a new folder with -o"
        )


def _show(found: Downloaded) -> None:
    from rich.table import Table

    table = Table(title="download", show_header=False, title_justify="left")
    table.add_column()
    table.add_column(justify="right")
    table.add_row("rows", f"{found.rows:,}")
    table.add_row("attempted", f"{found.attempted:,}")
    table.add_row("obtained", f"{found.obtained:,}")
    table.add_section()
    for reason, count in found.failed.items():
        status = reason.removeprefix("http_")
        said = REASONS.get(reason, f"server answered {status}")
        table.add_row(said, f"{count:,}")
    table.add_section()
    table.add_row("MB", f"{found.bytes / 1e6:,.1f}")
    screen().print(table)
