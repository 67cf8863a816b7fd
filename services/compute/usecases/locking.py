"""Locks servers, so that nobody but administrators does anything to them, and unlocks them."""

from typing import Final
from uuid import UUID

from services.compute.domain.server import Server
from services.compute.store.stores import Transaction
from services.compute.usecases.acting import Actor, record
from services.compute.usecases.saving import save
from shared.clock import utcnow
from shared.errors import NotAllowed

OWNER: Final = "owner"
ADMIN: Final = "admin"
OVERRIDE: Final = "os_compute_api:os-lock-server:unlock:unlock_override"


def _role(server: Server, actor: Actor) -> str:
    return OWNER if server.project_id == actor.project_id else ADMIN


async def lock(
    transaction: Transaction, server_id: UUID, actor: Actor, reason: str | None = None
) -> None:
    """Lock a server; an owner changes nothing about a lock that is there.

    Raises:
        NotFound: absent, deleted, or another project's.
    """
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        role = _role(server, actor)
        if server.locked_by is not None and role == OWNER:
            return
        changed = server.change(utcnow(), locked_by=role, locked_reason=reason)
        await record(stores, await save(stores, changed, actor.request_id), actor, "lock")


async def unlock(
    transaction: Transaction, server_id: UUID, actor: Actor, *, may_override: bool
) -> None:
    """Unlock a server; an administrator's lock is for administrators to take off.

    Raises:
        NotFound: absent, deleted, or another project's.
        NotAllowed: an administrator locked it.
    """
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        if server.locked_by not in {None, _role(server, actor)} and not may_override:
            raise NotAllowed(f"Policy doesn't allow {OVERRIDE} to be performed.")
        changed = server.change(utcnow(), locked_by=None, locked_reason=None)
        await record(stores, await save(stores, changed, actor.request_id), actor, "unlock")
