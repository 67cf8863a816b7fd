"""The limits of projects of which nothing else was said: class ``default``."""

import re
from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.queries import name_in
from services.compute.api.schemas.fields import require_known_in
from services.compute.api.schemas.quotas import ClassLimitsBody
from services.compute.domain.quota import DEFAULTS
from services.compute.domain.quota_set import CLASS_SINCE, CLASS_UNTIL, known_in
from services.compute.store.quotas import class_limits
from services.compute.usecases import quotas as usecases
from shared.errors import BadInput
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import read
from shared.web.microversion import MICROVERSION

CLASS_NAME: Final = re.compile(r"[a-zA-Z0-9 ._-]{1,255}")


async def show_class(request: web.Request) -> web.Response:
    """Return the limits of a class."""
    name = _enter(request, "show")
    body: dict[str, Any] = {"id": name} | await _limits(request, name)
    return answer({"quota_class_set": body})


async def update_class(request: web.Request) -> web.Response:
    """Set limits of a class."""
    name = _enter(request, "update")
    given = (await read(request, ClassLimitsBody)).quota_class_set
    minor = request[MICROVERSION].minor
    require_known_in(given, minor, dict(CLASS_SINCE), dict(CLASS_UNTIL))
    sent = given.model_dump(include=given.model_fields_set)
    await usecases.set_class_limits(request.app[DEPS].transaction, name, sent)
    return answer({"quota_class_set": await _limits(request, name)})


def _enter(request: web.Request, verb: str) -> str:
    rule = f"os_compute_api:os-quota-class-sets:{verb}"
    request.app[DEPS].policy.require(request[CALLER], rule)
    name = name_in(request, "name")
    if not CLASS_NAME.fullmatch(name):
        raise BadInput("Invalid name of a quota class.")
    return name


async def _limits(request: web.Request, name: str) -> dict[str, int]:
    limits = {**DEFAULTS, **await class_limits(request.app[DEPS].reads, name)}
    return known_in(limits, request[MICROVERSION].minor, CLASS_UNTIL, CLASS_SINCE)


ONE: Final = "/os-quota-class-sets/{name}"
ROUTES: Final = [web.get(ONE, show_class), web.put(ONE, update_class)]
