"""Reads YAML that anyone may have written: plain values, bounded; each fault has its line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from synthset.errors import RecipeError, shorten

LONGEST = 16 << 20  # letters of a file: ImageNet-21k's class names are 1 MB
DEEPEST = 50  # levels of lists and mappings; the deepest recipe has 9
MOST_VALUES = 500_000  # with every alias written out; a class list of ImageNet-21k has 22,000
MOST_DIGITS = 64  # of a number; a seed has 19
CORE = "tag:yaml.org,2002:"
PLAIN = ("null", "bool", "int", "float", "str", "seq", "map")
QUOTE = "put quotes around it if it is text"


def parse_yaml(text: str, where: str) -> Any:
    """Read a YAML text into lists, mappings, texts, numbers, true, false and nothing.

    Dates, tags of other types, keys that stand there twice, and numbers to base 8 and 60 are
    refused, since a reader of the file would take them for something else.

    Args:
        text: of a file, or of a value.
        where: what it is called in messages; they add line and column.

    Raises:
        RecipeError: it is no such YAML, or larger, deeper or longer than any file of ours.
    """
    if len(text) > LONGEST:
        found = f"it has {len(text):,} characters"
        raise RecipeError(where, found, f"a settings file has at most {LONGEST:,}")
    loader = None
    try:
        loader = _Loader(text)
        return loader.get_single_data()
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        place = f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where
        if isinstance(fault, _Refused):
            raise RecipeError(place, fault.found, fault.right) from None
        found = f"not valid YAML ({fault.problem or fault.context})"
        right = "correct the line; a list is [a, b], a mapping is `key: value`"
        raise RecipeError(place, found, right) from None
    except yaml.reader.ReaderError as fault:
        line = text.count("\n", 0, fault.position) + 1
        found = f"it contains the unprintable character U+{_code(fault.character):04X}"
        raise RecipeError(
            f"{where}:{line}", found, "remove it, or save the file as UTF-8"
        ) from None
    except (ValueError, IndexError, OverflowError) as fault:  # an escape such as "\\UFFFFFFFF"
        place = f"{where}:{loader.line + 1}" if loader else where
        raise RecipeError(place, f"not valid YAML ({fault})", "correct the line") from None


class _Refused(yaml.MarkedYAMLError):
    """Valid YAML that we don't read."""

    def __init__(self, mark: Any, found: str, right: str) -> None:
        super().__init__(problem=found, problem_mark=mark)
        self.found, self.right = found, right


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, without what makes objects, and with bounds on what it builds."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth, self._values = 0, 0
        self._sizes: dict[int, int] = {}  # of finished nodes, their aliases written out

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event, before = self.peek_event(), self._values  # type: ignore[no-untyped-call]
        self._depth += 1
        if self._depth > DEEPEST:
            found = f"lists and mappings are nested {self._depth} deep"
            raise _Refused(event.start_mark, found, f"nest settings at most {DEEPEST} deep")
        node = super().compose_node(parent, index)
        self._depth -= 1
        if not isinstance(event, yaml.AliasEvent):
            self._values += 1
            self._sizes[id(node)] = self._values - before
        elif id(node) not in self._sizes:
            raise _Refused(event.start_mark, f"*{event.anchor} contains itself", "write it out")
        else:
            self._values += self._sizes[id(node)]
        if self._values > MOST_VALUES:
            found = (
                f"it has more than {MOST_VALUES:,} values, counting each alias as if written out"
            )
            raise _Refused(
                event.start_mark, found, "use fewer values; put long lists into files of their own"
            )
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Take every key as the text that stands there (`no`, `1984`), and refuse one twice."""
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for place, (key, value) in enumerate(node.value):
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                found = f"the key {shorten(key.value)} appears twice"
                raise _Refused(key.start_mark, found, "keep only one")
            seen.add(key.value)
            if key.tag != f"{CORE}merge":
                text = yaml.ScalarNode(f"{CORE}str", key.value, key.start_mark, key.end_mark)
                node.value[place] = (text, value)
        return node

    def one_value(self, node: yaml.Node) -> Any:
        """Build null, a text, a number, true or false."""
        kind = node.tag.removeprefix(CORE)
        text = str(self.construct_scalar(node))  # type: ignore[arg-type]  # refuses lists itself
        if kind == "str":
            return _check_text(text, node)
        if kind in ("int", "float"):
            _check_number(text, kind, node)
        build: Callable[[yaml.Node], Any] = getattr(self, f"construct_yaml_{kind}")
        try:
            return build(node)
        except (ValueError, KeyError, OverflowError):
            raise _Refused(
                node.start_mark, f"{shorten(text)} is not a valid {kind}", QUOTE
            ) from None

    def refuse(self, node: yaml.Node) -> Any:
        kind = node.tag.removeprefix(CORE)
        if kind == "timestamp" and isinstance(node, yaml.ScalarNode):
            raise _Refused(node.start_mark, f"YAML reads {shorten(node.value)} as a date", QUOTE)
        found = f"a value of the type {shorten(node.tag)}"
        raise _Refused(node.start_mark, found, "settings are text, numbers, lists and mappings")


def _check_text(text: str, node: yaml.Node) -> str:
    """Refuse characters that no text can be stored with; YAML can spell them as escapes."""
    for letter in text:
        if letter == "\0" or "\ud800" <= letter <= "\udfff":
            found = f"it contains the character U+{ord(letter):04X}, which text cannot have"
            raise _Refused(node.start_mark, found, "remove it")
    return text


def _check_number(text: str, kind: str, node: yaml.Node) -> None:
    digits = text.lstrip("+-").replace("_", "")
    if len(digits) > MOST_DIGITS:
        found = f"it contains a number of {len(digits):,} digits"
        raise _Refused(node.start_mark, found, f"numbers have at most {MOST_DIGITS} digits")
    if ":" in text:
        raise _Refused(node.start_mark, f"YAML reads {text} as a number to base 60", QUOTE)
    if kind == "int" and digits[:1] == "0" and digits.isdigit() and digits.strip("0"):
        right = f"write {digits.lstrip('0')}; {QUOTE}"
        raise _Refused(node.start_mark, f"YAML reads {text} as a number to base 8", right)


def _code(character: str | bytes | int) -> int:
    return character if isinstance(character, int) else ord(character)


_Loader.yaml_constructors = {
    **{f"{CORE}{kind}": _Loader.one_value for kind in PLAIN if kind not in ("seq", "map")},
    f"{CORE}seq": yaml.SafeLoader.construct_yaml_seq,
    f"{CORE}map": yaml.SafeLoader.construct_yaml_map,
    None: _Loader.refuse,
}
