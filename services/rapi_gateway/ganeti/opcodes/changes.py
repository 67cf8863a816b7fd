"""Instances that stay: their parameters, their OS anew, their disks read out, their node."""

from dataclasses import replace
from typing import Any

from services.rapi_gateway.ganeti.client import Call
from services.rapi_gateway.ganeti.opcodes.marking import Surroundings, instance_path, marked
from shared.contracts.operations import (
    InstanceConfigure,
    InstanceExport,
    InstanceFailover,
    InstanceMigrate,
    InstanceReinstall,
    InstanceTag,
    InstanceUntag,
)


def configure(operation: InstanceConfigure, around: Surroundings) -> Call:
    """Change parameters; only what is asked for is sent."""
    backend: dict[str, int] = {}
    if operation.vcpus is not None:
        backend["vcpus"] = operation.vcpus
    if operation.memory is not None:
        backend |= {"minmem": operation.memory, "maxmem": operation.memory}
    private = operation.os_private.items()
    wanted: dict[str, Any] = {
        "beparams": backend,
        "hvparams": dict(operation.hypervisor_parameters),
        "osparams": dict(operation.os_parameters),
        "osparams_private": {name: value.get_secret_value() for name, value in private},
    }
    body: dict[str, Any] = {name: value for name, value in wanted.items() if value}
    if operation.offline is not None:
        body["offline"] = operation.offline
    body["hotplug"] = False  # no device changes; 3.1 would ask the hypervisor all the same
    return marked("PUT", instance_path(operation.instance, "/modify"), around, body)


def tag(operation: InstanceTag, around: Surroundings) -> Call:
    """Put a tag on. RAPI takes no body here, so no jobs to come after."""
    path = instance_path(operation.instance, "/tags")
    return marked("PUT", path, replace(around, after=()), None, tag=operation.tag)


def untag(operation: InstanceUntag, around: Surroundings) -> Call:
    """Take a tag off."""
    path = instance_path(operation.instance, "/tags")
    return marked("DELETE", path, replace(around, after=()), None, tag=operation.tag)


def reinstall(operation: InstanceReinstall, around: Surroundings) -> Call:
    """Run the OS scripts again. RAPI takes no mark here, and no jobs to come after."""
    body: dict[str, Any] = {"start": operation.start}
    if operation.os is not None:
        body["os"] = operation.os
    if operation.os_parameters:
        body["osparams"] = dict(operation.os_parameters)
    path = instance_path(operation.instance, "/reinstall")
    return Call(method="POST", path=path, body=body)


def export(operation: InstanceExport, around: Surroundings) -> Call:
    """Read the disks out; where there are no snapshots, a stopped instance stays down meanwhile."""
    body = {
        "mode": "local",
        "target_node": operation.node or around.primary,
        "shutdown": operation.shutdown,
        "long_sleep": operation.shutdown,
        "remove_instance": False,
    }
    return marked("PUT", instance_path(operation.instance, "/export"), around, body)


def migrate(operation: InstanceMigrate, around: Surroundings) -> Call:
    """Move a running instance."""
    body: dict[str, Any] = {
        "mode": "live" if operation.live else "non-live",
        "allow_failover": operation.allow_failover,
        "allow_runtime_changes": False,  # a server keeps the memory it was sold
    }
    if operation.node is not None:
        body["target_node"] = operation.node
    return marked("PUT", instance_path(operation.instance, "/migrate"), around, body)


def failover(operation: InstanceFailover, around: Surroundings) -> Call:
    """Move an instance by stopping it."""
    body: dict[str, Any] = {"ignore_consistency": operation.ignore_consistency}
    if operation.node is not None:
        body["target_node"] = operation.node
    return marked("PUT", instance_path(operation.instance, "/failover"), around, body)
