"""`synthset demo`: the main job on the models that ship with synthset."""

from __future__ import annotations

from synthset.cli.options import Changes, Output, Workers


def demo(output: Output = None, changes: Changes = None, workers: Workers = None) -> None:
    """Make a small dataset with the models that ship with synthset: no GPU, no account, no
    download.

    Example: synthset demo -o my-demo
    """
    from synthset.cli.run import run

    run("demo", output or "demo", changes, workers)
