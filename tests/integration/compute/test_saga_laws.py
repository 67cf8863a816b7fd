"""Every saga obeys these laws. Add one to SAGAS and it is held to them.

They are run against the real database, with neighbours on paper whose jobs end at once.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from services.compute.effects.sagas import DEVICES, LIFECYCLE, SAGAS
from shared.contracts.ganeti import JobStatus
from shared.ids import new_uuid
from shared.saga.definition import GiveUp, Notes, Rewind, Saga, Wait
from tests.integration.compute.rig import Rig

CREATE = SAGAS["compute.create_server"]
CREATE_POSITIONS = range(len(CREATE.steps))
REMOVE = SAGAS["compute.remove_instance"]
MEND = SAGAS["compute.mend_instance"]
SEALED = {"ticket", "seed", "seed_url"}
ACTIONS: dict[str, dict[str, Any] | None] = {
    "compute.start_server": {"os-start": None},
    "compute.stop_server": {"os-stop": None},
    "compute.reboot_server": {"reboot": {"type": "HARD"}},
    "compute.delete_server": None,
}


def test_all_sagas_are_held_to_the_laws() -> None:
    elsewhere = {saga.name for saga in (*DEVICES, *LIFECYCLE)}  # in tests of their own
    assert set(SAGAS) == {CREATE.name, REMOVE.name, MEND.name, *ACTIONS, *elsewhere}


async def notes_of(rig: Rig) -> Notes:
    """Return the notes the live saga starts from, as its runner would hand them over."""
    (row,) = await rig.sql("SELECT * FROM sagas WHERE ended_at IS NULL")
    return {
        **orjson.loads(row["notes"]),
        "saga_id": str(row["id"]),
        "subject": str(row["subject"]),
        "request_id": row["request_id"],
    }


async def patiently(rig: Rig, do: Callable[[Any, Notes], Any], notes: Notes) -> Any:
    """Run a step, or undo it; while it waits, let Ganeti's jobs end."""
    for _patience in range(10):
        try:
            return await do(cloud_of(rig), dict(notes))
        except Wait:
            for cluster, job in rig.world.gateway.jobs.values():
                await rig.hear_job(job, JobStatus.SUCCESS, cluster=cluster)
    raise AssertionError("the step waits for ever")


async def run(rig: Rig, saga: Saga[Any], notes: Notes, *, twice: bool = False) -> bool:
    """Run a saga to its end; True when it completed, False when it was taken back."""
    for position, step in enumerate(saga.steps):
        try:
            learned = await patiently(rig, step.do, notes)
            if twice:
                again = await patiently(rig, step.do, notes)
                assert _public(again) == _public(learned), f"{step.name} changed its mind"
            notes |= learned
        except GiveUp:
            for done in reversed(saga.steps[: position + 1]):
                await patiently(rig, done.undo, notes)
            return False
        except Rewind as back:
            raise AssertionError(f"{step.name} went back to {back.step}") from back
    return True


def _public(notes: Notes) -> Notes:
    """Return notes that can be compared: what is sealed differs every time it is sealed."""
    return {name: value for name, value in notes.items() if name not in SEALED}


def cloud_of(rig: Rig) -> Any:
    """Return the world the service's own runner works on."""
    assert rig.service.runner is not None
    return rig.service.runner._world


def instances_of(rig: Rig) -> set[str]:
    """Return the instances that the submissions leave behind."""
    found: set[str] = set()
    for operation in rig.world.gateway.operations():
        if operation["operation"] == "instance.create":
            found.add(operation["instance"])
        if operation["operation"] == "instance.delete":
            found.discard(operation["instance"])
    return found


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


async def test_making_a_server_twice_makes_one(rig: Rig) -> None:
    ident = await rig.create()
    assert await run(rig, CREATE, await notes_of(rig), twice=True)
    assert len(rig.world.network.ports) == 1
    assert len(rig.world.gateway.submissions) == 1
    assert await rig.state(ident) == ("ACTIVE", None)


