"""The record: the row that every image has before it has pixels, and the columns that later stages
add."""

from __future__ import annotations

import pyarrow as pa

from synthset.seeds import digest

#: One row a planned image. `index` counts the images of a class; `source` says where an imported
#: image lies.
PLAN = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("label", pa.int32(), nullable=False),
        pa.field("class_key", pa.string(), nullable=False),
        pa.field("class_name", pa.string(), nullable=False),
        pa.field("wnid", pa.string()),
        pa.field("prompt", pa.string()),
        pa.field("negative_prompt", pa.string()),
        pa.field("seed", pa.int64(), nullable=False),
        pa.field("parent", pa.string()),
        pa.field("source", pa.string()),
        pa.field("origin", pa.string(), nullable=False),
        pa.field("index", pa.int32(), nullable=False),
        pa.field("round", pa.int32(), nullable=False),
    ]
)

#: What the plan knows besides of an image that was picked from a pool: the lemma that its caption
#: named, the strategy, the cosine of caption and definition (or of image and query), its place
#: among those of its class (from 1), what the pool says of it, and the query that found it as its
#: n-th neighbour.
CURATED = pa.schema(
    [
        pa.field("pool_lemma", pa.string()),
        pa.field("pool_rule", pa.string()),
        pa.field("pool_similarity", pa.float64()),
        pa.field("pool_rank", pa.int32()),
        pa.field("pool_key", pa.string()),
        pa.field("pool_url", pa.string()),
        pa.field("pool_license", pa.string()),
        pa.field("pool_query", pa.string()),
        pa.field("pool_neighbour", pa.int32()),
    ]
)

#: What it knows besides of an image that was picked by a label of OpenImages: the label, and the
#: confidence in (0, 1] with which it is on the image.
LABELLED = pa.schema(
    [
        pa.field("pool_mid", pa.string()),
        pa.field("pool_confidence", pa.float64()),
    ]
)

#: What the plan knows besides of an image that is made of another: how far it goes from its parent.
EDITED = pa.schema([pa.field("strength", pa.float64())])

#: The Hugging Face `Image` feature: encoded bytes and the file name they would have.
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])

#: The `error` of an image that a safety checker gave back as a black frame.
BLANKED = "blanked by the safety checker"

#: What a generator or an importer adds. `nsfw` is null where no safety checker looked; `error`
#: tells why there are no pixels, and everything else is null then.
IMAGES = pa.schema(
    [
        pa.field("image", IMAGE),
        pa.field("sha256", pa.string()),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("nsfw", pa.bool_()),
    ]
)


def make_record_id(origin: str, class_key: str, pixels: dict[str, object]) -> str:
    """Name a record by what decides its pixels, and by nothing else.

    Args:
        origin: kind of source ("txt2img", "folder", …).
        class_key: identity of the class.
        pixels: everything else that decides the pixels (prompt, seed, settings, model revision,
            parent, …).

    Returns:
        32 hexadecimal digits (BLAKE2b-128). The same request has the same id on every machine.
    """
    return digest([origin, class_key, pixels])
