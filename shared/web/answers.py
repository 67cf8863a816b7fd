"""Successful answers; refusals are raised."""

from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web


def answer(
    payload: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return the payload as JSON; ``orjson.Fragment`` inside it is sent as it stands."""
    return answer_bytes(orjson.dumps(payload), status=status, headers=headers)


def answer_bytes(
    body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return JSON that is already rendered: a stored document, or a joined list of them."""
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")


def answer_nothing(*, status: int = 204, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return an answer without a body: 202 to an action, 204 to a delete."""
    return web.Response(status=status, headers=headers)
