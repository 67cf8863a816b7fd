"""Locks are granted first come, first served."""

from functools import partial

from deploy.simulator.jobs.locks import AGEING, EXCLUSIVE, SHARED, Claim, LockTable


def _claims(table: LockTable, granted: list[int], *wanted: dict[str, str]) -> None:
    for job_id, names in enumerate(wanted, 1):
        done = partial(granted.append, job_id)
        table.acquire(Claim(job_id=job_id, wanted=names, granted=done))


def test_shared_locks_are_held_together_and_exclusive_ones_alone() -> None:
    table, granted = LockTable(), list[int]()
    _claims(table, granted, {"a": SHARED}, {"a": SHARED}, {"a": EXCLUSIVE})
    assert granted == [1, 2]
    table.release(1)
    assert granted == [1, 2]
    table.release(2)
    assert granted == [1, 2, 3]


def test_who_comes_later_does_not_overtake_on_the_same_lock() -> None:
    table, granted = LockTable(), list[int]()
    _claims(table, granted, {"a": SHARED}, {"a": EXCLUSIVE}, {"a": SHARED}, {"b": EXCLUSIVE})
    assert granted == [1, 4]
    table.release(1)
    assert granted == [1, 4, 2]
    table.release(2)
    assert granted == [1, 4, 2, 3]


def test_all_locks_come_at_once_or_not_at_all() -> None:
    table, granted = LockTable(), list[int]()
    _claims(table, granted, {"a": EXCLUSIVE}, {"a": EXCLUSIVE, "b": EXCLUSIVE})
    assert "b" not in table.held
    table.release(1)
    assert set(table.held) == {"a", "b"}


def test_who_gives_up_waiting_lets_the_next_one_in() -> None:
    table, granted = LockTable(), list[int]()
    _claims(table, granted, {"a": SHARED}, {"a": EXCLUSIVE}, {"a": SHARED})
    table.release(2)
    assert granted == [1, 3]


def test_the_urgent_go_first_and_who_waits_long_becomes_urgent() -> None:
    table, granted = LockTable(), list[int]()
    _claims(table, granted, {"a": EXCLUSIVE})
    for number, priority, waited in ((2, 0, 0.0), (3, -10, 0.0), (4, 0, 11 * AGEING)):
        claim = Claim(
            job_id=number,
            wanted={"a": EXCLUSIVE},
            granted=lambda number=number: granted.append(number),  # type: ignore[misc]
            priority=priority,
        )
        claim.since -= waited
        table.acquire(claim)
    for number in (1, 4, 3):
        table.release(number)
    assert granted == [1, 4, 3, 2]


def test_an_opportunist_takes_what_is_free() -> None:
    table, granted = LockTable(), list[int]()
    _claims(table, granted, {"a": EXCLUSIVE})
    wanted = {"a": EXCLUSIVE, "b": EXCLUSIVE}
    claim = Claim(
        job_id=2, wanted=wanted, optional=frozenset(wanted), granted=lambda: granted.append(2)
    )
    table.acquire(claim)
    assert granted == [1, 2]
    assert table.of(2) == {"b"}


def test_a_lock_that_is_no_longer_needed_is_given_back_before_the_end() -> None:
    table, granted = LockTable(), list[int]()
    _claims(table, granted, {"a": EXCLUSIVE, "b": EXCLUSIVE}, {"b": EXCLUSIVE})
    table.shrink(1, ["b", "c"])
    assert granted == [1, 2]
    assert set(table.held) == {"a", "b"}
