"""What tests of imports do: stage, ask, look, and run a website to import from."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from shared.web.serve import serving
from tests.contract.image.conftest import MakesRigs
from tests.contract.image.rig import Json, Rig

CONTENT = bytes(range(256)) * 40
BREAKS = "<br /><br />\n\n\n"
HOME = {"import_networks": ["127.0.0.0/8"]}


async def stage(rig: Rig, image_id: str, content: bytes = CONTENT) -> None:
    answer = await rig.ask(
        "PUT",
        f"/v2/images/{image_id}/stage",
        content=content,
        headers={"Content-Type": "application/octet-stream"},
    )
    assert (answer.status_code, answer.content) == (204, b"")


async def ask_import(rig: Rig, image_id: str, method: Any, user: str = "a", **more: Any) -> Any:
    body = {"method": method if isinstance(method, dict) else {"name": method}, **more}
    return await rig.ask("POST", f"/v2/images/{image_id}/import", user, json=body)


async def tasks(rig: Rig, image_id: str, user: str = "a") -> list[Json]:
    answer = await rig.ask("GET", f"/v2/images/{image_id}/tasks", user)
    assert answer.status_code == 200
    found: list[Json] = answer.json()["tasks"]
    return found


@asynccontextmanager
async def website(handler: Any) -> AsyncIterator[str]:
    """Serve something at every path; yields its address."""
    app = web.Application()
    app.router.add_route("GET", "/{path:.*}", handler)
    async with serving(app, "127.0.0.1", 0, shutdown_deadline=1) as port:
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def rig_and_website(
    rig_with: MakesRigs, handler: Any, **settings: Any
) -> AsyncIterator[tuple[Rig, str]]:
    async with website(handler) as base:
        port = int(base.rpartition(":")[2])
        given = {**HOME, "import_ports": [port, 80], **settings}
        async with rig_with(**given) as rig:
            yield rig, base


async def send_content(_request: web.Request) -> web.Response:
    return web.Response(body=CONTENT)
