"""What the middlewares know about one request, beside the request itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web


@dataclass(slots=True, kw_only=True)
class RequestContext:
    """Notes the middlewares of one request leave for each other; shared by its clones."""

    request_id: str
    global_request_id: str | None = None
    prepared: bool = False  # whether the answer's headers are out
    extra_headers: Mapping[str, str] | None = None  # of the microversion, on every answer
    vary: tuple[str, ...] = ()


CONTEXT = web.RequestKey("context", RequestContext)


def context_of(request: web.Request) -> RequestContext:
    """Return the request's context."""
    return request[CONTEXT]


def request_id_of(request: web.Request) -> str:
    """Return the id every answer to the request carries."""
    return request[CONTEXT].request_id
