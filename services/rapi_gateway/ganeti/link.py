"""The line to one cluster: its slots, its rate, its breaker, and where it answers."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from services.rapi_gateway.domain.cluster import Access
from services.rapi_gateway.domain.health import Health, Rules
from services.rapi_gateway.ganeti.client import Call, RapiClient
from services.rapi_gateway.ganeti.errors import (
    Drained,
    HeldBack,
    NoDaemon,
    NotSent,
    OddAnswer,
    RapiTrouble,
    Unclear,
)
from services.rapi_gateway.ganeti.lanes import Lane, Lanes, TokenBucket

log = logging.getLogger(__name__)

INFO = Call(method="GET", path="/2/info")
PROBE_EVERY: Final = 15.0  # seconds: more often, no question waits for addresses to be tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much we take of a cluster, and how long we wait for it."""

    connect: float
    read: float
    submit: float
    mutations: int
    reads: int
    watches: int
    rate: float
    burst: int
    rules: Rules


class ClusterLink:
    """Everything this process says to one cluster goes through here."""

    def __init__(self, access: Access, limits: Limits) -> None:
        self.name = access.name
        self.health = Health()
        self.epoch = 0
        self.last_job = 0  # the highest job id of the epoch we know of: the next one is higher
        self._access = access
        self._limits = limits
        self._client = RapiClient(access, limits.connect)
        self._lanes = Lanes(mutations=limits.mutations, reads=limits.reads, watches=limits.watches)
        self._bucket = TokenBucket(limits.rate, limits.burst)
        self._endpoint = access.endpoints[0]
        self._probing = asyncio.Lock()
        self._probed_at = -PROBE_EVERY

    async def ask(self, call: Call, lane: Lane = Lane.READ) -> Any:
        """Ask a question; its repeat would do no harm.

        Raises:
            RapiTrouble: no answer, or a refusal.
        """
        async with self._slot(lane):
            if self._may_be_elsewhere():
                await self.probe()
            if not self.health.admits_question(time.monotonic()):
                raise HeldBack(f"Cluster {self.name} does not answer.")
            return await self._observed(call, self._limits.read)

    def _may_be_elsewhere(self) -> bool:
        """Whether it is time, and not somebody else's business, to try other addresses."""
        now = time.monotonic()
        due = self.health.wants_probe(now) and now >= self._probed_at + PROBE_EVERY
        return due and len(self._access.endpoints) > 1 and not self._probing.locked()

    @asynccontextmanager
    async def _slot(self, lane: Lane) -> AsyncIterator[None]:
        """Have a slot for a question, or give up: whoever asked is gone by then."""
        slot = self._lanes.slot(lane)
        try:
            async with asyncio.timeout(self._limits.read):
                await slot.acquire()
        except TimeoutError:
            raise HeldBack(f"Cluster {self.name} is busy.") from None
        try:
            yield
        finally:
            slot.release()

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """Have a slot and a token for one submission, which is sent inside the block.

        Raises:
            HeldBack: the cluster takes no jobs at the moment.
        """
        async with self._lanes.slot(Lane.MUTATION):
            if not self.health.admits_job(time.monotonic()):
                raise HeldBack(f"Cluster {self.name} is {self.health.state}.")
            await asyncio.sleep(self._bucket.take())
            yield

    async def send(self, call: Call) -> int:
        """Submit a job and return its id; only inside ``sending``.

        Raises:
            RapiTrouble: the class says whether there may be a job.
        """
        job = await self._observed(call, self._limits.submit)
        if not isinstance(job, int):
            raise Unclear("RAPI answered something else than a job id.")
        self.health = self.health.accepted()
        return job

    async def probe(self) -> dict[str, Any] | None:
        """Look where the cluster answers, and return its ``/2/info``; None when nowhere.

        All addresses are tried at once; one that says it is another cluster is not believed.
        """
        async with self._probing:
            self._probed_at = time.monotonic()
            self.health = self.health.tried(time.monotonic(), self._limits.rules)
            tries = [asyncio.create_task(self._probe_at(e)) for e in self._access.endpoints]
            try:
                return await self._first_answer(tries)
            finally:
                for each in tries:
                    each.cancel()
                await asyncio.gather(*tries, return_exceptions=True)

    async def _first_answer(
        self, tries: Sequence[asyncio.Task[tuple[str, dict[str, Any]]]]
    ) -> dict[str, Any] | None:
        troubles: list[RapiTrouble] = []
        for attempt in asyncio.as_completed(tries):
            try:
                endpoint, info = await attempt
            except RapiTrouble as trouble:
                troubles.append(trouble)
                continue
            self._endpoint = endpoint
            self.health = self.health.answered()
            return info
        # A bad answer says more than the silence of those that are not the master.
        self._note(min(troubles, key=lambda trouble: isinstance(trouble, NotSent)))
        return None

    async def _probe_at(self, endpoint: str) -> tuple[str, dict[str, Any]]:
        info: dict[str, Any] = await self._client.call(endpoint, INFO, self._limits.read)
        if self._access.uuid and info.get("uuid") != self._access.uuid:
            log.error("another cluster answers", extra={"cluster": self.name, "at": endpoint})
            raise NotSent("Another cluster answers there.")
        return endpoint, info

    def remember(self, epoch: int, last_job: int) -> None:
        """Take in a job id; one of a newer epoch replaces what we knew, an older one is old."""
        if epoch > self.epoch:
            self.epoch, self.last_job = epoch, last_job
        elif epoch == self.epoch:
            self.last_job = max(self.last_job, last_job)

    async def close(self) -> None:
        """Let go of what is open."""
        await self._client.close()

    async def _observed(self, call: Call, deadline: float) -> Any:
        try:
            answer = await self._client.call(self._endpoint, call, deadline)
        except RapiTrouble as trouble:
            self._note(trouble)
            raise
        self.health = self.health.answered()
        return answer

    def _note(self, trouble: RapiTrouble) -> None:
        now, rules = time.monotonic(), self._limits.rules
        before = self.health.state
        match trouble:
            case NotSent():
                others = len(self._access.endpoints) > 1
                self.health = self.health.unreachable(now, rules, has_others=others)
            case Drained():
                self.health = self.health.refused_as_drained(now, rules)
            case OddAnswer():
                self.health = self.health.answered()
            case NoDaemon() | Unclear():
                self.health = self.health.troubled(now, rules)
            case _:  # a refusal is an answer
                self.health = self.health.answered()
        if self.health.state is not before:
            log.warning(
                "cluster health changed",
                extra={"cluster": self.name, "health": self.health.state, "why": str(trouble)},
            )
