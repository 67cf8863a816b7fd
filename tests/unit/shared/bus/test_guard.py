import asyncio

import pytest

from shared.bus import guard
from shared.bus.guard import guarded


async def answer() -> int:
    return 42


async def fail() -> None:
    raise KeyError("no")


async def wait_for_a_cancelled_future() -> None:
    lost = asyncio.get_running_loop().create_future()
    lost.cancel()
    await lost


async def test_results_and_errors_pass_through() -> None:
    assert await guarded(answer()) == 42
    with pytest.raises(KeyError):
        await guarded(fail())


async def test_a_cancellation_from_below_is_an_error_and_not_our_end() -> None:
    with pytest.raises(RuntimeError, match="cancelled by somebody else"):
        await guarded(wait_for_a_cancelled_future())


async def test_our_end_is_not_replaced_by_an_error_from_below() -> None:
    entered = asyncio.Event()

    async def answer_with_an_error() -> None:
        entered.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ConnectionError from None

    task = asyncio.create_task(guarded(answer_with_an_error()))
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_code_that_ignores_its_end_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(guard, "GRACE", 0.01)
    entered, release = asyncio.Event(), asyncio.Event()

    async def ignore() -> None:
        entered.set()
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    task = asyncio.create_task(guarded(ignore()))
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 60)
    assert "does not end" in caplog.text
    release.set()


async def test_a_failing_task_group_below_leaves_no_mark_on_the_task_above() -> None:
    async def group() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(fail())

    with pytest.raises(ExceptionGroup):
        await guarded(group())
    current = asyncio.current_task()
    assert current is not None
    assert current.cancelling() == 0
