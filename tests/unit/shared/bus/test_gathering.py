"""Batches are large when there is much to do, and nothing waits when there is not."""

import asyncio

from shared.bus.consumer import gathered


def filled(*items: int) -> asyncio.Queue[int]:
    inbox: asyncio.Queue[int] = asyncio.Queue()
    for item in items:
        inbox.put_nowait(item)
    return inbox


async def test_what_is_there_comes_at_once_and_in_order() -> None:
    assert await gathered(filled(1, 2, 3), 100, busy=False) == [1, 2, 3]


async def test_a_quiet_queue_does_not_wait_for_more() -> None:
    inbox = filled(1)
    asyncio.get_running_loop().call_soon(inbox.put_nowait, 2)
    assert await gathered(inbox, 100, busy=False) == [1]


async def test_a_busy_queue_waits_a_moment_for_what_is_on_its_way() -> None:
    inbox = filled(1)
    asyncio.get_running_loop().call_soon(inbox.put_nowait, 2)
    assert await gathered(inbox, 100, busy=True) == [1, 2]


async def test_a_batch_that_is_full_waits_for_nothing() -> None:
    inbox = filled(1, 2)
    asyncio.get_running_loop().call_soon(inbox.put_nowait, 3)
    assert await gathered(inbox, 2, busy=True) == [1, 2]
