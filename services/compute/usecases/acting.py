"""Accepts actions on servers, and deletes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from services.compute.domain.lifecycle import RULES, Action
from services.compute.domain.server import Server
from services.compute.store.stores import Stores, Transaction
from services.compute.usecases.saving import save
from shared.clock import utcnow

SAGAS: Final = {
    Action.START: "compute.start_server",
    Action.STOP: "compute.stop_server",
    Action.SOFT_REBOOT: "compute.reboot_server",
    Action.HARD_REBOOT: "compute.reboot_server",
    Action.DELETE: "compute.delete_server",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, in which request."""

    user_id: str
    project_id: str
    request_id: str
    anywhere: bool = False  # administrators act in every project

    @property
    def scope(self) -> str | None:
        """Whose servers they may act on; None: everybody's."""
        return None if self.anywhere else self.project_id


async def act(transaction: Transaction, server_id: UUID, action: Action, actor: Actor) -> None:
    """Begin an action on a server; its saga carries it out after the commit.

    Raises:
        NotFound: absent, deleted, or another project's.
        ServerBusy: something else is being done to it.
        ActionNotAllowed: its state does not allow it.
    """
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        notes = {"action": action.value, "cluster": server.cluster}
        await begin(stores, server, action, actor, SAGAS[action], notes)


async def delete(transaction: Transaction, server_id: UUID, actor: Actor) -> None:
    """Begin to delete a server, whatever else is being done to it; a repeat changes nothing.

    Raises:
        NotFound: absent, deleted, or another project's.
    """
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        if server.action is Action.DELETE:
            return
        # What was under way stops where it stands; the delete takes over what it made.
        server.require_unlocked(is_admin=actor.anywhere)
        left = await stores.sagas.supersede(server.id) or {}
        await stores.sagas.supersede_all(server.devices)
        clusters = dict.fromkeys(
            name for name in (server.cluster, left.get("cluster")) if name is not None
        )
        notes = {
            "action": Action.DELETE.value,
            "clusters": list(clusters),
            "devices": [str(each) for each in server.devices],
            "unfinished": _unfinished(server, left),
        }
        await begin(stores, server, Action.DELETE, actor, SAGAS[Action.DELETE], notes)


def _unfinished(server: Server, left: Mapping[str, Any]) -> dict[str, Any]:
    """Return the image that was being made of a server, and the snapshots it is to name."""
    if server.action not in {Action.CREATE_IMAGE, Action.CREATE_BACKUP} or "image" not in left:
        return {}
    return {"image": left["image"], "snapshots": left.get("snapshots") or {}}


async def begin(
    stores: Stores,
    server: Server,
    action: Action,
    actor: Actor,
    saga: str,
    notes: Mapping[str, Any],
) -> Server:
    """Begin an action in the caller's transaction: the row, the record of it, the saga.

    Args:
        stores: of the transaction.
        server: locked by it; with whatever else the action changes at once.
        action: what.
        actor: who.
        saga: name of what carries it out.
        notes: what the saga starts from.

    Raises:
        ServerLocked: it is locked, and the actor no administrator.
        ServerBusy: something else is being done to it.
        ActionNotAllowed: its state does not allow it.
    """
    rule = RULES[action]
    require(server, action, actor)
    begun = await save(stores, server.begin(action, utcnow()), actor.request_id)
    if action is not Action.DELETE:
        # The saga of the last action may have settled it and not yet ended: it is done.
        await stores.sagas.supersede(server.id)
    await record(stores, begun, actor, rule.name)
    await stores.sagas.start(saga, begun.id, dict(notes), actor.request_id)
    return begun


def require(server: Server, action: Action, actor: Actor) -> None:
    """Let an action pass if it may begin now; ``begin`` asks again.

    Raises:
        ServerLocked: it is locked, and the actor no administrator.
        ServerBusy: something else is being done to it.
        ActionNotAllowed: its state does not allow it.
    """
    if RULES[action].heeds_lock:
        server.require_unlocked(is_admin=actor.anywhere)
    server.begin(action, server.updated_at)


async def record(stores: Stores, server: Server, actor: Actor, word: str) -> None:
    """Record that something is done to a server, for those who ask what was."""
    await stores.actions.begin(
        [
            {
                "server_id": server.id,
                "request_id": actor.request_id,
                "action": word,
                "user_id": actor.user_id,
                "project_id": actor.project_id,
                "started_at": server.updated_at,
                "updated_at": server.updated_at,
            }
        ]
    )
