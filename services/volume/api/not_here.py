"""What Cinder knows and is not built: one table. Lists of what cannot exist are honestly empty."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from services.volume.api.policy import require
from services.volume.domain.volume import CannotYet
from shared.errors import NotFound
from shared.web.answers import answer

Handler = Callable[[web.Request], Awaitable[web.Response]]

# Collection -> (key of the list, what is said to whoever wants one).
EMPTY: Final[Mapping[str, tuple[str, str]]] = {
    "backups": ("backups", "There is no backup service."),
    "consistencygroups": ("consistencygroups", "Consistency groups are not supported."),
    "cgsnapshots": ("cgsnapshots", "Consistency groups are not supported."),
    "clusters": ("clusters", "Volume services are not clustered."),
}


MANAGE: Final = "volume_extension:volume_manage"
NO_MANAGING: Final = "Disks that Ganeti has already cannot be taken into management."
# Method, path -> (who may ask, what is said).
REFUSED: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    **{
        (method, f"/{kind}{rest}"): (MANAGE, NO_MANAGING)
        for kind in (
            "manageable_volumes",
            "manageable_snapshots",
            "os-volume-manage",
            "os-snapshot-manage",
        )
        for method, rest in (("GET", ""), ("GET", "/detail"), ("POST", ""))
    },
    ("POST", "/backups/import_record"): ("backup:backup-import", EMPTY["backups"][1]),
    ("GET", "/capabilities/{host}"): (
        "volume_extension:capabilities",
        "What a cluster's storage can do is said by its pools: see scheduler-stats.",
    ),
}


def _listing(key: str) -> Handler:
    async def list_nothing(_request: web.Request) -> web.Response:
        return answer({key: []})

    return list_nothing


def _refusal(sentence: str) -> Handler:
    async def refuse(_request: web.Request) -> web.Response:
        raise CannotYet(sentence)

    return refuse


def _absence(collection: str) -> Handler:
    async def find_nothing(request: web.Request) -> web.Response:
        raise NotFound(
            f"{collection.rstrip('s').capitalize()} {request.match_info['id']} could not be found."
        )

    return find_nothing


def _refusing(rule: str, sentence: str) -> Handler:
    async def refuse(request: web.Request) -> web.Response:
        require(request, rule)
        raise CannotYet(sentence)

    return refuse


def _routes(collection: str, key: str, sentence: str) -> list[web.RouteDef]:
    listing, absence, path = _listing(key), _absence(collection), f"/{collection}"
    return [
        web.get(path, listing),
        web.get(f"{path}/detail", listing),
        web.post(path, _refusal(sentence)),
        web.get(f"{path}/{{id}}", absence),
        web.put(f"{path}/{{id}}", absence),
        web.delete(f"{path}/{{id}}", absence),
        web.post(f"{path}/{{id}}/action", absence),
    ]


ROUTES: Final = [
    *(web.route(method, path, _refusing(*said)) for (method, path), said in REFUSED.items()),
    web.post("/backups/{id}/restore", _absence("backups")),
    web.get("/backups/{id}/export_record", _absence("backups")),
    *(
        route
        for collection, (key, sentence) in EMPTY.items()
        for route in _routes(collection, key, sentence)
    ),
]
