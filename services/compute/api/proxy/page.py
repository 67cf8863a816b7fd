"""The files of noVNC, from its published package: a folder, or a zip that is read in place."""

import mimetypes
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from aiohttp import web

SHOWN: Final = ("app/", "core/", "vendor/")  # and what lies beside them, if it is one of these
TOP: Final = frozenset(
    {"vnc.html", "vnc_lite.html", "defaults.json", "mandatory.json", "package.json"}
)
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the page's own address has a token in it
    "Cache-Control": "no-cache",
}
TYPES: Final = {".js": "text/javascript", ".json": "application/json", ".html": "text/html"}
MISSING: Final = (
    "<!DOCTYPE html><html><head><title>noVNC is missing</title></head><body>"
    "<p>noVNC is not installed here. Its administrator names its files by the setting "
    "CYCLADES_COMPUTE_NOVNC.</p></body></html>"
)
Files = Callable[[str], bytes | None]


def installed() -> Path | None:
    """Return the files that the package ``novnc`` brought, without running any of it."""
    spec = find_spec("novnc")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        packed = Path(folder) / "resources" / "novnc_server.zip"
        if packed.is_file():
            return packed
    return None


def files_of(place: Path | None) -> Files:
    """Return what gives the content of a file of noVNC, or None for any other.

    Args:
        place: a folder or a zip; None: the installed package's, if there is one.
    """
    found = place or installed()
    if found is None:
        return lambda _name: None
    if found.is_dir():
        return _in_folder(found.resolve())
    return _in_zip(found)


def _is_shown(name: str) -> bool:
    return name in TOP or name.startswith(SHOWN)


def _in_folder(folder: Path) -> Files:
    def content(name: str) -> bytes | None:
        path = (folder / name).resolve()
        inside = path.is_relative_to(folder) and path.is_file()
        return path.read_bytes() if inside and _is_shown(name) else None

    return content


def _in_zip(packed: Path) -> Files:
    with zipfile.ZipFile(packed) as archive:
        kept = {
            each.filename: archive.read(each)
            for each in archive.infolist()
            if not each.is_dir() and _is_shown(each.filename)
        }
    return kept.get


def page(content: Files) -> Callable[[web.Request], web.Response]:
    """Return what answers with a file of noVNC."""

    def show(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        body = None if "\0" in name else content(name)
        if body is None and name.endswith(".html") and name in TOP and content("vnc.html") is None:
            return web.Response(status=503, text=MISSING, content_type="text/html")
        if body is None:
            raise web.HTTPNotFound(text="There is no such file.")
        kind = TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
        return web.Response(
            body=body, content_type=kind or "application/octet-stream", headers=HEADERS
        )

    return show
