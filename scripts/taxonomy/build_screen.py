"""List the synsets and words of WordNet that are offensive, by what WordNet itself says of them.

    apt-get install wordnet-base
    python scripts/taxonomy/build_screen.py --dict /usr/share/wordnet

Two criteria, and no word of our own:

* usage: WordNet links the synset, or one of its words, to the usage domain "ethnic slur",
  "disparagement" or "obscenity" (pointer `;u`, format: wndb(5WN));
* gloss: the definition calls the synset an offensive, disparaging, obscene, … term.

Makes `screened-synsets.tsv` in src/synthset/taxonomy/data: number, lemma (its place from 1 where
only one word is meant, else empty), criterion. The table holds no words. Takes a second.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).parents[2] / "src/synthset/taxonomy/data/screened-synsets.tsv"
DOMAINS = {  # offsets in WordNet 3.0
    "06718862": "ethnic slur",
    "06717170": "disparagement",
    "07124340": "obscenity",
}
HARSH = (
    "offensive|disparaging|derogatory|pejorative|obscene|vulgar|abusive|insulting|dysphemistic|"
    "contemptuous"
)
CALLED_SO = re.compile(
    rf"\b(?:{HARSH})\)? (?:and \w+ )?(?:\w+ )?(?:terms?|names?|words|slang|expression|reference)"
    r" (?:of|for|to)\b"
    r"|terms? of (?:abuse|contempt)|now considered offensive|regarded as offensive"
    r"|\(.*offensive\)"
)


def screened(path: Path) -> Iterator[tuple[str, str, str]]:
    """Go through `data.noun`; each synset or word once, under the first criterion that it meets."""
    for line in path.read_text(encoding="ascii").splitlines():
        if line.startswith("  "):
            continue
        columns, gloss = line.split(" | ", 1)
        fields = columns.split()
        found = {place: f"usage: {domain}" for place, domain in links(fields)}
        definition = gloss.split('; "')[0]
        if 0 not in found and CALLED_SO.search(definition):
            found[0] = "gloss"
        for place, criterion in sorted(found.items()):
            yield fields[0], str(place or ""), criterion
            if not place:
                break


def links(fields: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the place of a word (0: the whole synset) and its domain, for each link that counts."""
    end = 4 + 2 * int(fields[3], 16)
    pointers = fields[end + 1 : end + 1 + 4 * int(fields[end])]
    for symbol, offset, _, words in zip(*[iter(pointers)] * 4, strict=True):
        if symbol == ";u" and offset in DOMAINS:
            yield int(words[:2], 16), DOMAINS[offset]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dict", type=Path, default="/usr/share/wordnet", help="has data.noun")
    parser.add_argument("--out", type=Path, default=TARGET)
    arguments = parser.parse_args()
    rows = [
        f"n{offset}\t{place}\t{why}"
        for offset, place, why in screened(arguments.dict / "data.noun")
    ]
    arguments.out.write_text(
        "\n".join(["number\tlemma\tcriterion", *rows]) + "\n", encoding="ascii"
    )
    print(f"{arguments.out}: {len(rows)} rows")


if __name__ == "__main__":
    main()
