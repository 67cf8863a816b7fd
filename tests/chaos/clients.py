"""Users who go on whatever happens: they create, stop, start and delete, and ask again."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import aiohttp

from tests.chaos.history import History, Outcome

PATIENCE: Final = 240.0  # seconds until a client turns to its next server
WITHOUT_KEY: Final = 0.2  # of the creates are sent once, without an Idempotency-Key
LOOK_EVERY: Final = 1.0
PLANS: Final = (
    (),
    ("stop",),
    ("stop", "start"),
    ("delete",),
    ("stop", "delete"),
    ("stop", "start", "delete"),
)
BODIES: Final = {"stop": {"os-stop": None}, "start": {"os-start": None}}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What every server is made of, and who asks."""

    url: str  # of compute
    headers: Mapping[str, str]
    image: str
    flavor: str
    network: str


@dataclass(slots=True, kw_only=True)
class Client:
    """One user, at most one request at a time."""

    number: int
    wanted: Wanted
    session: aiohttp.ClientSession
    history: History
    random: Random

    async def work(self, servers: int) -> None:
        """Give so many servers a life, one after another."""
        for turn in range(servers):
            await self._one_life(f"chaos-{self.number}-{turn}")

    async def _one_life(self, name: str) -> None:
        server = await self._create(name)
        if server is None or not await self._settled(server):
            return
        for operation in self.random.choice(PLANS):
            await self._act(name, server, operation)
            if operation != "delete" and not await self._settled(server):
                return

    async def _create(self, name: str) -> str | None:
        """Ask for a server until there is an answer, or once only without a key."""
        keyed = self.random.random() > WITHOUT_KEY
        key = {"Idempotency-Key": f"key-of-{name}"} if keyed else {}
        body = {
            "server": {
                "name": name,
                "imageRef": self.wanted.image,
                "flavorRef": self.wanted.flavor,
                "networks": [{"uuid": self.wanted.network}],
            }
        }
        deadline = time.monotonic() + PATIENCE
        while True:
            status, answer = await self._ask("POST", "/servers", body, key)
            server = answer.get("server", {}).get("id") if status == 202 else None
            outcome = _outcome(status)
            again = outcome is Outcome.UNKNOWN or status == 409
            if not (keyed and again) or time.monotonic() > deadline:
                self._note("create", name, server, outcome, status)
                return str(server) if server else None
            await asyncio.sleep(0.2 + self.random.random())

    async def _act(self, name: str, server: str, operation: str) -> None:
        """Ask for an operation; what was refused because of another one is asked again."""
        deadline = time.monotonic() + PATIENCE
        while True:
            if operation == "delete":
                status, _ = await self._ask("DELETE", f"/servers/{server}")
            else:
                path = f"/servers/{server}/action"
                status, _ = await self._ask("POST", path, BODIES[operation])
            self._note(operation, name, server, _outcome(status), status)
            if status != 409 or time.monotonic() > deadline:
                return
            await asyncio.sleep(0.2 + self.random.random())

    async def _settled(self, server: str) -> bool:
        """Wait until nothing is done with the server; whether it is there and well."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            status, answer = await self._ask("GET", f"/servers/{server}")
            if status == 404:
                return False
            found = answer.get("server", {"OS-EXT-STS:task_state": "unknown"})
            if found["OS-EXT-STS:task_state"] is None and found["status"] != "BUILD":
                return bool(found["status"] != "ERROR")
            await asyncio.sleep(LOOK_EVERY)
        return False

    async def _ask(
        self, method: str, path: str, body: Any = None, more: Mapping[str, str] | None = None
    ) -> tuple[int | None, Json]:
        """Make a request; no status when its answer was lost."""
        url, headers = self.wanted.url + path, {**self.wanted.headers, **(more or {})}
        try:
            async with self.session.request(method, url, json=body, headers=headers) as answer:
                text = await answer.json(content_type=None) if answer.status < 300 else None
                return answer.status, text or {}
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None, {}

    def _note(
        self, operation: str, name: str, server: str | None, outcome: Outcome, status: int | None
    ) -> None:
        self.history.add(
            client=self.number,
            operation=operation,
            name=name,
            server=server,
            outcome=outcome,
            status=status,
        )


def _outcome(status: int | None) -> Outcome:
    if status is None or status >= 500:
        return Outcome.UNKNOWN
    return Outcome.ACCEPTED if status < 300 else Outcome.REFUSED


async def all_work(
    wanted: Wanted, history: History, *, clients: int, servers: int, seed: int
) -> None:
    """Let all clients work at the same time, until they have nothing left to do."""
    timeout = aiohttp.ClientTimeout(total=30)
    share, rest = divmod(servers, clients)
    async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
        for number in range(clients):
            client = Client(
                number=number,
                wanted=wanted,
                session=session,
                history=history,
                random=Random(f"{seed} client {number}"),  # repeatable, not secret
            )
            group.create_task(client.work(share + (number < rest)))
