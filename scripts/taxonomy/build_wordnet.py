"""Turn WordNet's noun files into the one compact file that `synthset.taxonomy.wordnet` reads.

    apt-get install wordnet-base
    python scripts/taxonomy/build_wordnet.py --dict /usr/share/wordnet

The result is a zip of plain text columns, one line a synset in every column, so that a reader
unpacks only what it asks for (`unzip -p wordnet-3.0-nouns.zip glosses.txt | less`). The same input
gives the same bytes. Takes five seconds.
"""

from __future__ import annotations

import argparse
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TARGET = Path(__file__).parents[2] / "src/synthset/taxonomy/data/wordnet-3.0-nouns.zip"

#: File numbers of WordNet's lexicographer files that hold nouns (lexnames(5WN)).
LEXICAL_FILES = """
    Tops act animal artifact attribute body cognition communication event feeling food group
    location motive object person phenomenon plant possession process quantity relation shape state
    substance time
"""
FIRST_LEXICAL_FILE = 3
NOUN_SYNSETS = 82_115  # WordNet 3.0, wnstats(7WN)


@dataclass(frozen=True)
class Line:
    """One synset as `data.noun` has it; synsets are named by their eight digit offset."""

    offset: str
    lexical_file: str
    lemmas: list[str]
    hypernyms: list[str]
    instance_hypernyms: list[str]
    gloss: str
    examples: list[str]


def read_synsets(path: Path) -> Iterator[Line]:
    """Parse `data.noun` (format: wndb(5WN)); the licence lines at its top begin with two spaces."""
    for text in path.read_text(encoding="ascii").splitlines():
        if not text.startswith("  "):
            yield parse(text)


def parse(text: str) -> Line:
    """Parse one line: offset, file, type, lemmas and lex ids, pointers in fours, gloss."""
    columns, gloss = text.split(" | ", 1)
    fields = columns.split()
    end = 4 + 2 * int(fields[3], 16)
    pointers = fields[end + 1 : end + 1 + 4 * int(fields[end])]
    to = list(zip(pointers[0::4], pointers[1::4], strict=True))
    definition, examples = split_gloss(gloss)
    return Line(
        offset=fields[0],
        lexical_file=f"noun.{LEXICAL_FILES.split()[int(fields[1]) - FIRST_LEXICAL_FILE]}",
        lemmas=fields[4:end:2],
        hypernyms=[offset for symbol, offset in to if symbol == "@"],
        instance_hypernyms=[offset for symbol, offset in to if symbol == "@i"],
        gloss=definition,
        examples=examples,
    )


def split_gloss(gloss: str) -> tuple[str, list[str]]:
    """Split a gloss into its definition and its quoted examples.

    The definition ends where a quotation follows a mark: a few definitions hold a quotation of
    their own.
    """
    definition, *rest = re.split(r'[;:,.] *(?=")', gloss.strip(), maxsplit=1)
    return definition.strip("; "), re.findall(r'"([^"]*)"', "".join(rest))


def read_index(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Parse `index.noun`: each lower-case lemma, and the offsets of its senses, commonest first."""
    for text in path.read_text(encoding="ascii").splitlines():
        if not text.startswith("  "):
            fields = text.split()
            yield fields[0], fields[-int(fields[2]) :]


def columns(synsets: list[Line], index: list[tuple[str, list[str]]]) -> dict[str, list[str]]:
    """Lay synsets out as columns; a reference is a row number, which packs well."""
    row = {synset.offset: number for number, synset in enumerate(synsets)}

    def rows(offsets: list[str]) -> str:
        return " ".join(str(row[offset]) for offset in offsets)

    return {
        "numbers.txt": [synset.offset for synset in synsets],
        "lemmas.txt": [" ".join(synset.lemmas) for synset in synsets],
        "lexical_files.txt": [synset.lexical_file for synset in synsets],
        "hypernyms.txt": [rows(synset.hypernyms) for synset in synsets],
        "instance_hypernyms.txt": [rows(synset.instance_hypernyms) for synset in synsets],
        "glosses.txt": [synset.gloss for synset in synsets],
        "examples.txt": ["\t".join(synset.examples) for synset in synsets],
        "index.txt": [f"{lemma} {rows(offsets)}" for lemma, offsets in index],
    }


def licence(path: Path) -> str:
    """Return Princeton's notice, which must stand on every copy; `data.noun` opens with it."""
    lines = path.read_text(encoding="ascii").splitlines()
    return "\n".join(line[4:].rstrip() for line in lines if line.startswith("  ")) + "\n"


def write_zip(target: Path, members: dict[str, str]) -> None:
    """Write members with a fixed date and rights: the bytes depend on the content alone."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in members.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, text.encode("ascii"), compresslevel=9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dict", type=Path, default="/usr/share/wordnet", help="has data.noun")
    parser.add_argument("--out", type=Path, default=TARGET)
    arguments = parser.parse_args()
    synsets = list(read_synsets(arguments.dict / "data.noun"))
    if len(synsets) != NOUN_SYNSETS:
        found = f"{arguments.dict} has {len(synsets)} noun synsets"
        raise SystemExit(f"{found}; WordNet 3.0 has {NOUN_SYNSETS}")
    notice = licence(arguments.dict / "data.noun")
    table = columns(synsets, list(read_index(arguments.dict / "index.noun")))
    texts = {name: "\n".join(lines) for name, lines in table.items()}
    write_zip(arguments.out, {"LICENSE": notice} | texts)
    (arguments.out.parent / "WORDNET-LICENSE").write_text(notice)
    print(f"{arguments.out}: {len(synsets)} synsets, {arguments.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
