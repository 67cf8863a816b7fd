"""Turns: one at a time, those of a kind together, and nobody pays for another's failure."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.db.turns import Turns
from shared.errors import Conflict, Unavailable


class Work:
    """Notes what is done together; waits until it may end."""

    def __init__(self) -> None:
        self.done: list[list[str]] = []
        self.at_once = 0
        self.began, self.may_end = asyncio.Event(), asyncio.Event()

    async def __call__(self, several: Sequence[str]) -> list[str | Exception]:
        self.at_once += 1
        assert self.at_once == 1
        self.done.append(list(several))
        self.began.set()
        await self.may_end.wait()
        self.at_once -= 1
        return [Conflict(each) if "bad" in each else each.upper() for each in several]


async def begun(work: Work, turns: Turns[str, str], *asked: str) -> "list[asyncio.Task[str]]":
    """Ask for the first, and once its turn has begun for the others; the letter is the kind."""
    tasks = []
    for each in asked:
        tasks.append(asyncio.create_task(turns.take(each[0], each, work)))
        await work.began.wait()
    await asyncio.sleep(0)
    return tasks


async def test_those_of_a_kind_go_together_in_the_order_of_the_first() -> None:
    work, turns = Work(), Turns[str, str]()
    tasks = await begun(work, turns, "a1", "b1", "a2", "b2", "c1", "b3")
    work.may_end.set()
    assert await asyncio.gather(*tasks) == ["A1", "B1", "A2", "B2", "C1", "B3"]
    assert work.done == [["a1"], ["b1", "b2", "b3"], ["a2"], ["c1"]]


async def test_only_so_many_go_together() -> None:
    work, turns = Work(), Turns[str, str](most=2)
    tasks = await begun(work, turns, "a1", "b1", "b2", "b3")
    work.may_end.set()
    await asyncio.gather(*tasks)
    assert work.done == [["a1"], ["b1", "b2"], ["b3"]]


async def test_who_is_refused_is_refused_alone() -> None:
    work, turns = Work(), Turns[str, str]()
    tasks = await begun(work, turns, "a1", "b1", "b bad", "b2")
    work.may_end.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [found[0], found[1], found[3]] == ["A1", "B1", "B2"]
    assert isinstance(found[2], Conflict)


async def test_what_work_raises_is_raised_to_all_and_the_next_turn_comes() -> None:
    async def broken(_several: Sequence[str]) -> list[str | Exception]:
        raise Conflict("broken")

    turns = Turns[str, str]()
    found = await asyncio.gather(
        *(turns.take("a", each, broken) for each in "xyz"), return_exceptions=True
    )
    assert [type(each) for each in found] == [Conflict] * 3
    work = Work()
    work.may_end.set()
    assert await turns.take("a", "a1", work) == "A1"


async def test_whoever_left_before_the_turn_is_left_out() -> None:
    work, turns = Work(), Turns[str, str]()
    tasks = await begun(work, turns, "a1", "b1", "b2")
    tasks[1].cancel()
    work.may_end.set()
    assert await tasks[2] == "B2"
    assert work.done == [["a1"], ["b2"]]


async def test_whose_turn_does_not_come_is_told_to_repeat() -> None:
    work, turns = Work(), Turns[str, str](patience=0.01)
    tasks = await begun(work, turns, "a1", "b1")
    with pytest.raises(Unavailable):
        await tasks[1]
    assert not tasks[0].done(), "whose turn has begun waits for what comes of it"
    work.may_end.set()
    assert await tasks[0] == "A1"
    assert work.done == [["a1"]]
