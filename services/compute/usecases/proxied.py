"""Neighbours whose answers old clients still ask us for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Neighbour(Protocol):
    """A service that speaks JSON."""

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        request_id: str | None = None,
    ) -> Any:
        """Make one call as the token's owner; return the JSON answered.

        Raises:
            CloudError: the neighbour refused, or does not answer.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxied:
    """Those who are asked as the user who asks us."""

    images: Neighbour
    networks: Neighbour
