"""The token a service identifies itself with: one per process, renewed before it runs out."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from shared.clock import utcnow
from shared.identity.flights import Flights
from shared.identity.keystone import Credentials, IssuedToken, Keystone

MARGIN: Final = timedelta(minutes=5)
MARGIN_SHARE: Final = 10  # of a short-lived token, a tenth of its life is margin enough


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
        self._issued: IssuedToken | None = None
        self._renew_at = now()
        self._flights: Flights[str, IssuedToken] = Flights()

    async def get(self) -> str:
        """Return a token that is valid for a while yet.

        Raises:
            shared.errors.Unavailable: there is none to be had now.
        """
        issued = self._issued
        if issued is not None and self._now() < self._renew_at:
            return issued.value
        return await self.renew(issued.value if issued else "")

    async def renew(self, refused: str) -> str:
        """Return another token than the one that was refused.

        Whoever comes while it is being renewed, or after, gets the same new one.

        Raises:
            shared.errors.Unavailable: there is none to be had now.
        """
        if self._issued is not None and self._issued.value != refused:
            return self._issued.value
        return (await self._flights.join("renewal", self._authenticate)).value

    async def _authenticate(self) -> IssuedToken:
        issued = await self._keystone.authenticate(self._credentials)
        life = issued.expires_at - self._now()
        self._renew_at = issued.expires_at - min(self._margin, life / MARGIN_SHARE)
        self._issued = issued
        return issued
