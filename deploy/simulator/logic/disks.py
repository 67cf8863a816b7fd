"""Disks: reading what a body says about them, and what exists behind them."""

from typing import Any

from deploy.simulator.clock import now
from deploy.simulator.logic import backing
from deploy.simulator.logic.run import WRONG_INPUT, Run, failure, prereq
from deploy.simulator.model import Disk, Instance, Json
from deploy.simulator.sizes import human, rounded

_OWN_KEYS = frozenset({"size", "name", "mode"})
FILE_BASED = frozenset({"file", "sharedfile"})


def check_spec(spec: Json, template: str) -> None:
    """Refuse a disk without a size, or an ext disk without a provider."""
    if "size" not in spec:
        raise prereq("Missing disk size", WRONG_INPUT)
    if not isinstance(spec["size"], int) and not str(spec["size"]).isdigit():
        raise prereq(f"Invalid disk size '{spec['size']}'", WRONG_INPUT)
    if spec.get("mode", "rw") not in {"rw", "ro"}:
        raise prereq(f"Invalid disk access mode '{spec['mode']}'", WRONG_INPUT)
    if template == "ext" and not spec.get("provider"):
        raise prereq("Missing provider for template 'ext'", WRONG_INPUT)


def new_disk(run: Run, spec: Json, template: str, index: int) -> Disk:
    """The disk object for a checked specification."""
    uuid = run.world.ids.uuid()
    return Disk(
        uuid=uuid,
        size=rounded(int(spec["size"]), template),
        template=template,
        name=spec.get("name"),
        mode=spec.get("mode", "rw"),
        params={key: value for key, value in spec.items() if key not in _OWN_KEYS},
        volume=f"{uuid}.ext.disk{index}" if template == "ext" else "",
        ctime=now(),
    )


def create_block_device(
    run: Run, disk: Disk, instance_name: str, index: int, node: str
) -> backing.Steps:
    """Have what is behind a disk; fails as Ganeti does when its provider is not installed."""
    provider = disk.params.get("provider")
    if disk.template != "ext" or provider in run.settings.ext_providers:
        yield from backing.make(run, disk, instance_name, node)
        return
    run.warn("Device creation failed")
    device = (
        f"<Disk(type=ext, logical_id=('{provider}', '{disk.volume}'), "
        f"children=None, visible as /dev/disk/{index}, size={disk.size}m)>"
    )
    raise failure(
        f"Can't create block device {device} on node {node} for instance {instance_name}: "
        "Can't create block device: "
        f"Directory for External Storage Provider {provider} not found in search path"
    )


def logical_id(instance: Instance, disk: Disk, index: int) -> list[Any]:
    """Where Ganeti says the disk's data are."""
    if disk.template == "ext":
        return [disk.params.get("provider"), disk.volume or f"{disk.uuid}.ext.disk{index}"]
    shared = "shared-" if disk.template == "sharedfile" else ""
    name = f"{disk.uuid}.{disk.template}.disk{index}"
    return ["loop", f"/srv/ganeti/{shared}file-storage/{instance.name}/{name}"]


def announce(run: Run, index: int, disk: Disk) -> None:
    """The log line of a disk about to be created."""
    run.log(f"* disk {index}, size {human(disk.size)}")
