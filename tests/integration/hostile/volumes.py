"""The volume service as a target: one of each thing of A's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp

from services.volume.api import groups, snapshots, volume_actions
from services.volume.api.not_here import EMPTY, REFUSED
from services.volume.store.tables import metadata
from tests.integration.hostile.noting import Notes
from tests.integration.hostile.samples import Json
from tests.integration.hostile.target import Route, Target, routes_of
from tests.integration.volume.rig import OWN, Rig, running_rig


def is_walked(path: str) -> bool:
    """Whether the path is the service's own, said once."""
    return path.startswith(("/v3/", "/internal/")) and "{project_id" not in path


def bodies() -> dict[Route, list[Any]]:
    """Return bodies of routes that no model reads alone."""
    absent: dict[Route, list[Any]] = {
        Route(method, f"/v3/{name}{rest}"): []
        for name in EMPTY
        for method, rest in (("POST", ""), ("PUT", "/{id}"), ("POST", "/{id}/action"))
    }
    volume, snapshot = "/v3/volumes/{volume_id}/action", "/v3/snapshots/{snapshot_id}/action"
    access: list[Any] = [{"addProjectAccess": {}}, {"removeProjectAccess": {}}]
    transfers = ("/v3/volume-transfers", "/v3/os-volume-transfer")
    accepts = {
        Route("POST", f"{each}/{{transfer_id}}/accept"): [{"accept": {"auth_key": "x"}}]
        for each in transfers
    }
    return {
        **absent,
        **{Route(method, f"/v3{path}"): [] for method, path in REFUSED if method == "POST"},
        Route("POST", "/v3/backups/{id}/restore"): [],
        Route("POST", "/v3/types/{type_id}/encryption"): [],
        **accepts,
        Route("POST", "/v3/workers/cleanup"): [],
        Route("POST", volume): [{name: {}} for name in volume_actions.ACTIONS],
        Route("POST", snapshot): [{name: {}} for name in snapshots.ACTIONS],
        Route("POST", "/v3/types/{type_id}/action"): access,
        Route("POST", "/v3/attachments/{attachment_id}/action"): [{"os-complete": {}}],
        Route("POST", "/v3/groups/{group_id}/action"): [{name: {}} for name in groups.ACTIONS],
        Route("POST", "/v3/group_snapshots/{group_snapshot_id}/action"): [{"reset_status": {}}],
    }


@asynccontextmanager
async def volume_target(url: str, folder: Path, notes: Notes) -> AsyncIterator[Target]:
    """Run the volume service."""
    async with running_rig(url, folder) as rig, aiohttp.ClientSession() as session:

        async def furnish(target: Target) -> None:
            await rig.forget()
            await _furnish(rig, target)

        yield Target(
            name="volume",
            family="cinder",
            base=f"http://127.0.0.1:{rig.http.port}",
            session=session,
            engine=rig.service.parts.engine,
            metadata=metadata,
            routes=routes_of(rig.service.app, is_walked),
            furnish=furnish,
            notes=notes,
            bodies=bodies(),
            headers={"OpenStack-API-Version": "volume 3.70"},
            service="nova",
        )


async def _make(rig: Rig, path: str, body: Json, who: str = "demo") -> Json:
    answer = await rig.call("POST", path, body, who=who, at="3.70")
    assert answer.status < 300, answer.raw
    return dict(next(iter(answer.body.values())))


async def _furnish(rig: Rig, target: Target) -> None:
    await rig.know_cluster()
    volume, given, used = [
        await rig.make(name=name, metadata={"k": "v"}) for name in ("free", "given", "used")
    ]
    await rig.settle()
    snapshot = await rig.snapshot(used["id"], metadata={"k": "v"})
    transfer = await _make(rig, "/volume-transfers", {"transfer": {"volume_id": given["id"]}})
    server = str(UUID(int=77))
    wanted = {"volume_uuid": used["id"], "instance_uuid": server}
    attachment = await _make(rig, "/attachments", {"attachment": wanted}, "nova")
    qos = await _make(rig, "/qos-specs", {"qos_specs": {"name": "q", "k": "v"}}, "admin")
    kind = await rig.make_type("hostile", extra_specs={"k": "v"})
    specs = {"group_type": {"name": "set", "group_specs": {"k": "v"}}}
    group_type = await _make(rig, "/group_types", specs, "admin")
    wish = {"group_type": group_type["id"], "volume_types": ["standard"], "name": "set"}
    group = await _make(rig, "/groups", {"group": wish})
    await rig.make(volume_type="standard", group_id=group["id"])
    whole = await _make(rig, "/group_snapshots", {"group_snapshot": {"group_id": group["id"]}})
    await rig.settle()
    target.ids = {
        "group_id": group["id"],
        "group_snapshot_id": whole["id"],
        "group_type_id": group_type["id"],
        "volume_id": volume["id"],
        "snapshot_id": snapshot["id"],
        "transfer_id": transfer["id"],
        "accept/transfer_id": transfer["id"],  # whoever has the key may know of it
        "attachment_id": attachment["id"],
        "message_id": str(UUID(int=78)),
        "type_id": kind["id"],
        "qos_id": qos["id"],
        "project": OWN,
        "key": "k",
        "name": "default",
        "alias": "os-quota-sets",
        "host": "athens",
        "action": "disable",
        "id": str(UUID(int=79)),
    }
    target.private = {
        "volume_id", "snapshot_id", "transfer_id", "attachment_id", "group_id",
        "group_snapshot_id",
    }  # fmt: skip
    target.names = {
        "size": 1,
        "volume_id": volume["id"],
        "snapshot_id": snapshot["id"],
        "volume_uuid": volume["id"],
        "group_id": group["id"],
        "group_type": group_type["id"],
        "volume_types": ["standard"],
        "source_group_id": group["id"],
        "instance_uuid": server,
        "name": "sample",
        "new_size": 5,
        "project": "c" * 32,
        "metadata": {"k": "w"},
        "status": "available",
    }
