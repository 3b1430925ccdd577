"""What all settings share: frozen, no unknown keys, and which of them decide a result."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, JsonValue, model_validator
from pydantic_core import CoreSchema

from synthset.kinds import list_kinds
from synthset.revisions import compute_revision

#: Marks a field that says how fast or where something runs, not what comes out. It is left out of
#: ids and fingerprints.
EXECUTION: dict[str, JsonValue] = {"execution": True}

#: Marks a field that decides which images are there. Ids and fingerprints know these by their
#: content, so that where the field changes nothing they stay what they are.
MEMBERSHIP: dict[str, JsonValue] = {"membership": True}

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=64)]


class Settings(BaseModel):
    """A part of a recipe: immutable; unknown keys are refused, and numbers are finite."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _no_number_is_true(cls, content: Any) -> Any:
        """pydantic takes true for 1 and false for 0, where a number is due."""
        if not isinstance(content, dict):
            return content
        fields = cls.model_fields
        return {
            name: _no_true(value, fields[name].annotation) if name in fields else value
            for name, value in content.items()
        }

    def identity(self) -> dict[str, Any]:
        """Give the settings that decide the result, as JSON values, each default written out."""
        return self.model_dump(mode="json", exclude=list_unidentified_fields(type(self)))


class KindSettings(Settings):
    """Settings of a kind, which name the code that does it; see `synthset.kinds`.

    Attributes:
        implementation: that code, as `package.module:name`.
        version: changes whenever the same settings would give other results.
    """

    implementation: ClassVar[str]
    version: ClassVar[str]

    kind: str

    @property
    def seen_by(self) -> str | None:
        """Name of the encoder whose features it reads."""
        return getattr(self, "encoder", None)

    @property
    def files(self) -> tuple[str, ...]:
        """Local files that decide the result, as the settings write them: their content belongs to
        the identity, and their places don't."""
        return ()

    @property
    def code(self) -> str | None:
        """Code of the user's own that it runs, as file and function."""
        return None

    def full_identity(self) -> dict[str, Any]:
        """Give all that decides the result: the settings, with the content of files in place of
        their paths, and the version."""
        identity = self.identity()
        for file in self.files:
            content = compute_revision(Path(file).expanduser())
            for name, value in identity.items():
                if isinstance(value, str) and value.startswith(file):
                    identity[name] = value.replace(file, content, 1)
        return {**identity, "version": self.version}


class OneOf:
    """Marks a field that takes settings of any kind of a group, by their `kind`.

    Args:
        group: such as `scores`; see `synthset.kinds`.
    """

    def __init__(self, group: str) -> None:
        self.group = group

    @property
    def classes(self) -> tuple[type[Settings], ...]:
        """All that the field takes."""
        return tuple(kind.settings for kind in list_kinds(self.group).usable.values())

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        union: Any = Union[self.classes]  # noqa: UP007 - as many as there are
        return handler.generate_schema(Annotated[union, Field(discriminator="kind")])


def list_unidentified_fields(model: type[BaseModel]) -> set[str]:
    """Name the fields of a settings class that decide nothing but speed and place, or decide it by
    the images that they lead to."""
    return {
        name
        for name, field in model.model_fields.items()
        if isinstance(field.json_schema_extra, dict)
        and ({"execution", "membership"} & field.json_schema_extra.keys())
    }


class _TruthValue:
    """True or false where a number is due: no validator takes it, and messages show it."""

    def __init__(self, value: bool) -> None:
        self._value = value

    def __repr__(self) -> str:
        return str(self._value).lower()


def _no_true(value: Any, annotation: Any) -> Any:
    """Put what no validator takes in place of true and false, unless the annotation allows them."""
    kinds = _kinds(annotation)
    if isinstance(value, bool) and bool not in kinds and kinds & {int, float}:
        return _TruthValue(value)
    held = _find_held(annotation) if isinstance(value, list | tuple | dict) else None
    if held is None or not _kinds(held) & {int, float}:
        return value
    if isinstance(value, dict):
        return {name: _no_true(inner, held) for name, inner in value.items()}
    return [_no_true(inner, held) for inner in value]


@cache
def _kinds(annotation: Any) -> frozenset[Any]:
    """The plain types that an annotation allows, without those that containers hold."""
    if get_origin(annotation) in (tuple, list, dict):
        return frozenset()
    inner = get_args(annotation)
    if not inner or get_origin(annotation) is Literal:
        return frozenset([annotation] if isinstance(annotation, type) else [])
    return frozenset().union(*(_kinds(one) for one in inner))


@cache
def _find_held(annotation: Any) -> Any:
    """What the container in an annotation holds; None where there is none."""
    inner = get_args(annotation)
    if get_origin(annotation) in (tuple, list, dict):
        return inner[1] if get_origin(annotation) is dict else inner[0]
    return next((held for one in inner if (held := _find_held(one)) is not None), None)
