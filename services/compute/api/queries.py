"""Reads queries and names in URLs; what nothing here can store or mean is refused."""

from typing import Final

from aiohttp import web

from shared.errors import BadInput
from shared.web.microversion import at_least

STRICT_SINCE: Final = 75  # from this minor microversion on, a query is as strict as a body
NOWHERE: Final = "\ufffd"  # in no name we keep


def check_query(request: web.Request, *known: str, strict_since: int = STRICT_SINCE) -> None:
    """Refuse what a query must not have.

    Args:
        request: whose query it is.
        known: every parameter that means something.
        strict_since: the minor microversion from which on unknown ones are refused.

    Raises:
        BadInput: a parameter is unknown, or a value has a NUL in it.
    """
    strict = at_least(request, 2, strict_since)
    for name, value in request.query.items():
        if strict and name not in known:
            raise BadInput(f"Additional properties are not allowed ('{name[:64]}' was unexpected)")
        if "\0" in value:
            raise BadInput(f"Invalid input for query parameters {name[:64]}.")


def name_in(request: web.Request, part: str) -> str:
    """Return a name out of the URL; one with a NUL in it becomes one that nothing has."""
    return request.match_info[part].replace("\0", NOWHERE)


def whole_number(request: web.Request, name: str) -> int | None:
    """Return a number of the query; None when it is not there.

    Raises:
        BadInput: it is no number.
    """
    text = request.query.get(name)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError as wrong:
        raise BadInput(f"Invalid {name} filter [{text[:64]}]") from wrong
