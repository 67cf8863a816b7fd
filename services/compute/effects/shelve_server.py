"""Puts a server on the shelf and takes it off: down and offline in Ganeti, and up again."""

from typing import Final

from services.compute.domain.lifecycle import Task
from services.compute.domain.server import Server
from services.compute.effects.chaining import SETTLE, Job, tell_failure
from services.compute.effects.cloud import Cloud
from services.compute.effects.resize_server import move, move_back, start, stop
from services.compute.usecases.shelving import SHELVE, UNSHELVE
from shared.contracts.operations import (
    InstanceConfigure,
    InstanceStart,
    InstanceStop,
    Operation,
)
from shared.saga.definition import Notes, Saga


def _offline(cloud: Cloud, server: Server, _notes: Notes) -> Operation | None:
    return InstanceConfigure(instance=cloud.instance(server.id), offline=True)


def _online(cloud: Cloud, server: Server, _notes: Notes) -> Operation | None:
    return InstanceConfigure(instance=cloud.instance(server.id), offline=False)


def _on(cloud: Cloud, server: Server, _notes: Notes) -> Operation | None:
    return InstanceStart(instance=cloud.instance(server.id))


def _off(cloud: Cloud, server: Server, _notes: Notes) -> Operation | None:
    return InstanceStop(instance=cloud.instance(server.id), timeout=0)


SHELVE_SERVER: Final[Saga[Cloud]] = Saga(
    SHELVE,
    (
        *Job("stop", stop, start).steps,
        *Job("offline", _offline, _online, Task.SHELVING_OFFLOADING).steps,
        SETTLE,
    ),
    tell_failure,
)
UNSHELVE_SERVER: Final[Saga[Cloud]] = Saga(
    UNSHELVE,
    (
        *Job("online", _online, _offline).steps,
        *Job("move", move, move_back).steps,
        *Job("start", _on, _off).steps,
        SETTLE,
    ),
    tell_failure,
)
