"""Results as JSON, written from typed classes and read back by the same, with a version."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainSerializer, PlainValidator, TypeAdapter

from synthset.errors import DatasetError
from synthset.metrics.statistics.operating_curves import FALSE_POSITIVE_RATES, RECALLS, Curves

DIGITS = 6  # of arrays; single numbers are written whole


class Versioned(Protocol):
    """A dataclass that is written.

    Attributes:
        VERSION: changes when a file of before can't be read any more.
    """

    VERSION: ClassVar[int]


Kind = TypeVar("Kind", bound=Versioned)


def dump(result: Versioned) -> str:
    """Write a result; what doesn't exist is null."""
    content = json.loads(TypeAdapter(type(result)).dump_json(result))
    whole = {"version": result.VERSION, **content}
    return json.dumps(whole, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def load(kind: type[Kind], text: str, where: str) -> Kind:
    """Read what `dump` wrote.

    Args:
        kind: class of the result.
        text: the JSON.
        where: its place, for messages.

    Raises:
        DatasetError: it is of another version, or not of this kind.
    """
    try:
        content = json.loads(text)
        found = content.pop("version", None)
        if found == kind.VERSION:
            return TypeAdapter(kind).validate_python(content)
    except (ValueError, TypeError, AttributeError) as fault:
        said = str(fault).splitlines()[0]
        raise DatasetError(f"{where}: can't be read as {kind.__name__} ({said})") from None
    raise DatasetError(
        f"{where}: found version {found}, but this version of synthset reads {kind.VERSION}; run "
        "it again"
    )


def to_plain(value: Any) -> Any:
    """Make numbers ones that JSON has: six decimals, null for what doesn't exist."""
    if isinstance(value, np.ndarray | np.generic):
        return to_plain(value.tolist())
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, DIGITS)
    return [to_plain(one) for one in value] if isinstance(value, list) else value


def _array(kind: type) -> Callable[[Any], NDArray[Any]]:
    return lambda found: np.array(found, dtype=kind)  # null is NaN


def _curves(found: Any) -> Curves:
    if isinstance(found, Curves):
        return found
    return Curves(np.array(found["roc"], np.float64), np.array(found["pr"], np.float64))


def _to_plain_curves(found: Curves) -> dict[str, Any]:
    places = {"false_positive_rates": FALSE_POSITIVE_RATES, "recalls": RECALLS}
    return {name: to_plain(one) for name, one in {**places, **vars(found)}.items()}


Numbers = Annotated[
    NDArray[np.float64], PlainValidator(_array(np.float64)), PlainSerializer(to_plain)
]
Counts = Annotated[NDArray[np.int64], PlainValidator(_array(np.int64)), PlainSerializer(to_plain)]
StoredCurves = Annotated[Curves, PlainValidator(_curves), PlainSerializer(_to_plain_curves)]
