"""The stored answers of a server: rendered when it changes, joined when it is listed.

Two shapes are kept, of the least and of the highest microversion, each in a part for everybody
and a part for administrators. They are JSON but for two marks where the address goes that the
client reached us by; JSON text never contains them raw, so replacing them is safe.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from services.compute.domain.server import Server

VERSIONED: Final = b"\x01"  # stands for http://host/v2.1 or http://host/v2.1/<project>
UNVERSIONED: Final = b"\x02"  # stands for http://host or http://host/<project>
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


def filled_in(body: bytes, versioned: str, unversioned: str) -> bytes:
    """Return the JSON with our address in it.

    Args:
        body: stored answers, joined.
        versioned: address of the API's version, e.g. ``http://host/v2.1``.
        unversioned: address of the service, e.g. ``http://host``.
    """
    return body.replace(VERSIONED, versioned.encode()).replace(UNVERSIONED, unversioned.encode())


def extended(view: bytes, more: bytes) -> bytes:
    """Return a JSON object with more members; they come with a leading comma."""
    return view[:-1] + more + b"}" if more else view


def id_of(view: bytes) -> str:
    """Return whose answer this is: each begins with its id."""
    return view[len(BEGINNING) : len(BEGINNING) + ID_LENGTH].decode()
