"""A Keystone of a few lines, behind httpx but without a socket."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from shared.identity.keystone import Credentials, Keystone
from shared.identity.service_token import ServiceToken
from shared.identity.validator import TokenValidator

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Clock:
    """Time that passes when told."""

    seconds: float = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.seconds)


@dataclass
class FakeKeystone:
    """Knows tokens, counts questions, and breaks when told."""

    clock: Clock
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)
    issued: int = 0
    good_own: set[str] = field(default_factory=set)
    own_life: float = 3600.0
    breaks: list[httpx.Response | Exception] = field(default_factory=list)
    gate: asyncio.Event | None = None

    def add(self, name: str, *, life: float = 3600.0, **more: Any) -> None:
        """Know one more token of a member of a project."""
        self.tokens[name] = {
            "user": {"id": "u1", "name": "ann", "domain": {"id": "default", "name": "Default"}},
            "project": {"id": "p1", "name": "demo", "domain": {"id": "default", "name": "x"}},
            "roles": [{"id": "1", "name": "Member"}, {"id": "2", "name": "reader"}],
            "expires_at": self.stamp(life),
            **more,
        }

    def stamp(self, life: float) -> str:
        end = self.clock.now() + timedelta(seconds=life)
        return end.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    @property
    def inspections(self) -> list[httpx.Request]:
        return [request for request in self.asked if request.method == "GET"]

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.gate is not None:
            await self.gate.wait()
        if self.breaks:
            trouble = self.breaks.pop(0)
            if isinstance(trouble, Exception):
                raise trouble
            return trouble
        return self._issue() if request.method == "POST" else self._inspect(request)

    def _issue(self) -> httpx.Response:
        self.issued += 1
        name = f"own-{self.issued}"
        self.good_own.add(name)
        token = {"expires_at": self.stamp(self.own_life)}
        return httpx.Response(201, json={"token": token}, headers={"X-Subject-Token": name})

    def _inspect(self, request: httpx.Request) -> httpx.Response:
        if request.headers["X-Auth-Token"] not in self.good_own:
            return httpx.Response(401, json={})
        token = self.tokens.get(request.headers["X-Subject-Token"])
        if token is None:
            return httpx.Response(404, json={})
        over = datetime.fromisoformat(token["expires_at"]) <= self.clock.now()
        if over and "allow_expired" not in request.url.params:
            return httpx.Response(404, json={})
        return httpx.Response(200, json={"token": token})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fake(clock: Clock) -> FakeKeystone:
    return FakeKeystone(clock)


@pytest.fixture
async def keystone(fake: FakeKeystone) -> AsyncIterator[Keystone]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(fake.answer)) as http:
        yield Keystone("http://keystone/identity/v3/", http)


@pytest.fixture
def own(keystone: Keystone, clock: Clock) -> ServiceToken:
    return ServiceToken(keystone, Credentials(username="nova", password="pw"), now=clock.now)


@pytest.fixture
def validator(keystone: Keystone, own: ServiceToken, clock: Clock) -> TokenValidator:
    return TokenValidator(keystone, own, size=5, clock=clock.monotonic, now=clock.now)
