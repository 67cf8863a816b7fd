"""The image service as a target: an image of A's in every state, and what is around it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from services.image.store.tables import metadata
from tests.contract.image.rig import PROJECTS, V21, Rig, running_rig
from tests.integration.hostile.noting import Notes
from tests.integration.hostile.samples import Json
from tests.integration.hostile.target import Route, Target, routes_of

IMAGE = "/v2/images/{image_id}"
SPACE = "/v2/metadefs/namespaces"
OCTETS = "application/octet-stream"


def is_walked(path: str) -> bool:
    """Whether the path is the service's own."""
    return path.startswith(("/v2/", "/internal/"))


BODIES: dict[Route, list[Any]] = {
    Route("PATCH", IMAGE): [
        [{"op": "replace", "path": "/name", "value": "new"}],
        [{"op": "add", "path": "/tags", "value": ["a"]}, {"op": "remove", "path": "/mine"}],
        [{"op": "add", "path": "/min_disk", "value": 3}],
    ],
    Route("POST", IMAGE + "/members"): [{"member": "c" * 32}],
    Route("PUT", IMAGE + "/members/{member_id}"): [{"status": "accepted"}],
    Route("POST", "/v2/tasks"): [{"type": "import", "input": {"import_from": "http://x/"}}],
    Route("POST", SPACE + "/{namespace}/tags/{name}"): [],
    Route("PUT", IMAGE + "/tags/{tag}"): [],
    Route("POST", IMAGE + "/actions/deactivate"): [],
    Route("POST", IMAGE + "/actions/reactivate"): [],
    Route("PUT", IMAGE + "/file"): [],
    Route("PUT", IMAGE + "/stage"): [],
    Route("PUT", "/internal/v1/uploads/{image_id}"): [],
}


@asynccontextmanager
async def image_target(url: str, folder: Path, notes: Notes) -> AsyncIterator[Target]:
    """Run the image service."""
    async with running_rig(url, folder) as rig, aiohttp.ClientSession() as session:

        async def furnish(target: Target) -> None:
            await target.empty()
            await _furnish(rig, target)

        app = rig.app
        yield Target(
            name="image",
            family="glance",
            base=f"http://127.0.0.1:{rig.port}",
            session=session,
            engine=rig.parts.engine,
            metadata=metadata,
            routes=routes_of(app, is_walked),
            furnish=furnish,
            notes=notes,
            bodies=BODIES,
            content_types={"PATCH": V21, "/file": OCTETS, "/stage": OCTETS},
            owner="a",
            stranger="b",
            service="glance",
        )


async def _furnish(rig: Rig, target: Target) -> None:
    image = await rig.active(b"x" * 10, visibility="shared", mine="1", tags=["t"])
    made = await rig.ask("POST", f"{image['self']}/members", json={"member": "c" * 32})
    assert made.status_code == 200, made.text
    queued = await rig.create(visibility="private")
    other = await rig.create(visibility="private")
    await rig.ask("PUT", f"{other['self']}/stage", content=b"y", headers={"Content-Type": OCTETS})
    body = {"method": {"name": "glance-direct"}}
    assert (await rig.ask("POST", f"{other['self']}/import", json=body)).status_code == 202
    (task,) = (await rig.ask("GET", f"{other['self']}/tasks")).json()["tasks"]
    definition: Json = {
        "namespace": "hostile",
        "owner": PROJECTS["a"],
        "objects": [{"name": "o"}],
        "properties": {"o": {"title": "O", "type": "string"}},
        "tags": [{"name": "o"}],
        "resource_type_associations": [{"name": "o"}],
    }
    assert (await rig.ask("POST", SPACE, "admin", json=definition)).status_code == 201
    target.ids = {
        "image_id": image["id"],
        "import/image_id": queued["id"],
        "upload-tickets/image_id": queued["id"],
        "file/image_id": queued["id"],
        "stage/image_id": queued["id"],
        "member_id": "c" * 32,
        "tag": "t",
        "task_id": task["id"],
        "namespace": "hostile",
        "name": "o",
        "schemas/name": "image",
        "metadefs/name": "namespace",
    }
    target.private = {name for name in target.ids if name.endswith("image_id")}
    target.private |= {"task_id", "namespace"}
    target.names = {
        "id": "12345678-1234-1234-1234-123456789012",
        "disk_format": "raw",
        "method": {"name": "web-download", "uri": "http://example.org/"},
        "base_url": "http://example.org/",
    }
