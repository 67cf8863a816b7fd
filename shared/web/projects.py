"""URLs that may carry the project: ``/v2.1/servers`` and ``/v2.1/{project_id}/servers``."""

from collections.abc import Iterable

from aiohttp import web
from aiohttp.typedefs import Handler

from shared.errors import BadInput
from shared.identity.caller import CALLER

PROJECT = r"{project_id:[0-9a-f]{32}|[0-9a-f-]{36}}"


def in_both_forms(prefix: str, routes: Iterable[web.RouteDef]) -> list[web.RouteDef]:
    """Return the routes below ``prefix``, each also with a project id behind the prefix.

    Args:
        prefix: the version, e.g. ``/v2.1``.
        routes: with paths that begin after the version, e.g. ``/servers``.
    """
    both: list[web.RouteDef] = []
    for route in routes:
        with_project = f"{prefix}/{PROJECT}{route.path}"
        both += [
            web.RouteDef(route.method, f"{prefix}{route.path}", route.handler, route.kwargs),
            web.RouteDef(route.method, with_project, _guarded(route.handler), route.kwargs),
        ]
    return both


def _guarded(handler: Handler) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        named, own = request.match_info["project_id"], request[CALLER].project_id
        if named.replace("-", "") != own.replace("-", ""):
            raise BadInput(
                f"Malformed request URL: URL's project_id '{named}' "
                f"doesn't match Context's project_id '{own}'"
            )
        return await handler(request)

    return guarded


def project_prefix(request: web.Request) -> str:
    """Return ``/<project id>`` when the URL carried it, else nothing: links keep the form."""
    named = request.match_info.get("project_id")
    return f"/{named}" if named else ""
