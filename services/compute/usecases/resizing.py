"""Gives servers another flavor: asked for, kept, or taken back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.compute.domain import quota
from services.compute.domain.flavor import Flavor
from services.compute.domain.lifecycle import RULES, Action, ActionNotAllowed, ServerBusy
from services.compute.domain.moving import TELLING, Move, place_for
from services.compute.domain.server import FlavorSnapshot, Server
from services.compute.store import flavor_reads
from services.compute.store.stores import Stores, Transaction
from services.compute.usecases import progress
from services.compute.usecases.acting import Actor, begin, record, require
from services.compute.usecases.saving import save
from shared.clock import utcnow
from shared.db.reads import Reads
from shared.errors import BadInput, NotFound
from shared.ids import request_id

RESIZE: Final = "compute.resize_server"
REVERT: Final = "compute.revert_resize"
SAME: Final = "When resizing, instances must change flavor!"
NO_DISK: Final = "Resize to zero disk flavor is not allowed."


@dataclass(frozen=True, slots=True, kw_only=True)
class ResizeRequest:
    """What a server is to become."""

    flavor_id: str
    disk_config: str | None = None


async def resize(
    transaction: Transaction, reads: Reads, server_id: UUID, actor: Actor, wanted: ResizeRequest
) -> None:
    """Begin to give a server another flavor.

    Raises:
        NotFound: absent, deleted, or another project's.
        BadInput: the flavor will not do, or no node has room for it.
        QuotaExceeded: it is more than the project may have.
        Conflict: the server's state, or its lock, does not allow it.
    """
    found = await flavor_reads.find(reads, wanted.flavor_id, actor.scope)
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        require(server, Action.RESIZE, actor)
        flavor = _flavor(found, wanted, server)
        await _require_quota(stores, server, flavor)
        target, notes = await _way(stores, server, flavor)
        changed = replace(
            server,
            other_flavor=flavor,
            disk_config=wanted.disk_config or server.disk_config,
            kept={"node": server.node},
        )
        begun = await begin(stores, changed, Action.RESIZE, actor, RESIZE, notes)
        await stores.moves.add(a_move(begun, Action.RESIZE, actor, target))


def _flavor(found: Flavor | None, wanted: ResizeRequest, server: Server) -> FlavorSnapshot:
    if found is None:
        raise BadInput(f"Flavor {wanted.flavor_id} could not be found.")
    if found.id == server.flavor.id:
        raise BadInput(SAME)
    if found.disk == 0 and server.flavor.disk and server.image_id is not None:
        raise BadInput(NO_DISK)
    names = FlavorSnapshot.__dataclass_fields__
    return FlavorSnapshot(**{name: getattr(found, name) for name in names})


async def _require_quota(stores: Stores, server: Server, flavor: FlavorSnapshot) -> None:
    """Count what the new flavor takes more; until the resize is over, the larger of both."""
    more = {
        "cores": max(0, flavor.vcpus - server.flavor.vcpus),
        "ram": max(0, flavor.ram - server.flavor.ram),
    }
    if not any(more.values()):
        return
    await stores.usage.lock(server.project_id)
    usage = await stores.usage.of_servers(server.project_id, server.user_id)
    for used, limits in usage.layers:
        quota.require(more, used, limits)


async def _way(
    stores: Stores, server: Server, flavor: FlavorSnapshot
) -> tuple[str | None, Mapping[str, Any]]:
    """Return the node the server goes to, if it must leave its own, and the saga's notes."""
    cluster = await stores.capacity.cluster(server.cluster) if server.cluster else None
    seen = None
    if server.cluster is not None:
        seen = await stores.projections.observation_of(server.cluster, server.id)
    secondaries = seen.secondaries if seen else ()
    target = None if cluster is None else place_for(server, flavor, cluster, secondaries)
    has = max(server.flavor.disk * 1024, (seen.disks[0].size or 0) if seen and seen.disks else 0)
    return target, {
        "action": Action.RESIZE.value,
        "cluster": server.cluster,
        "source": server.node,
        "target": target,
        "grow": flavor.disk * 1024 if flavor.disk * 1024 > has and server.image_id else None,
    }


def a_move(server: Server, action: Action, actor: Actor, target: str | None) -> Move:
    """Return the record of a move that begins."""
    telling = TELLING[action]
    return Move(
        server_id=server.id,
        project_id=server.project_id,
        user_id=actor.user_id,
        kind=telling.kind,
        status=telling.begun,
        source=server.node,
        target=target or server.node,
        cluster=server.cluster,
        old_flavor=server.flavor.id,
        new_flavor=(server.other_flavor or server.flavor).id,
        created_at=server.updated_at,
        updated_at=server.updated_at,
    )


async def confirm(transaction: Transaction, server_id: UUID, actor: Actor) -> None:
    """Keep a server as a resize or a move made it: done at once.

    Raises:
        NotFound: absent, deleted, or another project's.
        Conflict: the server's state, or its lock, does not allow it.
    """
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        server.require_unlocked(is_admin=actor.anywhere)
        now = utcnow()
        begun = server.begin(Action.CONFIRM_RESIZE, now)
        done = begun.settle(now, succeeded=True, job=server.last_job)
        settled = await progress.as_observed(stores, done)
        saved = await save(stores, settled, actor.request_id)
        await stores.sagas.supersede(server.id)
        await stores.moves.mark(server.id, TELLING[Action.CONFIRM_RESIZE].done, now)
        await record(stores, saved, actor, RULES[Action.CONFIRM_RESIZE].name)


async def revert(transaction: Transaction, server_id: UUID, actor: Actor) -> None:
    """Begin to take a resize or a move back.

    Raises:
        NotFound: absent, deleted, or another project's.
        Conflict: the server's state, or its lock, does not allow it.
    """
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        home = server.kept.get("node")
        notes = {
            "action": Action.REVERT_RESIZE.value,
            "cluster": server.cluster,
            "source": server.node,
            "target": home if home != server.node else None,
        }
        await begin(stores, server, Action.REVERT_RESIZE, actor, REVERT, notes)
        await stores.moves.mark(server.id, TELLING[Action.REVERT_RESIZE].begun, utcnow())


async def confirm_old(transaction: Transaction, older_than: datetime) -> int:
    """Confirm what waits for it since before a moment; return how many."""
    async with transaction() as stores:
        waiting = await stores.moves.unconfirmed_since(older_than)
    return sum([await _confirm_at_last(transaction, server_id) for server_id in waiting])


async def _confirm_at_last(transaction: Transaction, server_id: UUID) -> bool:
    actor = Actor(user_id="", project_id="", request_id=request_id(), anywhere=True)
    try:
        await confirm(transaction, server_id, actor)
    except ServerBusy:
        return False
    except (NotFound, ActionNotAllowed):  # nothing is left to confirm
        async with transaction() as stores:
            await stores.moves.mark(server_id, "error", utcnow())
        return False
    return True
