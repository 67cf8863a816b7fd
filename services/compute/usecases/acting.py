"""Accepts actions on servers, and deletes."""

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
        await _begin(stores, server, action, actor, notes)


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
        left = await stores.sagas.supersede(server.id) or {}
        clusters = dict.fromkeys(
            name for name in (server.cluster, left.get("cluster")) if name is not None
        )
        notes = {"action": Action.DELETE.value, "clusters": list(clusters)}
        await _begin(stores, server, Action.DELETE, actor, notes)


async def _begin(
    stores: Stores, server: Server, action: Action, actor: Actor, notes: dict[str, Any]
) -> None:
    now = utcnow()
    begun = await save(stores, server.begin(action, now), actor.request_id)
    if action is not Action.DELETE:
        # The saga of the last action may have settled it and not yet ended: it is done.
        await stores.sagas.supersede(server.id)
    await stores.actions.begin(
        [
            {
                "server_id": begun.id,
                "request_id": actor.request_id,
                "action": RULES[action].word,
                "user_id": actor.user_id,
                "project_id": actor.project_id,
                "started_at": now,
                "updated_at": now,
            }
        ]
    )
    await stores.sagas.start(SAGAS[action], begun.id, notes, actor.request_id)
