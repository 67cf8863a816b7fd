"""What Cinder knows and is not built: one table. Lists of what cannot exist are honestly empty."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

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
    route
    for collection, (key, sentence) in EMPTY.items()
    for route in _routes(collection, key, sentence)
]
