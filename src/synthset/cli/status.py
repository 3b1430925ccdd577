"""`synthset status`: how far a dataset is."""

from __future__ import annotations

from synthset.cli.options import DatasetFolder
from synthset.cli.terminal import screen, tell


def status(directory: DatasetFolder) -> None:
    """Show a dataset's progress: shards and records by table, who works on it, what failed.

    Example: synthset status my-demo
    """
    from rich.table import Table

    from synthset.results.dataset.safety import find_verdicts
    from synthset.store.dataset import Dataset
    from synthset.store.lock import read_holder, read_slices

    dataset = Dataset.open(directory)
    view = dataset.view
    planned = dataset.shards(view.plan)
    table = Table(title=f"{dataset.name} in {dataset.path}", title_justify="left")
    for heading in ("table", "shards", "records", "state"):
        table.add_column(heading, justify="right" if heading in ("shards", "records") else "left")
    tables = [view.plan, view.images, *view.features.values(), *view.scores.values()]
    for name in tables:
        done = dataset.shards(name)
        waiting = sum(count for shard in planned for _, count in dataset.chunks(name, shard))
        state = (
            "finished" if len(done) == len(planned) else f"{len(planned) - len(done)} shards to do"
        )
        state += f", {waiting} records in unfinished shards" if waiting else ""
        table.add_row(name, f"{len(done)}/{len(planned)}", f"{dataset.rows_in(name):,}", state)
    console = screen()
    console.print(table)
    owner, slices = read_holder(dataset.folder), read_slices(dataset.folder)
    if owner:
        tell(f"working on it: process {owner.get('pid')} on {owner.get('host')}")
    for part, one in slices.items():
        tell(f"working on slice {part}: process {one.get('pid')} on {one.get('host')}")
    if not owner and not slices:
        tell("no process is working on it")
    if dataset.shards(view.images):
        said = find_verdicts(dataset.read(view.images, ["nsfw", "error"]))
        if said["checked"].any():
            checked, blanked, flagged = (int(mask.sum()) for mask in said.values())
            tell(f"safety checker: {blanked:,} blanked and {flagged:,} flagged of {checked:,}")
    if view.selection and dataset.folder.exists(view.selection):
        keep = dataset.read_table(view.selection).column("keep").to_pylist()
        tell(f"selection: {sum(keep):,} of {len(keep):,} kept ({view.selection})")
    for event in dataset.events():
        for shard, fault in (event.get("faults") or {}).items():
            tell(f"failed at {event['at']}: {event['role']} shard {shard}: {fault}")
    others = sorted(name for name in dataset.folder.names() if "-" in name and name not in tables)
    if others:
        tell(f"tables of other settings: {', '.join(others)}")
