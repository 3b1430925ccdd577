"""How many captions a second can one core match with the lemmas of 26 thousand synsets?

    python benchmarks/captions.py

It takes a minute on one core, prints a table, and writes it into benchmarks/RESULTS.md. The
captions are WordNet's definitions and example sentences (real English on many subjects), and short
prompts.
"""

from __future__ import annotations

from itertools import islice

from synthset.taxonomy import wordnet
from synthset.taxonomy.classlists import make_synset_entry
from synthset.taxonomy.matching import CaptionMatcher, split_words
from turns import conditions, in_turns, write_section

SYNSETS, TOP = 26_000, "physical_entity.n.01"
BAR = 50_000  # captions a second


def main() -> None:
    nouns = wordnet.load()
    classes = [make_synset_entry(synset) for synset in islice(nouns.closure(TOP), SYNSETS)]
    matcher = CaptionMatcher(classes)
    lemmas = {lemma for entry in classes for lemma in entry.lemmas}
    sets = {
        "definitions": [synset.gloss for synset in nouns],
        "sentences": [text for synset in nouns for text in nouns.examples(synset)],
        "prompts": [f"a photo of a {synset.word} on a table" for synset in nouns],
    }
    ways = {
        name: lambda texts=texts: float(sum(map(len, matcher.match(texts))))
        for name, texts in sets.items()
    }
    rows = ["| captions | number | words each | classes each | captions / cpu-s | target |"]
    rows.append("|---|---|---|---|---|---|")
    for timing in in_turns(ways, 5):
        texts = sets[timing.name]
        words = sum(len(split_words(text)) for text in texts) / len(texts)
        rate = len(texts) / timing.fastest
        rows.append(
            f"| {timing.name} | {len(texts):,} | {words:.1f} | {timing.value / len(texts):.2f} "
            f"| {rate:,.0f} | ≥ {BAR:,} |"
        )
    body = (
        f"{len(classes):,} synsets below {TOP} with {len(lemmas):,} lemmas, of which "
        f"{len(matcher.shared):,} name several synsets and match nothing. "
        "Fastest of five turns.\n\n"
        + "\n".join(rows)
        + f"\n\n`python benchmarks/captions.py`. {conditions(['numpy'])} cpu-s is CPU time of the "
        "process; the machine had other jobs. Pure Python."
    )
    print(body)
    write_section("Captions matched with lemmas", body)


if __name__ == "__main__":
    main()
