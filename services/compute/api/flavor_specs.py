"""Extra specs of flavors: what a flavor says beyond its sizes."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.flavors import flavor_in
from services.compute.api.queries import name_in
from services.compute.api.schemas.flavors import SpecsBody
from services.compute.domain import extra_specs
from services.compute.usecases import flavors as usecases
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer, answer_nothing
from shared.web.body import parsed, read, read_json
from shared.web.context import request_id_of
from shared.web.microversion import at_least

RULE: Final = "os_compute_api:os-flavor-extra-specs:"


async def list_specs(request: web.Request) -> web.Response:
    """Return all extra specs of a flavor."""
    _require(request, "index")
    return answer({"extra_specs": dict((await flavor_in(request)).extra_specs)})


async def show_spec(request: web.Request) -> web.Response:
    """Return one extra spec."""
    _require(request, "show")
    flavor, key = await flavor_in(request), name_in(request, "key")
    if key not in flavor.extra_specs:
        raise NotFound(f"Flavor {flavor.id} has no extra specs with key {key}.")
    return answer({key: flavor.extra_specs[key]})


async def add_specs(request: web.Request) -> web.Response:
    """Add extra specs."""
    _require(request, "create")
    given = (await read(request, SpecsBody)).extra_specs
    await _set(request, given)
    return answer({"extra_specs": given})


async def set_spec(request: web.Request) -> web.Response:
    """Set one extra spec."""
    _require(request, "update")
    given = parsed({"extra_specs": await read_json(request)}, SpecsBody).extra_specs
    if len(given) != 1:
        raise BadInput("Request body must have exactly one extra spec.")
    if set(given) != {name_in(request, "key")}:
        raise BadInput("Request body and URI mismatch")
    await _set(request, given)
    return answer(given)


async def drop_spec(request: web.Request) -> web.Response:
    """Drop one extra spec."""
    _require(request, "delete")
    await usecases.drop_extra_spec(
        request.app[DEPS].transaction,
        name_in(request, "flavor_id"),
        name_in(request, "key"),
        request_id_of(request),
    )
    return answer_nothing(status=200)


def _require(request: web.Request, verb: str) -> None:
    request.app[DEPS].policy.require(request[CALLER], RULE + verb)


async def _set(request: web.Request, given: Mapping[str, str]) -> None:
    if at_least(request, 2, 86):
        for name, value in given.items():
            extra_specs.check(name, value)
    await usecases.set_extra_specs(
        request.app[DEPS].transaction,
        name_in(request, "flavor_id"),
        given,
        request_id_of(request),
    )


ALL: Final = "/flavors/{flavor_id}/os-extra_specs"
ROUTES: Final = [
    web.get(ALL, list_specs),
    web.post(ALL, add_specs),
    web.get(f"{ALL}/{{key}}", show_spec),
    web.put(f"{ALL}/{{key}}", set_spec),
    web.delete(f"{ALL}/{{key}}", drop_spec),
]
