"""Every saga obeys these laws. Add one to BEGINNINGS and it is held to them.

They are run against the real database and a real storage agent, with a gateway on paper whose
jobs end at once.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest

from services.volume.effects.sagas import SAGAS
from shared.saga.definition import GiveUp, Notes, Saga, Wait
from tests.integration.volume.rig import Rig
from tests.integration.volume.test_native import used_once

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def fill(rig: Rig) -> None:
    """Make a volume from an image."""
    await rig.make(imageRef=rig.world.images.have(b"content")["id"])


async def build(rig: Rig) -> None:
    """Make a native volume from an image."""
    await rig.make(volume_type="native", imageRef=rig.world.images.have(b"content")["id"])


async def extend(rig: Rig) -> None:
    """Grow a volume by a holder."""
    made = await used_once(rig)
    await rig.act(made["id"], "os-extend", {"new_size": 2})


async def delete(rig: Rig) -> None:
    """Delete a volume by a holder."""
    made = await used_once(rig)
    await rig.call("DELETE", f"/volumes/{made['id']}")


async def take_snapshot(rig: Rig) -> None:
    """Take a snapshot of a blank volume."""
    made = await rig.made()
    await rig.call("POST", "/snapshots", {"snapshot": {"volume_id": made["id"]}})


async def drop_snapshot(rig: Rig) -> None:
    """Drop a snapshot."""
    taken = await rig.snapshot((await rig.made())["id"])
    await rig.call("DELETE", f"/snapshots/{taken['id']}")


async def rewrite(rig: Rig) -> None:
    """Write an image over a volume."""
    made, image = await rig.made(), rig.world.images.have(b"new")
    await rig.act(made["id"], "os-reimage", {"image_id": image["id"]}, at="3.68")


async def upload(rig: Rig) -> None:
    """Make an image of a volume."""
    made = await rig.made(imageRef=rig.world.images.have(b"content")["id"])
    await rig.act(made["id"], "os-volume_upload_image", {"image_name": "copy"})


# Saga -> what begins one, and the status of the volume or snapshot once it is taken back.
BEGINNINGS: Mapping[str, tuple[Callable[[Rig], Awaitable[None]], str]] = {
    "volume.fill": (fill, "error"),
    "volume.build": (build, "error"),
    "volume.extend": (extend, "error_extending"),
    "volume.delete": (delete, "error_deleting"),
    "volume.create_snapshot": (take_snapshot, "error"),
    "volume.delete_snapshot": (drop_snapshot, "error_deleting"),
    "volume.rewrite": (rewrite, "error"),
    "volume.upload": (upload, "available"),
}
# Steps after which there is no way back: what they did is what was asked for.
NO_RETURN = {
    "volume.extend": {"grow"},
    "volume.delete": {"remove", "remove_job", "drop"},
    "volume.delete_snapshot": {"remove"},
    "volume.rewrite": {"write"},
    "volume.build": {"let_go"},
}
POSITIONS = [
    (name, position)
    for name, saga in SAGAS.items()
    for position, step in enumerate(saga.steps[:-1])
    if step.name not in NO_RETURN.get(name, set())
]


async def test_all_sagas_are_held_to_the_laws() -> None:
    assert set(SAGAS) == set(BEGINNINGS)


async def begin(rig: Rig, name: str) -> Notes:
    """Have the saga begun, by its users; return what its runner hands to its first step."""
    await rig.know_cluster()
    await BEGINNINGS[name][0](rig)
    (row,) = await rig.sql("SELECT * FROM sagas WHERE ended_at IS NULL")
    assert row["name"] == name
    return {
        **orjson.loads(row["notes"]),
        "saga_id": str(row["id"]),
        "subject": str(row["subject"]),
        "request_id": row["request_id"],
    }


def cloud_of(rig: Rig) -> Any:
    """Return the world the service's own runner works on."""
    assert rig.service.runner is not None
    return rig.service.runner._world


async def patiently(rig: Rig, do: Callable[[Any, Notes], Any], notes: Notes) -> Any:
    """Run a step, or undo it; while it waits, let Ganeti's jobs end and agents work."""
    world = cloud_of(rig)
    for _patience in range(100):
        try:
            return await do(world, dict(notes))
        except Wait:
            await rig.end_jobs()
    raise AssertionError("the step waits for ever")


