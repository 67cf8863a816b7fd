"""Reads ids out of URLs; what is no id names nothing, so it is simply not found."""

from uuid import UUID

from aiohttp import web

from services.compute.store.servers import not_found


def uuid_of(text: str) -> UUID | None:
    """Return the UUID written in the text, with or without dashes; None if none is."""
    if len(text) not in {32, 36}:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None


def server_id_in(request: web.Request) -> UUID:
    """Return the server the URL is about.

    Raises:
        NotFound: it cannot be one.
    """
    text = request.match_info["server_id"]
    found = uuid_of(text)
    if found is None:
        raise not_found(text)
    return found
