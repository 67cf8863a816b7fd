"""Whose token is this? Asked of Keystone once in a while, however many requests carry it."""

import hashlib
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from shared.clock import utcnow
from shared.errors import NotAuthenticated, Unavailable
from shared.identity.caller import Caller
from shared.identity.flights import Flights
from shared.identity.grants import Grant, grant_of
from shared.identity.keystone import Keystone, OwnTokenRefused
from shared.identity.memory import Memory
from shared.identity.middleware import Asking
from shared.identity.service_token import ServiceToken

LONGEST: Final = 8192
REFUSED: Final = "The request you have made requires authentication."


class TokenValidator:
    """Validates tokens; remembers each answer for a short while.

    A revoked token is taken until its entry ends: ``ttl`` bounds that, and 0 forbids it. Tokens
    that are not valid are remembered apart, so that inventing them pushes no valid one out.
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
        self._negative_ttl = min(negative_ttl, ttl)
        self._service_roles = frozenset(service_roles)
        self._now = now
        self._good: Memory[Grant] = Memory(size, clock)
        self._bad: Memory[bool] = Memory(size, clock)
        self._flights: Flights[bytes, Grant | None] = Flights()

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
        """Return how many tokens are remembered, good and bad."""
        return len(self._good) + len(self._bad)

    async def _grant(self, token: str, *, allow_expired: bool) -> Grant:
        if not 0 < len(token) <= LONGEST or not token.isascii() or not token.isprintable():
            raise NotAuthenticated(REFUSED)
        # Tokens are not kept: what leaks of this memory opens nothing.
        key = hashlib.sha256(f"{int(allow_expired)}{token}".encode()).digest()
        grant = self._good.recall(key)
        if grant is None and not self._bad.recall(key):
            ask = partial(self._ask, key, token, allow_expired=allow_expired)
            grant = await self._flights.join(key, ask)
        if grant is None:
            raise NotAuthenticated(REFUSED)
        return grant

    async def _ask(self, key: bytes, token: str, *, allow_expired: bool) -> Grant | None:
        said = await self._inspect(token, allow_expired=allow_expired)
        grant = None if said is None else _read(token, said)
        left = (grant.expires_at - self._now()).total_seconds() if grant else 0.0
        if grant is None or (left <= 0 and not allow_expired):
            self._bad.remember(key, True, self._negative_ttl)
            return None
        self._good.remember(key, grant, self._ttl if allow_expired else min(self._ttl, left))
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
