"""Instances: to have one, to have none, and its power."""

from typing import Any, Final

from services.rapi_gateway.domain.marks import intent_tag
from services.rapi_gateway.ganeti.client import Call
from services.rapi_gateway.ganeti.opcodes.devices import disk_of, nic_of
from services.rapi_gateway.ganeti.opcodes.marking import Surroundings, instance_path, marked
from shared.contracts.operations import (
    InstanceCreate,
    InstanceDelete,
    InstanceReboot,
    InstanceStart,
    InstanceStop,
)

DISKLESS: Final = "diskless"
SPREAD: Final = 3  # nodes from which placing on whichever are unlocked beats waiting for all


def create(operation: InstanceCreate, around: Surroundings) -> Call:
    """Create an instance."""
    template = operation.disk_template or around.disk_template
    body: dict[str, Any] = {
        "__version__": 1,
        "mode": "create",
        "instance_name": operation.instance,
        "os_type": operation.os or around.os,
        "osparams": dict(operation.os_parameters),
        "disk_template": template,
        "disks": _disks(operation, template, around.ext_provider),
        "nics": [nic_of(nic) for nic in operation.nics],
        "beparams": {
            "vcpus": operation.vcpus,
            "minmem": operation.memory,
            "maxmem": operation.memory,
        },
        "hvparams": dict(operation.hypervisor_parameters),
        "tags": [*operation.tags, intent_tag(around.key)],
        "start": operation.start and operation.install,  # what is not installed, is not started
        "no_install": not operation.install,
        "name_check": False,
        "ip_check": False,
        "conflicts_check": False,
        "wait_for_sync": False,
        "opportunistic_locking": operation.node is None and around.nodes >= SPREAD,
    }
    if operation.os_secrets:
        secrets = operation.os_secrets.items()
        body["osparams_secret"] = {name: value.get_secret_value() for name, value in secrets}
    if operation.node is not None:
        body["pnode"] = operation.node
    elif operation.group is not None:
        body["group_name"] = operation.group
    return marked("POST", "/2/instances", around, body)


def _disks(operation: InstanceCreate, template: str, provider: str | None) -> list[dict[str, Any]]:
    if template == DISKLESS:
        return []
    return [disk_of(disk, template, provider) for disk in operation.disks]


def delete(operation: InstanceDelete, around: Surroundings) -> Call:
    """Remove an instance with its disks."""
    body = {"shutdown_timeout": operation.shutdown_timeout}
    return marked("DELETE", instance_path(operation.instance), around, body)


def start(operation: InstanceStart, around: Surroundings) -> Call:
    """Start an instance."""
    return marked("PUT", instance_path(operation.instance, "/startup"), around, None)


def stop(operation: InstanceStop, around: Surroundings) -> Call:
    """Stop an instance."""
    body = {"timeout": operation.timeout}
    return marked("PUT", instance_path(operation.instance, "/shutdown"), around, body)


def reboot(operation: InstanceReboot, around: Surroundings) -> Call:
    """Restart an instance."""
    path = instance_path(operation.instance, "/reboot")
    return marked("POST", path, around, {}, type=operation.type)
