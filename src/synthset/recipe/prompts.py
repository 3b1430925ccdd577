"""How a class becomes a prompt: the settings of every `prompts`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from synthset.recipe.settings import EXECUTION, KindSettings, OneOf

#: Lists of words that ship with synthset, by the field that they fill.
SHIPPED_WORDS = ("background", "view", "light", "action", "count")

Words = tuple[str, ...] | Literal["shipped"]
Draw = Literal["independent", "balanced"]


class PromptSettings(KindSettings):
    """What all kinds of prompts share. A new kind is a subclass with a `kind` of its own.

    Its `implementation` is a `synthset.prompts.prompt_source.PromptSource`.

    Attributes:
        own_words: whether a prompt may name the class in words that the class list doesn't have.
    """

    own_words: ClassVar[bool] = False

    negative: str = ""
    """Negative prompt, the same for all."""

    def full_identity(self) -> dict[str, Any]:
        """As everywhere; a first version is not named, so that plans keep their names."""
        identity = super().full_identity()
        return {k: v for k, v in identity.items() if (k, v) != ("version", "1")}


class Varied(PromptSettings):
    """What kinds of prompts with templates share."""

    variations: dict[str, Words] = Field(default_factory=dict)
    """Lists of words by field, such as `background: [in a forest, at home]`; `shipped` takes those
    that come with synthset (background, view, light, action, count)."""

    @field_validator("variations")
    @classmethod
    def _ships(cls, variations: dict[str, Words]) -> dict[str, Words]:
        for name, words in variations.items():
            if words == "shipped" and name not in SHIPPED_WORDS:
                known = ", ".join(SHIPPED_WORDS)
                raise ValueError(f"synthset comes with no words for {name!r}, only for {known}")
        return variations


class Template(Varied):
    """Templates, filled in with the words of the class and of `variations`."""

    implementation: ClassVar[str] = "synthset.prompts.designs:TemplatePrompts"
    version: ClassVar[str] = "1"

    kind: Literal["template"] = "template"
    templates: tuple[str, ...] | Literal["clip"] = Field(("a photo of {a_class}",))
    """Templates with the fields {class}, {a_class}, {gloss}, {hypernym}, {lemmas} and those of
    `variations`; or `clip`."""
    draw: Draw = "independent"
    """`independent`: each record draws by its own seed. `balanced`: within a class, every template
    and every word is used equally often."""
    shorten: bool = False
    """Where a prompt is longer than the text encoder reads, shorten its {gloss} at the end of a
    clause."""

    def identity(self) -> dict[str, Any]:
        """As everywhere; what came later counts only where it is used, so that plans made before
        keep their names."""
        new = {"draw": "independent", "shorten": False}
        same = {name for name, value in new.items() if getattr(self, name) == value}
        return self.model_dump(mode="json", exclude={"kind", *same})


class Gloss(PromptSettings):
    """The WordNet definition of the class, and nothing else."""

    implementation: ClassVar[str] = "synthset.prompts.designs:GlossPrompts"
    version: ClassVar[str] = "1"

    kind: Literal["gloss"]
    shorten: bool = True
    """Where it is longer than the text encoder reads, shorten it at the end of a clause."""


class ClassGloss(PromptSettings):
    """The class and its WordNet definition."""

    implementation: ClassVar[str] = "synthset.prompts.designs:ClassGlossPrompts"
    version: ClassVar[str] = "1"

    kind: Literal["class_gloss"]
    shorten: bool = True
    """Where a prompt is longer than the text encoder reads, shorten the definition at the end of a
    clause."""


class Background(PromptSettings):
    """The class before a varied background."""

    implementation: ClassVar[str] = "synthset.prompts.designs:BackgroundPrompts"
    version: ClassVar[str] = "1"

    kind: Literal["background"]
    backgrounds: Words = "shipped"
    """Backgrounds, such as `[in a forest, on a street]`; `shipped` takes those that come with
    synthset."""
    hypernym: bool = False
    """Also say what the class is a kind of; for classes that have a WordNet sense."""


class ClipTemplates(PromptSettings):
    """The eighty templates that CLIP was evaluated with, each used equally often."""

    implementation: ClassVar[str] = "synthset.prompts.designs:ClipPrompts"
    version: ClassVar[str] = "1"

    kind: Literal["clip"]


class OwnTexts(Varied):
    """What kinds of prompts share that put texts of each class into templates."""

    class_column: str = "class"
    """Column that names the class, by its name, key or wnid."""
    templates: tuple[str, ...] = Field(("{text}",), min_length=1)
    """Templates around {text}; their fields are those of `kind: template`."""


class Captions(OwnTexts):
    """Captions of real images of the class."""

    implementation: ClassVar[str] = "synthset.prompts.class_texts:CaptionPrompts"
    version: ClassVar[str] = "1"

    kind: Literal["captions"]
    file: str | None = None
    """CSV or Parquet file with one caption per row; either this or `reference`."""
    reference: str | None = None
    """Name of a reference of kind `images` whose paths have a `prompt_column`."""
    text_column: str = "caption"
    """Column of the file that holds the caption."""
    templates: tuple[str, ...] = Field(("a photo of {a_class}, {text}",), min_length=1)
    """Templates around the caption, {text}, which need not name the class."""

    @model_validator(mode="after")
    def _one_place(self) -> Captions:
        if (self.file is None) == (self.reference is None):
            raise ValueError("needs either `file` or `reference`")
        return self


class PromptFile(OwnTexts):
    """Prompts from a file."""

    implementation: ClassVar[str] = "synthset.prompts.class_texts:FilePrompts"
    version: ClassVar[str] = "1"
    own_words: ClassVar[bool] = True

    kind: Literal["file"]
    file: str
    """A text file with one template per line, for all classes; or a CSV or Parquet file, in which a
    column that names the class gives each class its own prompts."""
    text_column: str = "prompt"
    """Column that holds the prompt."""


class LanguageModel(OwnTexts):
    """Prompts written by a language model, which is asked once; the dataset records its answers."""

    implementation: ClassVar[str] = "synthset.prompts.class_texts:AskedPrompts"
    version: ClassVar[str] = "1"

    kind: Literal["llm"]
    model: str
    """Name of the model at the address; without an address, a transformers model: a hub id or a
    local folder."""
    address: str | None = Field(None, pattern=r"^https?://[^@\s]+$", json_schema_extra=EXECUTION)
    """Base URL of an OpenAI-compatible service, such as `http://localhost:8000/v1`; none loads the
    model on this machine."""
    key_variable: str = Field(
        "OPENAI_API_KEY", pattern=r"^[A-Z][A-Z0-9_]*$", json_schema_extra=EXECUTION
    )
    """Environment variable that holds the key, where the service needs one. The key itself is never
    written."""
    instruction: str = (
        "Write {number} different captions for photographs of {a_class}. Vary background, view, "
        "light and action. One caption a line, under 30 words each, nothing else. Each names "
        "{class}."
    )
    """What the model is told. Its fields are {number} and those of the class: {class}, {a_class},
    {gloss}, {hypernym}, {lemmas}."""
    per_class: int = Field(20, ge=1, le=1000)
    """Prompts for each class. With more images than prompts, each prompt is used equally often."""
    names_class: bool = True
    """Leave out answers that name neither the class nor one of its lemmas."""
    temperature: float = Field(1.0, ge=0, le=2)
    """Sampling temperature; 0 always takes the likeliest word."""
    max_tokens: int = Field(1024, ge=16, le=16384)
    """Length limit of an answer, in tokens of the model."""
    revision: str | None = None
    """Commit of a hub model that is loaded on this machine."""
    timeout_s: float = Field(120, gt=0, le=3600, json_schema_extra=EXECUTION)
    """How long to wait for an answer from the service."""
    at_once: int = Field(4, ge=1, le=64, json_schema_extra=EXECUTION)
    """How many questions are sent to a service at a time, or form one batch of a model that is
    loaded on this machine."""


Prompts = Annotated[PromptSettings, OneOf("prompts")]
