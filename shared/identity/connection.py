"""A service's standing with Keystone: its own token, and the validator of everybody else's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from shared.identity.keystone import Credentials, Keystone
from shared.identity.service_token import ServiceToken
from shared.identity.validator import TokenValidator


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a service needs of identity."""

    validator: TokenValidator
    service_token: ServiceToken


@asynccontextmanager
async def keystone_identity(
    url: str,
    credentials: Credentials,
    *,
    token_ttl: float = 30.0,
    cache_size: int = 10_000,
    verify: str | bool = True,
) -> AsyncIterator[Identity]:
    """Open the connection to Keystone for as long as the block lasts; nothing is asked yet.

    Args:
        url: Keystone's, with or without ``/v3``.
        credentials: the service user's.
        token_ttl: seconds a validated token is remembered; 0 asks every time.
        cache_size: how many tokens are remembered.
        verify: whether Keystone's certificate is checked, or the file of who may sign it.
    """
    limits = httpx.Limits(max_connections=20, max_keepalive_connections=10)
    async with httpx.AsyncClient(limits=limits, verify=verify, trust_env=False) as http:
        keystone = Keystone(url, http)
        own = ServiceToken(keystone, credentials)
        validator = TokenValidator(keystone, own, ttl=token_ttl, size=cache_size)
        yield Identity(validator=validator, service_token=own)
