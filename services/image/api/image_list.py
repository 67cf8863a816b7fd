"""Lists images."""

from typing import Final

import orjson
from aiohttp import web

from services.image.api.deps import DEPS
from services.image.api.paths import viewer_of
from services.image.api.queries import query_of
from services.image.store.listing import find_images
from shared.identity.caller import CALLER
from shared.web.answers import answer_bytes
from shared.web.paging import first_path, next_path


async def index(request: web.Request) -> web.Response:
    """``GET /v2/images``; the stored documents are joined as they are."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], "get_images")
    query = query_of(request)
    found = await find_images(deps.reads, query, viewer_of(request)) if query.limit else ()
    links = {"first": first_path(request), "schema": "/v2/schemas/images"}
    if found and len(found) == query.limit:
        links["next"] = next_path(request, orjson.loads(found[-1])["id"])
    listed, rest = b",".join(found), orjson.dumps(links)[1:]
    return answer_bytes(b"".join((b'{"images":[', listed, b"],", rest)))


ROUTES: Final = (web.get("/v2/images", index, allow_head=False),)
