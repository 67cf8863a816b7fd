"""Migrate, live-migrate, evacuate."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from services.compute.api.actions.known import Asked, Known
from services.compute.api.schemas.actions import Evacuate, LiveMigrate, Migrate
from services.compute.domain.lifecycle import Action
from services.compute.domain.moving import NotMovable
from services.compute.domain.password import new_password
from services.compute.usecases import moving
from services.compute.usecases.moving import MoveRequest
from shared.errors import BadInput
from shared.web.answers import answer, answer_nothing

RULE: Final = "os_compute_api:os-migrate-server:"
FORCE: Final = range(30, 68)  # minors of the microversions that could force a host
FORCE_EVACUATION: Final = range(29, 68)
DISK_GUESSED: Final = 25  # minor of the microversion that asks nothing of disks
NO_PASSWORD: Final = 14
ENDS_STOPPED: Final = 95


async def migrate(asked: Asked) -> web.StreamResponse:
    """Move a server while it is off."""
    asked.require_known({"host": 56})
    given: Migrate = asked.arguments
    if given.host is not None:
        asked.deps.policy.require(asked.caller, f"{RULE}migrate:host")
    return await _moved(asked, MoveRequest(action=Action.MIGRATE, node=given.host))


async def live_migrate(asked: Asked) -> web.StreamResponse:
    """Move a server while it runs."""
    given: LiveMigrate = asked.arguments
    _check_live(asked, given)
    if given.host is not None:
        asked.deps.policy.require(asked.caller, f"{RULE}migrate_live:host")
    if given.block_migration is True:
        raise NotMovable("Disks are not copied by a live migration here (block_migration).")
    return await _moved(asked, MoveRequest(action=Action.LIVE_MIGRATE, node=given.host))


def _check_live(asked: Asked, given: LiveMigrate) -> None:
    """Refuse what the microversion does not have, and miss what it must have."""
    asked.require_known({"force": FORCE.start}, {"disk_over_commit": 24, "force": FORCE[-1]})
    names = ["host", "block_migration"]
    if asked.minor < DISK_GUESSED:
        names.append("disk_over_commit")
        if given.block_migration == "auto":
            raise BadInput("Invalid input for field/attribute block_migration. Value: auto.")
    for name in names:
        if name not in given.model_fields_set:
            raise BadInput(f"'{name}' is a required property")


async def evacuate(asked: Asked) -> web.StreamResponse:
    """Move a server away from a node that is dead."""
    given: Evacuate = asked.arguments
    asked.require_known(
        {"force": FORCE_EVACUATION.start},
        {"force": FORCE_EVACUATION[-1], "on_shared_storage": 13, "onSharedStorage": 13},
    )
    if asked.minor < NO_PASSWORD and given.on_shared_storage is None:
        raise BadInput("'onSharedStorage' is a required property")
    wanted = MoveRequest(
        action=Action.EVACUATE, node=given.host, ends_stopped=asked.minor >= ENDS_STOPPED
    )
    await moving.move(asked.deps.transaction, asked.server_id, asked.actor, wanted)
    if asked.minor >= NO_PASSWORD:
        return answer_nothing(status=200)
    if not asked.deps.settings.instance_passwords:
        return answer({})
    return answer({"adminPass": given.admin_pass or new_password()})


async def _moved(asked: Asked, wanted: MoveRequest) -> web.StreamResponse:
    await moving.move(asked.deps.transaction, asked.server_id, asked.actor, wanted)
    return answer_nothing(status=202)


ACTIONS: Final[Mapping[str, Known]] = {
    "migrate": Known(f"{RULE}migrate", migrate, Migrate),
    "os-migrateLive": Known(f"{RULE}migrate_live", live_migrate, LiveMigrate),
    "evacuate": Known("os_compute_api:os-evacuate", evacuate, Evacuate),
}
