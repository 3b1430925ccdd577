"""Write the ImageNet-1k class table and its subsets from the lists that timm and open_clip carry.

    python scripts/taxonomy/build_imagenet.py

Makes `imagenet-1k.tsv` (class_index, wnid, official_name, clip_name, name) and
`imagenet-subsets.tsv` (subset, wnids) in src/synthset/taxonomy/data. Needs timm, open_clip and
synthset itself (for WordNet).
"""

from __future__ import annotations

from collections import Counter
from importlib.resources import files
from pathlib import Path

from open_clip.zero_shot_metadata import IMAGENET_CLASSNAMES

from synthset.taxonomy import wordnet

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "src/synthset/taxonomy/data"
TIMM = files("timm") / "data" / "_info"
TIMM_SUBSETS = {  # name here: file there
    "mini-imagenet": "mini_imagenet_synsets.txt",
    "imagenet-a": "imagenet_a_synsets.txt",
    "imagenet-r": "imagenet_r_synsets.txt",
}


def wnids(file: str) -> list[str]:
    """Read one of timm's lists; its order is the order of the classifier's outputs."""
    return (TIMM / file).read_text().split()


def unique_names(official: list[str], clip: list[str]) -> list[str]:
    """Take open_clip's cleaned names; where two classes share one, take their official names."""
    times = Counter(name.casefold() for name in clip)
    names = [
        cleaned if times[cleaned.casefold()] == 1 else first
        for first, cleaned in zip(official, clip, strict=True)
    ]
    if len({name.casefold() for name in names}) != len(names):
        raise SystemExit("two classes still share a name")
    return names


def class_rows() -> list[str]:
    keys = wnids("imagenet_synsets.txt")
    official = [wordnet.load().synset(wnid).word for wnid in keys]
    clip = list(IMAGENET_CLASSNAMES)
    columns = zip(keys, official, clip, unique_names(official, clip), strict=True)
    return ["\t".join((str(index), *row)) for index, row in enumerate(columns)]


def subset_rows() -> list[str]:
    by_timm = [f"{name}\t{' '.join(wnids(file))}" for name, file in TIMM_SUBSETS.items()]
    listed = [
        line
        for name in ("fastai_subsets.tsv", "cmc_subsets.tsv")
        for line in (HERE / name).read_text().splitlines()
    ]
    return listed + by_timm


def write(name: str, header: str, rows: list[str]) -> None:
    (DATA / name).write_text("\n".join([header, *rows]) + "\n", encoding="ascii")
    print(f"{DATA / name}: {len(rows)} rows")


def main() -> None:
    header = "class_index\twnid\tofficial_name\tclip_name\tname"
    write("imagenet-1k.tsv", header, class_rows())
    write("imagenet-subsets.tsv", "subset\twnids", subset_rows())


if __name__ == "__main__":
    main()
