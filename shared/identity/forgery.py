"""Identity headers that only Keystone's middleware may set: from a client they are forged."""

import re
from functools import lru_cache
from typing import Final

from aiohttp import web
from multidict import CIMultiDict

FORGED: Final = re.compile(
    r"x-(?:user|project|domain|tenant|role|identity|is-admin-project|service-(?!token$)).*"
    r"|openstack-system-scope",
    re.IGNORECASE,
)


@lru_cache(maxsize=1024)  # clients send the same few headers all day
def is_forged(header: str) -> bool:
    """Whether a client has no business sending this header."""
    # An underscore reads as a dash in many a gateway: both spellings are the same lie.
    return FORGED.fullmatch(header.replace("_", "-")) is not None


def without_forged_headers(request: web.Request) -> web.Request:
    """Return the request without identity headers that came from the client."""
    if not any(map(is_forged, request.headers)):
        return request
    kept = CIMultiDict(
        (name, value) for name, value in request.headers.items() if not is_forged(name)
    )
    return request.clone(headers=kept)
