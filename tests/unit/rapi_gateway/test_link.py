"""What the line to a cluster makes of the answers, told from what it does to itself."""

import asyncio
from typing import Any

import pytest

from services.rapi_gateway.domain.cluster import Access
from services.rapi_gateway.domain.health import Rules
from services.rapi_gateway.ganeti import link as line
from services.rapi_gateway.ganeti.lanes import Lane, Urgency
from services.rapi_gateway.ganeti.link import ClusterLink, Limits

LIMITS = Limits(
    connect=5.0,
    read=30.0,
    submit=30.0,
    mutations=4,
    reads=1,
    watches=1,
    rate=4.0,
    burst=50,
    rules=Rules(),
)
ACCESS = Access(name="c1", uuid="", endpoints=("https://127.0.0.1:1",), username="u", password="p")


class Prompt:
    """A cluster that answers at once."""

    async def call(self, *_request: Any) -> dict[str, Any]:
        return {}


class Clock:
    """In the place of the module ``time``."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


async def test_what_queues_here_is_no_slowness_of_the_cluster(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else our own crowd would cost slots, and fewer slots make a longer queue."""
    clock = Clock()
    monkeypatch.setattr(line, "time", clock)
    link = ClusterLink(ACCESS, LIMITS)
    monkeypatch.setattr(link, "_client", Prompt())
    reads = link.lanes.slots[Lane.READ]
    await reads.enter(Urgency.NORMAL)
    looking = asyncio.create_task(link.look())
    await asyncio.sleep(0)  # one turn of the loop: it waits
    assert reads.waiting == 1
    clock.now += 20.0
    reads.leave()
    await looking
    assert (link.pressure.slots, link.pressure.rate) == (1.0, 1.0)
