"""Whose token is this? Asked of Keystone once in a while, however many requests carry it."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from shared.clock import utcnow
from shared.errors import NotAuthenticated, Unavailable
from shared.identity.caller import Caller
from shared.identity.grants import Grant, grant_of
from shared.identity.keystone import Keystone, OwnTokenRefused
from shared.identity.middleware import Asking
from shared.identity.service_token import ServiceToken

LONGEST: Final = 8192
REFUSED: Final = "The request you have made requires authentication."


@dataclass(frozen=True, slots=True)
class _Remembered:
    grant: Grant | None  # None: not valid
    until: float  # by the validator's clock


class TokenValidator:
    """Validates tokens; remembers each answer for a short while.

    A revoked token is taken until its entry ends: ``ttl`` bounds that, and 0 forbids it.
    """

    def __init__(
        self,
        keystone: Keystone,
        own: ServiceToken,
        *,
        ttl: float = 30.0,
        negative_ttl: float = 10.0,
        size: int = 10_000,
        service_roles: Collection[str] = ("service",),
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utcnow,
    ) -> None:
        self._keystone = keystone
        self._own = own
        self._ttl = ttl
        self._negative_ttl = negative_ttl
        self._size = size
        self._service_roles = frozenset(service_roles)
        self._clock = clock
        self._now = now
        self._memory: OrderedDict[bytes, _Remembered] = OrderedDict()
        self._flights: dict[bytes, asyncio.Task[Grant | None]] = {}

    async def validate(
        self, token: str, service_token: str | None = None, *, asking: Asking | None = None
    ) -> Caller:
        """Return who is asking.

        Args:
            token: the user's.
            service_token: of one of our services acting for the user; lets a token that ran
                out during long work pass, and lifts access rules.
            asking: the request, for access rules; without it, tokens that have them are refused.

        Raises:
            NotAuthenticated: a token is not valid, or not for this request.
            Unavailable: Keystone could not be asked.
        """
        if service_token is None:
            grant = await self._grant(token, allow_expired=False)
            _check_access(grant, asking)
            return grant.caller
        service = await self._grant(service_token, allow_expired=False)
        if not service.caller.roles & self._service_roles:
            raise NotAuthenticated(REFUSED)
        grant = await self._grant(token, allow_expired=True)
        return replace(grant.caller, service_roles=service.caller.roles)

    def __len__(self) -> int:
        """Return how many tokens are remembered."""
        return len(self._memory)

    async def _grant(self, token: str, *, allow_expired: bool) -> Grant:
        if not 0 < len(token) <= LONGEST or not token.isascii() or not token.isprintable():
            raise NotAuthenticated(REFUSED)
        key = hashlib.sha256(f"{int(allow_expired)}{token}".encode()).digest()
        known = self._memory.get(key)
        if known is not None and known.until > self._clock():
            self._memory.move_to_end(key)
            grant = known.grant
        else:
            grant = await self._ask_once(key, token, allow_expired=allow_expired)
        if grant is None:
            raise NotAuthenticated(REFUSED)
        return grant

    async def _ask_once(self, key: bytes, token: str, *, allow_expired: bool) -> Grant | None:
        """Ask Keystone, or wait for the answer somebody else is already waiting for."""
        flight = self._flights.get(key)
        if flight is None:
            # Its own task: the first to ask may be cancelled while the others still wait.
            flight = asyncio.create_task(self._ask(key, token, allow_expired=allow_expired))
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._land(key, done))
        return await asyncio.shield(flight)

    def _land(self, key: bytes, flight: "asyncio.Task[Grant | None]") -> None:
        self._flights.pop(key, None)
        if not flight.cancelled():
            flight.exception()  # it reached everybody who waited; nobody may be left

    async def _ask(self, key: bytes, token: str, *, allow_expired: bool) -> Grant | None:
        said = await self._inspect(token, allow_expired=allow_expired)
        grant = None if said is None else _read(token, said)
        seconds = self._negative_ttl
        if grant is not None:
            left = (grant.expires_at - self._now()).total_seconds()
            if left <= 0 and not allow_expired:
                grant = None
            else:
                seconds = self._ttl if allow_expired else min(self._ttl, left)
        self._remember(key, grant, seconds)
        return grant

    async def _inspect(self, token: str, *, allow_expired: bool) -> dict[str, Any] | None:
        own = await self._own.get()
        try:
            return await self._keystone.inspect(token, own=own, allow_expired=allow_expired)
        except OwnTokenRefused:
            own = await self._own.renew(own)
        try:
            return await self._keystone.inspect(token, own=own, allow_expired=allow_expired)
        except OwnTokenRefused as twice:
            raise Unavailable("The identity service does not let this service in.") from twice

    def _remember(self, key: bytes, grant: Grant | None, seconds: float) -> None:
        if seconds <= 0:
            return
        self._memory[key] = _Remembered(grant, self._clock() + seconds)
        self._memory.move_to_end(key)
        while len(self._memory) > self._size:
            self._memory.popitem(last=False)


def _read(token: str, said: dict[str, Any]) -> Grant:
    try:
        return grant_of(token, said)
    except (KeyError, TypeError, ValueError) as confused:
        raise Unavailable("The identity service is unavailable.") from confused


def _check_access(grant: Grant, asking: Asking | None) -> None:
    rules = grant.access_rules
    if rules is None:
        return
    if asking is None or not any(rule.allows(asking) for rule in rules):
        raise NotAuthenticated(REFUSED)
