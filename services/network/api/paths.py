"""Reads ids out of URLs: a malformed one is simply not found, and headers that go with them."""

import re
from collections.abc import Callable
from typing import Final
from uuid import UUID

from aiohttp import web

IF_MATCH: Final = re.compile(r"revision_number=(\d{1,9})")


def uuid_in(text: str) -> UUID | None:
    """Return the UUID that the text is, or None."""
    try:
        return UUID(text) if len(text) in {32, 36} else None
    except ValueError:
        return None


def id_in(request: web.Request, missing: Callable[[object], Exception]) -> UUID:
    """Return the id in the URL.

    Args:
        request: whose route has ``{id}``.
        missing: makes the refusal for an id nobody has.

    Raises:
        NotFound: it is no id at all.
    """
    text = request.match_info["id"]
    found = uuid_in(text)
    if found is None:
        raise missing(text)
    return found


def revision_in(request: web.Request) -> int | None:
    """Return the revision the client insists on, if it does."""
    match = IF_MATCH.fullmatch(request.headers.get("If-Match", "").strip().strip('"'))
    return int(match[1]) if match else None
