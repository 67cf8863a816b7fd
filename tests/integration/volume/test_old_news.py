"""News and writers that come too late change nothing."""

import asyncio
from collections import Counter
from dataclasses import replace
from uuid import UUID

import pytest

from shared.contracts.gateway import ClusterChanged
from shared.contracts.resources import DELETED, UPDATED, ImageChanged
from shared.errors import StaleWrite
from tests.integration.volume.rig import OWN, Rig
from tests.integration.volume.world import a_cluster

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMAGE = "5f1d6e5e-0000-4000-8000-00000000a001"


def news(version: int, verb: str = UPDATED) -> ImageChanged:
    """Return news of an image."""
    document = {"name": f"v{version}"}
    return ImageChanged(verb=verb, id=IMAGE, project_id=OWN, version=version, document=document)


async def known(rig: Rig) -> tuple[bool, str]:
    """Return whether the image is gone, and its name."""
    async with rig.transaction() as stores:
        found = await stores.projections.resource("image.image", IMAGE)
    assert found is not None
    return found[0], found[1]["name"]


@pytest.mark.parametrize("batches", [[(3, 2)], [(3,), (2,)], [(2,), (3,), (1,)]])
async def test_older_news_of_an_image_changes_nothing(
    rig: Rig, batches: list[tuple[int, ...]]
) -> None:
    for batch in batches:
        await rig.hear(*(news(each, DELETED if each == 3 else UPDATED) for each in batch))
    assert await known(rig) == (True, "v3")


async def test_older_news_of_a_cluster_changes_nothing(rig: Rig) -> None:
    for version, zone in ((2, "now"), (1, "before")):
        cluster = a_cluster("athens", version=version, availability_zone=zone)
        await rig.hear(ClusterChanged(cluster=cluster))
    async with rig.transaction() as stores:
        (seen,) = await stores.projections.clusters()
    assert seen.availability_zone == "now"


async def test_changes_of_a_snapshot_at_once_all_happen(rig: Rig) -> None:
    await rig.know_cluster()
    path = f"/snapshots/{(await rig.snapshot((await rig.made())['id']))['id']}/metadata"
    calls = [rig.call("POST", path, {"metadata": {f"k{n}": "v"}}) for n in range(8)]
    answers = Counter(answer.status for answer in await asyncio.gather(*calls))
    assert answers == {200: 8}
    assert len((await rig.get(path))["metadata"]) == 8


async def test_a_writer_of_an_older_snapshot_is_refused(rig: Rig) -> None:
    await rig.know_cluster()
    made = UUID((await rig.snapshot((await rig.made())["id"]))["id"])
    async with rig.transaction() as stores:
        old = await stores.snapshots.get(made, OWN)
        await stores.snapshots.save(replace(old, name="first"))
        with pytest.raises(StaleWrite):
            await stores.snapshots.save(replace(old, name="second"))
