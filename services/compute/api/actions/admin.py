"""Locks, and what administrators set right."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from services.compute.api.actions.known import Asked, Known
from services.compute.api.looking import server_in
from services.compute.api.schemas.actions import Lock, ResetState
from services.compute.domain.lifecycle import ActionNotAllowed, VmState
from services.compute.usecases import acting, correcting, locking
from shared.web.answers import answer_nothing

LOCK_SINCE: Final = {"locked_reason": 73}


async def lock(asked: Asked) -> web.StreamResponse:
    """Lock a server."""
    asked.require_known(LOCK_SINCE)
    reason = asked.arguments.locked_reason
    await locking.lock(asked.deps.transaction, asked.server_id, asked.actor, reason)
    return answer_nothing(status=202)


async def unlock(asked: Asked) -> web.StreamResponse:
    """Unlock a server."""
    may = asked.deps.policy.allows(asked.caller, locking.OVERRIDE)
    await locking.unlock(asked.deps.transaction, asked.server_id, asked.actor, may_override=may)
    return answer_nothing(status=202)


async def reset_state(asked: Asked) -> web.StreamResponse:
    """Say where a server stands."""
    state = VmState(asked.arguments.state)
    await correcting.reset(asked.deps.transaction, asked.server_id, asked.actor, state)
    return answer_nothing(status=202)


async def inject_network_info(asked: Asked) -> web.StreamResponse:
    """Take in again what is known of a server's ports."""
    await correcting.refresh_network(asked.deps.transaction, asked.server_id, asked.actor)
    return answer_nothing(status=202)


async def force_delete(asked: Asked) -> web.StreamResponse:
    """Delete a server, as every delete here does: for good."""
    await acting.delete(asked.deps.transaction, asked.server_id, asked.actor)
    return answer_nothing(status=202)


async def restore(asked: Asked) -> web.StreamResponse:
    """Refuse: a server whose delete has begun is gone."""
    server = await server_in(asked.request)
    raise ActionNotAllowed(
        f"Cannot 'restore' instance {server.id} while it is in vm_state {server.vm_state.value}"
    )


ADMIN_ACTIONS: Final = "os_compute_api:os-admin-actions:"
DEFERRED: Final = "os_compute_api:os-deferred-delete:"
LOCKS: Final = "os_compute_api:os-lock-server:"
ACTIONS: Final[Mapping[str, Known]] = {
    "lock": Known(f"{LOCKS}lock", lock, Lock),
    "unlock": Known(f"{LOCKS}unlock", unlock),
    "os-resetState": Known(f"{ADMIN_ACTIONS}reset_state", reset_state, ResetState),
    "injectNetworkInfo": Known(f"{ADMIN_ACTIONS}inject_network_info", inject_network_info),
    "forceDelete": Known(f"{DEFERRED}force", force_delete),
    "restore": Known(f"{DEFERRED}restore", restore),
}
