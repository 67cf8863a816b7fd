"""noVNC's files: out of a folder or a zip, those of the page and no others."""

import zipfile
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from services.compute.api.proxy.app import Proxying, build_proxy
from shared.contracts.gateway import Console

FILES = {
    "vnc.html": b"<html>noVNC</html>",
    "vnc_lite.html": b"<html>noVNC lite</html>",
    "core/rfb.js": b"export default class RFB {}",
    "app/images/icon.svg": b"<svg/>",
    "utils/launch.sh": b"#!/bin/sh",
    "README.md": b"# noVNC",
}


async def nothing(_token: str) -> Console | None:
    return None


def app_with(place: Path | None) -> web.Application:
    return build_proxy(Proxying(redeem=nothing, novnc=place))


@pytest.fixture(params=["folder", "zip"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "zip":
        packed = tmp_path / "novnc.zip"
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content in FILES.items():
                archive.writestr(name, content)
        return packed
    for name, content in FILES.items():
        path = tmp_path / "novnc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "secret.html").write_text("secret")
    (tmp_path / "novnc" / "app" / "way-out.html").symlink_to(tmp_path / "secret.html")
    return tmp_path / "novnc"


async def test_the_page_and_what_it_is_made_of_are_shown(place: Path) -> None:
    async with TestClient(TestServer(app_with(place))) as client:
        answer = await client.get("/vnc_lite.html?path=%3Ftoken%3Dx")
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert await answer.read() == FILES["vnc_lite.html"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        script = await client.get("/core/rfb.js")
        assert (script.status, script.content_type) == (200, "text/javascript")
        assert (await client.get("/app/images/icon.svg")).content_type == "image/svg+xml"


async def test_nothing_else_is_shown(place: Path) -> None:
    names = ("README.md", "utils/launch.sh", "app", "app/", "core/none.js", "app/%00", "..",
             "app/way-out.html", "app/..%2f..%2fsecret.html", "%2e%2e/secret.html",
             "core/%2e%2e/README.md", "mandatory.json")  # fmt: skip
    async with TestClient(TestServer(app_with(place))) as client:
        found = {name: (await client.get(f"/{name}")).status for name in names}
        assert set(found.values()) == {404}, found


async def test_a_page_that_is_not_installed_says_so(tmp_path: Path) -> None:
    async with TestClient(TestServer(app_with(tmp_path))) as client:
        answer = await client.get("/vnc_lite.html")
        assert answer.status == 503
        assert "CYCLADES_COMPUTE_NOVNC" in await answer.text()
