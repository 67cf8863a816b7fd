"""The stored answer of a volume: rendered when it changes, joined when it is listed.

One shape is kept, of the highest microversion as the owner sees it. It is JSON but for two marks
where the address goes that the client reached us by (JSON text never contains them raw), and its
end, which is the name of the volume's type: renaming a type changes no volume.
"""

from typing import Any, Final

import orjson

from services.volume.domain.document import document, later
from services.volume.domain.volume import Volume

SHAPE: Final = 1  # grows when the stored answer changes; older ones are rendered again at start
SINCE: Final = 65  # the minor version since which volumes show what is stored
VERSIONED: Final = b"\x01"  # stands for http://host/v3 or http://host/v3/<project>
UNVERSIONED: Final = b"\x02"  # stands for http://host or http://host/<project>
BEGINNING: Final = b'{"id":"'  # of every stored answer
ID_LENGTH: Final = 36


def _href(base: bytes, path: str) -> orjson.Fragment:
    return orjson.Fragment(b'"' + base + orjson.dumps(path)[1:])


def rendered(volume: Volume) -> bytes:
    """Return the stored answer of a volume; the type's name and a brace belong behind it."""
    shown: dict[str, Any] = document(volume)
    del shown["volume_type"]
    shown |= {name: value for _since, name, value in later(volume)}
    path = f"/volumes/{volume.id}"
    shown["links"] = [
        {"rel": "self", "href": _href(VERSIONED, path)},
        {"rel": "bookmark", "href": _href(UNVERSIONED, path)},
    ]
    return orjson.dumps(shown)[:-1] + b',"volume_type":'


def filled_in(body: bytes, versioned: str, unversioned: str) -> bytes:
    """Return the JSON with our address in it.

    Args:
        body: stored answers, joined.
        versioned: address of the API's version, e.g. ``http://host/v3``.
        unversioned: address of the service, e.g. ``http://host``.
    """
    return body.replace(VERSIONED, versioned.encode()).replace(UNVERSIONED, unversioned.encode())


def id_of(view: bytes) -> str:
    """Return whose answer this is: each begins with its id."""
    return view[len(BEGINNING) : len(BEGINNING) + ID_LENGTH].decode()
