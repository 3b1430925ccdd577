"""Whatever order workers answer or die in, each row is computed once and each shard joined once."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as some

from synthset.engine.chunk_feed import (
    AHEAD,
    AssembleTask,
    ChunkDone,
    ChunkFeed,
    ChunkTask,
    ShardOutcome,
    ShardTodo,
    cut,
)
from synthset.processes import TRIES, Hands

ROWS = some.frozensets(some.integers(0, 19))
TODO = some.lists(
    some.tuples(some.integers(1, 20), some.integers(1, 8), some.lists(ROWS, min_size=1, max_size=3))
)
DONE = ChunkDone({})


def make(shapes):
    return [
        ShardTodo(0, shard, rows, size, dict(enumerate(covered)))
        for shard, (rows, size, covered) in enumerate(shapes)
    ]


def work(feed, count, chance, deadly=0.0, broken=()):
    """Let workers take, answer and die by chance, to the end; what was answered, in order."""
    hands, held, answered = Hands(feed, count), [{} for _ in range(count)], []
    while True:
        for place in range(count):
            while (given := hands.choose(place)) is not None:
                held[place].update([given])
        chunks = [[type(task) for task in hand.values()].count(ChunkTask) for hand in held]
        assert max(chunks) <= 1 + AHEAD
        if not hands.busy:
            return answered
        place = chance.choice([i for i, hand in enumerate(held) if hand])
        if chance.random() < deadly:
            held[place].clear()
            answered += [task for task, _ in hands.bury(place, "")]
            continue
        number = chance.choice(sorted(held[place]))
        task = held[place].pop(number)
        answer = ShardOutcome(task.shard) if isinstance(task, AssembleTask) else DONE
        if task in broken:
            answer = ChunkDone({}, f"from {task.start}")
        answered.append(hands.settle(place, number, answer)[0])


@given(TODO, some.integers(1, 4), some.randoms(use_true_random=True))
def test_each_row_is_computed_once_and_each_shard_joined_once_after_it(shapes, count, chance):
    todo = make(shapes)
    feed = ChunkFeed(todo, count)
    answered = work(feed, count, chance)
    computed, joined = Counter(), []
    for task in answered:
        if isinstance(task, AssembleTask):
            joined.append(task.shard)
            continue
        assert task.shard not in joined
        rows = range(task.start, task.stop)
        computed.update((task.shard, place, row) for place in task.places for row in rows)
    missing = [
        (one.shard, place, row)
        for one in todo
        for place, rows in one.covered.items()
        for row in range(one.rows)
        if row not in rows
    ]
    assert computed == Counter(missing)
    assert sorted(joined) == list_shards(feed) == [*range(len(todo))]


@given(TODO, some.integers(1, 3), some.randoms(use_true_random=True))
def test_deaths_lose_no_shard(shapes, count, chance):
    feed = ChunkFeed(make(shapes), count)
    work(feed, count, chance, deadly=0.3)
    assert list_shards(feed) == [*range(len(shapes))]
    said = {outcome.error for outcome in feed.outcomes} - {None}
    assert all(error.startswith(f"{TRIES} workers died") for error in said)


@given(TODO, some.integers(1, 3), some.randoms(use_true_random=True))
def test_a_shard_with_a_chunk_that_fails_is_given_up_alone(shapes, count, chance):
    todo = make(shapes)
    chunks = [chunk for one in todo for chunk in cut(one)]
    broken = {chunk for chunk in chunks if chance.random() < 0.2}
    feed = ChunkFeed(todo, count)
    answered = work(feed, count, chance, broken=broken)
    bad = {chunk.shard for chunk in broken}
    joined = {task.shard for task in answered if isinstance(task, AssembleTask)}
    assert joined == set(range(len(todo))) - bad
    assert {outcome.shard for outcome in feed.outcomes if outcome.error} == bad


def test_chunks_end_at_multiples_of_their_size_whatever_is_there():
    todo = ShardTodo(0, 0, 20, 8, {0: frozenset(range(3, 5)), 2: frozenset()})
    cuts = [(chunk.start, chunk.stop, chunk.places) for chunk in cut(todo)]
    assert cuts == [(0, 3, (0, 2)), (3, 5, (2,)), (5, 8, (0, 2)), (8, 16, (0, 2)), (16, 20, (0, 2))]


def test_the_last_chunks_go_to_whoever_is_free():
    feed = ChunkFeed([ShardTodo(0, 0, 4, 1, {0: frozenset()})], workers=2)
    taken = [feed.next(0, in_hand) for in_hand in range(4)]
    assert [task and task.start for task in taken] == [0, 1, None, None]
    taken = [feed.next(1, in_hand) for in_hand in range(2)]
    assert [task and task.start for task in taken] == [2, None]
    assert feed.next(0, 0).start == 3


def list_shards(feed):
    return sorted(outcome.shard for outcome in feed.outcomes)
