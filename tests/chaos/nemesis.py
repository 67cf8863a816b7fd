"""Breaks whatever the cloud stands on, in an order that its seed decides.

It has the main thread: what it starts must not end with a thread that started it. Where it
blocks, nothing else waits, for the clients have a thread of their own.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import aio_pika.exceptions

from tests.chaos.rig import Rig
from tests.chaos.tampering import QUEUES, tamper

PAUSE: Final = (1.0, 5.0)  # seconds between two blows
DOWN: Final = (0.0, 3.0)  # seconds until what was killed is started again
HOLD: Final = (0.2, 5.0)  # seconds that events are held back

Blow = Callable[["Nemesis"], Awaitable[str]]


@dataclass(slots=True, kw_only=True)
class Nemesis:
    """Strikes until it is told to stop; then everything is whole again."""

    rig: Rig
    random: Random
    say: Callable[[str], None]
    struck: dict[str, int] = field(default_factory=dict)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self) -> None:
        """Let the blow that is being struck be the last one."""
        self._stop.set()

    async def rage(self) -> None:
        """Strike again and again, and mend everything at the end."""
        try:
            while not self._stop.is_set():
                blow = self.random.choices(list(BLOWS), list(BLOWS.values()))[0]
                what = await blow(self)
                self.struck[what] = self.struck.get(what, 0) + 1
                self.say(what)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.random.uniform(*PAUSE)):
                        await self._stop.wait()
        finally:
            self.rig.mend()

    async def kill_a_service(self) -> str:
        """End one process with -9, and start it again a little later."""
        name = self.random.choice(sorted(self.rig.processes))
        self.rig.kill(name)
        await asyncio.sleep(self.random.uniform(*DOWN))
        self.rig.launch(name)
        return f"kill -9 {name}"

    async def kill_the_broker(self) -> str:
        """Take the broker away as a power cut would."""
        self.rig.kill_broker()
        return "kill -9 broker"

    async def kill_the_database(self) -> str:
        """Take PostgreSQL away as a power cut would."""
        self.rig.kill_database()
        return "kill -9 PostgreSQL"

    async def lose_answers(self) -> str:
        """Have Ganeti accept jobs, and lose what it answers."""
        return await self._fault("answers lost", lose_responses=self.random.randint(1, 3))

    async def lose_requests(self) -> str:
        """Have requests reset before Ganeti reads them."""
        return await self._fault("requests lost", drop_requests=self.random.randint(1, 5))

    async def slow_down(self) -> str:
        """Have one Ganeti answer slowly for a while."""
        cluster = self._cluster()
        self.rig.admin(cluster, "faults", latency=self.random.uniform(0.2, 2.0))
        await asyncio.sleep(self.random.uniform(*DOWN))
        self.rig.admin(cluster, "faults", latency=0.0)
        return "slow Ganeti"

    async def kill_the_master_daemon(self) -> str:
        """Have RAPI answer 502 for a while; the processes of its jobs may die with it."""
        self.rig.admin(
            self._cluster(),
            "crash-luxid",
            seconds=self.random.uniform(0.5, 3.0),
            dead=self.random.random() < 1 / 2,
            detected=self.random.uniform(0.1, 2.0),
        )
        return "kill -9 luxid"

    async def drain_the_queue(self) -> str:
        """Have Ganeti take no jobs for a while."""
        cluster = self._cluster()
        self.rig.admin(cluster, "drain", drained=True)
        await asyncio.sleep(self.random.uniform(*DOWN))
        self.rig.admin(cluster, "drain", drained=False)
        return "queue drained"

    async def archive_jobs(self) -> str:
        """Put ended jobs away, whether or not anybody has seen their end."""
        self.rig.admin(self._cluster(), "archive", older_than=0)
        return "jobs archived"

    async def fail_over(self) -> str:
        """Move a cluster's master to another node; jobs in flight end badly, done or not."""
        self.rig.admin(
            self._cluster(),
            "fail-over",
            seconds=self.random.uniform(0.5, 3.0),
            effects=self.random.random(),
            detected=self.random.uniform(0.1, 2.0),
        )
        return "master failed over"

    async def hold_events(self) -> str:
        """Delay events, and let them come in another order, some twice."""
        queue, hold = self.random.choice(QUEUES), self.random.uniform(*HOLD)
        try:
            held = await tamper(self.rig.amqp_url, queue, hold, self.random)
        except (OSError, aio_pika.exceptions.AMQPError):
            return "events held: the broker was away"
        return "events held" if held else "events held: none there"

    def _cluster(self) -> int:
        return self.random.randint(1, self.rig.clusters)

    async def _fault(self, what: str, **switches: Any) -> str:
        self.rig.admin(self._cluster(), "faults", **switches)
        return what


# How often each is chosen.
BLOWS: Final[dict[Blow, int]] = {
    Nemesis.kill_a_service: 6,
    Nemesis.kill_the_broker: 1,
    Nemesis.kill_the_database: 1,
    Nemesis.lose_answers: 4,
    Nemesis.lose_requests: 3,
    Nemesis.slow_down: 2,
    Nemesis.kill_the_master_daemon: 2,
    Nemesis.drain_the_queue: 2,
    Nemesis.archive_jobs: 2,
    Nemesis.fail_over: 2,
    Nemesis.hold_events: 5,
}
