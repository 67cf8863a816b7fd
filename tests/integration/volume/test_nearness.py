"""Volumes that have to be somewhere are where their project's servers are."""

from typing import Final
from uuid import uuid4

import pytest

from shared.contracts.base import Fact
from shared.contracts.resources import DELETED, UPDATED, ServerChanged
from tests.integration.volume.rig import OTHER, OWN, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLUSTERS: Final = ("athens", "berlin", "cairo")


def a_server(cluster: str | None, ident: str, *, project: str = OWN, version: int = 1) -> Fact:
    """Return what compute tells of a server; of one that is nowhere, that it is deleted."""
    return ServerChanged(
        verb=UPDATED if cluster else DELETED,
        id=ident,
        project_id=project,
        version=version,
        cluster=cluster,
        document={},
    )


async def zone_of_an_images(rig: Rig) -> str:
    """Have a volume of an image's; return where it is."""
    made = await rig.made(imageRef=rig.world.images.have()["id"])
    assert made["status"] == "available"
    return str(made["availability_zone"])


@pytest.mark.parametrize("cluster", CLUSTERS)
async def test_a_volume_with_content_is_where_a_server_is(rig: Rig, cluster: str) -> None:
    for name in CLUSTERS:
        await rig.know_cluster(name)
    usual = await zone_of_an_images(rig)
    elsewhere = next(name for name in CLUSTERS if name != cluster)
    await rig.hear(
        a_server(cluster, own := str(uuid4())),
        a_server(elsewhere, str(uuid4()), project=OTHER),
    )
    assert await zone_of_an_images(rig) == f"az-{cluster}"
    await rig.hear(a_server(None, own, version=2))
    assert await zone_of_an_images(rig) == usual


@pytest.mark.parametrize("cluster", CLUSTERS)
async def test_a_blank_volume_gets_its_snapshot_where_a_server_is(rig: Rig, cluster: str) -> None:
    for name in CLUSTERS:
        await rig.know_cluster(name)
    await rig.hear(a_server(cluster, str(uuid4())))
    made = await rig.made()
    assert (await rig.snapshot(made["id"]))["status"] == "available"
    assert (await rig.show(made["id"]))["availability_zone"] == f"az-{cluster}"