async def run(rig: Rig, saga: Saga[Any], notes: Notes, *, twice: bool = False) -> bool:
    """Run a saga to its end; True when it completed, False when it was taken back."""
    for position, step in enumerate(saga.steps):
        try:
            learned = await patiently(rig, step.do, notes)
            if twice:
                again = await patiently(rig, step.do, notes)
                assert public(again) == public(learned), f"{step.name} changed its mind"
            notes |= learned
        except GiveUp:
            for done in reversed(saga.steps[: position + 1]):
                await patiently(rig, done.undo, notes)
            return False
    return True


def public(notes: Notes) -> Notes:
    """Return notes that can be compared: what is sealed differs, and time goes on."""
    return {name: value for name, value in notes.items() if name not in {"ticket", "until"}}


def failing_at(saga: Saga[Any], position: int, rig: Rig, *, after: bool) -> Saga[Any]:
    """Return the saga whose step gives up, before or after doing its work."""
    steps = list(saga.steps)
    real = steps[position]

    async def do(_world: Any, notes: Notes) -> Notes:
        if after:
            await patiently(rig, real.do, notes)
        raise GiveUp(real.name)

    steps[position] = replace(real, do=do)
    return replace(saga, steps=steps)


async def world_of(rig: Rig) -> Any:
    """Return what there is outside our database, but for the storage of blank volumes."""
    gateway, agent = rig.world.gateway, rig.world.agent()
    filled = await rig.sql("SELECT id FROM volumes WHERE has_content AND driver = 'ext'")
    kept = {str(row["id"]) for row in filled}
    instances = {name: sorted(disks) for name, disks in gateway.instances.items()}
    return (agent.volumes() - kept, agent.snapshots(), instances, gateway.detached)


async def status(rig: Rig, notes: Notes) -> str:
    """Return the status of what the saga works on."""
    (row,) = await rig.sql(
        "SELECT status FROM volumes WHERE id = $1::text::uuid UNION ALL "
        "SELECT status FROM snapshots WHERE id = $1::text::uuid",
        notes["subject"],
    )
    shown: str = row["status"]
    return shown


@pytest.mark.parametrize("name", SAGAS)
async def test_each_step_may_be_run_twice(rig: Rig, name: str) -> None:
    notes = await begin(rig, name)
    assert await run(rig, SAGAS[name], notes, twice=True)
    creates = rig.world.gateway.operations("instance.create")
    assert len(creates) == (1 if name in {"volume.build", "volume.extend", "volume.delete"} else 0)
    assert set(rig.world.gateway.instances) <= {
        each for each in rig.world.gateway.instances if "vol-" not in each
    }
    assert await status(rig, notes) in {"available", "deleted"}
    assert (await rig.get("/messages"))["messages"] == []


@pytest.mark.parametrize("after", [False, True], ids=["before its work", "after its work"])
@pytest.mark.parametrize(("name", "position"), POSITIONS)
async def test_giving_up_anywhere_leaves_the_world_as_it_was(
    rig: Rig, name: str, position: int, after: bool
) -> None:
    notes = await begin(rig, name)
    before = await world_of(rig)
    saga = SAGAS[name]
    assert not await run(rig, failing_at(saga, position, rig, after=after), notes)
    assert await world_of(rig) == before
    await saga.gave_up(cloud_of(rig), notes | {"gave_up": "no"})
    assert await status(rig, notes) == BEGINNINGS[name][1]
    (message,) = (await rig.get("/messages"))["messages"]
    assert message["user_message"].endswith(": no")


@pytest.mark.parametrize("name", SAGAS)
async def test_undoing_twice_is_harmless(rig: Rig, name: str) -> None:
    notes = await begin(rig, name)
    before = await world_of(rig)
    saga = SAGAS[name]
    final = NO_RETURN.get(name, set())
    position = min(
        len(saga.steps) - 1, *(i for i, step in enumerate(saga.steps) if step.name in final), 99
    )
    await run(rig, failing_at(saga, position, rig, after=False), notes)
    for step in reversed(saga.steps[:position]):
        await patiently(rig, step.undo, notes)
    assert await world_of(rig) == before
