import numpy as np

from synthset.training.order import Order


def drawn(order, updates, size):
    batches = [order.batch(number, size) for number in range(updates)]
    return np.concatenate([one for one, _ in batches]), np.concatenate([one for _, one in batches])


def one_cell(size, seed):
    return Order(np.zeros(size, int), np.ones(1, int), seed)


def test_an_epoch_has_each_image_once_also_where_batches_run_over_its_end():
    indices, epochs = drawn(one_cell(10, [0]), 5, 4)
    for epoch in (0, 1):
        assert sorted(indices[epochs == epoch]) == list(range(10))
    assert list(indices[:10]) != list(indices[10:])


def test_another_seed_gives_another_order():
    first, _ = drawn(one_cell(10, [3, 1]), 3, 4)
    other, _ = drawn(one_cell(10, [4, 1]), 3, 4)
    assert list(first) != list(other)


def test_cells_that_come_once_a_turn_are_drawn_equally_often_and_all_of_their_images():
    labels = np.array([0] * 9 + [1] * 3 + [5])
    indices, epochs = drawn(Order(labels, np.array([1, 1, 0, 0, 0, 1]), [0]), 9, 6)
    assert np.bincount(labels[indices], minlength=6).tolist() == [18, 18, 0, 0, 0, 18]
    assert np.bincount(indices, minlength=13)[:12].tolist() == [2] * 9 + [6] * 3
    assert epochs[labels[indices] == 5].tolist() == list(range(18))


def test_a_batch_is_the_same_whatever_was_asked_before():
    order = one_cell(7, [0])
    first = [order.batch(number, 3)[0].tolist() for number in range(40)]
    assert one_cell(7, [0]).batch(39, 3)[0].tolist() == first[39]


def test_a_turn_has_each_cell_as_often_as_the_table_says_and_each_image_of_it_in_turn():
    cells = np.array([0, 0, 0, 1, 1, 2])
    indices, epochs = drawn(Order(cells, np.array([6, 1, 3]), [2]), 5, 6)
    assert np.bincount(cells[indices]).tolist() == [18, 3, 9]
    assert np.bincount(indices)[:3].tolist() == [6, 6, 6]
    assert sorted(epochs[cells[indices] == 1]) == [0, 0, 1]


def test_a_batch_of_a_table_is_the_same_whatever_was_asked_before():
    cells, times = np.arange(12) % 3, np.array([5, 2, 4])
    order = Order(cells, times, [0])
    first = [order.batch(number, 7)[0].tolist() for number in range(30)]
    assert Order(cells, times, [0]).batch(29, 7)[0].tolist() == first[29]
