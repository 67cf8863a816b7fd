"""Gives a server another flavor, or the old one back: off, elsewhere if need be, changed, on.

What a resize is to make of the server is its other flavor, for the resize itself as for taking it
back; the disk grows where the flavor's does, and never shrinks.
"""

from typing import Any, Final

from services.compute.domain.lifecycle import Action, Task, VmState
from services.compute.domain.server import FlavorSnapshot, Server
from services.compute.effects.chaining import SETTLE, Job, tell_failure
from services.compute.effects.cloud import Cloud
from services.compute.effects.create_server import HYPERVISOR
from services.compute.usecases.resizing import RESIZE, REVERT
from shared.contracts.operations import (
    DiskGrow,
    InstanceConfigure,
    InstanceFailover,
    InstanceStart,
    InstanceStop,
    Operation,
)
from shared.saga.definition import Notes, Saga

DEFAULT: Final = "default"  # Ganeti's word for: what the cluster says


def runs(server: Server) -> bool:
    """Whether the server ran when the action began, and is to run when it is over."""
    return server.stood is VmState.ACTIVE


def stop(cloud: Cloud, server: Server, _notes: Notes) -> Operation | None:
    """Return what stops a server that runs."""
    if not runs(server):
        return None
    return InstanceStop(instance=cloud.instance(server.id), timeout=cloud.stop_timeout)


def start(cloud: Cloud, server: Server, _notes: Notes) -> Operation | None:
    """Return what starts a server that ran."""
    return InstanceStart(instance=cloud.instance(server.id)) if runs(server) else None


def move(cloud: Cloud, server: Server, notes: Notes) -> Operation | None:
    """Return what brings a server that is off to the node it must go to."""
    if notes.get("target") is None:
        return None
    return InstanceFailover(instance=cloud.instance(server.id), node=notes["target"])


def move_back(cloud: Cloud, server: Server, notes: Notes) -> Operation | None:
    """Return what brings it back."""
    if notes.get("target") is None:
        return None
    return InstanceFailover(instance=cloud.instance(server.id), node=notes["source"])


def _hypervisor(flavor: FlavorSnapshot) -> dict[str, Any]:
    return {
        name.removeprefix(HYPERVISOR): value
        for name, value in flavor.extra_specs.items()
        if name.startswith(HYPERVISOR)
    }


def _change(cloud: Cloud, server: Server, old: FlavorSnapshot, new: FlavorSnapshot) -> Operation:
    dropped = dict.fromkeys(_hypervisor(old), DEFAULT)
    return InstanceConfigure(
        instance=cloud.instance(server.id),
        vcpus=new.vcpus,
        memory=new.ram,
        hypervisor_parameters=dropped | _hypervisor(new),
    )


def _configure(cloud: Cloud, server: Server, _notes: Notes) -> Operation | None:
    return _change(cloud, server, server.flavor, server.other_flavor or server.flavor)


def _configure_back(cloud: Cloud, server: Server, _notes: Notes) -> Operation | None:
    return _change(cloud, server, server.other_flavor or server.flavor, server.flavor)


def _grow(cloud: Cloud, server: Server, notes: Notes) -> Operation | None:
    if notes.get("grow") is None:
        return None
    return DiskGrow(instance=cloud.instance(server.id), index=0, size=notes["grow"])


def _steps(action: Action) -> Any:
    migrating = Task.RESIZE_MIGRATING if action is Action.RESIZE else None
    finish = Task.RESIZE_FINISH if action is Action.RESIZE else None
    jobs = (
        Job("stop", stop, start, migrating),
        Job("move", move, move_back),
        Job("configure", _configure, _configure_back, finish),
        Job("grow", _grow),
        Job("start", start, stop),
    )
    return (*(step for job in jobs for step in job.steps), SETTLE)


RESIZE_SERVER: Final[Saga[Cloud]] = Saga(RESIZE, _steps(Action.RESIZE), tell_failure)
REVERT_RESIZE: Final[Saga[Cloud]] = Saga(REVERT, _steps(Action.REVERT_RESIZE), tell_failure)
