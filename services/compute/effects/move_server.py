"""Moves a server: off and on elsewhere, live, or away from a dead node."""

from typing import Final

from services.compute.domain.lifecycle import Action, Task, VmState
from services.compute.domain.server import Server
from services.compute.effects.chaining import SETTLE, Job, tell_failure
from services.compute.effects.cloud import Cloud, subject_of
from services.compute.effects.resize_server import move, move_back, start, stop
from services.compute.usecases import moving, progress
from services.compute.usecases.moving import EVACUATE, LIVE_MIGRATE, MIGRATE
from shared.contracts.operations import (
    InstanceFailover,
    InstanceMigrate,
    InstanceStart,
    InstanceStop,
    Operation,
)
from shared.saga.definition import Notes, Saga, Step


def _migrate(cloud: Cloud, server: Server, notes: Notes) -> Operation | None:
    return InstanceMigrate(instance=cloud.instance(server.id), node=notes["target"])


async def remember(cloud: Cloud, notes: Notes) -> Notes:
    """Let administrators cancel the job."""
    if notes.get("job") is not None:
        await moving.remember_job(cloud.transaction, subject_of(notes), notes["job"])
    return {}


def _leave_the_dead(cloud: Cloud, server: Server, notes: Notes) -> Operation | None:
    return InstanceFailover(
        instance=cloud.instance(server.id), node=notes["target"], ignore_consistency=True
    )


def _stop_if_wanted(cloud: Cloud, server: Server, notes: Notes) -> Operation | None:
    if not (notes.get("ends_stopped") and notes.get("ran")):
        return None
    return InstanceStop(instance=cloud.instance(server.id), timeout=cloud.stop_timeout)


def _start_again(cloud: Cloud, server: Server, notes: Notes) -> Operation | None:
    if not (notes.get("ends_stopped") and notes.get("ran")):
        return None
    return InstanceStart(instance=cloud.instance(server.id))


async def stand(cloud: Cloud, notes: Notes) -> Notes:
    """Say that the server is to be started by its user."""
    if notes.get("ends_stopped"):
        action = Action(notes["action"])
        await progress.stand(cloud.transaction, subject_of(notes), action, VmState.STOPPED)
    return {}


MIGRATE_SERVER: Final[Saga[Cloud]] = Saga(
    MIGRATE,
    (
        *Job("stop", stop, start, Task.RESIZE_MIGRATING).steps,
        *Job("move", move, move_back).steps,
        *Job("start", start, stop, Task.RESIZE_FINISH).steps,
        SETTLE,
    ),
    tell_failure,
)
# Its one job happens or not: there is nothing to take back.
_SUBMIT, _AWAIT = Job("migrate", _migrate).steps
LIVE_MIGRATE_SERVER: Final[Saga[Cloud]] = Saga(
    LIVE_MIGRATE,
    (_SUBMIT, Step("remember", remember), _AWAIT, SETTLE),
    tell_failure,
)
EVACUATE_SERVER: Final[Saga[Cloud]] = Saga(
    EVACUATE,
    (
        *Job("move", _leave_the_dead).steps,
        *Job("stop", _stop_if_wanted, _start_again).steps,
        Step("stand", stand),
        SETTLE,
    ),
    tell_failure,
)
