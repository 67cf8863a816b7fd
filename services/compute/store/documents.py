"""The stored answers of a server: rendered when it changes, joined when it is listed.

Two shapes are kept, of the least and of the highest microversion, each in a part for everybody
and a part for administrators. They are JSON but for a mark where the address goes that the
client reached us by; JSON text never contains it raw, so replacing it is safe.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from services.compute.domain.server import Server

ADDRESS: Final = b"\x03"  # stands for http://host, or http://host/<project>
VERSION: Final = "/v2.1"
VERSIONED: Final = ADDRESS + VERSION.encode()  # http://host/v2.1, or http://host/v2.1/<project>
# What stood for the two before, in answers that were stored then.
OLD_VERSIONED: Final = b"\x01"
OLD_ADDRESS: Final = b"\x02"
BEGINNING: Final = b'{"id":"'  # of every stored answer
ID_LENGTH: Final = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """A server as it is shown, and as the rest of the cloud is told."""

    view_min: bytes
    view_max: bytes
    admin_min: bytes  # members to add for administrators, with a leading comma
    admin_max: bytes
    event: dict[str, Any]


Renderer = Callable[[Server], Documents]


def filled_in(body: bytes, base: str, project: str = "") -> bytes:
    """Return the JSON with our address in it; pages are megabytes, so mostly in one pass.

    Args:
        body: stored answers, joined.
        base: address of the service, e.g. ``http://host``.
        project: what the client put behind the version, e.g. ``/<id>``.
    """
    address, versioned = f"{base}{project}".encode(), f"{base}{VERSION}{project}".encode()
    if project:
        body = body.replace(VERSIONED, versioned)
    body = body.replace(ADDRESS, address)
    if OLD_ADDRESS in body:  # the other is never without it
        body = body.replace(OLD_VERSIONED, versioned).replace(OLD_ADDRESS, address)
    return body


def extended(view: bytes, more: bytes) -> bytes:
    """Return a JSON object with more members; they come with a leading comma."""
    return view[:-1] + more + b"}" if more else view


def id_of(view: bytes) -> str:
    """Return whose answer this is: each begins with its id."""
    return view[len(BEGINNING) : len(BEGINNING) + ID_LENGTH].decode()
