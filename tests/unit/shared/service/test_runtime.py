"""Background loops end when their service does, whatever they make of a cancellation."""

import asyncio

import pytest

from shared.service import runtime
from shared.service.runtime import end_tasks


async def swallows(cancellations: int) -> None:
    """Go on after so many cancellations, as code does whose library loses them."""
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if cancellations == 0:
                raise
            cancellations -= 1


async def test_a_loop_that_lost_its_cancellation_is_cancelled_again() -> None:
    tasks = [asyncio.create_task(swallows(number)) for number in (0, 1, 3)]
    await asyncio.sleep(0)
    await end_tasks(tasks, again_after=0.01)
    assert all(task.cancelled() for task in tasks)


async def test_a_loop_that_never_ends_does_not_keep_its_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runtime, "STOP_PATIENCE", 0.05)
    stubborn = asyncio.create_task(swallows(1_000_000))
    await asyncio.sleep(0)
    await end_tasks([stubborn], again_after=0.01)
    assert not stubborn.done()
    assert await _killed(stubborn)


async def _killed(task: asyncio.Task[None]) -> bool:
    """End what ends at nothing else."""
    task.get_coro().close()
    await asyncio.sleep(0)
    return True


async def test_a_loop_that_fails_at_its_end_is_no_trouble() -> None:
    async def fails() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise OSError("the database is away")

    failing = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await end_tasks([failing])
    assert isinstance(failing.exception(), OSError)
