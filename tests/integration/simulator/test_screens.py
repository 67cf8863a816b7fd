"""The simulator's screens: whatever interrupts them, no port stays taken."""

import asyncio

import pytest

from deploy.parts.ports import free_port, is_taken
from deploy.simulator.screens import Screens


@pytest.mark.parametrize("steps", range(6))
async def test_a_screen_that_is_cancelled_while_it_opens_leaves_no_socket(steps: int) -> None:
    screens, port = Screens((), limit=1), free_port()
    opening = asyncio.create_task(screens._start(("127.0.0.1", port), "i"))
    for _ in range(steps):
        await asyncio.sleep(0)
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    for place in list(screens._open):
        await screens._close(place)
    assert not is_taken(port)
