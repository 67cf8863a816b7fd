"""Changes to an image, as the two media types of Glance's PATCH write them.

They look like JSON Patch (RFC 6902) and are less: add, replace and remove, of whole members of
the image. Since 2.1 what is added may be there already; in 2.0 it must not. What a member means
is not known here; ``change`` gives the operations their effect.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from shared.errors import BadInput, NotAllowed

V20: Final = "application/openstack-images-v2.0-json-patch"
V21: Final = "application/openstack-images-v2.1-json-patch"
MEDIA_TYPES: Final = (V21, V20)

BAD_ESCAPE: Final = re.compile(r"~(?![01])")


class Op(StrEnum):
    """What an operation does to its member."""

    ADD = "add"
    REPLACE = "replace"
    REMOVE = "remove"


class PatchMalformed(BadInput):
    """The body is no list of operations."""

    code = "image.patch_malformed"


class LocationsHidden(NotAllowed):
    """Where the bytes are is nobody's business."""

    code = "image.locations_hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One operation on one member of the image."""

    op: Op
    name: str
    value: Any = None
    is_new: bool = False  # whether the member must not be there yet


def parse(body: Any, media_type: str) -> list[Change]:
    """Return the operations in a body.

    Raises:
        PatchMalformed: it is no list of operations of that media type.
        LocationsHidden: an operation is about locations.
    """
    if not isinstance(body, list):
        raise PatchMalformed("Request body must be a JSON array of operation objects.")
    read = _read_v21 if media_type == V21 else _read_v20
    return [read(each) for each in body]


def _read_v21(operation: Any) -> Change:
    raw = _object(operation)
    for key in ("op", "path"):
        if key not in raw:
            raise PatchMalformed(f"Unable to find '{key}' in JSON Schema change")
    return _change(raw["op"], raw["path"], raw)


def _read_v20(operation: Any) -> Change:
    raw = _object(operation)
    named = [op for op in Op if op in raw]
    if len(named) != 1:
        raise PatchMalformed(
            'Operation objects must contain exactly one member named "add", "remove", or "replace".'
        )
    return replace(_change(named[0], raw[named[0]], raw), is_new=named[0] is Op.ADD)


def _object(operation: Any) -> Mapping[str, Any]:
    if not isinstance(operation, dict):
        raise PatchMalformed("Operations must be JSON objects.")
    return operation


def _change(op: Any, path: Any, raw: Mapping[str, Any]) -> Change:
    if op not in list(Op):
        known = ", ".join(Op)
        raise PatchMalformed(
            f"Invalid operation: `{op}`. It must be one of the following: {known}."
        )
    name = _member(path)
    if op != Op.REMOVE and "value" not in raw:
        raise PatchMalformed(f'Operation "{op}" requires a member named "value".')
    return Change(op=Op(op), name=name, value=raw.get("value"))


def _member(path: Any) -> str:
    """Return the member of the image that a pointer of one step names."""
    if not isinstance(path, str) or not path.startswith("/"):
        raise PatchMalformed(f'Pointer `{path}` does not start with "/".')
    if "//" in path:
        raise PatchMalformed(f'Pointer `{path}` contains adjacent "/".')
    if len(path) > 1 and path.endswith("/"):
        raise PatchMalformed(f'Pointer `{path}` ends with "/".')
    if BAD_ESCAPE.search(path):
        raise PatchMalformed(
            f'Pointer `{path}` contains "~" not part of a recognized escape sequence.'
        )
    steps = [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]
    if steps[0] == "locations":
        raise LocationsHidden("It's not allowed to add locations if locations are invisible.")
    if len(steps) != 1 or not steps[0]:
        raise PatchMalformed(f"Invalid JSON pointer for this resource: '{path}'")
    return steps[0]
