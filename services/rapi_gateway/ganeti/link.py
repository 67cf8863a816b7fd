"""The line to one cluster: its slots, its rate, its breaker, and where it answers."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from services.rapi_gateway.domain.cluster import Access
from services.rapi_gateway.domain.health import Cause, Health, Rules, State
from services.rapi_gateway.domain.pressure import Pressure, Tolerance
from services.rapi_gateway.ganeti.client import Call, RapiClient
from services.rapi_gateway.ganeti.errors import (
    Drained,
    HeldBack,
    NoDaemon,
    NotAllowed,
    NotSent,
    OddAnswer,
    RapiTrouble,
    Stranger,
    Unclear,
    WrongCertificate,
)
from services.rapi_gateway.ganeti.lanes import Lane, Lanes, TokenBucket, Urgency
from shared.clock import utcnow

log = logging.getLogger(__name__)

INFO: Final = Call(method="GET", path="/2/info")
VERSION: Final = Call(method="GET", path="/version")


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
    tolerance: Tolerance = field(default_factory=Tolerance)


class ClusterLink:
    """Everything this process says to one cluster goes through here.

    A new way in (address, credential) changes nothing of what is known of the cluster: the
    breaker stays as it is, and calls under way still count.
    """

    def __init__(self, access: Access, limits: Limits) -> None:
        self.name = access.name
        self.turned_at = time.monotonic()  # when health became what it is
        self._health = Health()
        self.pressure = Pressure()
        self.epoch = 0
        self.last_job = 0  # the highest job id of the epoch we know of: the next one is higher
        self.answered_at: datetime | None = None  # for people: the last good answer
        self.accepted_at: datetime | None = None  # and the last job
        self.lanes = Lanes(mutations=limits.mutations, reads=limits.reads, watches=limits.watches)
        self._access = access
        self._limits = limits
        self._client = RapiClient(access, limits.connect)
        self._bucket = TokenBucket(limits.rate, limits.burst)
        self._endpoint = access.endpoints[0]
        self._probing = asyncio.Lock()

    @property
    def health(self) -> Health:
        """What the last calls taught us."""
        return self._health

    @health.setter
    def health(self, new: Health) -> None:
        before, self._health = self._health, new
        if (new.state, new.cause) == (before.state, before.cause):
            return
        self.turned_at = time.monotonic()
        facts = {"cluster": self.name, "health": new.state, "cause": new.cause}
        log.warning("cluster health changed", extra=facts)

    @property
    def endpoint(self) -> str:
        """Where the cluster is spoken to."""
        return self._endpoint

    def enter_by(self, access: Access) -> None:
        """Use another way in from now on; calls under way end on the old one.

        Raises:
            ValueError: the pinned PEM holds no certificate.
        """
        old, self._access = self._access, access
        if _proof(old) != _proof(access):
            self._client = RapiClient(access, self._limits.connect)
        if old.endpoints[0] != access.endpoints[0] or self._endpoint not in access.endpoints:
            self._endpoint = access.endpoints[0]
        self.health = self.health.with_new_way_in()

    async def ask(
        self, call: Call, lane: Lane = Lane.READ, urgency: Urgency = Urgency.NORMAL
    ) -> Any:
        """Ask a question; its repeat would do no harm.

        Raises:
            RapiTrouble: no answer, or a refusal.
        """
        return (await self._asked(call, lane, urgency))[0]

    async def _asked(self, call: Call, lane: Lane, urgency: Urgency) -> tuple[Any, float]:
        """Return the answer, and the seconds the cluster took for it: not those we queued here."""
        async with self._slot(lane, urgency):
            await self._find_out()
            if not self.health.admits_questions:
                raise HeldBack(f"Cluster {self.name} does not answer.")
            begun = time.monotonic()
            answer = await self._observed(call, call.deadline or self._limits.read)
            return answer, time.monotonic() - begun

    @asynccontextmanager
    async def _slot(self, lane: Lane, urgency: Urgency) -> AsyncIterator[None]:
        """Have a slot for a question, or give up: whoever asked is gone by then."""
        slots = self.lanes.slots[lane]
        try:
            async with asyncio.timeout(self._limits.read):
                await slots.enter(urgency)
        except TimeoutError:
            raise HeldBack(f"Cluster {self.name} is busy.") from None
        try:
            yield
        finally:
            slots.leave()

    async def _find_out(self) -> None:
        """Look whether a silent cluster is back, if that is due and nobody else's business."""
        silent = not self.health.admits_questions
        if silent and self.health.wants_probe(time.monotonic()) and not self._probing.locked():
            await self.probe()

    @asynccontextmanager
    async def sending(self, urgency: Urgency = Urgency.NORMAL) -> AsyncIterator[None]:
        """Have a slot and a token for one submission, which is sent inside the block.

        Raises:
            HeldBack: the cluster takes no jobs at the moment.
        """
        async with self.lanes.slots[Lane.MUTATION].slot(urgency):
            await self._find_out()
            if not self.health.admits_job(time.monotonic()):
                raise HeldBack(f"Cluster {self.name} is {self.health.state}.")
            if self.health.state is not State.UP:  # this one finds out for all
                self.health = self.health.tried(time.monotonic(), self._limits.rules)
            await asyncio.sleep(self._bucket.take())
            yield

    async def send(self, call: Call) -> int:
        """Submit a job and return its id; only inside ``sending``.

        Raises:
            RapiTrouble: the class says whether there may be a job.
        """
        begun = time.monotonic()
        job = await self._observed(call, self._limits.submit)
        if type(job) is not int or job <= 0:
            raise Unclear("RAPI answered something else than a job id.")
        now = time.monotonic()
        self._yield_to(self.pressure.submitted(now - begun, now, self._limits.tolerance))
        self.health, self.accepted_at = self.health.accepted(), utcnow()
        return job

    async def look(self) -> dict[str, Any]:
        """Return ``/2/info``, and learn how hard the cluster finds it to answer.

        Raises:
            RapiTrouble: no answer.
        """
        _version, rapi = await self._asked(VERSION, Lane.READ, Urgency.NORMAL)
        info, daemon = await self._asked(INFO, Lane.READ, Urgency.NORMAL)
        now, tolerance = time.monotonic(), self._limits.tolerance
        self._yield_to(self.pressure.measured(rapi, daemon, now, tolerance))
        known: dict[str, Any] = info
        return known

    def _yield_to(self, pressure: Pressure) -> None:
        if (pressure.slots, pressure.rate) != (self.pressure.slots, self.pressure.rate):
            self.lanes.take(pressure.slots)
            self._bucket.use(pressure.rate)
        self.pressure = pressure

    async def probe(self) -> dict[str, Any] | None:
        """Look where the cluster answers, and return its ``/2/info``; None when nowhere.

        All addresses are tried at once; one that says it is another cluster is not believed.
        """
        async with self._probing:
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
            self.health, self.answered_at = self.health.proved(), utcnow()
            return info
        self._note(min(troubles, key=_says_little))
        return None

    async def _probe_at(self, endpoint: str) -> tuple[str, dict[str, Any]]:
        info: dict[str, Any] = await self._client.call(endpoint, INFO, self._limits.read)
        if self._access.uuid and info.get("uuid") != self._access.uuid:
            log.error("another cluster answers", extra={"cluster": self.name, "at": endpoint})
            raise Stranger("Another cluster answers there.")
        return endpoint, info

    def distrust(self) -> None:
        """Send nothing more until a probe finds the cluster itself again."""
        self._note(Stranger("Another cluster answers there."))

    def remember(self, epoch: int, last_job: int) -> None:
        """Take in a job id; one of a newer epoch replaces what we knew, an older one is old."""
        if epoch > self.epoch:
            self.epoch, self.last_job = epoch, last_job
        elif epoch == self.epoch:
            self.last_job = max(self.last_job, last_job)

    async def _observed(self, call: Call, deadline: float) -> Any:
        try:
            answer = await self._client.call(self._endpoint, call, deadline)
        except RapiTrouble as trouble:
            self._note(trouble)
            raise
        self.health, self.answered_at = self.health.answered(), utcnow()
        return answer

    def _note(self, trouble: RapiTrouble) -> None:
        self.health = self._taught_by(trouble, time.monotonic())

    def _taught_by(self, trouble: RapiTrouble, now: float) -> Health:
        health, rules = self.health, self._limits.rules
        match trouble:
            case Stranger():
                return health.distrusted(now, rules)
            case NotSent():
                others = len(self._access.endpoints) > 1
                untrusted = isinstance(trouble, WrongCertificate)
                cause = Cause.CERTIFICATE if untrusted else Cause.SILENT
                return health.unreachable(now, rules, has_others=others, cause=cause)
            case Drained():
                return health.refused_as_drained(now, rules)
            case NotAllowed(status=401):
                return health.locked_out(now, rules)
            case NotAllowed():
                return health.forbidden(now, rules)
            case OddAnswer():
                return health.answered()
            case NoDaemon() | Unclear():
                self._yield_to(self.pressure.complained(now, self._limits.tolerance))
                return health.troubled(now, rules)
            case _:  # a refusal is an answer
                return health.answered()


def _says_little(trouble: RapiTrouble) -> int:
    """Return how little a trouble says: silence is what all but the master answer with."""
    return isinstance(trouble, NotSent) + (type(trouble) is NotSent)


def _proof(access: Access) -> tuple[str, str, str | None]:
    return access.username, access.password, access.ca_pem
