"""Keeps what guests are told, sealed, and gives it out to those who tell them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.compute.domain.console import Token
from services.compute.domain.guest import Guest
from services.compute.store.stores import Stores, Transaction
from shared.clock import utcnow
from shared.contracts.resources import NetworkChanged, SubnetChanged
from shared.secrets_box import SecretBox

Json = dict[str, Any]


async def read(transaction: Transaction, secrets: SecretBox, server_id: UUID) -> Guest:
    """Return what a server's guest is told."""
    async with transaction() as stores:
        sealed = await stores.secrets.find(server_id)
    return Guest() if sealed is None else Guest.from_json(secrets.open(sealed))


async def change(stores: Stores, secrets: SecretBox, server_id: UUID, **fields: Any) -> Guest:
    """Change what a server's guest will be told next (a rebuild does); return all of it.

    Args:
        stores: of the transaction that begins the rebuild.
        secrets: seals it.
        server_id: whose guest.
        fields: of ``Guest``; what is absent stays.
    """
    sealed = await stores.secrets.find(server_id)
    known = Guest() if sealed is None else Guest.from_json(secrets.open(sealed))
    changed = replace(known, **fields)
    if changed != known or sealed is None:
        await stores.secrets.put(server_id, secrets.seal(changed.to_json()))
    return changed


async def told(transaction: Transaction, secrets: SecretBox, server_id: UUID) -> None:
    """Forget what a guest is told only once, and the seed a node may still fetch."""
    async with transaction() as stores:
        await forget_told(stores, secrets, server_id)


async def forget_told(stores: Stores, secrets: SecretBox, server_id: UUID) -> None:
    """Forget what a guest is told only once, in the caller's transaction."""
    await stores.seeds.forget(server_id)
    sealed = await stores.secrets.find(server_id)
    if sealed is None:
        return
    known = Guest.from_json(secrets.open(sealed))
    if known.lasting() == Guest():
        await stores.secrets.forget(server_id)
    elif known.lasting() != known:
        await stores.secrets.put(server_id, secrets.seal(known.lasting().to_json()))


async def publish(transaction: Transaction, server_id: UUID, sealed: str, seconds: float) -> Token:
    """Keep a sealed seed for a node to fetch; return what opens it, for a while."""
    token, until = Token.new(), utcnow() + timedelta(seconds=seconds)
    async with transaction() as stores:
        await stores.seeds.put(server_id, token.hash, sealed, until)
    return token


async def surroundings(
    transaction: Transaction, subnets: set[str], networks: set[str]
) -> tuple[dict[str, Json], dict[str, Json]]:
    """Return the subnets and networks we were told of, by id."""
    async with transaction() as stores:
        return (
            await stores.projections.documents(SubnetChanged.resource, subnets),
            await stores.projections.documents(NetworkChanged.resource, networks),
        )
