"""Runs foreign code so that it can neither end our loops, nor keep them from ending.

When a connection breaks, the AMQP client library raises ``CancelledError`` at whoever waits
for an answer: a loop that took it for its own would end without a word. And it may replace a
true cancellation by an error of its own: a loop that shrugs errors off would then never end.
Handlers can do both as well. In a task of its own, neither reaches the loop.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

log = logging.getLogger(__name__)

Result = TypeVar("Result")

GRACE = 5.0  # seconds that cancelled code has to come to its end
_stragglers: set[asyncio.Task[Any]] = set()


async def guarded(work: Coroutine[Any, Any, Result]) -> Result:
    """Return what the work returns, and raise what it raises.

    Raises:
        RuntimeError: the work was cancelled, though not by us.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait([task])
    finally:
        if not task.done():
            await _end(task)
    if task.cancelled():
        raise RuntimeError("What was waited for was cancelled by somebody else.")
    return task.result()


async def _end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.wait([task], timeout=GRACE)
    if not task.done():
        log.error("cancelled code does not end", extra={"code": repr(task.get_coro())})
        _stragglers.add(task)  # the loop itself holds tasks weakly
    task.add_done_callback(_forget)


def _forget(task: asyncio.Task[Any]) -> None:
    """Look at how it ended, so that nobody complains that nobody did."""
    _stragglers.discard(task)
    if not task.cancelled():
        task.exception()