@pytest.mark.parametrize("after", [False, True], ids=["before its work", "after its work"])
@pytest.mark.parametrize("position", CREATE_POSITIONS[:-1])
async def test_giving_up_anywhere_leaves_the_world_as_it_was(
    rig: Rig, position: int, after: bool
) -> None:
    ident = await rig.create()
    notes = await notes_of(rig)
    assert not await run(rig, failing_at(CREATE, position, rig, after=after), notes)
    assert rig.world.network.ports == {}
    assert instances_of(rig) == set()
    await CREATE.gave_up(cloud_of(rig), notes | {"gave_up": "no"})
    shown = await rig.show(ident)
    assert (shown["status"], shown["fault"]["message"]) == ("ERROR", "no")
    (row,) = await rig.sql("SELECT cluster, nics::text FROM servers")
    assert (row["cluster"], row["nics"]) == (None, "[]")


async def test_undoing_twice_is_harmless(rig: Rig) -> None:
    await rig.create()
    notes = await notes_of(rig)
    failing = failing_at(CREATE, len(CREATE.steps) - 1, rig, after=False)
    await run(rig, failing, notes)
    for step in reversed(CREATE.steps):
        await patiently(rig, step.undo, notes)
    assert rig.world.network.ports == {}
    assert instances_of(rig) == set()


@pytest.mark.parametrize("name", ACTIONS)
async def test_every_other_saga_may_run_each_step_twice(rig: Rig, name: str) -> None:
    ident = await rig.active()
    if name == "compute.start_server":
        await rig.observe(ident, "ADMIN_down", job_id=500)
    before = len(rig.world.gateway.submissions)
    body = ACTIONS[name]
    if body is None:
        await rig.call("DELETE", f"/servers/{ident}")
    else:
        assert (await rig.act(ident, **body)).status == 202
    assert await run(rig, SAGAS[name], await notes_of(rig), twice=True)
    assert len(rig.world.gateway.submissions) == before + 1
    assert [row["action"] for row in await rig.sql("SELECT action FROM servers")] == [None]


@pytest.mark.parametrize("position", CREATE_POSITIONS)
async def test_a_runner_that_dies_in_any_step_is_followed_by_another(
    rig: Rig, position: int
) -> None:
    """The step's work is done, what it led to was never written: the next runner repeats it."""
    ident = await rig.create()
    notes = await notes_of(rig)
    for step in CREATE.steps[:position]:
        notes |= await patiently(rig, step.do, notes)
    last = CREATE.steps[position]
    await patiently(rig, last.do, notes)
    await rig.sql(
        "UPDATE sagas SET position = $1, notes = $2::jsonb WHERE ended_at IS NULL",
        position,
        orjson.dumps(
            {k: v for k, v in notes.items() if k not in {"saga_id", "subject", "request_id"}}
        ).decode(),
    )
    await rig.run_sagas()
    await rig.end_jobs()
    assert await rig.state(ident) == ("ACTIVE", None)
    assert len(rig.world.network.ports) == 1
    assert len(rig.world.gateway.submissions) == 1


async def test_removing_an_instance_twice_removes_it_once(rig: Rig) -> None:
    ident = await rig.active()
    notes = {
        "cluster": "athens",
        "instance": f"cyc-{ident}",
        "saga_id": ident,
        "subject": ident,
        "request_id": None,
    }
    before = len(rig.world.gateway.submissions)
    assert await run(rig, REMOVE, notes, twice=True)
    assert len(rig.world.gateway.submissions) == before + 1
    assert instances_of(rig) == set()


async def test_mending_an_instance_twice_is_mending_it_once(rig: Rig) -> None:
    ident = await rig.active()
    wanted = {"operation": "instance.tag", "instance": f"cyc-{ident}", "tag": "cyclades:one"}
    notes: Notes = {
        "saga_id": str(new_uuid()),
        "subject": str(new_uuid()),
        "request_id": None,
        "cluster": "athens",
        "operation": wanted,
    }
    assert await run(rig, MEND, notes, twice=True)
    assert rig.world.gateway.operations("instance.tag") == [wanted]
