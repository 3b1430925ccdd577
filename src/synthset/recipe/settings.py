"""What all settings share: frozen, no unknown keys, and which of them decide a result."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

#: Marks a field that says how fast or where something runs, not what comes out. It is left out of
#: ids and fingerprints.
EXECUTION: dict[str, JsonValue] = {"execution": True}

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=64)]


class Settings(BaseModel):
    """A part of a recipe: immutable, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    def identity(self) -> dict[str, Any]:
        """Give the settings that decide the result, as JSON values, each default written out."""
        return self.model_dump(mode="json", exclude=execution_fields(type(self)))


def execution_fields(model: type[BaseModel]) -> set[str]:
    """Name the fields of a settings class that decide nothing but speed and place."""
    return {
        name
        for name, field in model.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("execution")
    }
