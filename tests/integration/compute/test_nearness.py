"""Servers go where their project has volumes that no server has."""

from typing import Any, Final
from uuid import uuid4

import pytest

from shared.contracts.resources import DELETED, UPDATED, VolumeChanged
from shared.testing.identity import DEMO_PROJECT
from tests.integration.compute.rig import Rig, a_server

CLUSTERS: Final = ("athens", "berlin", "cairo")
MINE: Final = str(uuid4())


def a_volume(cluster: str | None, version: int, **changes: Any) -> VolumeChanged:
    """Return what the volume service tells of a volume of 1 GiB."""
    document = {"size": 1, "status": changes.pop("status", "available"), "attachments": []}
    given = {"verb": UPDATED, "id": MINE, "project_id": DEMO_PROJECT} | changes
    return VolumeChanged(version=version, cluster=cluster, document=document, **given)


async def place_of_a_server(rig: Rig) -> str:
    """Have a server and delete it; return where it was."""
    ident = await rig.active()
    (row,) = await rig.sql("SELECT cluster FROM servers WHERE deleted_at IS NULL")
    assert (await rig.call("DELETE", f"/servers/{ident}")).status == 204
    await rig.run_sagas()
    await rig.end_jobs()
    return str(row["cluster"])


@pytest.mark.parametrize("cluster", CLUSTERS)
async def test_a_server_goes_where_a_volume_waits_for_one(rig: Rig, cluster: str) -> None:
    for name in CLUSTERS:
        await rig.know_cluster(name)
    usual = await place_of_a_server(rig)
    elsewhere = next(name for name in CLUSTERS if name != cluster)
    await rig.hear(
        a_volume(cluster, 1), a_volume(elsewhere, 1, id=str(uuid4()), project_id="e" * 32)
    )
    assert await place_of_a_server(rig) == cluster
    for version, news in (
        (2, a_volume(cluster, 3, status="in-use")),
        (4, a_volume(None, 5)),
        (6, a_volume(cluster, 7, verb=DELETED)),
    ):
        await rig.hear(a_volume(cluster, version))
        assert await place_of_a_server(rig) == cluster
        await rig.hear(news)
        assert await place_of_a_server(rig) == usual


async def test_a_server_that_found_no_room_goes_to_a_volume_too(rig: Rig) -> None:
    await rig.know_cluster("athens", version=2, nodes=[])
    ident = (await rig.call("POST", "/servers", a_server())).body["server"]["id"]
    for name in ("berlin", "cairo", "delphi"):
        await rig.know_cluster(name)
    await rig.hear(a_volume("berlin", 1))
    await rig.run_sagas()
    await rig.end_jobs()
    (row,) = await rig.sql("SELECT cluster, vm_state FROM servers WHERE id = $1", ident)
    assert (row["cluster"], row["vm_state"]) == ("berlin", "active")
