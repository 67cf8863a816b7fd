"""The token a service identifies itself with: one per process, renewed before it runs out."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from shared.clock import utcnow
from shared.identity.keystone import Credentials, IssuedToken, Keystone

MARGIN: Final = timedelta(minutes=5)


class ServiceToken:
    """Keeps one token of a service user; many may ask at once, Keystone is asked once."""

    def __init__(
        self,
        keystone: Keystone,
        credentials: Credentials,
        *,
        now: Callable[[], datetime] = utcnow,
        margin: timedelta = MARGIN,
    ) -> None:
        self._keystone = keystone
        self._credentials = credentials
        self._now = now
        self._margin = margin
        self._lock = asyncio.Lock()
        self._issued: IssuedToken | None = None

    async def get(self) -> str:
        """Return a token that is valid for a while yet.

        Raises:
            shared.errors.Unavailable: there is none to be had now.
        """
        if self._issued is not None and self._is_fresh(self._issued):
            return self._issued.value
        return await self.renew(self._issued.value if self._issued else "")

    async def renew(self, refused: str) -> str:
        """Return another token than the one that was refused.

        Whoever comes while it is being renewed gets the same new one.

        Raises:
            shared.errors.Unavailable: there is none to be had now.
        """
        async with self._lock:
            current = self._issued
            if current is None or current.value == refused or not self._is_fresh(current):
                current = await self._keystone.authenticate(self._credentials)
                self._issued = current
            return current.value

    def _is_fresh(self, issued: IssuedToken) -> bool:
        return self._now() + self._margin < issued.expires_at
