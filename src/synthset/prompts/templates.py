"""Turn templates, lists of words, a class and a seed into a prompt: the same one everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache, partial
from hashlib import blake2b
from importlib.resources import files

from synthset.errors import Problem, RecipeError, did_you_mean
from synthset.prompts.articles import add_article
from synthset.taxonomy.classlists import ClassEntry, add_definition

#: Plain words: nothing that says more than the class.
DEFAULT = ("a photo of {a_class}",)

#: Lists of templates that a recipe may call by name; each is a file in `data/`.
NAMED_LISTS = ("clip",)

FIELDS = ("class", "a_class", "gloss", "hypernym", "lemmas")
FROM_WORDNET = ("gloss", "hypernym", "lemmas")
SAYS_THE_CLASS = ("class", "a_class", "gloss", "lemmas")
TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")
SHOWN = 5  # classes that a message lists before it counts the rest

Templates = Sequence[str] | str
Variations = Mapping[str, Sequence[str]]
Choose = Callable[[str, int], int]  # what for, and of how many: the place of the chosen one


def render(templates: Templates, variations: Variations, entry: ClassEntry, seed: int) -> str:
    """Write the prompt of one record.

    The seed draws one template, and one entry of each variation that the template mentions; each
    draw is independent of the others and nearly uniform.

    >>> from synthset.taxonomy.classlists import make_name_classes
    >>> (owl,) = make_name_classes(["owl"])
    >>> render(["{a_class} {where}"], {"where": ["at night", "in a barn"]}, owl, seed=3)
    'an owl at night'

    Args:
        templates: templates, or the name of a list ("clip"). The fields are {class}, {a_class}
            (with its article), {gloss}, {hypernym}, {lemmas}, and the names of variations; {{ and
            }} stand for braces.
        variations: words to draw from, by field; they are put in as they stand, and "" is allowed.
        entry: the class.
        seed: the record's own seed.

    Raises:
        RecipeError: a template cannot be filled; `check` finds that before the run.
    """
    return write(get_templates(templates), variations, entry, partial(draw, seed))


def write(
    templates: Sequence[str], variations: Variations, entry: ClassEntry, choose: Choose
) -> str:
    """Write a prompt with the template and the words that `choose` picks.

    Args:
        templates: the templates, at least one.
        variations: as for `render`.
        entry: the class.
        choose: called with "template" or "variation:<field>", and how many there are.
    """
    parts = parse(templates[choose("template", len(templates))])
    if any(field in FROM_WORDNET for _, field in parts):
        entry = look_up_definition(entry)
    texts = [
        literal if field is None else fill(field, variations, entry, choose)
        for literal, field in parts
    ]
    return tidy("".join(texts))


def check(
    templates: Templates,
    variations: Variations,
    entries: Sequence[ClassEntry],
    where: str = "prompts",
) -> None:
    """Make sure that `render` can fill every template for every class.

    Args:
        templates: as for `render`.
        variations: as for `render`.
        entries: the classes; () checks the templates alone.
        where: the place in the recipe, for messages.

    Raises:
        RecipeError: with every problem at once.
    """
    found = find_problems(templates, variations, entries, where)
    if found:
        raise RecipeError.of(found)


def find_problems(
    templates: Templates,
    variations: Variations,
    entries: Sequence[ClassEntry],
    where: str = "prompts",
    says_the_class: Sequence[str] = SAYS_THE_CLASS,
) -> list[Problem]:
    """List everything that `check` would refuse; each template has one of `says_the_class`."""
    choices = get_templates(templates, f"{where}.templates")
    found = [] if choices else [Problem(f"{where}.templates", "empty", "give a template")]
    fields: set[str] = set()
    for place, template in enumerate(choices):
        spot = f"{where}.templates[{place}]"
        try:
            used = find_fields(template, spot)
        except RecipeError as error:
            found += error.problems
            continue
        found += find_template_problems(used, variations, spot, says_the_class)
        fields |= used
    for name, words in variations.items():
        found += find_variation_problems(name, words, fields, f"{where}.variations.{name}")
    return found + find_class_problems(fields, entries, f"{where}.templates")


def get_templates(templates: Templates, where: str = "prompts.templates") -> tuple[str, ...]:
    """Return the templates meant: those given, or those of a named list.

    >>> get_templates("clip")[0]
    'a bad photo of a {class}.'
    """
    if not isinstance(templates, str):
        return tuple(templates)
    if templates not in NAMED_LISTS:
        right = (
            f"{did_you_mean(templates, NAMED_LISTS)} (for a template of your own, write a list: "
            f"[{templates}])"
        )
        raise RecipeError(where, f"there is no list of templates called {templates!r}", right)
    return read_named_list(templates)


def draw(seed: int, purpose: str, count: int) -> int:
    """Draw a number below `count`, the same on every machine and Python version.

    Args:
        seed: the record's own seed.
        purpose: what is drawn; draws for two purposes are independent.
        count: how many there are to choose from; under 2**32 the bias is below 2**-32.
    """
    hashed = blake2b(f"{seed}:{purpose}".encode(), digest_size=8, person=b"synthset-prompt")
    return int.from_bytes(hashed.digest(), "big") % count


def find_fields(template: str, where: str = "prompts.templates") -> set[str]:
    """Return the names of the fields that a template mentions."""
    return {field for _, field in parse(template, where) if field is not None}


@lru_cache(maxsize=4096)
def parse(template: str, where: str = "prompts.templates") -> tuple[tuple[str, str | None], ...]:
    """Split a template into pairs: (text, None) or ("", name of a field)."""
    parts: list[tuple[str, str | None]] = []
    for token in TOKEN.finditer(template):
        text, field = token.group(), token.group(1)
        if text in ("{", "}"):
            right = "close every {field}, and write {{ or }} for a literal brace"
            raise RecipeError(where, f"a {text!r} has no counterpart in {template!r}", right)
        if field is not None:
            parts.append(("", field.strip()))
        else:
            parts.append((text[:1] if text in ("{{", "}}") else text, None))
    return tuple(parts)


def fill(field: str, variations: Variations, entry: ClassEntry, choose: Choose) -> str:
    """Return the words for one field."""
    if field in FIELDS:
        words = find_class_words(field, entry)
        if words is not None:
            return words
        found = f"it uses {{{field}}}, but {entry.name!r} has none"
        raise RecipeError("prompts.templates", found, "give the class by its WordNet sense")
    if variations.get(field):
        return variations[field][choose(f"variation:{field}", len(variations[field]))]
    raise RecipeError(
        "prompts.templates", f"unknown field {{{field}}}", list_known(field, variations)
    )


def find_class_words(field: str, entry: ClassEntry) -> str | None:
    """Return what a class says in one of its own fields; None if it has nothing to say."""
    match field:
        case "class":
            return entry.name
        case "a_class":
            return add_article(entry.name)
        case "gloss":
            return entry.gloss
        case "hypernym":
            return entry.hypernym
        case _:
            return ", ".join(entry.lemmas) or entry.name


def tidy(text: str) -> str:
    """Close the gaps that empty words leave: runs of blanks, and a blank before a mark."""
    return re.sub(r" (?=[,.;])", "", " ".join(text.split()))


def find_template_problems(
    used: set[str], variations: Variations, where: str, says_the_class: Sequence[str]
) -> list[Problem]:
    found = [
        Problem(where, f"unknown field {{{field}}}", list_known(field, variations))
        for field in sorted(used - set(FIELDS) - set(variations))
    ]
    if not used & set(says_the_class):
        found.append(Problem(where, "it doesn't name the class", "put {class} or {a_class} in it"))
    return found


def find_variation_problems(
    name: str, words: Sequence[str], used: set[str], where: str
) -> list[Problem]:
    found = []
    if name in FIELDS:
        found.append(
            Problem(where, f"{name!r} is already a field of the class", "give it another name")
        )
    elif name not in used:
        right = f"put {{{name}}} in a template, or remove the list"
        found.append(Problem(where, "no template uses it", right))
    if not words:
        found.append(Problem(where, "empty", "give it words, or remove it"))
    for place, text in enumerate(words):
        if "{" in text or "}" in text:
            right = "put fields into templates: words are used as they are"
            found.append(Problem(f"{where}[{place}]", f"there is a brace in {text!r}", right))
    return found


def find_class_problems(used: set[str], entries: Sequence[ClassEntry], where: str) -> list[Problem]:
    """Report the fields of WordNet that some classes cannot fill, one problem a field."""
    wanted = sorted(used & set(FROM_WORDNET))
    found = []
    for field in wanted:
        lacking = [
            entry.name
            for entry in entries
            if find_class_words(field, look_up_definition(entry)) is None
        ]
        if lacking:
            more = f" and {len(lacking) - SHOWN} more" if len(lacking) > SHOWN else ""
            names = ", ".join(map(repr, lacking[:SHOWN])) + more
            right = "give these classes by their WordNet senses, or leave the field out"
            found.append(Problem(where, f"it uses {{{field}}}, but {names} have none", right))
    return found


def list_known(field: str, variations: Variations) -> str:
    return did_you_mean(field, [*FIELDS, *variations])


@lru_cache(maxsize=100_000)
def look_up_definition(entry: ClassEntry) -> ClassEntry:
    """Look a class up in WordNet at most once."""
    return add_definition(entry)


@cache
def read_named_list(name: str) -> tuple[str, ...]:
    text = (files("synthset.prompts") / "data" / f"{name}.txt").read_text(encoding="ascii")
    return tuple(line for line in text.splitlines() if not line.startswith("#"))
