"""The grid: what is committed stays, and reads back as Arrow tables."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import synthset
from synthset.errors import DatasetError
from synthset.images import sha256
from synthset.record import IMAGES
from synthset.store import cells
from synthset.store.dataset import Dataset
from synthset.store.folder import LocalFolder, open_folder

ROWS = pa.table({"id": ["a", "b"], "value": [1.0, 2.0]})
PLACES = ("disk", "memory")


@pytest.fixture(params=PLACES)
def place(request, tmp_path):
    return str(tmp_path / "d") if request.param == "disk" else f"memory://{tmp_path.name}"


@pytest.fixture
def dataset(place):
    return Dataset.create(place, "pets", 2)


def test_a_cell_reads_back(dataset):
    assert dataset.write_cell("plan-x", 0, ROWS)
    assert dataset.shards("plan-x") == [0]
    assert dataset.read("plan-x").equals(ROWS)


def test_the_first_writer_wins(dataset):
    other = pa.table({"id": ["a", "b"], "value": [9.0, 9.0]})
    assert dataset.write_cell("plan-x", 0, ROWS)
    assert not dataset.write_cell("plan-x", 0, other)
    assert dataset.read("plan-x").column("value").to_pylist() == [1.0, 2.0]


def test_chunks_are_listed_in_order_and_cleared(dataset):
    dataset.write_chunk("plan-x", 3, 64, ROWS)
    dataset.write_chunk("plan-x", 3, 0, ROWS)
    assert dataset.chunks("plan-x", 3) == [(0, 2), (64, 2)]
    dataset.clear_chunks("plan-x", 3)
    assert dataset.chunks("plan-x", 3) == []


def test_tables_join_by_position_and_the_first_error_counts(dataset):
    dataset.write_cell("plan-x", 0, ROWS)
    errors = pa.table({"id": ["a", "b"], "size": [5, None], "error": [None, "no image"]})
    dataset.write_cell("images-x", 0, errors)
    joined = dataset.read_shard(["plan-x", "images-x"], 0)
    assert joined.column_names == ["id", "value", "size", "error"]
    assert joined.column("error").to_pylist() == [None, "no image"]


def test_some_rows_are_read_from_their_row_groups_alone(dataset, monkeypatch):
    ids = [str(row) for row in range(3000)]
    dataset.write_cell("plan-x", 0, pa.table({"id": ids}))
    groups, read = [], pq.ParquetFile.read_row_groups
    kept = lambda file, asked, *more: groups.append(asked) or read(file, asked, *more)  # noqa: E731
    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", kept)
    for start, stop in ((0, 1024), (1000, 1030), (2999, 3000), (2048, None)):
        part = dataset.read_shard(["plan-x"], 0, None, start, stop)
        assert part.column("id").to_pylist() == ids[start:stop]
    assert groups == [[0], [0, 1], [2], [2]]


def test_tables_with_other_ids_never_join(dataset):
    dataset.write_cell("plan-x", 0, ROWS)
    dataset.write_cell("images-x", 0, pa.table({"id": ["b", "a"], "size": [1, 2]}))
    with pytest.raises(DatasetError, match="and plan-x have different ids"):
        dataset.read_shard(["plan-x", "images-x"], 0)


def test_a_log_keeps_its_order(dataset):
    for number in range(5):
        dataset.log({"event": "stage", "number": number})
    assert [event["number"] for event in dataset.events()] == list(range(5))


def test_opening_again_keeps_name_and_size(dataset, place):
    assert synthset.open(place).name == "pets"
    assert Dataset.create(place, "other", 99).rows_per_shard == 2


def test_of_two_that_make_a_dataset_at_once_the_second_opens_it(tmp_path, monkeypatch):
    names = LocalFolder.names

    def late(folder, path=""):
        monkeypatch.setattr(LocalFolder, "names", names)
        Dataset.create(tmp_path, "first", 2)
        return names(folder, path)

    monkeypatch.setattr(LocalFolder, "names", late)
    assert Dataset.create(tmp_path, "second", 99).name == "first"


def test_the_same_rows_give_the_same_bytes(tmp_path):
    one, two = Dataset.create(tmp_path / "1", "a", 2), Dataset.create(tmp_path / "2", "a", 2)
    for dataset in (one, two):
        dataset.write_cell("plan-x", 0, ROWS)
    assert one.folder.read("plan-x/00000.parquet") == two.folder.read("plan-x/00000.parquet")


def test_images_load_as_hugging_face_images(tmp_path):
    from datasets import Features, Image

    dataset = Dataset.create(tmp_path / "d", "a", 2)
    schema = pa.schema([pa.field("id", pa.string()), *IMAGES, pa.field("error", pa.string())])
    row = {"id": "a", "image": {"bytes": b"x", "path": "a.png"}, "sha256": "s"}
    dataset.write_cell("images-x", 0, pa.Table.from_pylist([row], schema=schema))
    found = Features.from_arrow_schema(
        pq.read_schema(tmp_path / "d" / "images-x" / "00000.parquet")
    )
    assert isinstance(found["image"], Image)


def test_no_dataset_and_a_newer_one_are_explained(tmp_path):
    with pytest.raises(DatasetError, match="is not a dataset"):
        synthset.open(tmp_path)
    Dataset.create(tmp_path / "d", "a", 2)
    open_folder(tmp_path / "d").replace(
        "dataset.json", b'{"format": 9, "name": "a", "rows_per_shard": 2}'
    )
    with pytest.raises(DatasetError, match="dataset format 9"):
        synthset.open(tmp_path / "d")


def test_temporary_files_of_a_killed_writer_are_not_seen(tmp_path):
    dataset = Dataset.create(tmp_path / "d", "a", 2)
    dataset.write_cell("plan-x", 0, ROWS)
    (tmp_path / "d" / "plan-x" / ".tmp-1-ab").write_bytes(b"half")
    assert dataset.shards("plan-x") == [0]


def test_what_a_kill_left_half_written_is_removed_and_nothing_else(tmp_path):
    dataset = Dataset.create(tmp_path, "pets", 4)
    dataset.write_chunk("images-1", 0, 0, pa.table({"id": ["a"]}))
    dataset.write_cell("images-1", 1, pa.table({"id": ["b"]}))
    ours = [".tmp-12-00ff00ff", "images-1/.tmp-9-0123abcd", ".spool/images-1/00000/.tmp-7-89abcdef"]
    users = [".tmp-notes", "images-1/.tmp-9-mine", "notes/.tmp-9-0123abcd"]
    (tmp_path / "notes").mkdir()
    for name in ours + users:
        (tmp_path / name).write_bytes(b"")
    dataset.clear_scratch(["images-1"])
    assert not any((tmp_path / name).exists() for name in ours)
    assert all((tmp_path / name).exists() for name in users)
    assert dataset.chunks("images-1", 0) == [(0, 1)]
    dataset.write_cell("images-1", 0, pa.table({"id": ["a"]}))
    dataset.clear_scratch(["images-1"])
    assert not (tmp_path / ".spool").exists()


def flip(file, bit):
    data = bytearray(file.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    file.write_bytes(bytes(data))


def test_a_flipped_bit_is_named_or_changes_nothing(tmp_path):
    features = pa.array([[0.5 * i, 0.25] for i in range(40)], pa.list_(pa.float32(), 2))
    table = pa.table({"id": [f"{i:08x}" for i in range(40)], "features": features})
    dataset = Dataset.create(tmp_path, "a", 40)
    dataset.write_cell("features-x", 0, table)
    file = tmp_path / "features-x" / "00000.parquet"
    whole, told = file.read_bytes(), []
    for bit in range(3, 8 * len(whole), 97):
        flip(file, bit)
        try:
            assert dataset.read_cell("features-x", 0).equals(table)
        except DatasetError as error:
            told.append(str(error))
        file.write_bytes(whole)
    assert len(told) > 50
    assert all(one.startswith(f"{file}: is damaged (") for one in told)
    assert all("move that file away and run the same recipe again" in one for one in told)


@pytest.mark.parametrize("length", [0, 4, 300])
def test_a_cell_that_was_cut_off_is_named(tmp_path, length):
    dataset = Dataset.create(tmp_path, "a", 2)
    dataset.write_cell("plan-x", 0, ROWS)
    file = tmp_path / "plan-x" / "00000.parquet"
    file.write_bytes(file.read_bytes()[:length])
    for read in (dataset.read, dataset.rows_in):
        with pytest.raises(DatasetError, match=r"plan-x/00000\.parquet: is damaged"):
            read("plan-x")


def test_a_cell_without_checksums_is_read_and_its_images_are_compared(tmp_path):
    dataset = Dataset.create(tmp_path, "a", 2)
    for shard, written in enumerate((sha256(b"x"), "0" * 64)):
        image = {"bytes": b"x", "path": "a.png"}
        rows = pa.table({"id": ["a"], "image": [image], "sha256": [written]})
        plain = io.BytesIO()
        pq.write_table(pq.read_table(io.BytesIO(cells.to_bytes(rows))), plain)
        dataset.folder.create(f"images-x/0000{shard}.parquet", plain.getvalue())
    assert dataset.read_cell("images-x", 0, ["image"]).to_pylist() == [{"image": image}]
    with pytest.raises(
        DatasetError, match=r"00001\.parquet: is damaged \(the bytes of the image in row 0"
    ):
        dataset.read_cell("images-x", 1, ["id", "image.bytes"])
    assert dataset.read_cell("images-x", 1, ["id"]).num_rows == 1


def test_a_damaged_chunk_of_the_spool_goes_and_no_other(tmp_path):
    dataset = Dataset.create(tmp_path, "a", 4)
    for start in (0, 2):
        dataset.write_chunk("images-x", 0, start, ROWS)
    flip(tmp_path / ".spool" / "images-x" / "00000" / "000002-000002.parquet", 100)
    assert dataset.list_sound_chunks("images-x", 0) == dataset.chunks("images-x", 0) == [(0, 2)]
