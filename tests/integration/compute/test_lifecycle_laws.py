"""Sagas that change what a server is obey the laws: twice is once, and giving up leaves no trace.

They are run against the real database, with a gateway on paper whose jobs end at once; what they
submitted is applied to an instance on paper, which must then be what the server says.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from services.compute.effects.sagas import LIFECYCLE, SAGAS
from shared.testing.identity import DEMO_PROJECT
from tests.integration.compute.instance import PaperInstance, after
from tests.integration.compute.rig import IMAGE, Rig
from tests.integration.compute.test_saga_laws import cloud_of, failing_at, notes_of, patiently, run
from tests.integration.compute.world import a_cluster

IMAGE_OF = {"createImage": {"name": "snap"}}
LIVE = {"os-migrateLive": {"host": None, "block_migration": "auto"}}
REBUILD = {"rebuild": {"imageRef": IMAGE}}
# Where a failure leaves what cannot be as it was.
ONE_WAY = {"evacuation", "live migration"}  # what arrived stays where it is
FAILED = {
    "evacuation": "error", "rebuild": "error", "rebuild of a stopped one": "error",
    "rebuild of a volume": "error",
}  # fmt: skip
BIG = {"resize": {"flavorRef": "big"}}
Prepare = Callable[[Rig, str], Awaitable[Any]]


async def done(rig: Rig, ident: str, body: Any) -> None:
    """Have an action carried out."""
    answer = await rig.call("POST", f"/servers/{ident}/action", body, mv="2.96", who="admin")
    assert answer.status in {200, 202, 204}, answer.body
    await rig.run_sagas()
    await rig.end_jobs()


async def nothing(_rig: Rig, _ident: str) -> None:
    """Leave a server as it is."""


async def stopped(rig: Rig, ident: str) -> None:
    """Have a server stopped."""
    await done(rig, ident, {"os-stop": None})


async def resized(rig: Rig, ident: str) -> None:
    """Have a server resized."""
    await done(rig, ident, BIG)


async def shelved(rig: Rig, ident: str) -> None:
    """Have a server shelved."""
    await done(rig, ident, {"shelve": None})


async def rescued(rig: Rig, ident: str) -> None:
    """Have a server rescued."""
    await done(rig, ident, {"rescue": {}})


async def movable(rig: Rig, ident: str) -> None:
    """Have a server whose disks are on every node."""
    await rig.know_cluster(disk_template="sharedfile", version=2)


async def dead(rig: Rig, ident: str) -> None:
    """Have a server whose node is dead."""
    await movable(rig, ident)
    node, other = a_cluster().nodes
    gone = node.model_copy(update={"offline": True})
    await rig.know_cluster(disk_template="sharedfile", version=3, nodes=[gone, other])


OF_VOLUMES = {"image of volumes", "rebuild of a volume"}  # the root disk is a volume
# Saga -> how the server comes to where it begins, and what is asked.
CASES: dict[str, tuple[str, Prepare, Any]] = {
    "resize": ("compute.resize_server", nothing, BIG),
    "resize of a stopped one": ("compute.resize_server", stopped, BIG),
    "rebuild": ("compute.rebuild_server", nothing, REBUILD),
    "rebuild of a stopped one": ("compute.rebuild_server", stopped, REBUILD),
    "image": ("compute.create_image", nothing, IMAGE_OF),
    "image of a stopped one": ("compute.create_image", stopped, IMAGE_OF),
    "image of volumes": ("compute.image_of_volumes", nothing, IMAGE_OF),
    "rebuild of a volume": ("compute.rebuild_server", nothing, REBUILD),
    "shelve": ("compute.shelve_server", nothing, {"shelve": None}),
    "shelve of a stopped one": ("compute.shelve_server", stopped, {"shelve": None}),
    "unshelve": ("compute.unshelve_server", shelved, {"unshelve": None}),
    "rescue": ("compute.rescue_server", nothing, {"rescue": {}}),
    "rescue of a stopped one": ("compute.rescue_server", stopped, {"rescue": {}}),
    "unrescue": ("compute.unrescue_server", rescued, {"unrescue": None}),
    "migration": ("compute.migrate_server", movable, {"migrate": None}),
    "live migration": ("compute.live_migrate_server", movable, LIVE),
    "evacuation": ("compute.evacuate_server", dead, {"evacuate": {}}),
    "revert": ("compute.revert_resize", resized, {"revertResize": None}),
}


def test_all_of_them_are_held_to_the_laws() -> None:
    assert {saga for saga, _, _ in CASES.values()} == {saga.name for saga in LIFECYCLE}


@pytest_asyncio.fixture(loop_scope="module")
async def furnished(rig: Rig) -> Rig:
    """The compute service with a second flavor."""
    flavor = {"id": "big", "name": "big", "vcpus": 2, "ram": 4096, "disk": 40}
    assert (await rig.call("POST", "/flavors", {"flavor": flavor}, who="admin")).status == 200
    limits = {"quota_set": {"instances": -1, "cores": -1, "ram": -1}}
    answer = await rig.call("PUT", f"/os-quota-sets/{DEMO_PROJECT}", limits, who="admin")
    assert answer.status == 200
    return rig


def on_a_volume(rig: Rig) -> dict[str, Any]:
    """Return the fields of a server whose root disk is a volume."""
    volume = rig.world.volumes.own(bootable="true", size=20)
    device = {
        "source_type": "volume", "destination_type": "volume", "uuid": volume, "boot_index": 0,
    }  # fmt: skip
    return {"imageRef": "", "block_device_mapping_v2": [device]}


async def begun(rig: Rig, case: str) -> tuple[str, PaperInstance]:
    """Have a saga at its beginning; return its server, and the instance as it is then."""
    _, prepare, body = CASES[case]
    ident = await rig.active(**(on_a_volume(rig) if case in OF_VOLUMES else {}))
    await prepare(rig, ident)
    answer = await rig.call("POST", f"/servers/{ident}/action", body, mv="2.96", who="admin")
    assert answer.status in {200, 202}, answer.body
    return ident, after(rig, ident)


async def as_shown(rig: Rig, ident: str) -> tuple[Any, ...]:
    """Return what a server says it is."""
    shown = await rig.show(ident, who="admin")
    names = ("status", "flavor", "image", "OS-EXT-STS:task_state", "OS-EXT-STS:vm_state")
    return tuple(shown[name] for name in names)


@pytest.mark.parametrize("case", CASES)
async def test_running_each_step_twice_is_running_it_once(furnished: Rig, case: str) -> None:
    once, _ = await begun(furnished, case)
    saga = SAGAS[CASES[case][0]]
    gateway = furnished.world.gateway
    known = len(gateway.submissions)
    assert await run(furnished, saga, await notes_of(furnished))
    submitted = len(gateway.submissions) - known
    await furnished.sql("UPDATE sagas SET ended_at = now()")
    first = await as_shown(furnished, once)
    twice, _ = await begun(furnished, case)
    known = len(gateway.submissions)
    assert await run(furnished, saga, await notes_of(furnished), twice=True)
    assert len(gateway.submissions) - known == submitted
    assert await as_shown(furnished, twice) == first


@pytest.mark.parametrize("late", [False, True], ids=["before its work", "after its work"])
@pytest.mark.parametrize("case", CASES)
async def test_giving_up_anywhere_leaves_the_world_as_it_was(
    furnished: Rig, case: str, late: bool
) -> None:
    saga = SAGAS[CASES[case][0]]
    for position in range(len(saga.steps) - 1):
        ident, was = await begun(furnished, case)
        shown = await furnished.show(ident, who="admin")
        notes = await notes_of(furnished)
        assert not await run(furnished, failing_at(saga, position, furnished, after=late), notes)
        for step in reversed(saga.steps[: position + 1]):  # undoing twice is harmless
            await patiently(furnished, step.undo, notes)
        left = after(furnished, ident).as_left
        if case in ONE_WAY:
            left.node = was.node
        assert left == was.as_left
        assert furnished.world.volumes.snapshots == {}
        await saga.gave_up(cloud_of(furnished), notes | {"gave_up": "no"})
        await furnished.sql("UPDATE sagas SET ended_at = now()")
        now = await furnished.show(ident, who="admin")
        assert now["OS-EXT-STS:task_state"] is None
        assert now["OS-EXT-STS:vm_state"] == FAILED.get(case, shown["OS-EXT-STS:vm_state"])
        assert now["flavor"] == shown["flavor"]
