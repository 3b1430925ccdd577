import numpy as np

from synthset.training.order import Order


def drawn(order, updates, size):
    batches = [order.batch(number, size) for number in range(updates)]
    return np.concatenate([one for one, _ in batches]), np.concatenate([one for _, one in batches])


def test_an_epoch_has_each_image_once_also_where_batches_run_over_its_end():
    indices, epochs = drawn(Order(np.zeros(10, int), [0], balanced=False), 5, 4)
    for epoch in (0, 1):
        assert sorted(indices[epochs == epoch]) == list(range(10))
    assert list(indices[:10]) != list(indices[10:])


def test_sets_of_one_size_have_one_order_whatever_their_labels():
    first, _ = drawn(Order(np.zeros(10, int), [3, 1], balanced=False), 3, 4)
    second, _ = drawn(Order(np.arange(10), [3, 1], balanced=False), 3, 4)
    other, _ = drawn(Order(np.zeros(10, int), [4, 1], balanced=False), 3, 4)
    assert list(first) == list(second)
    assert list(first) != list(other)


def test_balanced_sampling_draws_every_class_equally_often_and_all_of_its_images():
    labels = np.array([0] * 9 + [1] * 3 + [5])
    indices, epochs = drawn(Order(labels, [0], balanced=True), 9, 6)
    assert np.bincount(labels[indices], minlength=6).tolist() == [18, 18, 0, 0, 0, 18]
    assert np.bincount(indices, minlength=13)[:12].tolist() == [2] * 9 + [6] * 3
    assert epochs[labels[indices] == 5].tolist() == list(range(18))


def test_a_batch_is_the_same_whatever_was_asked_before():
    order = Order(np.zeros(7, int), [0], balanced=False)
    first = [order.batch(number, 3)[0].tolist() for number in range(40)]
    assert Order(np.zeros(7, int), [0], balanced=False).batch(39, 3)[0].tolist() == first[39]
