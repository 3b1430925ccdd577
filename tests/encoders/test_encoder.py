import numpy as np
import pyarrow as pa
import pytest
import torch

from synthset.encoders.classifier import ClassifierStage
from synthset.encoders.encoder import normalise
from synthset.encoders.pixels import Pixels
from synthset.encoders.resize import Resize
from synthset.errors import ModelError
from synthset.recipe.encoders import ClassifierEncoder, PixelsEncoder
from synthset.stage import list_column


@pytest.fixture
def encoder(timm_folder):
    encoder = ClassifierStage(
        ClassifierEncoder(kind="classifier", model=str(timm_folder), device="cpu", batch_size=4)
    )
    encoder.open()
    return encoder


def test_a_table_has_the_declared_columns_and_a_reason_column(encoder, pictures, rows_of):
    table = encoder(rows_of(pictures))
    assert table.schema.remove(2) == encoder.writes
    assert table.schema.field("error").type == pa.string()
    assert table.column("error").null_count == len(pictures)


def test_a_record_without_pixels_is_null_and_says_why(encoder, pictures, rows_of):
    table = encoder(rows_of([pictures[0], None, b"no picture", pictures[1]]))
    there = [True, False, False, True]
    assert table.column("features").is_valid().to_pylist() == there
    assert table.column("logits").is_valid().to_pylist() == there
    errors = table.column("error").to_pylist()
    assert errors[:2] == [None, "no image"]
    assert errors[2].startswith("not a readable image")


@pytest.mark.parametrize("part", ["features", "logits"])
def test_numbers_that_are_none_are_an_error_of_their_record_alone(
    encoder, pictures, rows_of, part, monkeypatch
):
    forward = encoder.forward

    def broken(batch):
        found = dict(zip(("features", "logits"), forward(batch), strict=True))
        found[part][0, -1] = float("nan")
        return found["features"], found["logits"]

    monkeypatch.setattr(encoder, "forward", broken)
    table = encoder(rows_of([None, *pictures[:2]]))
    assert [error and error[:10] for error in table.column("error").to_pylist()] == [
        "no image",
        "not finite",
        None,
    ]
    for column in ("features", "logits"):
        assert table.column(column).is_valid().to_pylist() == [False, False, True]


def test_features_do_not_depend_on_companions_or_place(encoder, pictures, rows_of):
    together = list_column(encoder(rows_of(pictures)), "features")
    alone = np.concatenate(
        [list_column(encoder(rows_of([picture])), "features") for picture in pictures]
    )
    with_gap = list_column(encoder(rows_of([None, *pictures])), "features")[1:]
    assert np.array_equal(together, alone)
    assert np.array_equal(together, with_gap)


@pytest.mark.parametrize("pictures", [[], [None, None]])
def test_a_chunk_without_any_picture_works(encoder, rows_of, pictures):
    table = encoder(rows_of(pictures))
    assert table.num_rows == len(pictures)
    assert table.schema.field("features").type == encoder.writes.field("features").type


def test_encoders_that_resize_alike_share_the_pixels(pictures, rows_of):
    rows = rows_of(pictures)
    first, second = (Pixels(PixelsEncoder(kind="pixels", size_px=4)) for _ in range(2))
    assert first.prepare(rows) is second.prepare(rows)
    assert rows.compute_once(Resize(4, "area"), list) is first.prepare(rows)


def test_pixels_are_mean_colours_in_unit_range(rows_of):
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 255
    encoder = Pixels(PixelsEncoder(kind="pixels", size_px=1))
    assert encoder(rows_of([red])).column("features").to_pylist() == [[1.0, 0.0, 0.0]]


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_gives_float32_features_near_the_exact_ones(
    timm_folder, pictures, rows_of, dtype
):
    def features(arithmetic):
        settings = ClassifierEncoder(
            kind="classifier", model=str(timm_folder), device="cpu", dtype=arithmetic, batch_size=8
        )
        encoder = ClassifierStage(settings)
        encoder.open()
        return list_column(encoder(rows_of(pictures)), "features")

    exact, rough = features("float32"), features(dtype)
    assert not np.array_equal(exact, rough)
    assert np.linalg.norm(exact - rough) < 0.02 * np.linalg.norm(exact)


def test_normalising_divides_by_255_first():
    batch = torch.full((1, 3, 2, 2), 255.0)
    assert normalise(batch, (0.5, 0.0, 1.0), (0.5, 2.0, 1.0))[0, :, 0, 0].tolist() == [1, 0.5, 0]


def test_gpu_convolutions_use_all_of_float32(pictures, rows_of, monkeypatch):
    encoder, seen = Pixels(PixelsEncoder(kind="pixels")), []

    def forward(batch):
        seen.append(torch.backends.cudnn.allow_tf32)
        return batch.flatten(1), None

    monkeypatch.setattr(encoder, "forward", forward)
    before = torch.backends.cudnn.allow_tf32
    encoder(rows_of(pictures))
    assert seen == [False]
    assert torch.backends.cudnn.allow_tf32 == before


def test_a_device_that_is_not_there_is_named():
    with pytest.raises(ModelError, match="cuda:77"):
        _ = Pixels(PixelsEncoder(kind="pixels", device="cuda:77")).device
