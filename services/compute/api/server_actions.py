"""``POST /servers/{id}/action``, and delete: what may be asked of a server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel

from services.compute.api.deps import DEPS
from services.compute.api.paths import server_id_in
from services.compute.api.schemas.fields import Closed
from services.compute.api.schemas.servers import Reboot
from services.compute.api.servers import minor_of
from services.compute.domain.lifecycle import Action
from services.compute.store import server_reads
from services.compute.store.servers import not_found
from services.compute.usecases import acting
from services.compute.usecases.acting import Actor
from shared.errors import BadInput, Kind, NotFound, NotSupported
from shared.identity.caller import CALLER
from shared.web.answers import answer_nothing
from shared.web.body import BAD_REQUEST, parsed, read_json
from shared.web.context import request_id_of


class NotBuilt(NotSupported):
    """Nova knows the action; here it is not built yet, or impossible: 501."""

    code = "compute.action.not_built"


class NotPossible(NotBuilt):
    """The same where clients do not know 501: 400."""

    kind = Kind.BAD_INPUT
    code = "compute.action.not_possible"


class Nothing(Closed):
    """An action without arguments."""


@dataclass(frozen=True, slots=True)
class Known:
    """An action that works."""

    rule: str
    action: Callable[[Any], Action]
    arguments: type[BaseModel] = Nothing


@dataclass(frozen=True, slots=True)
class Unbuilt:
    """An action that Nova knows and we do not have."""

    sentence: str
    refusal: type[NotBuilt] = NotBuilt
    since: int = 1
    until: int = 1000


def _rebooting(arguments: Reboot) -> Action:
    return Action.HARD_REBOOT if arguments.type.upper() == "HARD" else Action.SOFT_REBOOT


# What clients send -> what it means here.
ACTIONS: Final[Mapping[str, Known]] = {
    "os-start": Known("os_compute_api:servers:start", lambda _: Action.START),
    "os-stop": Known("os_compute_api:servers:stop", lambda _: Action.STOP),
    "reboot": Known("os_compute_api:servers:reboot", _rebooting, Reboot),
}
LATER: Final = "is not built yet"
NEVER: Final = "is not possible with Ganeti"
UNBUILT: Final[Mapping[str, Unbuilt]] = {
    "resize": Unbuilt(LATER),
    "confirmResize": Unbuilt(LATER),
    "revertResize": Unbuilt(LATER),
    "rebuild": Unbuilt(LATER),
    "createImage": Unbuilt(LATER),
    "createBackup": Unbuilt(LATER),
    "changePassword": Unbuilt(LATER),
    "lock": Unbuilt(LATER),
    "unlock": Unbuilt(LATER),
    "pause": Unbuilt(NEVER),
    "unpause": Unbuilt(NEVER),
    "suspend": Unbuilt(NEVER, NotPossible),
    "resume": Unbuilt(NEVER, NotPossible),
    "shelve": Unbuilt(LATER),
    "shelveOffload": Unbuilt(LATER),
    "unshelve": Unbuilt(LATER),
    "rescue": Unbuilt(LATER),
    "unrescue": Unbuilt(LATER),
    "addSecurityGroup": Unbuilt(LATER),
    "removeSecurityGroup": Unbuilt(LATER),
    "addFloatingIp": Unbuilt(LATER, until=43),
    "removeFloatingIp": Unbuilt(LATER, until=43),
    "addFixedIp": Unbuilt(LATER, until=43),
    "removeFixedIp": Unbuilt(LATER, until=43),
    "os-getConsoleOutput": Unbuilt(LATER),
    "os-getVNCConsole": Unbuilt(LATER, until=5),
    "os-getSPICEConsole": Unbuilt(LATER, until=5),
    "os-getSerialConsole": Unbuilt(LATER, until=5),
    "os-getRDPConsole": Unbuilt(NEVER, NotPossible, until=5),
    "migrate": Unbuilt(LATER),
    "os-migrateLive": Unbuilt(LATER),
    "evacuate": Unbuilt(LATER),
    "os-resetState": Unbuilt(LATER),
    "restore": Unbuilt(LATER),
    "forceDelete": Unbuilt(LATER),
    "trigger_crash_dump": Unbuilt(NEVER, NotPossible, since=17),
}


async def act_on_server(request: web.Request) -> web.Response:
    """Accept an action, and answer 202 before it is done."""
    deps, caller = request.app[DEPS], request[CALLER]
    server_id = server_id_in(request)
    name, given = _only_key(await read_json(request))
    known = ACTIONS.get(name)
    if known is None:
        await _require_server(request)
        raise _refusal(name, minor_of(request))
    deps.policy.require(caller, known.rule)
    arguments = parsed({} if given is None else given, known.arguments)
    await acting.act(deps.transaction, server_id, known.action(arguments), actor_of(request))
    return answer_nothing(status=202)


def _only_key(body: Any) -> tuple[str, Any]:
    if not isinstance(body, dict) or len(body) != 1:
        raise BadInput("Invalid input: exactly one action must be given.", name=BAD_REQUEST)
    ((name, given),) = body.items()
    return name, given


def _refusal(name: str, minor: int) -> Exception:
    unbuilt = UNBUILT.get(name)
    if unbuilt is None:
        return BadInput(f"There is no such action: {name[:64]}")
    if minor > unbuilt.until:
        return NotFound("The resource could not be found.")
    if minor < unbuilt.since:
        return BadInput(f"There is no such action: {name}")
    return unbuilt.refusal(f"The action {name} {unbuilt.sentence}.")


async def _require_server(request: web.Request) -> None:
    caller, server_id = request[CALLER], server_id_in(request)
    scope = None if caller.is_admin else caller.project_id
    if await server_reads.find(request.app[DEPS].reads, server_id, scope) is None:
        raise not_found(server_id)


def actor_of(request: web.Request) -> Actor:
    """Return who acts in this request."""
    caller = request[CALLER]
    return Actor(
        user_id=caller.user_id,
        project_id=caller.project_id,
        request_id=request_id_of(request),
        anywhere=caller.is_admin,
    )


async def delete_server(request: web.Request) -> web.Response:
    """Accept that a server be deleted."""
    deps = request.app[DEPS]
    server_id = server_id_in(request)
    deps.policy.require(request[CALLER], "os_compute_api:servers:delete")
    await acting.delete(deps.transaction, server_id, actor_of(request))
    return answer_nothing(status=204)


ROUTES: Final = [
    web.post("/servers/{server_id}/action", act_on_server),
    web.delete("/servers/{server_id}", delete_server),
]
