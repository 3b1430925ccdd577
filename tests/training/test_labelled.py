import pickle

import numpy as np
import pytest
from digit_tasks import Memory

from synthset.errors import UsageError
from synthset.training.labelled import LabelledImages


def two(name, *labels):
    count = len(labels)
    images = [f"{name}{i}".encode() for i in range(count)]
    keys = tuple(f"{name}{i}" for i in range(count))
    return LabelledImages(
        Memory(images), np.array(labels), np.zeros(count, np.int16), (name,), keys
    )


def test_taken_images_keep_bytes_label_and_key_and_may_come_twice():
    taken = two("real", 0, 1, 2).take([2, 0, 2])
    assert [taken.read(i) for i in range(3)] == [b"real2", b"real0", b"real2"]
    assert taken.labels.tolist() == [2, 0, 2]
    assert taken.keys == ("real2", "real0", "real2")


def test_joined_sets_stand_one_behind_the_other_and_one_name_is_one_origin():
    joined = LabelledImages.join([two("real", 0, 1), two("sd", 1), two("real", 2)])
    assert [joined.read(i) for i in range(4)] == [b"real0", b"real1", b"sd0", b"real0"]
    assert joined.names == ("real", "sd")
    counts = joined.count_images(3)
    assert counts["real"].tolist() == [1, 1, 1]
    assert counts["sd"].tolist() == [0, 1, 0]


def test_an_empty_part_is_stepped_over():
    joined = LabelledImages.join([two("real", 0).take([]), two("sd", 1, 0)])
    assert [joined.read(i) for i in range(2)] == [b"sd0", b"sd1"]


def test_what_was_taken_and_joined_can_be_sent_to_another_process():
    joined = LabelledImages.join([two("real", 0, 1).take([1]), two("sd", 1)])
    again = pickle.loads(pickle.dumps(joined))
    assert [again.read(i) for i in range(2)] == [b"real1", b"sd0"]


def test_sizes_that_differ_are_refused():
    with pytest.raises(UsageError, match="2 labels, 1 origins and 2 keys"):
        LabelledImages(Memory([]), np.array([0, 1]), np.zeros(1, np.int16), ("real",), ("a", "b"))
