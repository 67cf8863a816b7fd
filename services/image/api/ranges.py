"""Reads ``Range`` headers: one range of bytes, or none."""

import re
from typing import Final

from aiohttp import web

SHAPE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def check_range(request: web.Request, size: int) -> None:
    """Let the request ask for a part of so many bytes; what it gets is aiohttp's to say.

    Raises:
        aiohttp.web.HTTPRequestRangeNotSatisfiable: there are no such bytes.
    """
    asked = request.headers.get("Range")
    if asked is None:
        return
    shape = SHAPE.fullmatch(asked.strip()) if asked.isascii() else None
    if shape is None or not _is_there(shape[1], shape[2], size):
        raise web.HTTPRequestRangeNotSatisfiable(
            headers={"Content-Range": f"bytes */{size}"},
            text="Byte range passed in the 'Range' header did not match any available byte "
            "range in the image file.",
        )


def _is_there(first: str, last: str, size: int) -> bool:
    if not first:
        return bool(last) and int(last) > 0 and size > 0
    return int(first) < size and (not last or int(last) >= int(first))
