"""What the line to a cluster makes of the answers, told from what it does to itself."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from services.rapi_gateway.domain.cluster import Access
from services.rapi_gateway.domain.health import Rules
from services.rapi_gateway.ganeti import link as line
from services.rapi_gateway.ganeti.client import Call
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


class Busy:
    """A cluster that counts how many calls it has at once, and answers when it is let."""

    def __init__(self) -> None:
        self.at_once = self.most = 0
        self.calls: list[tuple[str, float]] = []
        self.may_answer = asyncio.Event()

    async def call(self, _endpoint: str, call: Call, deadline: float) -> int:
        self.calls.append((call.path, deadline))
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await self.may_answer.wait()
        self.at_once -= 1
        return 7


def connected(
    monkeypatch: pytest.MonkeyPatch, client: object, limits: Limits = LIMITS
) -> ClusterLink:
    link = ClusterLink(ACCESS, limits)
    monkeypatch.setattr(link, "_client", client)
    return link


def asked(path: str, **more: Any) -> Call:
    return Call(method="GET", path=path, **more)


async def a_moment() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def submit(link: ClusterLink) -> int:
    async with link.sending():
        return await link.send(Call(method="PUT", path="/2/tags"))


async def test_a_cluster_has_at_most_eight_calls_of_ours_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Four submissions, three questions and one of the watcher's, however many there are."""
    busy = Busy()
    link = connected(monkeypatch, busy, replace(LIMITS, reads=3))
    asking = [link.ask(asked("/2/info"), lane) for lane in (Lane.READ, Lane.WATCH) * 10]
    calls = [asyncio.ensure_future(each) for each in (*asking, *(submit(link) for _ in range(10)))]
    await a_moment()
    assert (busy.at_once, len(busy.calls)) == (8, 8)
    busy.may_answer.set()
    await asyncio.gather(*calls)
    assert (busy.most, len(busy.calls)) == (8, 30)


async def test_who_looks_at_a_screen_is_not_kept_waiting_by_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    busy = Busy()
    link = connected(monkeypatch, busy)
    calls = [asyncio.ensure_future(link.ask(asked(f"/{n}"))) for n in range(3)]
    await a_moment()
    screen = link.ask(asked("/screen"), Lane.READ, Urgency.INTERACTIVE)
    calls.append(asyncio.ensure_future(screen))
    await a_moment()
    busy.may_answer.set()
    await asyncio.gather(*calls)
    assert [path for path, _deadline in busy.calls] == ["/0", "/screen", "/1", "/2"]


async def test_a_call_may_have_a_deadline_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = Busy()
    busy.may_answer.set()
    link = connected(monkeypatch, busy)
    await link.ask(asked("/usual"))
    await link.ask(asked("/patient", deadline=60.0))
    assert busy.calls == [("/usual", LIMITS.read), ("/patient", 60.0)]


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
    link = connected(monkeypatch, Prompt())
    reads = link.lanes.slots[Lane.READ]
    await reads.enter(Urgency.NORMAL)
    looking = asyncio.create_task(link.look())
    await asyncio.sleep(0)  # one turn of the loop: it waits
    assert reads.waiting == 1
    clock.now += 20.0
    reads.leave()
    await looking
    assert (link.pressure.slots, link.pressure.rate) == (1.0, 1.0)
