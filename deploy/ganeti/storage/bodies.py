"""Bodies of requests: what has to be in them, checked before anything is done."""

import re
from collections.abc import Callable
from typing import Any

from deploy.ganeti.os.cyclades.upload import Target, complaint
from deploy.ganeti.storage.contents import Source
from deploy.ganeti.storage.names import checked
from deploy.ganeti.storage.refusals import Unusable

LARGEST = 1 << 30  # MiB: a pebibyte
SHA512 = re.compile(r"[0-9a-f]{128}")
Body = dict[str, Any]
Check = Callable[[Any], bool]


def number(least: int, most: int) -> Check:
    """Whole numbers between the two."""
    return lambda value: type(value) is int and least <= value <= most


def one_of(*words: str) -> Check:
    """One of a few words."""
    return lambda value: isinstance(value, str) and value in words


def text(value: Any) -> bool:
    """A word of reasonable length."""
    return isinstance(value, str) and 0 < len(value) <= 255


def url(value: Any) -> bool:
    """An address to read from or write to."""
    return isinstance(value, str) and len(value) <= 8192 and complaint(value, "raw") is None


IMAGE: dict[str, Check] = {
    "url": url,
    "sha512": lambda value: isinstance(value, str) and bool(SHA512.fullmatch(value)),
    "size": number(1, LARGEST << 20),
    "format": one_of("raw", "qcow2"),
}
SOURCES: dict[str, dict[str, Check]] = {
    "nothing": {},
    "volume": {"id": text},
    "snapshot": {"id": text},
    "image": IMAGE,
}


def need(body: Body, fields: dict[str, Check], *, optional: tuple[str, ...] = ()) -> Body:
    """The body, when it has these fields and no others.

    Raises:
        Unusable: naming the field that is wrong, never its value.
    """
    for name in body:
        if name not in fields:
            raise Unusable(f"{name[:40]!r} is not expected.")
    for name, check in fields.items():
        if name in body and not check(body[name]):
            raise Unusable(f"{name} is not usable.")
        if name not in body and name not in optional:
            raise Unusable(f"{name} is missing.")
    return body


def source(value: Any) -> bool:
    """Where content comes from."""
    if not isinstance(value, dict) or value.get("kind") not in list(SOURCES):
        return False
    rest = {name: each for name, each in value.items() if name != "kind"}
    need(rest, SOURCES[value["kind"]])
    if "id" in rest:
        checked(rest["id"])
    return True


def volume(body: Body) -> tuple[int, Source]:
    """Size and source of a volume to have."""
    need(body, {"size": number(1, LARGEST), "source": source}, optional=("source",))
    return body["size"], body.get("source", {"kind": "nothing"})


def size(body: Body) -> int:
    """The size to grow to."""
    return int(need(body, {"size": number(1, LARGEST)})["size"])


def content(body: Body) -> tuple[str, Source]:
    """Attempt and source of what to fill a volume with."""
    need(body, {"attempt": text, "source": source})
    return body["attempt"], body["source"]


def snapshot(body: Body) -> str:
    """The volume to have a snapshot of."""
    return checked(need(body, {"volume": text})["volume"])


def upload(body: Body) -> tuple[str, str, Target]:
    """Kind and name of what to send, and where to."""
    fields = {
        "kind": one_of("volume", "snapshot"),
        "id": text,
        "url": url,
        "format": one_of("raw", "qcow2"),
    }
    need(body, fields, optional=("format",))
    target = Target(url=body["url"], format=body.get("format", "raw"))
    return body["kind"], checked(body["id"]), target
