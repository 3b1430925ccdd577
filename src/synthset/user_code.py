"""Functions of a user's own file: `my_scores.py:redness`."""

from __future__ import annotations

import ast
import os
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator

from synthset.errors import ModelError, Problem, UsageError, did_you_mean
from synthset.images import Pixels
from synthset.kinds import describe_fault
from synthset.seeds import digest

#: Environment variable that allows recipes to run code of their own, where it is 1.
ALLOWED = "SYNTHSET_ALLOW_CODE"

NO_NUMBER = "returned NaN or infinity"

Function = Callable[[NDArray[np.uint8]], Any]
Result = NDArray[np.float64] | str


def get_file(path: str) -> str:
    """The file in `my_scores.py:redness`, as it is written."""
    return path.rpartition(":")[0]


def _function_path(path: str) -> str:
    if not re.fullmatch(r".+\.py:[A-Za-z_]\w*", path):
        raise ValueError(f"found {path!r}, expected a file and a function: my_file.py:my_function")
    return path


#: A file and a function of it.
FunctionPath = Annotated[str, AfterValidator(_function_path)]


def refuse_code(code: Sequence[str], allowed: bool) -> None:
    """See that code of a user's own may be run.

    Args:
        code: what would be run, as files and functions.
        allowed: whether that was said.

    Raises:
        UsageError: it was not said, here or in the environment.
    """
    if code and not allowed and os.environ.get(ALLOWED) != "1":
        raise UsageError(
            f"this recipe runs code of its own ({', '.join(code)}); read that code, then allow it "
            f"with --allow-code, or with {ALLOWED}=1 in the environment"
        )


def check_function(where: str, path: str) -> list[Problem]:
    """Look whether a file has a function, and run nothing of it.

    Args:
        where: place in the recipe, for messages.
        path: such as `my_scores.py:redness`.
    """
    name, file = path.rpartition(":")[2], Path(get_file(path)).expanduser()
    if not file.is_file():
        return [Problem(where, f"there is no file {file}", "write it as my_file.py:my_function")]
    try:
        body = ast.parse(file.read_text(encoding="utf-8")).body
    except SyntaxError as fault:
        found = f"{file}, line {fault.lineno}: {fault.msg}"
        return [Problem(where, found, "fix it")]
    except (OSError, ValueError) as fault:
        return [
            Problem(where, f"{file} can't be read as Python ({fault})", "save it as UTF-8 text")
        ]
    known = [one.name for one in body if isinstance(one, ast.FunctionDef | ast.ClassDef)]
    known += [
        target.id
        for one in body
        if isinstance(one, ast.Assign) and not isinstance(one.value, ast.Constant)
        for target in one.targets
        if isinstance(target, ast.Name)
    ]
    imports = (one for one in body if isinstance(one, ast.ImportFrom))
    known += [name.asname or name.name for one in imports for name in one.names]
    if name in known:
        return []
    return [Problem(where, f"{file} doesn't define {name!r}", did_you_mean(name, known))]


def load_function(path: str) -> Function:
    """Import a user's file, and take a function out of it.

    Raises:
        ModelError: the file fails, or has no such function.
    """
    name, file = path.rpartition(":")[2], Path(get_file(path)).expanduser()
    spec = spec_from_file_location(f"synthset_user_{digest([str(file.absolute())], size=6)}", file)
    if spec is None or spec.loader is None:
        raise ModelError(f"{file}: is not a Python file; name one that ends in .py")
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        function: Function = getattr(module, name)
    except (Exception, SystemExit) as fault:  # whatever the user's code raises
        raise ModelError(f"{path}: {describe_fault(fault)}; fix that file") from fault
    return function


def call_by_shape(
    function: Function, images: Sequence[Pixels | None], width: int | None = None
) -> list[Result | None]:
    """Call a function with the images of each shape at once.

    Args:
        function: (N, H, W, 3) uint8 RGB to (N,) numbers, or to (N, D).
        images: (H, W, 3) uint8 each; None where there is none.
        width: D; None for one number an image.

    Returns:
        What each image got, () or (D,) float64: what went wrong, in words, where that failed; None
        where there is no image.
    """
    found: list[Result | None] = [None] * len(images)
    places: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for place, image in enumerate(images):
        if image is not None:
            places[image.shape].append(place)
    for mine in places.values():
        batch = np.stack([image for place in mine if (image := images[place]) is not None])
        try:
            given = np.asarray(function(batch), dtype=np.float64)
        except (Exception, SystemExit) as fault:  # whatever the user's code raises
            for place in mine:
                found[place] = describe_fault(fault)
            continue
        wanted = (len(mine),) if width is None else (len(mine), width)
        for place, row in zip(mine, given if given.shape == wanted else mine, strict=True):
            wrong = f"returned an array of shape {given.shape}, expected {wanted}"
            found[place] = np.asarray(row) if given.shape == wanted else wrong
    return found
